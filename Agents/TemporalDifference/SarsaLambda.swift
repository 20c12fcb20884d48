import RLCore

/// Sarsa(λ): on-policy control with eligibility traces.
///
/// Source: Rummery & Niranjan (1994); Sutton & Barto, 2nd ed., §12.7, boxes "Sarsa(λ) with binary features" (accumulating
/// and replacing traces) and "True online Sarsa(λ)" (dutch traces), each pair being a feature of its own. Replacing
/// traces: Singh & Sutton (1996), doi:10.1007/BF00114726. True online: van Seijen et al. (2016), JMLR 17(145).
///
/// Deviations from the source: traces below 10⁻¹² are dropped. Ties among greedy actions are broken uniformly. A
/// truncated step bootstraps.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct SarsaLambda: Agent {
  public struct Configuration: ControlSettings, Equatable {
    public static let id = "sarsa-lambda"
    public static let summary = "on-policy temporal-difference control with eligibility traces"

    public var lambda = 0.9
    public var traces = TraceKind.replacing
    public var alpha: StepSize = 0.5
    public var epsilon: Schedule = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .number("lambda", \.lambda, in: 0...1, "decay λ of the traces"),
        .choice("traces", \.traces, TraceKind.help),
      ] + controlSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      SarsaLambda(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private var values: ActionValues
  private var alpha: StepSizes
  private let gamma: Double
  private let lambda: Double
  private let isTrueOnline: Bool
  private let isClearing: Bool
  private var traces: EligibilityTraces
  /// Q(S, A) before the last update.
  private var old = 0.0
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    values = ActionValues(configuration, for: world, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.q.count)
    gamma = configuration.discount ?? world.discount
    lambda = configuration.lambda
    isTrueOnline = configuration.traces == .dutch
    isClearing = configuration.traces == .clearing
    traces = EligibilityTraces(configuration.traces, entries: values.q.count)
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
    let value = values.q[pair]
    var ahead = 0.0
    if ending != .terminated {
      // Choose A′ from S′ using the policy derived from Q (ε-greedy)
      chosen = values.choose(next)
      ahead = values.q[next &* values.actions &+ chosen]
    }
    // δ ← R + γ Q(S′, A′) − Q(S, A)
    let delta = r + gamma * ahead - value
    // z(S, A) ← z(S, A) + 1, or 1, or z(S, A) + 1 − α z(S, A); where they clear, z(S, a) ← 0 for the other actions
    let alpha = self.alpha.next(pair)
    traces.visit(pair, alpha: alpha)
    if isClearing {
      for other in 0..<values.actions where other != a { traces.drop(s &* values.actions &+ other) }
    }
    if isTrueOnline {
      // Q ← Q + α (δ + Q(S, A) − Q_old) z; Q(S, A) ← Q(S, A) − α (Q(S, A) − Q_old)
      let change = value - old
      traces.add(alpha * (delta + change), to: &values.q)
      values.q[pair] -= alpha * change
      old = ahead
    } else {
      // Q ← Q + α δ z
      traces.add(alpha * delta, to: &values.q)
    }
    // z ← γ λ z
    traces.fade(by: gamma * lambda)
    if ending != .running {
      // Initialize z = 0, Q_old = 0
      traces.clear()
      old = 0
      chosen = -1
    }
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    checkpoint.add("chosen", chosen)
    checkpoint.add("old", old)
    traces.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    chosen = try checkpoint.action("chosen", below: values.actions)
    old = try checkpoint.double("old")
    try traces.restore(from: checkpoint)
  }
}
