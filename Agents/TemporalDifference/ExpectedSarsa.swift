import RLCore

/// Expected Sarsa: TD control towards the expected value of the next ε-greedy action.
///
/// Source: van Seijen et al. (2009), doi:10.1109/ADPRL.2009.4927542; Sutton & Barto, 2nd ed., §6.6, equation 6.9;
/// Zhao, §7.3.
///
/// Deviations from the source: none from the book, which has it move as Sarsa moves in expectation: the next action is
/// drawn before the update, as Sarsa's is. van Seijen et al. draw it after. Ties among greedy actions are broken
/// uniformly. A truncated step bootstraps.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct ExpectedSarsa: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "expected-sarsa"
    public static let summary = "temporal-difference control towards the expected value of the next action"

    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings = controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      ExpectedSarsa(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
  }

  /// Q(s, a). Shape `[states, actions]`.
  public var q: [Double] { values.q }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // Choose A from S using the policy derived from Q (ε-greedy); A ← A′ within an episode
    a = chosen >= 0 ? chosen : values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    let pair = s &* values.actions &+ a
    var target = r
    if ending != .terminated {
      let greedy = values.best(next)
      target = r + gamma * values.expectation(greedy)
      // Choose A′ from S′ using the policy derived from Q (ε-greedy)
      chosen = values.choose(next, knowing: greedy)
    }
    // Q(S, A) ← Q(S, A) + α [R + γ Σ_a π(a | S′) Q(S′, a) − Q(S, A)]
    values.q[pair] += alpha.next(pair) * (target - values.q[pair])
    if ending != .running { chosen = -1 }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    checkpoint.add("chosen", chosen)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    chosen = try checkpoint.action("chosen", below: values.actions)
  }
}
