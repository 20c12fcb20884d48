/// Actions in [−1, 1] for a `world` whose action box may be any: what a squashed policy gives is stretched to the box.
public struct RescaledActions<World: Environment>: Environment where World.Action == [Float] {
  public var world: World
  /// The middle of the world's box. Shape `[actionSize]`.
  @usableFromInline let centre: [Double]
  /// Half its width. Shape `[actionSize]`.
  @usableFromInline let reach: [Double]
  /// The action in the world's units. Shape `[actionSize]`.
  @usableFromInline var stretched: [Float]

  public init(_ world: World) {
    guard case .box(let low, let high) = world.actionSpace, (low + high).allSatisfy(\.isFinite) else {
      preconditionFailure("only actions in a bounded box can be rescaled, not in \(world.actionSpace)")
    }
    self.world = world
    // In double precision, so that ±1 meet the bounds exactly.
    centre = zip(low, high).map { (Double($0) + Double($1)) / 2 }
    reach = zip(low, high).map { (Double($1) - Double($0)) / 2 }
    stretched = world.emptyAction()
  }

  @inlinable public var observationSpace: Space { world.observationSpace }
  public var actionSpace: Space {
    .box(low: .init(repeating: -1, count: centre.count), high: .init(repeating: 1, count: centre.count))
  }
  @inlinable public var state: [Double] { world.state }
  public var stateSpace: Space? { world.stateSpace }
  @inlinable public var stepLimit: Int? { world.stepLimit }
  @inlinable public var random: RandomStream {
    get { world.random }
    set { world.random = newValue }
  }

  @inlinable @inline(__always)
  public mutating func reset(seed: UInt64?, into observation: inout World.Observation) {
    world.reset(seed: seed, into: &observation)
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: [Float], into observation: inout World.Observation) -> Step {
    for i in centre.indices { stretched[i] = Float(centre[i] + reach[i] * clipped(Double(action[i]), to: 1)) }
    return world.step(stretched, into: &observation)
  }

  @inlinable public mutating func restore(state: [Double], into observation: inout World.Observation) throws {
    try world.restore(state: state, into: &observation)
  }

  @inlinable public mutating func freeze() { world.freeze() }

  public var documentation: Documentation {
    var documentation = world.documentation
    documentation.action += " Given in [−1, 1], clipped to it and stretched to \(world.actionSpace)."
    return documentation
  }
  @inlinable public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  public func save(to checkpoint: inout CheckpointWriter) { world.save(to: &checkpoint) }

  public mutating func restore(
    from checkpoint: CheckpointReader, into observation: inout World.Observation
  ) throws {
    try world.restore(from: checkpoint, into: &observation)
  }
}
