import Networks
import RLCore

/// Least-squares policy iteration: the greedy policy of values that LSTDQ finds from stored steps, again and again.
///
/// Source: Lagoudakis & Parr (2003), JMLR 4, figures 5 and 8.
///
/// Deviations from the source: steps are collected ε-greedily between iterations, the oldest being replaced once there are
/// `capacity`; A starts from a small diagonal. Ties among greedy actions are broken uniformly. A truncated step bootstraps.
///
/// Metrics: `train/iterations` iterations until the weights stay; `train/change` largest change of a weight in the last.
public struct LSPI<Features: FeatureMap>: Agent {
  public static var metricTags: [String] { ["train/iterations", "train/change"] }

  private var values: LinearActionValues<Features>
  private let configuration: LSPIConfiguration
  /// The features before and after the stored steps, their actions, rewards, and whether they have a future.
  private var before: FeatureRows
  private var after: FeatureRows
  private var actions: [Int]
  private var rewards: [Double]
  private var futures: [Double]
  /// Steps made so far.
  private var steps = 0
  /// A column by column, b, the weights before an iteration, and the features of a step. Shapes `[n, n]`, `[n]`.
  private var matrix: [Double]
  private var side: [Double]
  private var last: [Double]
  private var x: ActiveFeatures
  private var ahead: ActiveFeatures

  public init(
    _ configuration: LSPIConfiguration, _ features: Features,
    in world: some Environment<Features.Observation, Int>, seed: UInt64
  ) {
    precondition(features.jointActions == nil, "stored features are of states")
    values = LinearActionValues(configuration, features, in: world, seed: seed)
    self.configuration = configuration
    let (capacity, n) = (configuration.capacity, values.w.count)
    before = FeatureRows(capacity, for: features)
    after = before
    actions = .init(repeating: 0, count: capacity)
    rewards = .init(repeating: 0, count: capacity)
    futures = rewards
    matrix = .init(repeating: 0, count: n * n)
    side = .init(repeating: 0, count: n)
    last = side
    (x, ahead) = (ActiveFeatures(for: features), ActiveFeatures(for: features))
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
    // D ← D ∪ {(s, a, r, s′)}
    let place = steps % configuration.capacity
    values.begin(s, a)
    values.keep(in: &before, at: place)
    (actions[place], rewards[place], futures[place]) = (a, r, ending.bootstrapFactor)
    values.look(next)
    after.set(place, to: values.ahead)
    if ending != .running { values.end() }
    steps += 1
    if steps % configuration.iterateEvery == 0 { iterate(into: &meter) }
  }

  /// Until w stays: π ← greedy in q̂, w ← LSTDQ(D, π)
  private mutating func iterate(into meter: inout Meter) {
    var (iterations, change) = (0, Double.infinity)
    while iterations < configuration.iterations && change > configuration.tolerance {
      for i in last.indices { last[i] = values.w[i] }
      collect()
      guard solve(&matrix, &side) else { break }
      change = 0
      for i in side.indices {
        change = max(change, abs(side[i] - last[i]))
        values.w[i] = side[i]
      }
      iterations += 1
    }
    meter.add(Double(iterations), to: 0)
    if iterations > 0 { meter.add(change, to: 1) }
  }

  /// A ← ε I + Σ x(s, a) (x(s, a) − γ x(s′, π(s′)))ᵀ; b ← Σ r x(s, a)
  private mutating func collect() {
    let (n, d) = (side.count, values.features.count)
    for i in matrix.indices { matrix[i] = 0 }
    for i in 0..<n { (matrix[i &* n &+ i], side[i]) = (configuration.diagonal, 0) }
    for row in 0..<min(steps, configuration.capacity) {
      before.read(row, into: &x)
      after.read(row, into: &ahead)
      let block = actions[row] &* d
      let nextBlock = values.greedyBlock(ahead)
      for i in 0..<x.count {
        let (place, value) = (block &+ x[i].index, x[i].value)
        side[place] += rewards[row] * value
        for j in 0..<x.count { matrix[(block &+ x[j].index) &* n &+ place] += value * x[j].value }
        let future = values.gamma * futures[row] * value
        if future == 0 { continue }
        for j in 0..<ahead.count { matrix[(nextBlock &+ ahead[j].index) &* n &+ place] -= future * ahead[j].value }
      }
    }
  }

  public var solution: Solution? { values.solution }
  public func estimate(of s: Features.Observation) -> ValueEstimate? { values.estimate(of: s) }

  public func policy(sampledWith seed: UInt64?) -> LinearPolicy<Features> { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    before.save(to: &checkpoint, as: "before")
    after.save(to: &checkpoint, as: "after")
    checkpoint.add("actions", actions)
    checkpoint.add("rewards", rewards)
    checkpoint.add("futures", futures)
    checkpoint.add("steps", steps)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try before.restore(from: checkpoint, as: "before", features: values.features.count)
    try after.restore(from: checkpoint, as: "after", features: values.features.count)
    let actions = try checkpoint.ints("actions", count: actions.count)
    guard actions.allSatisfy((0..<values.actions).contains) else {
      throw CoreError.badCheckpoint("its 'actions' are not all in 0..<\(values.actions)")
    }
    self.actions = actions
    rewards = try checkpoint.doubles("rewards", count: rewards.count)
    futures = try checkpoint.doubles("futures", count: futures.count)
    steps = try checkpoint.int("steps")
  }
}

public struct LSPIConfiguration: LinearControlSettings, Equatable {
  public static let id = "lspi"
  public static let summary = "control by least squares over stored steps, least-squares policy iteration"

  /// Steps that are kept.
  public var capacity = 5000
  /// Steps from one round of iterations to the next.
  public var iterateEvery = 1000
  /// Iterations of a round at most.
  public var iterations = 20
  /// Change of a weight that ends a round.
  public var tolerance = 1e-3
  /// The diagonal that A starts from.
  public var diagonal = 1e-3
  /// There is none.
  public var alpha: Schedule {
    get { 0 }
    set {}
  }
  public var epsilon: Schedule = 0.1
  public var initialWeight = 0.0
  public var discount: Double?
  public var features = FeatureSettings(.rbf)

  public init() {}

  public static let settings =
    [
      .integer("capacity", \.capacity, in: 1...1_000_000, "steps that are kept"),
      .integer("iterateEvery", \.iterateEvery, in: 1...Int.max, "steps from one round of iterations to the next"),
      .integer("iterations", \.iterations, in: 1...1000, "iterations of a round at most"),
      .number("tolerance", \.tolerance, in: 0...1e9, "largest change of a weight that ends a round"),
      .number("diagonal", \.diagonal, in: 1e-12...1e6, "the diagonal that A starts from"),
    ] + linearControlSettings.filter { $0.name != "alpha" }

  public func misfit(in world: some FiniteEnvironment) -> String? {
    features.misfit(in: world, blocks: world.sizes.actions, most: FeatureSettings.mostSquared)
  }

  public func misfit(in world: some Environment<[Float], Int>) -> String? {
    features.misfit(in: world, most: FeatureSettings.mostSquared)
  }

  public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
    LSPI(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    LSPI(self, features.map(of: world), in: world, seed: seed).learner(in: world, seed: seed)
  }
}
