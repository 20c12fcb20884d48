import RLCore

/// Dyna-Q+: Dyna-Q that is curious about what it has not tried for long.
///
/// Source: Sutton (1990), doi:10.1016/B978-1-55860-141-3.50030-4; Sutton & Barto, 2nd ed., §8.3, with its footnote on
/// actions not tried yet.
///
/// Deviations from the source: planning draws among all known pairs alike, instead of a state and then an action. Ties
/// among greedy actions are broken uniformly. A truncated step bootstraps.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct DynaQPlus: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "dyna-q-plus"
    public static let summary = "Dyna-Q with a bonus for what was not tried for long"

    /// Planning updates n after every step.
    public var n = 10
    /// The weight κ of the bonus κ √τ for τ steps without a try.
    public var kappa = 0.001
    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .integer("n", \.n, in: 0...100_000, "planning updates after every step"),
        .number("kappa", \.kappa, in: 0...1e6, "weight κ of the bonus κ√τ in planning, τ steps after the last try"),
      ] + controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      DynaQPlus(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  private let n: Int
  private let kappa: Double
  private var model: LearnedModel
  /// The number of steps made, and those made when each pair was last tried. Shape `[pairs]`.
  private var clock = 0
  private var tried: [Int]

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
    n = configuration.n
    kappa = configuration.kappa
    model = LearnedModel(pairs: values.q.count)
    tried = .init(repeating: 0, count: values.q.count)
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
    // (e) Model(S, A) ← R, S′ (assuming deterministic environment); what was not tried here is said to lead nowhere
    clock += 1
    tried[pair] = clock
    for other in s &* values.actions..<(s &+ 1) &* values.actions where !model.knows(other) {
      model.learn(other, .init(reward: 0, next: s, isTerminal: false))
    }
    model.learn(pair, .init(reward: r, next: next, isTerminal: ending == .terminated))
    // (f) Loop repeat n times:
    for _ in 0..<n {
      // R, S′ ← Model(S, A), and κ √τ on top of R
      let (pair, outcome) = model.draw(using: &values.random)
      let bonus = kappa * Double(clock - tried[pair]).squareRoot()
      values.backUp(
        pair, outcome.reward + bonus, outcome.next, isTerminal: outcome.isTerminal, gamma: gamma,
        alpha: alpha.next(pair))
    }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    model.save(to: &checkpoint)
    checkpoint.add("tried", tried)
    checkpoint.add("tried/clock", clock)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    try model.restore(from: checkpoint, states: values.states)
    tried = try checkpoint.ints("tried", count: values.q.count)
    clock = try checkpoint.int("tried/clock")
  }
}
