import RLCore

/// n-step semi-gradient Sarsa with linear values.
///
/// Source: Sutton & Barto, 2nd ed., §10.2, box "Episodic semi-gradient n-step Sarsa for estimating q̂ ≈ q* or q_π".
///
/// Deviations from the source: none. Ties among greedy actions are broken uniformly. A truncated episode bootstraps from
/// its last state.
///
/// Metrics: `train/td_error` mean |G − q̂(S_τ, A_τ, w)|.
public struct LinearNStepSarsa<Features: FeatureMap>: Agent {
  public static var metricTags: [String] { ["train/td_error"] }

  private var values: LinearActionValues<Features>
  /// The actions and rewards of the steps whose n rewards are not complete, and the features that these began with.
  private var recent: RecentSteps
  private var kept: FeatureRows
  /// Those of the step that is updated.
  private var x: ActiveFeatures
  /// A′, which the update before chose; −1 at the start of an episode.
  private var chosen = -1

  public init(
    _ configuration: LinearNStepSarsaConfiguration, _ features: Features,
    in world: some Environment<Features.Observation, Int>, seed: UInt64
  ) {
    values = LinearActionValues(configuration, features, in: world, seed: seed)
    recent = RecentSteps(configuration.n)
    kept = FeatureRows(configuration.n, for: features)
    x = ActiveFeatures(for: features)
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
    // Observe and store R_{t+1} and S_{t+1}
    values.begin(s, a)
    values.keep(in: &kept, at: recent.place(recent.count))
    recent.append(a, r)
    // If S_{t+1} is not terminal, select and store A_{t+1} (ε-greedy)
    if ending != .terminated { chosen = values.choose(next) }
    // τ ← t − n + 1; if τ ≥ 0, update; until τ = T − 1
    if recent.isFull { update(ending, into: &meter) }
    if ending != .running {
      while recent.count > 0 { update(ending, into: &meter) }
      chosen = -1
      values.end()
    }
  }

  /// The update of time τ, the oldest that is left.
  @inline(__always)
  private mutating func update(_ ending: Ending, into meter: inout Meter) {
    // G ← Σ_i γ^{i−τ−1} R_i; if τ + n < T: G ← G + γⁿ q̂(S_{τ+n}, A_{τ+n}, w)
    let tail = ending == .terminated ? 0 : values.valueAhead(chosen)
    kept.read(recent.place(0), into: &x)
    let (a, g) = recent.removeOldest(gamma: values.gamma, tail: tail)
    // w ← w + α [G − q̂(S_τ, A_τ, w)] ∇q̂(S_τ, A_τ, w)
    let block = values.block(a)
    let delta = g - x.product(values.w, from: block)
    x.add(values.step() * delta, to: &values.w, from: block, rates: values.rates)
    meter.add(abs(delta), to: 0)
  }

  /// The features kept, the oldest first, as a restored ring begins.
  private var settled: FeatureRows {
    var (rows, x) = (FeatureRows(kept.rows, for: values.features), x)
    for i in 0..<recent.count {
      kept.read(recent.place(i), into: &x)
      rows.set(i, to: x)
    }
    return rows
  }

  public var solution: Solution? { values.solution }
  public func estimate(of s: Features.Observation) -> ValueEstimate? { values.estimate(of: s) }

  public func policy(sampledWith seed: UInt64?) -> LinearPolicy<Features> { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    checkpoint.add("chosen", chosen)
    recent.save(to: &checkpoint)
    settled.save(to: &checkpoint, as: "recent/features")
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    chosen = try checkpoint.action("chosen", below: values.actions)
    try recent.restore(from: checkpoint, table: values.actions)
    try kept.restore(from: checkpoint, as: "recent/features", features: values.features.count)
  }
}

public struct LinearNStepSarsaConfiguration: LinearControlSettings, Equatable {
  public static let id = "linear-n-step-sarsa"
  public static let summary = "on-policy control with linear values towards n rewards and the value that follows"

  /// Rewards n of a target.
  public var n = 8
  public var alpha: Schedule = 0.0625
  public var epsilon: Schedule = 0.1
  public var initialWeight = 0.0
  public var discount: Double?
  public var features = FeatureSettings()

  public init() {}

  public static let settings =
    [.integer("n", \.n, in: 1...1000, "rewards of a target")] + linearControlSettings

  public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
    LinearNStepSarsa(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    LinearNStepSarsa(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }
}
