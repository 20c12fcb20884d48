import RLCore

/// Emphatic TD(λ), off policy and stable.
///
/// Source: Sutton, Mahmood & White (2016), JMLR 17(73); Sutton & Barto, 2nd ed., §11.8 (λ = 0) and §12.11, each state of
/// interest 1.
///
/// Deviations from the source: the trace fades after its use instead of before the next; traces below 10⁻¹² are dropped. A
/// truncated step bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v̂(s) − v_π(s))² / |S|), `train/projected_bellman_error` √PBE and
/// `train/fixed_point_error`, the distance to the values that TD(0) comes to rest at, where the model is known.
public struct EmphaticTD: Agent {
  public struct Configuration: OffPolicySettings, Equatable {
    public static let id = "emphatic-td"
    public static let summary = "off-policy prediction in which states count by how much depends on them"

    /// The decay λ of the traces.
    public var lambda = 0.0
    public var policy = FollowedPolicy.uniform
    /// The policy that acts: it must be able to do all that `policy` does.
    public var behaviour = FollowedPolicy.uniform
    public var alpha: Schedule = 0.01
    public var initialWeight = 0.0
    public var discount: Double?
    public var features = FeatureSettings(.aggregation)

    public init() {}

    public static let settings =
      [.number("lambda", \.lambda, in: 0...1, "decay λ of the traces")] + offPolicySettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      EmphaticTD(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = LinearStateValues.metricTags

  private var values: LinearStateValues
  private var alpha: Progress
  private let lambda: Double
  private var traces: EligibilityTraces
  private var x: ActiveFeatures
  /// ρ γ F of the step before: what follows of the interest in earlier states.
  private var following = 0.0

  /// `features`, `weights`: where they are not what the configuration says.
  public init(
    _ configuration: Configuration, _ features: StateFeatures? = nil, from weights: [Double]? = nil,
    for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = LinearStateValues(
      configuration, actingBy: configuration.behaviour, features, from: weights, for: world, model: model, seed: seed)
    alpha = Progress(configuration.alpha)
    lambda = configuration.lambda
    traces = EligibilityTraces(.accumulating, entries: values.w.count)
    x = ActiveFeatures(for: values.features)
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
    let alpha = self.alpha.next()
    let rho = values.ratio(s, a)
    // F ← ρ_{t−1} γ F + 1; M ← λ + (1 − λ) F
    let followOn = following + 1
    let emphasis = lambda + (1 - lambda) * followOn
    // z ← ρ (γ λ z + M x)
    values.features.write(s, into: &x)
    traces.visit(x, alpha: alpha, times: emphasis)
    traces.fade(by: rho)
    // δ ← R + γ v̂(S′, w) − v̂(S, w)
    let target = ending == .terminated ? r : r + values.gamma * values.value(next)
    let delta = target - values.value(s)
    // w ← w + α δ z
    traces.add(alpha * delta, to: &values.w, rates: values.features.rates)
    traces.fade(by: values.gamma * lambda)
    following = rho * values.gamma * followOn
    if ending != .running {
      traces.clear()
      following = 0
    }
    values.measure(delta, ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint, as: "alpha/clock")
    traces.save(to: &checkpoint)
    checkpoint.add("following", following)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try traces.restore(from: checkpoint)
    following = try checkpoint.double("following")
  }
}
