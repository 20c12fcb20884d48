/// Rewards of `world` divided by the standard deviation of the discounted return so far, and clipped: values stay near 1
/// whatever the world pays in. Evaluations report the world's own rewards.
///
/// Source: Engstrom et al. 2020, "Implementation Matters in Deep Policy Gradients", arXiv:2005.12729, §3, as
/// Stable-Baselines3's `VecNormalize`. The mean is not subtracted: that would change which policy is best.
///
/// Deviations from the source: before two returns differ, rewards are divided by 1. In a ``Batch`` each lane keeps
/// statistics of its own.
public struct NormalizedRewards<World: Environment>: Environment {
  public var world: World
  /// The discount of the returns that are measured.
  public let discount: Double
  /// Rewards are clipped to ±limit.
  public let limit: Double
  /// What has been seen of the discounted return.
  public var moments = RunningMoments()
  /// The discounted sum of the episode's rewards so far, the last one in full.
  @usableFromInline var discountedReturn = 0.0
  /// Rewards are the world's own; not part of a checkpoint.
  @usableFromInline var isFrozen = false

  public init(_ world: World, discount: Double = 0.99, limit: Double = 10) {
    precondition((0...1).contains(discount), "a discount is in 0...1")
    precondition(limit > 0, "rewards are clipped to a positive limit")
    self.world = world
    self.discount = discount
    self.limit = limit
  }

  @inlinable public var observationSpace: Space { world.observationSpace }
  @inlinable public var actionSpace: Space { world.actionSpace }
  @inlinable public var state: [Double] { world.state }
  public var stateSpace: Space? { world.stateSpace }
  @inlinable public var stepLimit: Int? { world.stepLimit }
  @inlinable public var random: RandomStream {
    get { world.random }
    set { world.random = newValue }
  }

  @inlinable @inline(__always)
  public mutating func reset(seed: UInt64?, into observation: inout World.Observation) {
    discountedReturn = 0
    world.reset(seed: seed, into: &observation)
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: World.Action, into observation: inout World.Observation) -> Step {
    var step = world.step(action, into: &observation)
    if isFrozen { return step }
    discountedReturn = discount * discountedReturn + step.reward
    moments.add(discountedReturn)
    step.reward = clipped(step.reward / moments.divisor, to: limit)
    return step
  }

  @inlinable public mutating func restore(state: [Double], into observation: inout World.Observation) throws {
    discountedReturn = 0
    try world.restore(state: state, into: &observation)
  }

  @inlinable public mutating func freeze() {
    isFrozen = true
    world.freeze()
  }

  public var documentation: Documentation {
    var documentation = world.documentation
    documentation.rewards += """
       In training they are divided by the standard deviation of the return so far, discounted by \(discount), and clipped \
      to ±\(limit).
      """
    return documentation
  }
  @inlinable public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  public func save(to checkpoint: inout CheckpointWriter) {
    world.save(to: &checkpoint)
    RunningMoments.save([moments], as: "environment/returns", to: &checkpoint)
    checkpoint.add("environment/return", discountedReturn)
  }

  public mutating func restore(
    from checkpoint: CheckpointReader, into observation: inout World.Observation
  ) throws {
    try world.restore(from: checkpoint, into: &observation)
    moments = try RunningMoments.restore(1, as: "environment/returns", from: checkpoint)[0]
    discountedReturn = try checkpoint.double("environment/return")
  }
}
