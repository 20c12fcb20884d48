/// Observations of `world` whose space keeps them below 1 stretched to ±1, so that a network notices them beside larger
/// ones: MountainCar's velocity is at most 0.07. Larger ones stay as they are: divided by the bounds of Acrobot's
/// velocities, which play rarely comes near, DQN no longer learned it.
public struct ScaledObservations<World: Environment>: Environment where World.Observation == [Float] {
  public var world: World
  /// Shape `[observationSize]`.
  @usableFromInline let factors: [Float]

  public init(_ world: World) {
    self.world = world
    guard case .box(let low, let high) = world.observationSpace else {
      preconditionFailure("vector observations have a box")
    }
    factors = zip(low, high).map { low, high in
      let size = max(low.magnitude, high.magnitude)
      return size > 0 && size < 1 ? 1 / size : 1
    }
  }

  public var observationSpace: Space {
    guard case .box(let low, let high) = world.observationSpace else { return world.observationSpace }
    return .box(low: zip(low, factors).map(*), high: zip(high, factors).map(*))
  }
  @inlinable public var actionSpace: Space { world.actionSpace }
  @inlinable public var state: [Double] { world.state }
  public var stateSpace: Space? { world.stateSpace }
  @inlinable public var stepLimit: Int? { world.stepLimit }
  @inlinable public var random: RandomStream {
    get { world.random }
    set { world.random = newValue }
  }

  @inlinable @inline(__always)
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    world.reset(seed: seed, into: &observation)
    scale(&observation)
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: World.Action, into observation: inout [Float]) -> Step {
    let step = world.step(action, into: &observation)
    scale(&observation)
    return step
  }

  @inlinable @inline(__always)
  func scale(_ observation: inout [Float]) {
    for i in factors.indices { observation[i] *= factors[i] }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    try world.restore(state: state, into: &observation)
    scale(&observation)
  }

  @inlinable public mutating func freeze() { world.freeze() }
  public var documentation: Documentation { world.documentation }
  @inlinable public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  public func save(to checkpoint: inout CheckpointWriter) { world.save(to: &checkpoint) }

  public mutating func restore(from checkpoint: CheckpointReader, into observation: inout [Float]) throws {
    try world.restore(from: checkpoint, into: &observation)
    scale(&observation)
  }
}
