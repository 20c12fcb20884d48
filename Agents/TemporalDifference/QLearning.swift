import RLCore

/// Q-learning: off-policy TD control.
///
/// Source: Watkins (1989); Sutton & Barto, 2nd ed., §6.5, box "Q-learning (off-policy TD control)"; Zhao, §7.4,
/// algorithms 7.2 (behaviour ε-greedy with respect to Q) and 7.3 (any other behaviour, or steps that were recorded).
///
/// Deviations from the source: none. Ties among greedy actions are broken uniformly. A truncated step bootstraps.
/// Recorded steps are learned from in their order, again and again.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct QLearning: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "q-learning"
    public static let summary = "off-policy temporal-difference control with a table"

    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?
    /// The policy that acts; ε-greedy in Q where it is `nil`.
    public var behaviour: FollowedPolicy?
    /// Steps to learn from instead of playing.
    public var data: RecordedSteps?

    public init() {}

    public static let settings =
      controlSettings + [
        .behaviour("behaviour", \.behaviour, "the policy that acts"),
        .data(\.data, "steps to learn from instead of playing: a run's episodes, or those of a file"),
      ]

    public func misfit(in world: some FiniteEnvironment) -> String? {
      behaviour?.misfit(in: world).map { "its behaviour \($0)" } ?? data?.misfit(in: world).map { "its data \($0)" }
    }

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      let agent = QLearning(self, for: world, seed: seed)
      if let data { return RecordedLearning(agent, from: data, in: world) }
      return agent.learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  private let behaviour: PolicyTable?
  private let isOffPolicy: Bool
  /// Found for the update's maximum and used again for the next action.
  private var ahead = ActionValues.Greedy.unknown

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
    behaviour = configuration.behaviour.map { PolicyTable($0, for: world) }
    isOffPolicy = behaviour != nil
  }

  /// Q(s, a). Shape `[states, actions]`.
  public var q: [Double] { values.q }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // Choose A from S using the policy derived from Q (ε-greedy), or any other
    a = isOffPolicy ? drawBehaviour(s) : values.choose(s, knowing: ahead)
  }

  /// Apart, so that the loop of the ε-greedy policy holds no table of another.
  @inline(never)
  private mutating func drawBehaviour(_ s: Int) -> Int { behaviour!.draw(s, using: &values.random) }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Q(S, A) ← Q(S, A) + α [R + γ max_a Q(S′, a) − Q(S, A)]
    let pair = s &* values.actions &+ a
    let greedy = values.best(next)
    let target = ending == .terminated ? r : r + gamma * greedy.value
    values.q[pair] += alpha.next(pair) * (target - values.q[pair])
    ahead = greedy
    // The update may have changed which action is best here.
    if next == s { ahead.state = -1 }
  }

  public var solution: Solution? { values.solution }

  /// The greedy policy, whatever acted; where it samples, the ε-greedy one.
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
