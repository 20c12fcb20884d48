import RLCore

/// Episodic semi-gradient Sarsa with linear values.
///
/// Source: Rummery & Niranjan (1994); Sutton & Barto, 2nd ed., §10.1, box "Episodic Semi-gradient Sarsa for Estimating
/// q̂ ≈ q*"; Zhao, §8.4, algorithm 8.2.
///
/// Deviations from the source: none. Ties among greedy actions are broken uniformly. A truncated step bootstraps.
///
/// Metrics: `train/td_error` mean |R + γ q̂(S′, A′, w) − q̂(S, A, w)|.
public struct LinearSarsa<Features: FeatureMap>: Agent {
  public static var metricTags: [String] { ["train/td_error"] }

  private var values: LinearActionValues<Features>
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(
    _ configuration: LinearSarsaConfiguration, _ features: Features,
    in world: some Environment<Features.Observation, Int>,
    seed: UInt64
  ) {
    values = LinearActionValues(configuration, features, in: world, seed: seed)
  }

  /// Shape `[actions, features]`.
  public var w: [Double] { values.w }

  @specialized(where Features == VectorFeatures)
  @specialized(where Features == StateFeatures)
  public mutating func act(_ s: Features.Observation, into a: inout Int) {
    // A ← initial action of the episode (ε-greedy); A ← A′ within it
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
      // Choose A′ as a function of q̂(S′, ·, w) (ε-greedy)
      chosen = values.choose(next)
      target = r + values.gamma * values.q[chosen]
    }
    // w ← w + α [R + γ q̂(S′, A′, w) − q̂(S, A, w)] ∇q̂(S, A, w)
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

public struct LinearSarsaConfiguration: LinearControlSettings, Equatable {
  public static let id = "linear-sarsa"
  public static let summary = "on-policy temporal-difference control with linear values, semi-gradient Sarsa"

  public var alpha: Schedule = 0.0625
  public var epsilon: Schedule = 0.1
  public var initialWeight = 0.0
  public var discount: Double?
  public var features = FeatureSettings()

  public init() {}

  public static let settings = linearControlSettings

  public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
    LinearSarsa(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    LinearSarsa(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }
}
