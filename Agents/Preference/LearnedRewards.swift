import Networks
import RLCore

/// `world` paying by a ``RewardModel`` instead of its own rewards, which evaluations still report.
///
/// Source: Christiano et al. (2017, arXiv:1706.03741), §2.2.1: any method of reinforcement learning may be trained so.
public struct LearnedRewards<World: Environment>: Environment where World.Observation == [Float] {
  public var world: World
  private let model: RewardModel
  /// What is acted on next.
  private var seen: [Float]
  /// An action as numbers.
  private var taken: [World.Action.Scalar]
  private var room: RewardModel.Room
  /// Rewards are the world's own; not part of a checkpoint.
  private var isFrozen = false

  public init(_ world: World, _ model: RewardModel) {
    self.world = world
    self.model = model
    seen = world.emptyObservation()
    taken = .init(repeating: 0, count: world.actionSpace.size)
    room = RewardModel.Room(for: model, rows: 1)
  }

  public var observationSpace: Space { world.observationSpace }
  public var actionSpace: Space { world.actionSpace }
  public var state: [Double] { world.state }
  public var stateSpace: Space? { world.stateSpace }
  public var stepLimit: Int? { world.stepLimit }
  public var random: RandomStream {
    get { world.random }
    set { world.random = newValue }
  }

  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    world.reset(seed: seed, into: &observation)
    keep(observation)
  }

  public mutating func step(_ action: World.Action, into observation: inout [Float]) -> Step {
    if isFrozen { return world.step(action, into: &observation) }
    taken.withUnsafeMutableBufferPointer { _ = action.write(to: $0.baseAddress!) }
    let inputs = model.inputs
    seen.withUnsafeBufferPointer { seen in
      taken.withUnsafeBufferPointer { taken in
        room.features.withUnsafeMutableBufferPointer {
          inputs.write(seen.baseAddress!, taken.baseAddress!, to: $0.baseAddress!)
        }
      }
    }
    var reward = 0.0
    model.judge(&room, rows: 1, into: &reward)
    var step = world.step(action, into: &observation)
    step.reward = reward
    keep(observation)
    return step
  }

  private mutating func keep(_ observation: [Float]) {
    for i in seen.indices { seen[i] = observation[i] }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    try world.restore(state: state, into: &observation)
    keep(observation)
  }

  public mutating func freeze() {
    isFrozen = true
    world.freeze()
  }

  public var documentation: Documentation { world.documentation }
  public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  /// The lanes of the world, all of whose steps are judged at once.
  public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<[Float], World.Action> {
    let lanes = world.lanes(drawingFrom: streams)
    return isFrozen ? lanes : LearnedRewardLanes<World.Action>(lanes, model, count: streams.count)
  }

  public func save(to checkpoint: inout CheckpointWriter) { world.save(to: &checkpoint) }

  public mutating func restore(from checkpoint: CheckpointReader, into observation: inout [Float]) throws {
    try world.restore(from: checkpoint, into: &observation)
    keep(observation)
  }
}

/// Lanes that a ``RewardModel`` pays.
struct LearnedRewardLanes<Action: SpaceElement>: EnvironmentLanes {
  typealias Observation = [Float]

  private var lanes: any EnvironmentLanes<[Float], Action>
  private let model: RewardModel
  private let count: Int
  private var room: RewardModel.Room

  init(_ lanes: any EnvironmentLanes<[Float], Action>, _ model: RewardModel, count: Int) {
    (self.lanes, self.model, self.count) = (lanes, model, count)
    room = RewardModel.Room(for: model, rows: count)
  }

  mutating func reset(_ ended: UnsafeBufferPointer<Int>, into rows: UnsafeMutablePointer<Float>) {
    lanes.reset(ended, into: rows)
  }

  mutating func step(_ memory: LaneMemory<[Float], Action>) {
    let (inputs, count) = (model.inputs, count)
    let size = inputs.actions.size
    room.features.withUnsafeMutableBufferPointer { rows in
      for lane in 0..<count {
        inputs.write(
          memory.observations + lane * inputs.observationSize, memory.actions + lane * size,
          to: rows.baseAddress! + lane * inputs.width)
      }
    }
    lanes.step(memory)
    model.judge(&room, rows: count, into: memory.rewards)
  }

  func save(to checkpoint: inout CheckpointWriter, first: Int) { lanes.save(to: &checkpoint, first: first) }

  mutating func restore(
    from checkpoint: CheckpointReader, first: Int, into rows: UnsafeMutablePointer<Float>
  ) throws {
    try lanes.restore(from: checkpoint, first: first, into: rows)
  }
}
