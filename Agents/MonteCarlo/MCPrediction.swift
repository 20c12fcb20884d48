import RLCore

/// Monte Carlo prediction: a policy's values as means of returns.
///
/// Source: Sutton & Barto, 2nd ed., §5.1, box "First-visit MC prediction", with its remark on every visit; with a constant
/// step size equation 6.1.
///
/// Deviations from the source: none. The return of an episode that was cut ends there.
///
/// Metrics: `train/rms_error` √(Σ_s (v(s) − v_π(s))² / |S|) over the states that an episode can stand in, where the model
/// is known.
public struct MCPrediction: Agent {
  public struct Configuration: PredictionSettings, Equatable {
    public static let id = "mc-prediction"
    public static let summary = "prediction of a fixed policy by the mean of its returns"

    public var visits = Visits.first
    /// Steps after which an episode is cut where the world goes on.
    public var episodeLength = 10_000
    public var policy = FollowedPolicy.uniform
    public var alpha: StepSize = .reciprocal
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .choice("visits", \.visits, "the visits within an episode that count"),
        .integer(
          "episodeLength", \.episodeLength, in: 1...Int.max, "steps after which it cuts an episode that goes on"),
      ] + predictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      MCPrediction(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = StateValues.metricTags

  private var values: StateValues
  private var alpha: StepSizes
  private let episodeLength: Int
  private var episode: EpisodeRecord

  public init(
    _ configuration: Configuration, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = StateValues(configuration, for: world, model: model, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.v.count)
    episodeLength = configuration.episodeLength
    episode = EpisodeRecord(configuration.visits, table: values.v.count)
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
    // Generate an episode following π: S₀, A₀, R₁, …, S_{T−1}, A_{T−1}, R_T
    episode.append(s, r)
    if ending != .running || episode.count >= episodeLength { finish() }
    values.measure(ending, into: &meter)
  }

  private mutating func finish() {
    // G ← 0; loop for each step of episode, t = T−1, T−2, …, 0:
    var g = 0.0
    while episode.count > 0 {
      // G ← γ G + R_{t+1}
      let (s, reward, counts) = episode.removeLast()
      g = values.gamma * g + reward
      // Unless S_t appears in S₀, …, S_{t−1}: append G to Returns(S_t); V(S_t) ← average(Returns(S_t))
      if counts { values.v[s] += alpha.next(s) * (g - values.v[s]) }
    }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    episode.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    try episode.restore(from: checkpoint)
  }
}
