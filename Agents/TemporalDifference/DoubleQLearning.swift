import RLCore

/// Double Q-learning: Q-learning without the bias of a maximum over noisy values.
///
/// Source: van Hasselt (2010), "Double Q-learning", algorithm 1; Sutton & Barto, 2nd ed., §6.7, box "Double
/// Q-learning".
///
/// Deviations from the source: none. A table's own visits count where α is 1/n. Ties among greedy actions are broken
/// uniformly, in the update too. A truncated step bootstraps.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct DoubleQLearning: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "double-q-learning"
    public static let summary = "Q-learning with two tables, one to choose and one to judge"

    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings = controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      DoubleQLearning(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  /// Q₁ + Q₂, which it acts on.
  private var sum: ActionValues
  /// Q₁ and Q₂. Shape `[states, actions]` each.
  private var q1: [Double]
  private var q2: [Double]
  private var alpha1: StepSizes
  private var alpha2: StepSizes
  private let gamma: Double

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    sum = ActionValues(configuration, for: world, seed: seed)
    q1 = sum.q
    q2 = sum.q
    for pair in q1.indices { sum.q[pair] = q1[pair] + q2[pair] }
    alpha1 = StepSizes(configuration.alpha, entries: q1.count)
    alpha2 = alpha1
    gamma = configuration.discount ?? world.discount
  }

  /// The mean of both tables. Shape `[states, actions]`.
  public var q: [Double] { sum.q.map { $0 / 2 } }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // Choose A from S using the policy ε-greedy in Q₁ + Q₂
    a = sum.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    let pair = s &* sum.actions &+ a
    // With 0.5 probability:
    if sum.random.uniform() < 0.5 {
      // Q₁(S, A) ← Q₁(S, A) + α [R + γ Q₂(S′, argmax_a Q₁(S′, a)) − Q₁(S, A)]
      let target = ending == .terminated ? r : r + gamma * q2[best(of: q1, next)]
      q1[pair] += alpha1.next(pair) * (target - q1[pair])
    } else {
      // Q₂(S, A) ← Q₂(S, A) + α [R + γ Q₁(S′, argmax_a Q₂(S′, a)) − Q₂(S, A)]
      let target = ending == .terminated ? r : r + gamma * q1[best(of: q2, next)]
      q2[pair] += alpha2.next(pair) * (target - q2[pair])
    }
    sum.q[pair] = q1[pair] + q2[pair]
  }

  /// The pair of a best action of a state in one of the tables, each of several as likely as the others.
  @inline(__always)
  private mutating func best(of q: [Double], _ s: Int) -> Int {
    let row = s &* sum.actions
    let greedy = ActionValues.Greedy(s, in: q, actions: sum.actions)
    guard greedy.isTied else { return row &+ greedy.action }
    return row &+ sum.random.index(of: greedy.value, in: q, from: row, count: sum.actions)
  }

  public var solution: Solution? { Solution(greedyWith: q, states: sum.states, actions: sum.actions) }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { sum.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    sum.save(to: &checkpoint)
    checkpoint.add("q1", q1)
    checkpoint.add("q2", q2)
    alpha1.save(to: &checkpoint, as: "alpha1")
    alpha2.save(to: &checkpoint, as: "alpha2")
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try sum.restore(from: checkpoint)
    q1 = try checkpoint.doubles("q1", count: sum.q.count)
    q2 = try checkpoint.doubles("q2", count: sum.q.count)
    try alpha1.restore(from: checkpoint, as: "alpha1")
    try alpha2.restore(from: checkpoint, as: "alpha2")
  }
}
