/// How a step left its episode.
///
/// The bootstrap factor comes from ``terminated`` only: a truncated episode was cut short by a clock, its last
/// state still has a future, so a learner still bootstraps from it (Pardo et al. 2018, arXiv:1712.00378).
public enum Ending: UInt8, Sendable {
  case running, terminated, truncated

  /// 0 when the future after this step is worth nothing, 1 otherwise.
  @inlinable public var bootstrapFactor: Double { self == .terminated ? 0 : 1 }
}

/// What a step returns beside the observation.
public struct Step: Sendable, Equatable {
  public var reward: Double
  public var ending: Ending

  @inlinable public init(reward: Double, ending: Ending) {
    self.reward = reward
    self.ending = ending
  }
}

/// A world that an agent acts in: an ordinary value, so that a copy is an independent world.
///
/// Observations are written into storage of the caller's, so that a step allocates nothing. Implementations
/// draw only from ``random``, never throw in `step`, and leave time limits to ``TimeLimit``.
public protocol Environment<Observation, Action>: Sendable {
  /// `Int` in a finite world, `[Float]` of the observation space's size elsewhere.
  associatedtype Observation: SpaceElement
  /// `Int` for discrete actions, `[Float]` of the action space's size for continuous ones.
  associatedtype Action: SpaceElement

  var observationSpace: Space { get }
  var actionSpace: Space { get }

  /// The stream that every random number of this world comes from.
  var random: RandomStream { get set }

  /// The complete physical state, in the units of the environment's documentation. `drawing(of:)` and
  /// `restore(state:into:)` need no more than this.
  var state: [Double] { get }

  /// The states that ``restore(state:into:)`` takes, where all can be shown in one picture: numbered ones, or a box of one
  /// or two bounded numbers.
  var stateSpace: Space? { get }

  /// Steps after which an episode is truncated, where there is such a limit.
  var stepLimit: Int? { get }

  /// Starts an episode. A seed restarts the random stream as Gymnasium's `reset(seed:)` does; without one it goes on.
  mutating func reset(seed: UInt64?, into observation: inout Observation)

  /// Advances by one action that lies in the action space, or is clipped to it where the environment says so.
  mutating func step(_ action: Action, into observation: inout Observation) -> Step

  /// Continues from a state. Throws ``CoreError/badState`` when the state has another size or is impossible.
  mutating func restore(state: [Double], into observation: inout Observation) throws

  /// Stops learning from experience: statistics stay as they are from now on. Every evaluation freezes its copies.
  mutating func freeze()

  /// What people need to know of it.
  var documentation: Documentation { get }

  /// The state as shapes in world coordinates.
  func drawing(of state: [Double]) -> Drawing

  func save(to checkpoint: inout CheckpointWriter)
  mutating func restore(from checkpoint: CheckpointReader, into observation: inout Observation) throws

  /// Copies of this world that step together in a ``Batch``, one for each stream to draw from. Each is reset before it
  /// steps. Without a faster way of its own a world steps them one after another.
  func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<Observation, Action>
}

/// A world of finitely many states and actions that is played, whether or not its model is known.
public protocol FiniteEnvironment: Environment where Observation == Int, Action == Int {
  /// The discount γ in [0, 1] that this problem is stated with.
  var discount: Double { get }
}

extension Environment {
  /// The observations, where they have as many numbers as the state: then it is taken to be what is observed.
  public var stateSpace: Space? {
    guard state.count == observationSpace.size else { return nil }
    switch observationSpace {
    case .discrete: return observationSpace
    case .box(let low, let high):
      // Gymnasium writes the greatest float where there is no bound.
      let isBounded = zip(low, high).allSatisfy { $1 - $0 < 1e30 }
      return low.count <= 2 && isBounded ? observationSpace : nil
    }
  }
  @inlinable public var stepLimit: Int? { nil }
  /// A world that learns nothing is always frozen.
  @inlinable public mutating func freeze() {}
  /// Nothing said, which ``checkEnvironment(_:seed:steps:)`` complains of.
  public var documentation: Documentation { Documentation() }

  @inlinable public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<Observation, Action> {
    SeparateLanes(self, drawingFrom: streams)
  }

  @inlinable public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("environment/state", state)
    checkpoint.add("environment/random", random)
  }

  @inlinable public mutating func restore(from checkpoint: CheckpointReader, into observation: inout Observation) throws
  {
    try restore(state: checkpoint.doubles("environment/state"), into: &observation)
    random = try checkpoint.random("environment/random")
  }

  /// An observation of the right size, to be written into.
  @inlinable public func emptyObservation() -> Observation { Observation(zeroIn: observationSpace) }
  /// An action of the right size, to be written into.
  @inlinable public func emptyAction() -> Action { Action(zeroIn: actionSpace) }
}
