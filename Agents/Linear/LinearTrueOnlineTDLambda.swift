import RLCore

/// True online TD(λ) with linear values: prediction of a policy, exactly as the online λ-return algorithm would.
///
/// Source: van Seijen & Sutton (2014), ICML; Sutton & Barto, 2nd ed., §12.5, box "True online TD(λ) for estimating
/// wᵀx ≈ v_π".
///
/// Deviations from the source: z fades after its use instead of before the next; traces below 10⁻¹² are dropped. A
/// truncated step bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v̂(s) − v_π(s))² / |S|), `train/projected_bellman_error` √PBE and
/// `train/fixed_point_error`, the distance to the values that TD(0) comes to rest at, where the model is known.
public struct LinearTrueOnlineTDLambda: Agent {
  public struct Configuration: LinearPredictionSettings, Equatable {
    public static let id = "linear-true-online-td-lambda"
    public static let summary = "prediction with linear values, equal to the online λ-return algorithm"

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
      LinearTrueOnlineTDLambda(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = LinearStateValues.metricTags

  private var values: LinearStateValues
  private var alpha: Progress
  private let lambda: Double
  private var traces: EligibilityTraces
  private var x: ActiveFeatures
  /// V(S) before the last update.
  private var old = 0.0

  /// `features`, `weights`: where they are not what the configuration says.
  public init(
    _ configuration: Configuration, _ features: StateFeatures? = nil, from weights: [Double]? = nil,
    for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = LinearStateValues(
      configuration, features, from: weights, for: world, model: model, seed: seed)
    alpha = Progress(configuration.alpha)
    lambda = configuration.lambda
    traces = EligibilityTraces(.dutch, entries: values.w.count)
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
    // V ← wᵀx, V′ ← wᵀx′
    let value = values.value(s)
    let ahead = ending == .terminated ? 0 : values.value(next)
    // δ ← R + γ V′ − V
    let delta = r + values.gamma * ahead - value
    // z ← γ λ z + (1 − α γ λ zᵀx) x
    let alpha = self.alpha.next()
    values.features.write(s, into: &x)
    traces.visit(x, alpha: alpha, rates: values.features.rates)
    // w ← w + α (δ + V − V_old) z − α (V − V_old) x
    traces.add(alpha * (delta + value - old), to: &values.w, rates: values.features.rates)
    values.add(-alpha * (value - old), of: s)
    // V_old ← V′
    old = ahead
    traces.fade(by: values.gamma * lambda)
    if ending != .running {
      traces.clear()
      old = 0
    }
    values.measure(delta, ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint, as: "alpha/clock")
    traces.save(to: &checkpoint)
    checkpoint.add("old", old)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try traces.restore(from: checkpoint)
    old = try checkpoint.double("old")
  }
}
