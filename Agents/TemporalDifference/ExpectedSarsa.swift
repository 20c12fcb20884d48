import RLCore

/// Expected Sarsa: TD control towards the expected value of the next ε-greedy action.
///
/// Source: van Seijen et al. (2009), doi:10.1109/ADPRL.2009.4927542; Sutton & Barto, 2nd ed., §6.6, equation 6.9;
/// Zhao, §7.3.
///
/// Deviations from the source: none. Ties among greedy actions are broken uniformly. A truncated step bootstraps.
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
  /// Found for the update's expectation and used again for the next action.
  private var ahead = ActionValues.Greedy.unknown

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
  }

  /// Q(s, a). Shape `[states, actions]`.
  public var q: [Double] { values.q }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // Choose A from S using the policy derived from Q (ε-greedy)
    a = values.choose(s, knowing: ahead)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Q(S, A) ← Q(S, A) + α [R + γ Σ_a π(a | S′) Q(S′, a) − Q(S, A)]
    let pair = s &* values.actions &+ a
    let greedy = values.best(next)
    let target = ending == .terminated ? r : r + gamma * values.expectation(greedy)
    values.q[pair] += alpha.next(pair) * (target - values.q[pair])
    ahead = greedy
    // The update may have changed which action is best here.
    if next == s { ahead.state = -1 }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    ahead.state = -1
  }
}
