import RLCore

/// GTD2: gradient descent on the projected Bellman error, off policy.
///
/// Source: Sutton et al. (2009), doi:10.1145/1553374.1553501; Sutton & Barto, 2nd ed., §11.7.
///
/// Deviations from the source: none. A truncated step bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v̂(s) − v_π(s))² / |S|), `train/projected_bellman_error` √PBE and
/// `train/fixed_point_error`, the distance to the values that TD(0) comes to rest at, where the model is known.
public struct GTD2: Agent {
  public struct Configuration: OffPolicySettings, Equatable {
    public static let id = "gtd2"
    public static let summary = "off-policy prediction by gradient descent on the projected Bellman error, GTD2"

    /// Step size of the second weights.
    public var beta: Schedule = 0.1
    public var policy = FollowedPolicy.uniform
    /// The policy that acts: it must be able to do all that `policy` does.
    public var behaviour = FollowedPolicy.uniform
    public var alpha: Schedule = 0.05
    public var initialWeight = 0.0
    public var discount: Double?
    public var features = FeatureSettings(.aggregation)

    public init() {}

    public static let settings =
      [.schedule("beta", \.beta, in: 0...10, "step size β of the second weights")] + offPolicySettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      GTD2(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = LinearStateValues.metricTags

  private var values: LinearStateValues
  private var alpha: Progress
  private var beta: Progress
  /// v, the second weights: what the features say of the TD error. Shape `[features]`.
  private var v: [Double]

  /// `features`, `weights`: where they are not what the configuration says.
  public init(
    _ configuration: Configuration, _ features: StateFeatures? = nil, from weights: [Double]? = nil,
    for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = LinearStateValues(
      configuration, actingBy: configuration.behaviour, features, from: weights, for: world, model: model, seed: seed)
    alpha = Progress(configuration.alpha)
    beta = Progress(configuration.beta)
    v = .init(repeating: 0, count: values.w.count)
  }

  /// Shape `[features]`.
  public var w: [Double] { values.w }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A ~ b(· | S)
    a = values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // δ ← R + γ v̂(S′, w) − v̂(S, w)
    let target = ending == .terminated ? r : r + values.gamma * values.value(next)
    let delta = target - values.value(s)
    let rho = values.ratio(s, a)
    let correction = values.features.product(s, v)
    // w ← w + α ρ (x − γ x′) (xᵀv)
    let size = alpha.next() * rho
    values.add(size * correction, of: s)
    if ending != .terminated { values.add(-size * values.gamma * correction, of: next) }
    // v ← v + β ρ (δ − vᵀx) x
    values.features.add(beta.next() * rho * (delta - correction), of: s, to: &v)
    values.measure(delta, ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint, as: "alpha/clock")
    beta.save(to: &checkpoint, as: "beta/clock")
    checkpoint.add("v", v)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try beta.restore(from: checkpoint, as: "beta/clock")
    v = try checkpoint.doubles("v", count: v.count)
  }
}
