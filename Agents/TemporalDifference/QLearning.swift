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
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "q-learning"
    public static let summary = "off-policy temporal-difference control with a table"
    public static let needsModel = false

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

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      QLearning(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
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

  /// A best action of a state, and whether others share its value.
  private struct Greedy {
    var state: Int
    var action = 0
    var value: Double
    var isTied = false
  }
  /// Found for the update's maximum and used again for the next action.
  private var ahead = Greedy(state: -1, value: 0)

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    guard case (.discrete(let states), .discrete(let actions)) = (world.observationSpace, world.actionSpace) else {
      preconditionFailure("a finite world has discrete spaces")
    }
    self.states = states
    self.actions = actions
    alpha = configuration.alpha
    epsilon = configuration.epsilon
    gamma = configuration.discount ?? world.discount
    q = .init(repeating: configuration.initialValue, count: states * actions)
    random = RandomStream(SeedSequence(seed).spawn(0))
  }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // Choose A from S using the policy derived from Q (ε-greedy)
    if random.uniform() < epsilon {
      a = random.integer(below: actions)
    } else {
      let greedy = ahead.state == s ? ahead : best(s)
      a = greedy.isTied ? tied(greedy) : greedy.action
    }
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]
    let greedy = best(next)
    let target = ending == .terminated ? r : r + gamma * greedy.value
    q[s &* actions &+ a] += alpha * (target - q[s &* actions &+ a])
    ahead = greedy
    // The update may have changed which action is best here.
    if next == s { ahead.state = -1 }
  }

  /// One pass over a row of Q.
  @inline(__always)
  private func best(_ s: Int) -> Greedy {
    let row = s &* actions
    var greedy = Greedy(state: s, value: q[row])
    for a in 1..<actions {
      let value = q[row &+ a]
      if value >= greedy.value {
        greedy.isTied = value == greedy.value
        greedy.value = value
        greedy.action = a
      }
    }
    return greedy
  }

  @inline(never)
  private mutating func tied(_ greedy: Greedy) -> Int {
    let row = greedy.state * actions
    let count = (0..<actions).count { q[row + $0] == greedy.value }
    var left = random.integer(below: count)
    for a in 0..<actions where q[row + a] == greedy.value {
      if left == 0 { return a }
      left -= 1
    }
    preconditionFailure("one of the tied actions was drawn")
  }

  /// This rule learning in a world. The loop over a simulator is specialised here, where both types are known.
  public func learner(in world: some FiniteEnvironment, seed: UInt64) -> any Learner {
    if let simulator = world as? TimeLimit<Simulator> { return Interaction(simulator, self, seed: seed) }
    return Interaction(world, self, seed: seed)
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
    ahead.state = -1
    random = try checkpoint.random("random/policy")
  }
}
