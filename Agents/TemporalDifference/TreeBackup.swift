import RLCore

/// n-step tree backup: off-policy control without importance sampling.
///
/// Source: Precup, Sutton & Singh (2000), ICML; Sutton & Barto, 2nd ed., §7.5, box "n-step Tree Backup for estimating
/// Q ≈ q* or q_π".
///
/// Deviations from the source: the actions are ε-greedy in Q, and the policy π that is learned is greedy or the same. It
/// shares its probability among equally good actions. A truncated episode bootstraps from its last state.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct TreeBackup: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "tree-backup"
    public static let summary = "off-policy control over n steps without importance sampling"

    /// Rewards n of a target.
    public var n = 4
    /// The policy π that is learned.
    public var target = TargetPolicy.greedy
    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .integer("n", \.n, in: 1...1000, "rewards of a target"),
        .choice("target", \.target, "the policy whose values are learned"),
      ] + controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      TreeBackup(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  private let target: TargetPolicy
  /// The steps whose n rewards are not complete.
  private var recent: RecentSteps
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
    target = configuration.target
    recent = RecentSteps(configuration.n)
  }

  /// Q(s, a). Shape `[states, actions]`.
  public var q: [Double] { values.q }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // Take action A_t, which was chosen with the step before
    a = chosen >= 0 ? chosen : values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Observe and store R_{t+1} and S_{t+1}
    recent.append(s &* values.actions &+ a, r)
    // If S_{t+1} is not terminal, choose and store an action A_{t+1}
    if ending != .terminated { chosen = values.choose(next) }
    // τ ← t + 1 − n; if τ ≥ 0, update; until τ = T − 1
    if recent.isFull { update(next, ending) }
    if ending != .running {
      while recent.count > 0 { update(next, ending) }
      chosen = -1
    }
  }

  /// The update of time τ, the oldest that is left.
  @inline(__always)
  private mutating func update(_ next: Int, _ ending: Ending) {
    let epsilon = values.epsilon(of: target)
    // If t + 1 ≥ T: G ← R_T; else G ← R_{t+1} + γ Σ_a π(a | S_{t+1}) Q(S_{t+1}, a)
    var g = recent[recent.count &- 1].reward
    if ending != .terminated { g += gamma * values.expectation(values.best(next), epsilon: epsilon) }
    // Loop for k = min(t, T − 1) down through τ + 1:
    for k in stride(from: recent.count &- 1, to: 0, by: -1) {
      // G ← R_k + γ Σ_{a ≠ A_k} π(a | S_k) Q(S_k, a) + γ π(A_k | S_k) G
      let pair = recent[k].entry
      let greedy = values.best(pair / values.actions)
      let share = values.probability(of: pair, greedy, epsilon: epsilon)
      let expectation = values.expectation(greedy, epsilon: epsilon)
      g = recent[k &- 1].reward + gamma * (share * (g - values.q[pair]) + expectation)
    }
    // Q(S_τ, A_τ) ← Q(S_τ, A_τ) + α [G − Q(S_τ, A_τ)]
    let pair = recent.removeOldest()
    values.q[pair] += alpha.next(pair) * (g - values.q[pair])
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    checkpoint.add("chosen", chosen)
    recent.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    chosen = try checkpoint.action("chosen", below: values.actions)
    try recent.restore(from: checkpoint, table: values.q.count)
  }
}
