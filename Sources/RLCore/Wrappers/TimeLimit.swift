/// Truncates episodes of `world` after `limit` steps (`nil`: never), as Gymnasium's wrapper of the same name.
public struct TimeLimit<World: Environment>: Environment {
  public var world: World
  /// Steps after which an episode is truncated; `Int.max` where there is no limit.
  public let limit: Int
  /// Steps since the last reset.
  @usableFromInline var elapsed = 0

  @inlinable public init(_ world: World, limit: Int?) {
    precondition(limit.map { $0 > 0 } ?? true, "a time limit is at least one step")
    self.world = world
    self.limit = limit ?? .max
  }

  @inlinable public var observationSpace: Space { world.observationSpace }
  @inlinable public var actionSpace: Space { world.actionSpace }
  @inlinable public var state: [Double] { world.state }
  public var stateSpace: Space? { world.stateSpace }
  @inlinable public var stepLimit: Int? { limit == .max ? nil : limit }
  @inlinable public var random: RandomStream {
    get { world.random }
    set { world.random = newValue }
  }

  @inlinable @inline(__always)
  public mutating func reset(seed: UInt64?, into observation: inout World.Observation) {
    elapsed = 0
    world.reset(seed: seed, into: &observation)
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: World.Action, into observation: inout World.Observation) -> Step {
    var step = world.step(action, into: &observation)
    elapsed += 1
    if elapsed >= limit && step.ending == .running { step.ending = .truncated }
    return step
  }

  @inlinable public mutating func restore(state: [Double], into observation: inout World.Observation) throws {
    elapsed = 0
    try world.restore(state: state, into: &observation)
  }

  @inlinable public mutating func freeze() { world.freeze() }

  public var documentation: Documentation { world.documentation }
  @inlinable public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  /// The batch keeps the limit.
  public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<World.Observation, World.Action> {
    world.lanes(drawingFrom: streams)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    world.save(to: &checkpoint)
    checkpoint.add("environment/elapsed", elapsed)
  }

  public mutating func restore(
    from checkpoint: CheckpointReader, into observation: inout World.Observation
  ) throws {
    try world.restore(from: checkpoint, into: &observation)
    elapsed = try checkpoint.int("environment/elapsed")
  }
}

extension TimeLimit: FiniteEnvironment where World: FiniteEnvironment {
  public var discount: Double { world.discount }
}
