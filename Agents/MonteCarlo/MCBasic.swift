import RLCore

/// MC Basic: policy iteration whose evaluation is the mean return of episodes from every pair.
///
/// Source: Zhao, §5.2, algorithm 5.1. The model is only sampled, as a generator of episodes.
///
/// Deviations from the source: it stops when the policy repeats in a model without chance, where one episode a pair
/// tells all. The first policy takes action 0 everywhere.
///
/// Metrics: `train/changed_states` the states whose action the sweep changed.
public struct MCBasic: Planner {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "mc-basic"
    public static let summary = "policy iteration by the mean return of sampled episodes from every pair"
    public static let needsModel = true

    /// Steps of an episode.
    public var episodeLength = 100
    /// Episodes from every pair in a sweep.
    public var episodes = 1
    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .integer("episodeLength", \.episodeLength, in: 1...1_000_000, "steps of an episode"),
      .integer("episodes", \.episodes, in: 1...1_000_000, "episodes from every pair in a sweep"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      Planning(MCBasic(self, for: model!, seed: seed), in: world)
    }
  }

  public static let metricTags = ["train/changed_states"]

  private let model: TransitionTable
  private let gamma: Double
  private let episodeLength: Int
  private let episodes: Int
  private let hasChance: Bool
  private var random: RandomStream
  /// q(s, a). Shape `[states, actions]`.
  private var q: [Double]
  /// π(s). Shape `[states]`.
  private(set) var policy: [Int]
  public private(set) var isConverged = false

  /// Starts from `policy`, or from action 0 everywhere.
  public init(_ configuration: Configuration, for model: TransitionTable, seed: UInt64, policy: [Int]? = nil) {
    self.model = model
    gamma = configuration.discount ?? model.discount
    episodeLength = configuration.episodeLength
    episodes = configuration.episodes
    hasChance = model.branches.count > model.states * model.actions
    random = RandomStream(SeedSequence(seed).spawn(0))
    q = .init(repeating: 0, count: model.states * model.actions)
    self.policy = policy ?? .init(repeating: 0, count: model.states)
  }

  public mutating func sweep(into meter: inout Meter) {
    // Policy evaluation: for every s and every a, collect episodes from (s, a) under π_k
    for pair in q.indices {
      // q_k(s, a) ← the average return of all the episodes starting from (s, a)
      var sum = 0.0
      for _ in 0..<episodes { sum += episode(from: pair) }
      q[pair] = sum / Double(episodes)
    }
    // Policy improvement: a_k*(s) = argmax_a q_k(s, a); π_{k+1}(s) = a_k*(s)
    var changed = 0
    for s in 0..<model.states {
      let row = s * model.actions
      var best = 0
      for a in 1..<model.actions where q[row + a] > q[row + best] { best = a }
      if policy[s] != best { changed += 1 }
      policy[s] = best
    }
    meter.add(Double(changed), to: 0)
    isConverged = changed == 0 && !hasChance
  }

  /// The return of one episode that takes `pair` and then follows the policy.
  private mutating func episode(from pair: Int) -> Double {
    var (pair, g, weight) = (pair, 0.0, 1.0)
    for _ in 0..<episodeLength {
      let branch = model.branches[model.draw(pair, using: &random)]
      g += weight * branch.reward
      if branch.isTerminal { break }
      weight *= gamma
      pair = Int(branch.next) * model.actions + policy[Int(branch.next)]
    }
    return g
  }

  public var solution: Solution { Solution(greedyWith: q, states: model.states, actions: model.actions) }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("q", q, shape: [model.states, model.actions])
    checkpoint.add("policy", policy)
    checkpoint.add("random/policy", random)
    checkpoint.add("converged", isConverged ? 1 : 0)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    q = try checkpoint.doubles("q", count: q.count)
    policy = try checkpoint.actions("policy", count: model.states, below: model.actions)
    random = try checkpoint.random("random/policy")
    isConverged = try checkpoint.int("converged") == 1
  }
}

extension TransitionTable {
  /// A branch of a pair, drawn with the branches' probabilities.
  func draw(_ pair: Int, using random: inout RandomStream) -> Int {
    let (first, end) = (Int(starts[pair]), Int(starts[pair + 1]))
    if end == first + 1 { return first }
    return first + random.categorical(probabilities[first..<end])
  }
}

extension CheckpointReader {
  /// One action for each of `count` states.
  func actions(_ name: String, count: Int, below actions: Int) throws -> [Int] {
    let saved = try ints(name, count: count)
    guard saved.allSatisfy((0..<actions).contains) else {
      throw CoreError.badCheckpoint("its array '\(name)' has actions beyond 0..<\(actions)")
    }
    return saved
  }
}
