import RLCore

/// Semi-gradient TD(0) with linear values: prediction of a policy.
///
/// Source: Sutton (1988), doi:10.1007/BF00115009; Sutton & Barto, 2nd ed., §9.3, box "Semi-gradient TD(0) for estimating
/// v̂ ≈ v_π"; Zhao, §8.2, algorithm 8.1.
///
/// Deviations from the source: none. A truncated step bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v̂(s) − v_π(s))² / |S|), `train/projected_bellman_error` √PBE and
/// `train/fixed_point_error`, the distance to the values that TD(0) comes to rest at, where the model is known.
public struct LinearTD: Agent {
  public struct Configuration: LinearPredictionSettings, Equatable {
    public static let id = "linear-td"
    public static let summary = "prediction with linear values, semi-gradient TD(0)"

    public var policy = FollowedPolicy.uniform
    public var alpha: Schedule = 0.1
    public var initialWeight = 0.0
    public var discount: Double?
    public var features = FeatureSettings(.aggregation)

    public init() {}

    public static let settings = linearPredictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      LinearTD(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = LinearStateValues.metricTags

  private var values: LinearStateValues
  private var alpha: Progress

  /// `features`, `weights`: where they are not what the configuration says.
  public init(
    _ configuration: Configuration, _ features: StateFeatures? = nil, from weights: [Double]? = nil,
    for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = LinearStateValues(
      configuration, features, from: weights, for: world, model: model, seed: seed)
    alpha = Progress(configuration.alpha)
  }

  /// Shape `[features]`.
  public var w: [Double] { values.w }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A ~ π(· | S)
    a = values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // δ ← R + γ v̂(S′, w) − v̂(S, w)
    let target = ending == .terminated ? r : r + values.gamma * values.value(next)
    let delta = target - values.value(s)
    // w ← w + α δ ∇v̂(S, w)
    values.add(alpha.next() * delta, of: s)
    values.measure(delta, ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint, as: "alpha/clock")
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint, as: "alpha/clock")
  }
}
