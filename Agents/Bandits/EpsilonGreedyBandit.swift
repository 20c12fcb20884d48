import RLCore

/// A simple bandit algorithm: ε-greedy choice among estimated arms.
///
/// Source: Sutton & Barto, 2nd ed., §2.4, box "A simple bandit algorithm"; with a constant step size §2.5.
///
/// Deviations from the source: every episode is a bandit of its own, and begins afresh; what is observed is ignored. Ties
/// are broken uniformly.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct EpsilonGreedyBandit: Agent {
  public struct Configuration: ChoiceSettings, Equatable {
    public static let id = "epsilon-greedy"
    public static let summary = "a bandit's arms by sample averages, mostly the best"

    public var alpha = StepSize.reciprocal
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0

    public init() {}

    public static let settings = choiceSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      EpsilonGreedyBandit(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  /// Q(a) in the row of state 0, and the choice from it.
  private var values: ActionValues
  private var alpha: StepSizes
  private let initialValue: Double

  public init(_ configuration: some ChoiceSettings, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.actions)
    initialValue = configuration.initialValue
  }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A ← argmax_a Q(a) with probability 1 − ε (breaking ties randomly), a random action with probability ε
    a = values.choose(0)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // N(A) ← N(A) + 1; Q(A) ← Q(A) + 1/N(A) [R − Q(A)]
    values.q[a] += alpha.next(a) * (r - values.q[a])
    if ending != .running {
      // Initialize, for a = 1 to k: Q(a) ← 0, N(a) ← 0
      for arm in 0..<values.actions { values.q[arm] = initialValue }
      alpha.forget()
    }
  }

  /// The same row for every state.
  public var solution: Solution? {
    let row = values.q[..<values.actions]
    let q = [[Double]](repeating: Array(row), count: values.states).flatMap(\.self)
    return Solution(greedyWith: q, states: values.states, actions: values.actions)
  }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    var same = values
    same.q = solution!.q
    return same.policy(sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
  }
}
