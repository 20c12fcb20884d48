import RLCore

/// n-step TD: prediction of a policy's values from n rewards and the value that follows.
///
/// Source: Sutton & Barto, 2nd ed., §7.1, box "n-step TD for estimating V ≈ v_π".
///
/// Deviations from the source: none. A truncated episode bootstraps from its last state.
///
/// Metrics: `train/rms_error` √(Σ_s (v(s) − v_π(s))² / |S|) over the states that an episode can stand in, where the model
/// is known.
public struct NStepTD: Agent {
  public struct Configuration: PredictionSettings, Equatable {
    public static let id = "n-step-td"
    public static let summary = "prediction of a fixed policy from n rewards and the value that follows"

    /// Rewards n of a target.
    public var n = 4
    public var policy = FollowedPolicy.uniform
    public var alpha: StepSize = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .integer("n", \.n, in: 1...1000, "rewards of a target")
      ] + predictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      NStepTD(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = StateValues.metricTags

  private var values: StateValues
  private var alpha: StepSizes
  /// The steps whose n rewards are not complete.
  private var recent: RecentSteps

  public init(
    _ configuration: Configuration, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = StateValues(configuration, for: world, model: model, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.v.count)
    recent = RecentSteps(configuration.n)
  }

  /// v(s). Shape `[states]`.
  public var v: [Double] { values.v }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A ← action given by π for S
    a = values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Observe and store R_{t+1} and S_{t+1}
    recent.append(s, r)
    // τ ← t − n + 1; if τ ≥ 0, update; until τ = T − 1
    if recent.isFull { update(next, ending) }
    if ending != .running {
      while recent.count > 0 { update(next, ending) }
    }
    values.measure(ending, into: &meter)
  }

  /// The update of time τ, the oldest that is left.
  @inline(__always)
  private mutating func update(_ next: Int, _ ending: Ending) {
    // G ← Σ_i γ^{i−τ−1} R_i; if τ + n < T: G ← G + γⁿ V(S_{τ+n})
    let (s, g) = recent.removeOldest(gamma: values.gamma, tail: ending == .terminated ? 0 : values.v[next])
    // V(S_τ) ← V(S_τ) + α [G − V(S_τ)]
    values.v[s] += alpha.next(s) * (g - values.v[s])
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    recent.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    try recent.restore(from: checkpoint, table: values.v.count)
  }
}
