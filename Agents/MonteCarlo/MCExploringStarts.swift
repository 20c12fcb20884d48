import RLCore

/// Monte Carlo control with exploring starts.
///
/// Source: Sutton & Barto, 2nd ed., §5.3, box "Monte Carlo ES (Exploring Starts)" (first visit); Zhao, §5.3, algorithm
/// 5.2 (every visit). The model is only sampled, as a generator of episodes that can start anywhere.
///
/// Deviations from the source: the first policy takes action 0 everywhere, and the lowest of equally good actions. A sweep
/// is one episode; its return ends after `episodeLength` steps.
///
/// Metrics: `train/changed_states` the changes of the policy in an episode.
public struct MCExploringStarts: Planner {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "mc-exploring-starts"
    public static let summary = "Monte Carlo control with episodes that start from any pair"
    public static let needsModel = true

    public var visits = Visits.first
    /// Steps of an episode.
    public var episodeLength = 100
    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .choice("visits", \.visits, "the visits within an episode that count"),
      .integer("episodeLength", \.episodeLength, in: 1...1_000_000, "steps after which an episode is cut"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      Planning(MCExploringStarts(self, for: model!, seed: seed), in: world)
    }
  }

  public static let metricTags = ["train/changed_states"]

  private let model: TransitionTable
  private let gamma: Double
  private let episodeLength: Int
  /// The pairs that episodes start from, each as likely.
  private let starts: [Int]
  private var random: RandomStream
  /// Q(s, a). Shape `[states, actions]`.
  private var q: [Double]
  private var alpha: StepSizes
  /// π(s). Shape `[states]`.
  public private(set) var policy: [Int]
  private var episode: EpisodeRecord

  public let isConverged = false

  /// Starts from `policy`, or from action 0 everywhere, and every episode in one of `states`, or of all states.
  public init(
    _ configuration: Configuration, for model: TransitionTable, seed: UInt64, policy: [Int]? = nil,
    startingIn states: [Int]? = nil
  ) {
    self.model = model
    starts = (states ?? Array(0..<model.states)).flatMap { s in (0..<model.actions).map { s * model.actions + $0 } }
    gamma = configuration.discount ?? model.discount
    episodeLength = configuration.episodeLength
    random = RandomStream(SeedSequence(seed).spawn(0))
    q = .init(repeating: 0, count: model.states * model.actions)
    alpha = StepSizes(.reciprocal, entries: q.count)
    self.policy = policy ?? .init(repeating: 0, count: model.states)
    episode = EpisodeRecord(configuration.visits, table: q.count)
  }

  public mutating func sweep(into meter: inout Meter) {
    // Choose S₀, A₀ randomly such that all pairs have probability > 0
    var pair = starts[random.integer(below: starts.count)]
    // Generate an episode from S₀, A₀, following π
    for _ in 0..<episodeLength {
      let branch = model.branches[model.draw(pair, using: &random)]
      episode.append(pair, branch.reward)
      if branch.isTerminal { break }
      pair = Int(branch.next) * model.actions + policy[Int(branch.next)]
    }
    // G ← 0; loop for each step of episode, t = T−1, T−2, …, 0:
    var (g, changed) = (0.0, 0)
    while episode.count > 0 {
      // G ← γ G + R_{t+1}
      let (pair, reward, counts) = episode.removeLast()
      g = gamma * g + reward
      // Unless the pair appears before t:
      guard counts else { continue }
      // Append G to Returns(S_t, A_t); Q(S_t, A_t) ← average(Returns(S_t, A_t))
      q[pair] += alpha.next(pair) * (g - q[pair])
      // π(S_t) ← argmax_a Q(S_t, a)
      if improve(pair / model.actions) { changed += 1 }
    }
    meter.add(Double(changed), to: 0)
  }

  private mutating func improve(_ s: Int) -> Bool {
    let row = s * model.actions
    var best = 0
    for a in 1..<model.actions where q[row + a] > q[row + best] { best = a }
    defer { policy[s] = best }
    return policy[s] != best
  }

  public var solution: Solution { Solution(greedyWith: q, states: model.states, actions: model.actions) }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("q", q, shape: [model.states, model.actions])
    alpha.save(to: &checkpoint)
    checkpoint.add("policy", policy)
    checkpoint.add("random/policy", random)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    q = try checkpoint.doubles("q", count: q.count)
    try alpha.restore(from: checkpoint)
    policy = try checkpoint.actions("policy", count: model.states, below: model.actions)
    random = try checkpoint.random("random/policy")
  }
}
