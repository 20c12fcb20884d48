import RLCore

/// Expected Sarsa with linear values.
///
/// Source: van Seijen et al. (2009), doi:10.1109/ADPRL.2009.4927542; Sutton & Barto, 2nd ed., §6.6, equation 6.9, with the
/// semi-gradient of §10.1.
///
/// Deviations from the source: the next action is drawn before the update, as Sarsa's is. Ties among greedy actions are
/// broken uniformly. A truncated step bootstraps.
///
/// Metrics: `train/td_error` mean |R + γ Σ_a π(a | S′) q̂(S′, a, w) − q̂(S, A, w)|.
public struct LinearExpectedSarsa<Features: FeatureMap>: Agent {
  public static var metricTags: [String] { ["train/td_error"] }

  private var values: LinearActionValues<Features>
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(
    _ configuration: LinearExpectedSarsaConfiguration, _ features: Features,
    in world: some Environment<Features.Observation, Int>, seed: UInt64
  ) {
    values = LinearActionValues(configuration, features, in: world, seed: seed)
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
    var target = r
    if ending != .terminated {
      values.look(next)
      target = r + values.gamma * values.expectation()
      // Choose A′ from S′ (ε-greedy)
      chosen = values.choose()
    }
    // w ← w + α [R + γ Σ_a π(a | S′) q̂(S′, a, w) − q̂(S, A, w)] ∇q̂(S, A, w)
    let delta = target - values.value(a)
    values.add(values.step() * delta, to: a)
    meter.add(abs(delta), to: 0)
    if ending != .running {
      chosen = -1
      values.end()
    }
  }

  public var solution: Solution? { values.solution }
  public func estimate(of s: Features.Observation) -> ValueEstimate? { values.estimate(of: s) }

  public func policy(sampledWith seed: UInt64?) -> LinearPolicy<Features> { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    checkpoint.add("chosen", chosen)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    chosen = try checkpoint.action("chosen", below: values.actions)
  }
}

public struct LinearExpectedSarsaConfiguration: LinearControlSettings, Equatable {
  public static let id = "linear-expected-sarsa"
  public static let summary = "control with linear values towards the expected value of the next action"

  public var alpha: Schedule = 0.0625
  public var epsilon: Schedule = 0.1
  public var initialWeight = 0.0
  public var discount: Double?
  public var features = FeatureSettings()

  public init() {}

  public static let settings = linearControlSettings

  public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
    LinearExpectedSarsa(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    LinearExpectedSarsa(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }
}
