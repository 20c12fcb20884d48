import RLCore

/// n-step Sarsa: on-policy control towards n rewards and the value of the pair that follows.
///
/// Source: Sutton & Barto, 2nd ed., §7.2, box "n-step Sarsa for estimating Q ≈ q*"; Zhao, §7.2.
///
/// Deviations from the source: none. Ties among greedy actions are broken uniformly. A truncated episode bootstraps
/// from its last state.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct NStepSarsa: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "n-step-sarsa"
    public static let summary = "on-policy control towards n rewards and the value that follows"

    /// Rewards n of a target.
    public var n = 4
    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [.integer("n", \.n, in: 1...1000, "rewards of a target")] + controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      NStepSarsa(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  /// The steps whose n rewards are not complete.
  private var recent: RecentSteps
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
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
    // If S_{t+1} is not terminal, select and store an action A_{t+1} ~ π(· | S_{t+1})
    if ending != .terminated { chosen = values.choose(next) }
    // τ ← t − n + 1; if τ ≥ 0, update; until τ = T − 1
    if recent.isFull { update(next, ending) }
    if ending != .running {
      while recent.count > 0 { update(next, ending) }
      chosen = -1
    }
  }

  /// The update of time τ, the oldest that is left.
  @inline(__always)
  private mutating func update(_ next: Int, _ ending: Ending) {
    // G ← Σ_i γ^{i−τ−1} R_i; if τ + n < T: G ← G + γⁿ Q(S_{τ+n}, A_{τ+n})
    let tail = ending == .terminated ? 0 : values.q[next &* values.actions &+ chosen]
    let (pair, g) = recent.removeOldest(gamma: gamma, tail: tail)
    // Q(S_τ, A_τ) ← Q(S_τ, A_τ) + α [G − Q(S_τ, A_τ)]
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
