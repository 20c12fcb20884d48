import RLCore

/// Prioritized sweeping: planning with a learned model where values change most, and backwards from there.
///
/// Source: Moore & Atkeson (1993), doi:10.1007/BF00993104; Peng & Williams (1993), doi:10.1177/105971239300100403; Sutton &
/// Barto, 2nd ed., §8.4, box "Prioritized sweeping for a deterministic environment".
///
/// Deviations from the source: none. A pair that waits already gets its new priority. Ties among greedy actions are broken
/// uniformly. A truncated step bootstraps.
///
/// Metrics: `train/backups` updates of Q a step.
public struct DynaPrioritized: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "dyna-prioritized"
    public static let summary = "planning with a learned model where values change most"

    /// Planning updates n after every step, at the most.
    public var n = 5
    /// The least change θ of a value that is worth an update.
    public var theta = 1e-4
    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .integer("n", \.n, in: 1...100_000, "planning updates after every step, at the most"),
        .number("theta", \.theta, in: 0...1e9, "least change θ of a value that is worth an update"),
      ] + controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      DynaPrioritized(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = ["train/backups"]

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  private let n: Int
  private let theta: Double
  private var model: LearnedModel
  private var predecessors: PredecessorLists
  /// Pairs by priority; 0 for those that do not wait.
  private var queue: PriorityQueue
  /// Updates of Q so far, all of them in planning.
  public private(set) var backups = 0

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
    n = configuration.n
    theta = configuration.theta
    model = LearnedModel(pairs: values.q.count)
    predecessors = PredecessorLists(states: values.states, pairs: values.q.count)
    queue = PriorityQueue(.init(repeating: 0, count: values.q.count))
  }

  /// Q(s, a). Shape `[states, actions]`.
  public var q: [Double] { values.q }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // (b) A ← policy(S, Q)
    a = values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // (d) Model(S, A) ← R, S′
    let pair = s &* values.actions &+ a
    if model.knows(pair) && !model[pair].isTerminal { predecessors.remove(pair, from: model[pair].next) }
    model.learn(pair, .init(reward: r, next: next, isTerminal: ending == .terminated))
    if ending != .terminated { predecessors.add(pair, to: next) }
    // (e) P ← |R + γ max_a Q(S′, a) − Q(S, A)|; (f) if P > θ, then insert S, A into PQueue with priority P
    prioritize(pair)
    // (g) Loop repeat n times, while PQueue is not empty:
    let before = backups
    for _ in 0..<n where queue.largest > 0 { sweep() }
    meter.add(Double(backups - before), to: 0)
  }

  private mutating func sweep() {
    // S, A ← first(PQueue); R, S′ ← Model(S, A)
    let pair = queue.first
    queue.set(pair, 0)
    let outcome = model[pair]
    // Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]
    values.backUp(
      pair, outcome.reward, outcome.next, isTerminal: outcome.isTerminal, gamma: gamma, alpha: alpha.next(pair))
    backups += 1
    // Loop for all S̄, Ā predicted to lead to S: P ← |R̄ + γ max_a Q(S, a) − Q(S̄, Ā)|; if P > θ, insert S̄, Ā
    var leading = predecessors.first(of: pair / values.actions)
    while leading >= 0 {
      prioritize(leading)
      leading = predecessors.next(after: leading)
    }
  }

  /// Lets a pair wait where an update would change it by more than θ.
  @inline(__always)
  private mutating func prioritize(_ pair: Int) {
    let outcome = model[pair]
    let target = outcome.isTerminal ? outcome.reward : outcome.reward + gamma * values.best(outcome.next).value
    let priority = abs(target - values.q[pair])
    if priority > theta { queue.set(pair, priority) }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    model.save(to: &checkpoint)
    queue.save(to: &checkpoint)
    checkpoint.add("backups", backups)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    try model.restore(from: checkpoint, states: values.states)
    predecessors = PredecessorLists(states: values.states, pairs: values.q.count)
    for pair in model.pairs where !model[pair].isTerminal { predecessors.add(pair, to: model[pair].next) }
    try queue.restore(from: checkpoint)
    backups = try checkpoint.int("backups")
  }
}
