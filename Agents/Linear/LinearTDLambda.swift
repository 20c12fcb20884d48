import RLCore

/// Semi-gradient TD(λ) with linear values: prediction of a policy with accumulating traces.
///
/// Source: Sutton (1988), doi:10.1007/BF00115009; Sutton & Barto, 2nd ed., §12.2, box "Semi-gradient TD(λ) for estimating
/// v̂ ≈ v_π".
///
/// Deviations from the source: z fades after its use instead of before the next; traces below 10⁻¹² are dropped. A
/// truncated step bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v̂(s) − v_π(s))² / |S|), `train/projected_bellman_error` √PBE and
/// `train/fixed_point_error`, the distance to the values that TD(0) comes to rest at, where the model is known.
public struct LinearTDLambda: Agent {
  public struct Configuration: LinearPredictionSettings, Equatable {
    public static let id = "linear-td-lambda"
    public static let summary = "prediction with linear values and eligibility traces, TD(λ)"

    /// The decay λ of the traces.
    public var lambda = 0.9
    public var policy = FollowedPolicy.uniform
    public var alpha: Schedule = 0.1
    public var initialWeight = 0.0
    public var discount: Double?
    public var features = FeatureSettings(.aggregation)

    public init() {}

    public static let settings =
      [.number("lambda", \.lambda, in: 0...1, "decay λ of the traces")] + linearPredictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      LinearTDLambda(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = LinearStateValues.metricTags

  private var values: LinearStateValues
  private var alpha: Progress
  private let lambda: Double
  private var traces: EligibilityTraces
  private var x: ActiveFeatures

  /// `features`, `weights`: where they are not what the configuration says.
  public init(
    _ configuration: Configuration, _ features: StateFeatures? = nil, from weights: [Double]? = nil,
    for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = LinearStateValues(
      configuration, features, from: weights, for: world, model: model, seed: seed)
    alpha = Progress(configuration.alpha)
    lambda = configuration.lambda
    traces = EligibilityTraces(.accumulating, entries: values.w.count)
    x = ActiveFeatures(for: values.features)
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
    let alpha = self.alpha.next()
    // z ← γ λ z + ∇v̂(S, w)
    values.features.write(s, into: &x)
    traces.visit(x, alpha: alpha)
    // δ ← R + γ v̂(S′, w) − v̂(S, w)
    let target = ending == .terminated ? r : r + values.gamma * values.value(next)
    let delta = target - values.value(s)
    // w ← w + α δ z
    traces.add(alpha * delta, to: &values.w, rates: values.features.rates)
    traces.fade(by: values.gamma * lambda)
    if ending != .running { traces.clear() }
    values.measure(delta, ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint, as: "alpha/clock")
    traces.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try traces.restore(from: checkpoint)
  }
}
