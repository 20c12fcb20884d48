import RLCore

/// The off-line λ-return algorithm: prediction of a policy's values, by one λ-return for each step of a finished episode.
///
/// Source: Sutton & Barto, 2nd ed., §12.1, equations 12.2 and 12.4, each state being a feature of its own.
///
/// Deviations from the source: none. λ-returns bootstrap from the values at the episode's start. A truncated episode
/// bootstraps from its last state.
///
/// Metrics: `train/rms_error` √(Σ_s (v(s) − v_π(s))² / |S|) over the states that an episode can stand in, where the model
/// is known.
public struct LambdaReturn: Agent {
  public struct Configuration: PredictionSettings, Equatable {
    public static let id = "lambda-return"
    public static let summary = "prediction of a policy by λ-returns of whole episodes"

    /// The weight λ of longer returns.
    public var lambda = 0.9
    /// Steps after which an episode is cut where the world goes on.
    public var episodeLength = 10_000
    public var policy = FollowedPolicy.uniform
    public var alpha: StepSize = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .number("lambda", \.lambda, in: 0...1, "weight λ of longer returns"),
        .integer(
          "episodeLength", \.episodeLength, in: 1...Int.max, "steps after which it cuts an episode that goes on"),
      ] + predictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      LambdaReturn(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = StateValues.metricTags

  private var values: StateValues
  private var alpha: StepSizes
  private let lambda: Double
  private let episodeLength: Int
  private var episode: EpisodeRecord
  /// G^λ of each step of the episode. Its room grows to the longest one and is kept.
  private var returns: [Double] = []

  public init(
    _ configuration: Configuration, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = StateValues(configuration, for: world, model: model, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.v.count)
    lambda = configuration.lambda
    episodeLength = configuration.episodeLength
    episode = EpisodeRecord(.every, table: values.v.count)
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
    // No changes are made during the episode
    episode.append(s, r)
    if ending != .running || episode.count >= episodeLength { finish(next, ending) }
    values.measure(ending, into: &meter)
  }

  private mutating func finish(_ next: Int, _ ending: Ending) {
    while returns.count < episode.count { returns.append(0) }
    // G_t^λ = R_{t+1} + γ ((1 − λ) V(S_{t+1}) + λ G_{t+1}^λ), which is equation 12.2 from the end backwards
    var ahead = ending == .terminated ? 0 : values.v[next]
    var g = ahead
    for t in stride(from: episode.count - 1, through: 0, by: -1) {
      let (s, reward) = episode[t]
      g = reward + values.gamma * ((1 - lambda) * ahead + lambda * g)
      returns[t] = g
      ahead = values.v[s]
    }
    // V(S_t) ← V(S_t) + α [G_t^λ − V(S_t)], t = 0, …, T − 1
    for t in 0..<episode.count {
      let s = episode[t].entry
      values.v[s] += alpha.next(s) * (returns[t] - values.v[s])
    }
    episode.clear()
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
