import RLCore

/// Off-policy Monte Carlo control: the greedy policy learned from the episodes of another one.
///
/// Source: Sutton & Barto, 2nd ed., §5.7, box "Off-policy MC control, for estimating π ≈ π*".
///
/// Deviations from the source: none. Of equally good actions π takes the last. The return of an episode that was cut
/// ends there. Nothing is learned while π never ends an episode, as where `initialValue` is above all returns.
///
/// Metrics: `train/learned_steps` the steps at the end of an episode that were learned from, since π took them too.
public struct OffPolicyMCControl: Agent {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "off-policy-mc-control"
    public static let summary = "Monte Carlo control from another policy's episodes by weighted importance sampling"
    public static let needsModel = false

    /// Steps after which an episode is cut where the world goes on.
    public var episodeLength = 10_000
    /// The policy b that acts: it must be able to take every action.
    public var behaviour = FollowedPolicy.uniform
    public var initialValue = 0.0
    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .integer("episodeLength", \.episodeLength, in: 1...Int.max, "steps after which it cuts an episode that goes on"),
      .policy("behaviour", \.behaviour, "the policy that acts"),
      .number(
        "initialValue", \.initialValue, in: -1e9...1e9, "value that every Q(s, a) starts from; better below the returns"
      ),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
    ]

    public func misfit(in world: some FiniteEnvironment) -> String? {
      if let reason = behaviour.misfit(in: world) { return "its behaviour \(reason)" }
      guard let pair = PolicyTable(behaviour, for: world).probabilities.firstIndex(of: 0) else { return nil }
      let actions = world.sizes.actions
      return
        "its behaviour never takes action \(pair % actions) in state \(pair / actions); expected one that may take "
        + "every action"
    }

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      OffPolicyMCControl(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = ["train/learned_steps"]

  private let behaviour: PolicyTable
  private let actions: Int
  private let gamma: Double
  private let episodeLength: Int
  private var random: RandomStream
  /// Q(s, a), and the sum C(s, a) of the weights of its returns. Shape `[states, actions]` each.
  public private(set) var q: [Double]
  private var c: [Double]
  private var episode: EpisodeRecord

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    behaviour = PolicyTable(configuration.behaviour, for: world)
    actions = world.sizes.actions
    gamma = configuration.discount ?? world.discount
    episodeLength = configuration.episodeLength
    random = RandomStream(SeedSequence(seed).spawn(0))
    q = .init(repeating: configuration.initialValue, count: behaviour.probabilities.count)
    c = .init(repeating: 0, count: q.count)
    episode = EpisodeRecord(.every, table: q.count)
  }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // b ← any soft policy
    a = behaviour.draw(s, using: &random)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Generate an episode using b: S₀, A₀, R₁, …, S_{T−1}, A_{T−1}, R_T
    episode.append(s &* actions &+ a, r)
    if ending != .running || episode.count >= episodeLength { meter.add(Double(finish()), to: 0) }
  }

  /// The number of steps that were learned from.
  private mutating func finish() -> Int {
    // G ← 0; W ← 1; loop for each step of episode, t = T−1, T−2, …, 0:
    var (g, w, learned) = (0.0, 1.0, 0)
    while episode.count > 0 {
      // G ← γ G + R_{t+1}
      let (pair, reward, _) = episode.removeLast()
      g = gamma * g + reward
      // C(S_t, A_t) ← C(S_t, A_t) + W; Q(S_t, A_t) ← Q(S_t, A_t) + W / C(S_t, A_t) [G − Q(S_t, A_t)]
      c[pair] += w
      q[pair] += w / c[pair] * (g - q[pair])
      learned += 1
      // π(S_t) ← argmax_a Q(S_t, a), with ties broken consistently
      let s = pair / actions
      // If A_t ≠ π(S_t) then exit inner loop
      if pair != s * actions + ActionValues.Greedy(s, in: q, actions: actions).action { break }
      // W ← W / b(A_t | S_t)
      w /= behaviour.probabilities[pair]
    }
    episode.clear()
    return learned
  }

  public var solution: Solution? { Solution(greedyWith: q, states: q.count / actions, actions: actions) }

  /// The greedy policy, or the one that acts where it samples.
  public func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    TabularPolicy(
      probabilities: seed == nil ? solution!.policy : behaviour.probabilities, actions: actions, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("q", q, shape: [q.count / actions, actions])
    checkpoint.add("weights", c)
    checkpoint.add("random/policy", random)
    episode.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    q = try checkpoint.doubles("q", count: q.count)
    c = try checkpoint.doubles("weights", count: q.count)
    random = try checkpoint.random("random/policy")
    try episode.restore(from: checkpoint)
  }
}
