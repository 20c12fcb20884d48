import RLCore

/// Monte Carlo control with an ε-greedy policy.
///
/// Source: Sutton & Barto, 2nd ed., §5.4, box "On-policy first-visit MC control"; Zhao, §5.4, algorithm 5.3 (every
/// visit).
///
/// Deviations from the source: none. Ties among greedy actions are broken uniformly. The return of an episode that was
/// cut ends there.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct MCEpsilonGreedy: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "mc-epsilon-greedy"
    public static let summary = "Monte Carlo control with an ε-greedy policy"

    public var visits = Visits.every
    /// Steps after which an episode is cut where the world goes on.
    public var episodeLength = 10_000
    public var alpha = StepSize.reciprocal
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .choice("visits", \.visits, "the visits within an episode that count"),
        .integer(
          "episodeLength", \.episodeLength, in: 1...Int.max, "steps after which it cuts an episode that goes on"),
      ] + controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      MCEpsilonGreedy(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  private let episodeLength: Int
  private var episode: EpisodeRecord

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
    episodeLength = configuration.episodeLength
    episode = EpisodeRecord(configuration.visits, table: values.q.count)
  }

  /// Q(s, a). Shape `[states, actions]`.
  public var q: [Double] { values.q }

  /// Lets the averages begin anew with the next episode, which still follows the policy of those so far.
  public mutating func forgetReturns() { alpha.forget() }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) { a = values.choose(s) }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Generate an episode following π: S₀, A₀, R₁, …, S_{T−1}, A_{T−1}, R_T
    episode.append(s &* values.actions &+ a, r)
    if ending != .running || episode.count >= episodeLength { finish() }
  }

  private mutating func finish() {
    // G ← 0; loop for each step of episode, t = T−1, T−2, …, 0:
    var g = 0.0
    while episode.count > 0 {
      // G ← γ G + R_{t+1}
      let (pair, reward, counts) = episode.removeLast()
      g = gamma * g + reward
      // Unless the pair appears before t: append G to Returns(S_t, A_t); Q(S_t, A_t) ← average(Returns(S_t, A_t));
      // π is ε-greedy in Q
      if counts { values.q[pair] += alpha.next(pair) * (g - values.q[pair]) }
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
