import RLCore

/// Q-learning with linear values.
///
/// Source: Watkins (1989); Sutton & Barto, 2nd ed., §6.5 with the semi-gradient of §10.1; Zhao, §8.4, algorithm 8.3. Nothing
/// assures that the weights stay finite (Sutton & Barto, §11.3).
///
/// Deviations from the source: none. Ties among greedy actions are broken uniformly. A truncated step bootstraps.
///
/// Metrics: `train/td_error` mean |R + γ max_a q̂(S′, a, w) − q̂(S, A, w)|.
public struct LinearQLearning<Features: FeatureMap>: Agent {
  public static var metricTags: [String] { ["train/td_error"] }

  private var values: LinearActionValues<Features>

  public init(
    _ configuration: LinearQLearningConfiguration, _ features: Features,
    in world: some Environment<Features.Observation, Int>, seed: UInt64
  ) {
    values = LinearActionValues(configuration, features, in: world, seed: seed)
  }

  /// Shape `[actions, features]`.
  public var w: [Double] { values.w }

  @specialized(where Features == VectorFeatures)
  @specialized(where Features == StateFeatures)
  public mutating func act(_ s: Features.Observation, into a: inout Int) {
    // Choose A from S (ε-greedy)
    a = values.choose(s)
  }

  @specialized(where Features == VectorFeatures)
  @specialized(where Features == StateFeatures)
  public mutating func learn(
    _ s: Features.Observation, _ a: Int, _ r: Double, _ next: Features.Observation, _ ending: Ending,
    into meter: inout Meter
  ) {
    // w ← w + α [R + γ max_a q̂(S′, a, w) − q̂(S, A, w)] ∇q̂(S, A, w)
    values.begin(s, a)
    var target = r
    if ending != .terminated {
      values.look(next)
      target = r + values.gamma * values.best().value
    }
    let delta = target - values.value(a)
    values.add(values.step() * delta, to: a)
    meter.add(abs(delta), to: 0)
    if ending != .running { values.end() }
  }

  public var solution: Solution? { values.solution }
  public func estimate(of s: Features.Observation) -> ValueEstimate? { values.estimate(of: s) }

  public func policy(sampledWith seed: UInt64?) -> LinearPolicy<Features> { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
  }
}

public struct LinearQLearningConfiguration: LinearControlSettings, Equatable {
  public static let id = "linear-q-learning"
  public static let summary = "off-policy temporal-difference control with linear values"

  public var alpha: Schedule = 0.0625
  public var epsilon: Schedule = 0.1
  public var initialWeight = 0.0
  public var discount: Double?
  public var features = FeatureSettings()

  public init() {}

  public static let settings = linearControlSettings

  public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
    LinearQLearning(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    LinearQLearning(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }
}
