import RLCore

/// Q-learning: off-policy TD control.
///
/// Source: Watkins (1989); Sutton & Barto, 2nd ed., §6.5, box "Q-learning (off-policy TD control)"; Zhao, §7.4,
/// algorithm 7.3 (behaviour ε-greedy with respect to Q).
///
/// Deviations from the source: none. Ties among greedy actions are broken uniformly. A truncated step bootstraps.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct QLearning: Agent {
  public struct Configuration: Configurable, Sendable, Equatable {
    public var alpha = 0.5
    public var epsilon = 0.1
    public var initialValue = 0.0
    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .number("alpha", \.alpha, in: 0...1, "step size α"),
      .number("epsilon", \.epsilon, in: 0...1, "probability ε of a uniformly random action"),
      .number("initialValue", \.initialValue, in: -1e9...1e9, "value that every Q(s, a) starts from"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
    ]
  }

  public static let metricTags: [String] = []

  /// Q(s, a). Shape `[states, actions]`.
  public private(set) var q: [Double]
  private let states: Int
  private let actions: Int
  private let alpha: Double
  private let epsilon: Double
  private let gamma: Double
  private var random: RandomStream

  public init(_ configuration: Configuration, for table: TransitionTable, seed: UInt64) {
    states = table.states
    actions = table.actions
    alpha = configuration.alpha
    epsilon = configuration.epsilon
    gamma = configuration.discount ?? table.discount
    q = .init(repeating: configuration.initialValue, count: states * actions)
    random = RandomStream(SeedSequence(seed).spawn(0))
  }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // Choose A from S using the policy derived from Q (ε-greedy)
    a = random.uniform() < epsilon ? random.integer(below: actions) : greedy(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]
    let target = ending == .terminated ? r : r + gamma * best(next)
    q[s * actions + a] += alpha * (target - q[s * actions + a])
  }

  @inline(__always)
  private func best(_ s: Int) -> Double {
    let row = s * actions
    var best = q[row]
    for a in 1..<actions where q[row + a] > best { best = q[row + a] }
    return best
  }

  @inline(__always)
  private mutating func greedy(_ s: Int) -> Int {
    let row = s * actions
    var best = q[row]
    var choice = 0
    var isTied = false
    for a in 1..<actions {
      let value = q[row + a]
      if value > best {
        best = value
        choice = a
        isTied = false
      } else if value == best {
        isTied = true
      }
    }
    return isTied ? tied(row, best) : choice
  }

  @inline(never)
  private mutating func tied(_ row: Int, _ best: Double) -> Int {
    let count = (0..<actions).count { q[row + $0] == best }
    var left = random.integer(below: count)
    for a in 0..<actions where q[row + a] == best {
      if left == 0 { return a }
      left -= 1
    }
    preconditionFailure("one of the tied actions was drawn")
  }

  /// This rule learning in a world: the loop is specialised here, where both types are known.
  public func learner(in world: TimeLimit<Simulator>, seed: UInt64) -> any Learner {
    Interaction(world, self, seed: seed)
  }

  public var solution: Solution? { Solution(greedyWith: q, states: states, actions: actions) }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    var probabilities = solution!.policy
    if seed != nil {
      for i in probabilities.indices { probabilities[i] = (1 - epsilon) * probabilities[i] + epsilon / Double(actions) }
    }
    return TabularPolicy(probabilities: probabilities, actions: actions, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("q", q, shape: [states, actions])
    checkpoint.add("random/policy", random)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    q = try checkpoint.doubles("q", count: states * actions)
    random = try checkpoint.random("random/policy")
  }
}
