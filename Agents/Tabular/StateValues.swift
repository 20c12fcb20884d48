import RLCore

/// v(s) of a followed policy as a table, and its distance to the exact values: what the agents that predict have in
/// common.
struct StateValues: Sendable {
  static let metricTags = ["train/rms_error"]

  /// v(s). Shape `[states]`.
  var v: [Double]
  let gamma: Double
  private let actions: Int
  /// The policy whose values they are.
  let policy: PolicyTable
  private let model: TransitionTable?
  private let exact: PolicyValues?
  var random: RandomStream
  /// Updates since the error was last measured.
  private var unmeasured = 0

  init(
    _ configuration: some PolicySettings, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    let (states, actions) = world.sizes
    self.actions = actions
    self.model = model
    let policy = PolicyTable(configuration.policy, for: world)
    self.policy = policy
    v = .init(repeating: configuration.initialValue, count: states)
    gamma = configuration.discount ?? world.discount
    random = RandomStream(SeedSequence(seed).spawn(0))
    let gamma = gamma
    exact = model.flatMap { PolicyValues(of: policy.probabilities, in: $0, gamma: gamma) }
  }

  /// An action of the policy: A ~ π(· | S).
  @inline(__always)
  mutating func choose(_ s: Int) -> Int { policy.draw(s, using: &random) }

  /// Measures the error at the end of an episode, and as often as once in as many steps as there are states.
  @inline(__always)
  mutating func measure(_ ending: Ending, into meter: inout Meter) {
    unmeasured += 1
    if ending != .running || unmeasured >= v.count { measure(into: &meter) }
  }

  @inline(never)
  private mutating func measure(into meter: inout Meter) {
    unmeasured = 0
    if let exact { meter.add(exact.error(of: v), to: 0) }
  }

  /// q(s, a) looks one step ahead where the model is known; elsewhere every action of a state has the state's value.
  var solution: Solution {
    let q = model?.actionValues(of: v, gamma: gamma) ?? v.flatMap { [Double](repeating: $0, count: actions) }
    return Solution(states: v.count, actions: actions, v: v, q: q, policy: policy.probabilities)
  }

  /// The followed policy, which draws its actions even where it is not asked to explore.
  func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    TabularPolicy(probabilities: policy.probabilities, actions: actions, sampledWith: seed ?? 0)
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("v", v)
    checkpoint.add("unmeasured", unmeasured)
    checkpoint.add("random/policy", random)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    v = try checkpoint.doubles("v", count: v.count)
    unmeasured = try checkpoint.int("unmeasured")
    random = try checkpoint.random("random/policy")
  }
}

extension TransitionTable {
  /// q(s, a) = Σ p (r + γ v(s′)). Shape `[states, actions]`.
  func actionValues(of v: [Double], gamma: Double) -> [Double] {
    (0..<states * actions).map { pair in
      var q = 0.0
      for b in Int(starts[pair])..<Int(starts[pair + 1]) {
        let future = branches[b].isTerminal ? 0 : gamma * v[Int(branches[b].next)]
        q += probabilities[b] * (branches[b].reward + future)
      }
      return q
    }
  }
}
