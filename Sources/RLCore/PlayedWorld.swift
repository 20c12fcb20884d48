/// A world that is stepped from outside, as by a person: its types are hidden behind numbers, and what happens is recorded.
public protocol PlayedWorld: Sendable {
  var actionSpace: Space { get }
  /// Whether nothing moves between two actions: its observations are numbered states.
  var isTurnBased: Bool { get }
  var state: [Double] { get }
  /// The episode so far.
  var episode: Episode { get }
  mutating func reset(seed: UInt64)
  /// Takes an action; `nil` where the numbers are none.
  mutating func step(_ action: [Double]) -> Step?
  /// Steps through a recorded episode again, from its own reset on.
  func verify(_ episode: Episode) -> Verification
}

/// A copy of `World` that is played; reset it first.
public struct Played<World: Environment>: PlayedWorld {
  private var world: World
  private var recorder: EpisodeRecorder<World>
  private var observation: World.Observation
  private var seed: UInt64 = 0

  public init(_ world: World) {
    self.world = world
    recorder = EpisodeRecorder(world)
    observation = world.emptyObservation()
    reset(seed: 0)
  }

  public var actionSpace: Space { world.actionSpace }
  public var isTurnBased: Bool { World.Observation.self == Int.self }
  public var state: [Double] { world.state }
  public var episode: Episode { recorder.episode(seed: seed) }

  public mutating func reset(seed: UInt64) {
    self.seed = seed
    world.reset(seed: seed, into: &observation)
    recorder.start(observation, world.state)
  }

  public mutating func step(_ action: [Double]) -> Step? {
    guard let action = World.Action(numbers: action, in: world.actionSpace) else { return nil }
    let step = world.step(action, into: &observation)
    recorder.append(action, step, observation, world.state)
    return step
  }

  public func verify(_ episode: Episode) -> Verification { Verification(of: episode, in: world) }
}
