import RLCore

/// Q(s, a) as a table, and the ε-greedy choice from it: what the tabular control agents have in common.
struct ActionValues: Sendable {
  /// Q(s, a). Shape `[states, actions]`.
  var q: [Double]
  let states: Int
  let actions: Int
  /// The probability ε of a uniformly random action.
  private(set) var epsilon: Progress
  var random: RandomStream

  /// A best action of a state, and whether others share its value.
  struct Greedy: Sendable {
    var state: Int
    var action = 0
    var value: Double
    var isTied = false

    /// That of no state.
    static let unknown = Greedy(state: -1, value: 0)

    private init(state: Int, value: Double) {
      self.state = state
      self.value = value
    }

    /// One pass over a row of a table.
    @inline(__always)
    init(_ s: Int, in q: [Double], actions: Int) {
      let row = s &* actions
      self.init(state: s, value: q[row])
      for a in 1..<actions {
        let candidate = q[row &+ a]
        if candidate >= value {
          isTied = candidate == value
          value = candidate
          action = a
        }
      }
    }
  }

  init(_ configuration: some ChoiceSettings, for world: some FiniteEnvironment, seed: UInt64) {
    (states, actions) = world.sizes
    q = .init(repeating: configuration.initialValue, count: states * actions)
    epsilon = Progress(configuration.epsilon)
    random = RandomStream(SeedSequence(seed).spawn(0))
  }

  /// The ε-greedy choice in a state.
  @inline(__always)
  mutating func choose(_ s: Int) -> Int { choose(s, knowing: .unknown) }

  /// The ε-greedy choice in a state, which `ahead` may have looked at already.
  @inline(__always)
  mutating func choose(_ s: Int, knowing ahead: Greedy) -> Int {
    let isExploring = random.uniform() < epsilon.value
    epsilon.advance()
    if isExploring { return random.integer(below: actions) }
    return action(of: ahead.state == s ? ahead : best(s))
  }

  /// One of the best actions, each as likely as the others.
  @inline(__always)
  mutating func action(of greedy: Greedy) -> Int {
    greedy.isTied ? random.index(of: greedy.value, in: q, from: greedy.state &* actions, count: actions) : greedy.action
  }

  /// One pass over a row of Q.
  @inline(__always)
  func best(_ s: Int) -> Greedy { Greedy(s, in: q, actions: actions) }

  /// Σ_a π(a | s) Q(s, a) under the ε-greedy policy.
  @inline(__always)
  func expectation(_ greedy: Greedy) -> Double { expectation(greedy, epsilon: epsilon.value) }

  /// Σ_a π(a | s) Q(s, a) under the policy that is ε-greedy with this ε.
  @inline(__always)
  func expectation(_ greedy: Greedy, epsilon: Double) -> Double {
    let row = greedy.state &* actions
    var sum = 0.0
    for a in 0..<actions { sum += q[row &+ a] }
    return (1 - epsilon) * greedy.value + epsilon * (sum / Double(actions))
  }

  /// π(a | s) of a pair of that state under the policy that is ε-greedy with this ε.
  @inline(__always)
  func probability(of pair: Int, _ greedy: Greedy, epsilon: Double) -> Double {
    let share = epsilon / Double(actions)
    guard q[pair] == greedy.value else { return share }
    guard greedy.isTied else { return 1 - epsilon + share }
    let row = greedy.state &* actions
    return (1 - epsilon) / Double((0..<actions).count { q[row + $0] == greedy.value }) + share
  }

  /// The ε of a target policy.
  @inline(__always)
  func epsilon(of target: TargetPolicy) -> Double { target == .greedy ? 0 : epsilon.value }

  /// One step of Q-learning: Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)].
  @inline(__always)
  mutating func backUp(_ pair: Int, _ r: Double, _ next: Int, isTerminal: Bool, gamma: Double, alpha: Double) {
    let target = isTerminal ? r : r + gamma * best(next).value
    q[pair] += alpha * (target - q[pair])
  }

  var solution: Solution { Solution(greedyWith: q, states: states, actions: actions) }

  /// The greedy policy, or the ε-greedy one where it samples.
  func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    var probabilities = solution.policy
    if seed != nil {
      let share = epsilon.value / Double(actions)
      for i in probabilities.indices { probabilities[i] = (1 - epsilon.value) * probabilities[i] + share }
    }
    return TabularPolicy(probabilities: probabilities, actions: actions, sampledWith: seed)
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("q", q, shape: [states, actions])
    epsilon.save(to: &checkpoint, as: "epsilon/clock")
    checkpoint.add("random/policy", random)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    q = try checkpoint.doubles("q", count: states * actions)
    try epsilon.restore(from: checkpoint, as: "epsilon/clock")
    random = try checkpoint.random("random/policy")
  }
}

extension RandomStream {
  /// One of the places of `value` in `count` elements of a table, each as likely as the others.
  @inline(never)
  mutating func index(of value: Double, in table: [Double], from row: Int, count: Int) -> Int {
    var left = integer(below: (0..<count).count { table[row + $0] == value })
    for i in 0..<count where table[row + i] == value {
      if left == 0 { return i }
      left -= 1
    }
    preconditionFailure("one of the equal values was drawn")
  }
}

extension FiniteEnvironment {
  /// The numbers of states and of actions.
  var sizes: (states: Int, actions: Int) {
    guard case (.discrete(let states), .discrete(let actions)) = (observationSpace, actionSpace) else {
      preconditionFailure("a finite world has discrete spaces")
    }
    return (states, actions)
  }
}

extension Agent<Int, Int> {
  /// This rule learning in a world. Inlined where the rule is known, so that its loop over a simulator is specialised.
  @inline(__always)
  func learner(in world: some FiniteEnvironment, seed: UInt64) -> any Learner {
    if let simulator = world as? TimeLimit<Simulator> { return Interaction(simulator, self, seed: seed) }
    return Interaction(world, self, seed: seed)
  }
}

extension CheckpointReader {
  /// An action chosen ahead, −1 where there is none.
  func action(_ name: String, below actions: Int) throws -> Int {
    let action = try int(name)
    guard (-1..<actions).contains(action) else {
      throw CoreError.badCheckpoint("its '\(name)' is \(action); expected an action in -1..<\(actions)")
    }
    return action
  }
}
