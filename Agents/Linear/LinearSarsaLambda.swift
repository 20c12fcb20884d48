import RLCore

/// Sarsa(λ) with linear values.
///
/// Source: Sutton & Barto, 2nd ed., §12.7, boxes "Sarsa(λ) with binary features and linear function approximation"
/// (accumulating and replacing traces) and "True online Sarsa(λ)" (dutch traces). Clearing: Singh & Sutton (1996),
/// doi:10.1007/BF00114726. True online: van Seijen et al. (2016), JMLR 17(145).
///
/// Deviations from the source: z fades after its use instead of before the next; traces below 10⁻¹² are dropped; a trace is
/// replaced by its feature, which need not be 1. Ties among greedy actions are broken uniformly. A truncated step
/// bootstraps.
///
/// Metrics: `train/td_error` mean |R + γ q̂(S′, A′, w) − q̂(S, A, w)|.
public struct LinearSarsaLambda<Features: FeatureMap>: Agent {
  public static var metricTags: [String] { ["train/td_error"] }

  private var values: LinearActionValues<Features>
  private let lambda: Double
  private let kind: TraceKind
  private var traces: EligibilityTraces
  /// q̂(S, A, w) before the last update.
  private var old = 0.0
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(
    _ configuration: LinearSarsaLambdaConfiguration, _ features: Features,
    in world: some Environment<Features.Observation, Int>, seed: UInt64
  ) {
    precondition(features.jointActions == nil || configuration.traces != .clearing, "actions have traces of their own")
    values = LinearActionValues(configuration, features, in: world, seed: seed)
    lambda = configuration.lambda
    kind = configuration.traces
    traces = EligibilityTraces(configuration.traces, entries: values.w.count)
  }

  /// Shape `[actions, features]`.
  public var w: [Double] { values.w }

  @specialized(where Features == VectorFeatures)
  @specialized(where Features == StateFeatures)
  public mutating func act(_ s: Features.Observation, into a: inout Int) {
    // Choose A from S (ε-greedy); A ← A′ within an episode
    a = chosen >= 0 ? chosen : values.choose(s)
  }

  @specialized(where Features == VectorFeatures)
  @specialized(where Features == StateFeatures)
  public mutating func learn(
    _ s: Features.Observation, _ a: Int, _ r: Double, _ next: Features.Observation, _ ending: Ending,
    into meter: inout Meter
  ) {
    values.begin(s, a)
    let value = values.value(a)
    var ahead = 0.0
    if ending != .terminated {
      // Choose A′ from S′ (ε-greedy)
      chosen = values.choose(next)
      ahead = values.q[chosen]
    }
    // δ ← R + γ q̂(S′, A′, w) − q̂(S, A, w)
    let delta = r + values.gamma * ahead - value
    // z ← z + x, or x, or z + (1 − α zᵀx) x; where they clear, 0 for the other actions
    let alpha = values.step()
    traces.visit(values.x, from: values.block(a), alpha: alpha, rates: values.rates)
    if kind == .clearing {
      for b in 0..<values.actions where b != a { traces.drop(values.x, from: values.block(b)) }
    }
    if kind == .dutch {
      // w ← w + α (δ + q̂(S, A, w) − q̂_old) z − α (q̂(S, A, w) − q̂_old) x
      let change = value - old
      traces.add(alpha * (delta + change), to: &values.w, rates: values.rates)
      values.add(-alpha * change, to: a)
      old = ahead
    } else {
      // w ← w + α δ z
      traces.add(alpha * delta, to: &values.w, rates: values.rates)
    }
    meter.add(abs(delta), to: 0)
    // z ← γ λ z
    traces.fade(by: values.gamma * lambda)
    if ending != .running {
      traces.clear()
      (old, chosen) = (0, -1)
      values.end()
    }
  }

  public var solution: Solution? { values.solution }
  public func estimate(of s: Features.Observation) -> ValueEstimate? { values.estimate(of: s) }

  public func policy(sampledWith seed: UInt64?) -> LinearPolicy<Features> { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    checkpoint.add("chosen", chosen)
    checkpoint.add("old", old)
    traces.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    chosen = try checkpoint.action("chosen", below: values.actions)
    old = try checkpoint.double("old")
    try traces.restore(from: checkpoint)
  }
}

public struct LinearSarsaLambdaConfiguration: LinearControlSettings, Equatable {
  public static let id = "linear-sarsa-lambda"
  public static let summary = "on-policy control with linear values and eligibility traces"

  public var lambda = 0.9
  public var traces = TraceKind.replacing
  public var alpha: Schedule = 0.0625
  public var epsilon: Schedule = 0.1
  public var initialWeight = 0.0
  public var discount: Double?
  public var features = FeatureSettings()

  public init() {}

  public static let settings =
    [
      .number("lambda", \.lambda, in: 0...1, "decay λ of the traces"),
      .choice("traces", \.traces, TraceKind.help),
    ] + linearControlSettings

  public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
    LinearSarsaLambda(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    LinearSarsaLambda(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }
}
