import RLCore

/// n-step semi-gradient TD with linear values: prediction of a policy.
///
/// Source: Sutton & Barto, 2nd ed., §9.4, box "n-step semi-gradient TD for estimating v̂ ≈ v_π".
///
/// Deviations from the source: none. A truncated episode bootstraps from its last state.
///
/// Metrics: `train/rms_error` √(Σ_s (v̂(s) − v_π(s))² / |S|), `train/projected_bellman_error` √PBE and
/// `train/fixed_point_error`, the distance to the values that TD(0) comes to rest at, where the model is known.
public struct LinearNStepTD: Agent {
  public struct Configuration: LinearPredictionSettings, Equatable {
    public static let id = "linear-n-step-td"
    public static let summary = "prediction with linear values from n rewards and the value that follows"

    /// Rewards n of a target.
    public var n = 4
    public var policy = FollowedPolicy.uniform
    public var alpha: Schedule = 0.1
    public var initialWeight = 0.0
    public var discount: Double?
    public var features = FeatureSettings(.aggregation)

    public init() {}

    public static let settings =
      [.integer("n", \.n, in: 1...1000, "rewards of a target")] + linearPredictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      LinearNStepTD(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = LinearStateValues.metricTags

  private var values: LinearStateValues
  private var alpha: Progress
  /// The steps whose n rewards are not complete.
  private var recent: RecentSteps

  /// `features`, `weights`: where they are not what the configuration says.
  public init(
    _ configuration: Configuration, _ features: StateFeatures? = nil, from weights: [Double]? = nil,
    for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = LinearStateValues(
      configuration, features, from: weights, for: world, model: model, seed: seed)
    alpha = Progress(configuration.alpha)
    recent = RecentSteps(configuration.n)
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
    // Observe and store R_{t+1} and S_{t+1}
    recent.append(s, r)
    // τ ← t − n + 1; if τ ≥ 0, update; until τ = T − 1
    if recent.isFull { update(next, ending, into: &meter) }
    if ending != .running {
      while recent.count > 0 { update(next, ending, into: &meter) }
    }
  }

  /// The update of time τ, the oldest that is left.
  @inline(__always)
  private mutating func update(_ next: Int, _ ending: Ending, into meter: inout Meter) {
    // G ← Σ_i γ^{i−τ−1} R_i; if τ + n < T: G ← G + γⁿ v̂(S_{τ+n}, w)
    let (s, g) = recent.removeOldest(gamma: values.gamma, tail: ending == .terminated ? 0 : values.value(next))
    // w ← w + α [G − v̂(S_τ, w)] ∇v̂(S_τ, w)
    let delta = g - values.value(s)
    values.add(alpha.next() * delta, of: s)
    values.measure(delta, recent.count > 0 ? .running : ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint, as: "alpha/clock")
    recent.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try recent.restore(from: checkpoint, table: values.features.states)
  }
}
