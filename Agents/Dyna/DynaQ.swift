import RLCore

/// Dyna-Q: Q-learning from experience and from a learned model of it.
///
/// Source: Sutton (1990), doi:10.1016/B978-1-55860-141-3.50030-4; Sutton & Barto, 2nd ed., §8.2, box "Tabular Dyna-Q".
///
/// Deviations from the source: planning draws among all known pairs alike, instead of a state and then an action. Ties
/// among greedy actions are broken uniformly. A truncated step bootstraps.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct DynaQ: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "dyna-q"
    public static let summary = "Q-learning from experience and from a learned model"

    /// Planning updates n after every step.
    public var n = 10
    public var alpha: StepSize = 0.1
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .integer("n", \.n, in: 0...100_000, "planning updates after every step")
      ] + controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      DynaQ(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  private let n: Int
  private var model: LearnedModel

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
    n = configuration.n
    model = LearnedModel(pairs: values.q.count)
  }

  /// Q(s, a). Shape `[states, actions]`.
  public var q: [Double] { values.q }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // (b) A ← ε-greedy(S, Q)
    a = values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // (d) Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]
    let pair = s &* values.actions &+ a
    values.backUp(
      pair, r, next, isTerminal: ending == .terminated, gamma: gamma, alpha: alpha.next(pair))
    // (e) Model(S, A) ← R, S′ (assuming deterministic environment)
    model.learn(pair, .init(reward: r, next: next, isTerminal: ending == .terminated))
    // (f) Loop repeat n times:
    for _ in 0..<n {
      // S ← random previously observed state; A ← random action previously taken in S; R, S′ ← Model(S, A)
      let (pair, outcome) = model.draw(using: &values.random)
      values.backUp(
        pair, outcome.reward, outcome.next, isTerminal: outcome.isTerminal, gamma: gamma, alpha: alpha.next(pair))
    }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    model.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    try model.restore(from: checkpoint, states: values.states)
  }
}
