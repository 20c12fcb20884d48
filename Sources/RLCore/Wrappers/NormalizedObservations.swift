/// Observations of `world` in standard deviations from their mean, both of all observations so far, and clipped: numbers
/// of any unit reach a network at one scale. Evaluations use what training has learned and learn nothing.
///
/// Every observation counts, the first of an episode too; one that a state or a checkpoint restores does not. In a
/// ``Batch`` each lane keeps statistics of its own.
public struct NormalizedObservations<World: Environment>: Environment where World.Observation == [Float] {
  public var world: World
  /// Observations are clipped to ±limit.
  public let limit: Double
  /// What has been seen of each number. Shape `[observationSize]`.
  public var moments: [RunningMoments]
  /// Statistics stay as they are; not part of a checkpoint.
  @usableFromInline var isFrozen = false

  public init(_ world: World, limit: Double = 10) {
    precondition(limit > 0, "observations are clipped to a positive limit")
    self.world = world
    self.limit = limit
    moments = .init(repeating: RunningMoments(), count: world.observationSpace.size)
  }

  public var observationSpace: Space {
    let high = [Float](repeating: Float(limit), count: moments.count)
    return .box(low: high.map { -$0 }, high: high)
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
    learn(observation)
    normalize(&observation)
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: World.Action, into observation: inout [Float]) -> Step {
    let step = world.step(action, into: &observation)
    learn(observation)
    normalize(&observation)
    return step
  }

  @inlinable mutating func learn(_ observation: [Float]) {
    if isFrozen { return }
    for i in moments.indices { moments[i].add(Double(observation[i])) }
  }

  @inlinable func normalize(_ observation: inout [Float]) {
    for i in moments.indices {
      let distance = Double(observation[i]) - moments[i].mean
      observation[i] = Float(clipped(distance / moments[i].divisor, to: limit))
    }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    try world.restore(state: state, into: &observation)
    normalize(&observation)
  }

  @inlinable public mutating func freeze() {
    isFrozen = true
    world.freeze()
  }

  public var documentation: Documentation {
    var documentation = world.documentation
    documentation.observation += """
       Each number is given in standard deviations from its mean, as seen so far in training, clipped to ±\(limit).
      """
    for i in documentation.quantities.indices { documentation.quantities[i].unit = "" }
    return documentation
  }
  @inlinable public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  public func save(to checkpoint: inout CheckpointWriter) {
    world.save(to: &checkpoint)
    RunningMoments.save(moments, as: "environment/observations", to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader, into observation: inout [Float]) throws {
    try world.restore(from: checkpoint, into: &observation)
    moments = try RunningMoments.restore(moments.count, as: "environment/observations", from: checkpoint)
    normalize(&observation)
  }
}
