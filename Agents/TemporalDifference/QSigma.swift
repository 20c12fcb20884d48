import RLCore

/// n-step Q(σ): from sampling every step, σ = 1, to the tree backup, σ = 0.
///
/// Source: De Asis et al. (2018), AAAI, arXiv:1703.01327; Sutton & Barto, 2nd ed., §7.6, box "Off-policy n-step Q(σ) for
/// estimating Q ≈ q* or q_π".
///
/// Deviations from the source: the actions are ε-greedy in Q, and the policy π that is learned is the same, so that ρ = 1,
/// or greedy. It shares its probability among equally good actions. σ counts the agent's steps. A truncated episode
/// bootstraps from its last state.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct QSigma: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "q-sigma"
    public static let summary = "control over n steps, each sampled, expected or in between"

    /// Rewards n of a target.
    public var n = 4
    /// The degree of sampling σ.
    public var sigma: Schedule = 0.5
    /// The policy π that is learned.
    public var target = TargetPolicy.epsilonGreedy
    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .integer("n", \.n, in: 1...1000, "rewards of a target"),
        .schedule("sigma", \.sigma, in: 0...1, "degree of sampling σ: 1 as Sarsa, 0 as the tree backup"),
        .choice("target", \.target, "the policy whose values are learned"),
      ] + controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      QSigma(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private var sigma: Progress
  private let gamma: Double
  private let target: TargetPolicy
  /// The steps whose n rewards are not complete.
  private var recent: RecentSteps
  /// σ and the ratio ρ of the actions of `recent`, at their places there. Shape `[n]` each.
  private var sigmas: [Double]
  private var ratios: [Double]
  /// A′, which the update before chose, −1 at the start of an episode; and its σ and ρ.
  private var chosen = -1
  private var chosenSigma = 0.0
  private var chosenRatio = 1.0

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    sigma = Progress(configuration.sigma)
    gamma = configuration.discount ?? world.discount
    target = configuration.target
    recent = RecentSteps(configuration.n)
    sigmas = .init(repeating: 0, count: configuration.n)
    ratios = sigmas
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
    let place = recent.place(recent.count &- 1)
    (sigmas[place], ratios[place]) = (chosenSigma, chosenRatio)
    if ending != .terminated { choose(next) }
    // τ ← t − n + 1; if τ ≥ 0, update; until τ = T − 1
    if recent.isFull { update(next, ending) }
    if ending != .running {
      while recent.count > 0 { update(next, ending) }
      chosen = -1
    }
  }

  /// Choose and store A_{t+1} ~ b(· | S_{t+1}); select and store σ_{t+1}; store π(A_{t+1} | S_{t+1}) / b(A_{t+1} | S_{t+1})
  /// as ρ_{t+1}.
  @inline(__always)
  private mutating func choose(_ next: Int) {
    let greedy = values.best(next)
    let (own, exploring) = (values.epsilon(of: target), values.epsilon.value)
    chosen = values.choose(next, knowing: greedy)
    let pair = next &* values.actions &+ chosen
    chosenRatio =
      values.probability(of: pair, greedy, epsilon: own) / values.probability(of: pair, greedy, epsilon: exploring)
    chosenSigma = sigma.value
    sigma.advance()
  }

  /// The update of time τ, the oldest that is left.
  @inline(__always)
  private mutating func update(_ next: Int, _ ending: Ending) {
    let epsilon = values.epsilon(of: target)
    // k = T: G ← R_T; or k = t + 1, where G is Q(S_k, A_k) itself: G ← R_k + γ V̄
    var g = recent[recent.count &- 1].reward
    if ending != .terminated { g += gamma * values.expectation(values.best(next), epsilon: epsilon) }
    // Loop for k = min(t, T − 1) down through τ + 1:
    for k in stride(from: recent.count &- 1, to: 0, by: -1) {
      // V̄ ← Σ_a π(a | S_k) Q(S_k, a)
      let (pair, place) = (recent[k].entry, recent.place(k))
      let greedy = values.best(pair / values.actions)
      let expectation = values.expectation(greedy, epsilon: epsilon)
      // G ← R_k + γ (σ_k ρ_k + (1 − σ_k) π(A_k | S_k)) (G − Q(S_k, A_k)) + γ V̄
      let share = values.probability(of: pair, greedy, epsilon: epsilon)
      let weight = sigmas[place] * ratios[place] + (1 - sigmas[place]) * share
      g = recent[k &- 1].reward + gamma * (weight * (g - values.q[pair]) + expectation)
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
    sigma.save(to: &checkpoint, as: "sigma/clock")
    checkpoint.add("chosen", chosen)
    checkpoint.add("chosen/weights", [chosenSigma, chosenRatio])
    recent.save(to: &checkpoint)
    checkpoint.add("recent/sigmas", (0..<recent.count).map { sigmas[recent.place($0)] })
    checkpoint.add("recent/ratios", (0..<recent.count).map { ratios[recent.place($0)] })
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    try sigma.restore(from: checkpoint, as: "sigma/clock")
    chosen = try checkpoint.action("chosen", below: values.actions)
    let weights = try checkpoint.doubles("chosen/weights", count: 2)
    (chosenSigma, chosenRatio) = (weights[0], weights[1])
    try recent.restore(from: checkpoint, table: values.q.count)
    // A ring that was restored begins at its first place.
    let saved = (
      try checkpoint.doubles("recent/sigmas", count: recent.count),
      try checkpoint.doubles("recent/ratios", count: recent.count)
    )
    for i in 0..<recent.count { (sigmas[i], ratios[i]) = (saved.0[i], saved.1[i]) }
  }
}
