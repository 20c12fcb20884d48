import RLCore

/// Gradient Monte Carlo with linear values: prediction of a policy.
///
/// Source: Sutton & Barto, 2nd ed., §9.3, box "Gradient Monte Carlo Algorithm for Estimating v̂ ≈ v_π".
///
/// Deviations from the source: the steps of an episode are gone through from its end, so that the returns need no room. The
/// return of an episode that was cut ends there.
///
/// Metrics: `train/rms_error` √(Σ_s (v̂(s) − v_π(s))² / |S|), `train/projected_bellman_error` √PBE and
/// `train/fixed_point_error`, the distance to the values that TD(0) comes to rest at, where the model is known.
public struct LinearMC: Agent {
  public struct Configuration: LinearPredictionSettings, Equatable {
    public static let id = "linear-mc"
    public static let summary = "prediction with linear values by gradient steps towards returns"

    /// Steps after which an episode is cut where the world goes on.
    public var episodeLength = 10_000
    public var policy = FollowedPolicy.uniform
    public var alpha: Schedule = 0.01
    public var initialWeight = 0.0
    public var discount: Double?
    public var features = FeatureSettings(.aggregation)

    public init() {}

    public static let settings =
      [
        .integer(
          "episodeLength", \.episodeLength, in: 1...Int.max, "steps after which it cuts an episode that goes on")
      ] + linearPredictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      LinearMC(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = LinearStateValues.metricTags

  private var values: LinearStateValues
  private var alpha: Progress
  private let episodeLength: Int
  private var episode: EpisodeRecord

  /// `features`, `weights`: where they are not what the configuration says.
  public init(
    _ configuration: Configuration, _ features: StateFeatures? = nil, from weights: [Double]? = nil,
    for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = LinearStateValues(
      configuration, features, from: weights, for: world, model: model, seed: seed)
    alpha = Progress(configuration.alpha)
    episodeLength = configuration.episodeLength
    episode = EpisodeRecord(.every, table: values.features.states)
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
    // Generate an episode S₀, A₀, R₁, S₁, …, R_T, S_T using π
    episode.append(s, r)
    if ending == .running && episode.count < episodeLength { return }
    // Loop for each step of episode: w ← w + α [G_t − v̂(S_t, w)] ∇v̂(S_t, w)
    var g = 0.0
    while episode.count > 0 {
      let (s, reward, _) = episode.removeLast()
      g = values.gamma * g + reward
      let delta = g - values.value(s)
      values.add(alpha.next() * delta, of: s)
      values.measure(delta, episode.count > 0 ? .running : ending, into: &meter)
    }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint, as: "alpha/clock")
    episode.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try episode.restore(from: checkpoint)
  }
}
