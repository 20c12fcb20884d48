import RLCore

/// Differential semi-gradient Sarsa: control for the largest average reward of a task without end.
///
/// Source: Sutton & Barto, 2nd ed., §10.3, box "Differential semi-gradient Sarsa for estimating q̂ ≈ q*".
///
/// Deviations from the source: where a world ends, nothing follows; where it is cut, the next episode goes on with the same
/// average. Ties among greedy actions are broken uniformly.
///
/// Metrics: `train/td_error` mean |R − R̄ + q̂(S′, A′, w) − q̂(S, A, w)|; `train/average_reward` R̄.
public struct DifferentialSarsa<Features: FeatureMap>: Agent {
  public static var metricTags: [String] { ["train/td_error", "train/average_reward"] }

  private var values: LinearActionValues<Features>
  /// R̄
  public private(set) var averageReward = 0.0
  private let beta: Double
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(
    _ configuration: DifferentialSarsaConfiguration, _ features: Features,
    in world: some Environment<Features.Observation, Int>, seed: UInt64
  ) {
    values = LinearActionValues(configuration, features, in: world, seed: seed)
    beta = configuration.beta
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
    var ahead = 0.0
    if ending != .terminated {
      // Choose A′ as a function of q̂(S′, ·, w) (ε-greedy)
      chosen = values.choose(next)
      ahead = values.q[chosen]
    }
    // δ ← R − R̄ + q̂(S′, A′, w) − q̂(S, A, w)
    let delta = r - averageReward + ahead - values.value(a)
    // R̄ ← R̄ + β δ
    averageReward += beta * delta
    // w ← w + α δ ∇q̂(S, A, w)
    values.add(values.step() * delta, to: a)
    meter.add(abs(delta), to: 0)
    meter.add(averageReward, to: 1)
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
    checkpoint.add("average", averageReward)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    chosen = try checkpoint.action("chosen", below: values.actions)
    averageReward = try checkpoint.double("average")
  }
}

public struct DifferentialSarsaConfiguration: LinearControlSettings, Equatable {
  public static let id = "differential-sarsa"
  public static let summary = "control for the largest average reward, differential semi-gradient Sarsa"

  /// Step size β of the average reward.
  public var beta = 0.01
  public var alpha: Schedule = 0.0625
  public var epsilon: Schedule = 0.1
  public var initialWeight = 0.0
  /// There is none.
  public var discount: Double? {
    get { 1 }
    set {}
  }
  public var features = FeatureSettings()

  public init() {}

  public static let settings =
    [.number("beta", \.beta, in: 0...1, "step size β of the average reward")]
    + linearControlSettings.filter { $0.name != "discount" }

  public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
    DifferentialSarsa(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    DifferentialSarsa(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }
}
