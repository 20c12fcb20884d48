import Environments
import RLCore
import RunStore
import Testing

@testable import Agents

/// The linear methods of control: against one another, their checkpoints, and on tasks whose answer is known.
@Suite struct LinearControlTests {
  private let world = TimeLimit(MountainCar(), limit: 200)

  private func tiled<Settings: LinearControlSettings>(
    _ type: Settings.Type, _ change: (inout Settings) -> Void = { _ in }
  ) -> Settings {
    var settings = Settings()
    settings.alpha = 0.0625
    settings.epsilon = 0.05
    settings.features = FeatureSettings(.tiles)
    settings.features.ranges = [-1.2...0.5, -0.07...0.07]
    change(&settings)
    return settings
  }

  private func learner(_ settings: some LinearControlSettings, steps: Int, seed: UInt64 = 1) throws -> any Learner {
    var learner = settings.learner(in: world, seed: seed)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: steps, into: &meter)
    return learner
  }

  private func weights(_ learner: any Learner) throws -> [UInt64] {
    try reader(learner.save).doubles("w").map(\.bitPattern)
  }

  /// All of them say what they hold a state to be worth: by their weights, at the greedy action.
  @Test func theyHaveASurface() throws {
    func check(_ settings: some LinearControlSettings) throws {
      let learner = try learner(settings, steps: 3000)
      let surface = try #require(learner.surface, "\(type(of: settings).id)")
      let episode = try learner.evaluate(episodes: 1, seed: 1, sample: false).episode
      let estimates = episode.estimates
      #expect(estimates.count == episode.length + 1 && estimates.allSatisfy { $0.q.count == 3 && $0.v == $0.q.max() })
      let w = try reader(learner.save).doubles("w")
      let (features, actions) = (settings.features.map(of: world), 3)
      var x = ActiveFeatures(for: features)
      features.write([-1.2, -0.07], into: &x)
      let q = (0..<actions).map { x.product(w, from: $0 * features.count) }
      #expect(surface.v.first == Float(q.max()!))
    }
    try check(tiled(LinearSarsaConfiguration.self))
    try check(tiled(LinearExpectedSarsaConfiguration.self))
    try check(tiled(LinearNStepSarsaConfiguration.self))
    try check(tiled(LinearSarsaLambdaConfiguration.self))
    try check(tiled(LinearQLearningConfiguration.self))
    try check(tiled(DifferentialSarsaConfiguration.self))
    try check(tiled(LSPIConfiguration.self) { $0.features.tiles = 3 })
  }

  @Test func oneRewardAndNoTraceAreSarsa() throws {
    let sarsa = try weights(learner(tiled(LinearSarsaConfiguration.self), steps: 5000))
    let one = tiled(LinearNStepSarsaConfiguration.self) { $0.n = 1 }
    #expect(try weights(learner(one, steps: 5000)) == sarsa)
    for kind in [TraceKind.accumulating, .replacing, .clearing] {
      let none = tiled(LinearSarsaLambdaConfiguration.self) { ($0.lambda, $0.traces) = (0, kind) }
      #expect(try weights(learner(none, steps: 5000)) == sarsa, "\(kind)")
    }
    let four = tiled(LinearNStepSarsaConfiguration.self) { $0.n = 4 }
    #expect(try weights(learner(four, steps: 5000)) != sarsa)
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    func check(_ settings: some LinearControlSettings) throws {
      var first = try learner(settings, steps: 1234)
      var second = settings.learner(in: world, seed: 5)
      try second.restore(from: reader(first.save))
      #expect(reader(second.save).tensors == reader(first.save).tensors)
      var (a, b) = (Meter(tags: first.metricTags), Meter(tags: first.metricTags))
      try first.advance(by: 3210, into: &a)
      try second.advance(by: 3210, into: &b)
      #expect(reader(second.save).tensors == reader(first.save).tensors, "\(settings.id)")
    }
    try check(tiled(LinearSarsaConfiguration.self) { $0.features.kind = .fourier })
    try check(tiled(LinearExpectedSarsaConfiguration.self))
    try check(tiled(LinearQLearningConfiguration.self) { $0.epsilon = .linear(from: 1, to: 0, over: 2000) })
    try check(tiled(LinearNStepSarsaConfiguration.self))
    try check(tiled(LinearSarsaLambdaConfiguration.self) { ($0.traces, $0.features.kind) = (.dutch, .fourier) })
    try check(tiled(DifferentialSarsaConfiguration.self))
    try check(
      tiled(LSPIConfiguration.self) {
        ($0.features.kind, $0.features.groups, $0.iterateEvery, $0.capacity) = (.rbf, 4, 500, 900)
      })
  }

  /// Step sizes that differ between features: the first step moves each weight by its own rate.
  @Test func wavesHaveStepSizesOfTheirOwn() {
    let settings = tiled(LinearSarsaConfiguration.self) {
      ($0.features.kind, $0.features.order, $0.epsilon) = (.fourier, 2, 0)
    }
    let map = settings.features.map(of: world)
    var agent = LinearSarsa(settings, map, in: world, seed: 1)
    var meter = Meter(tags: LinearSarsa<VectorFeatures>.metricTags)
    agent.learn([-0.5, 0.01], 2, -1, [0.6, 0.01], .terminated, into: &meter)
    var x = ActiveFeatures(for: map)
    map.write([-0.5, 0.01], into: &x)
    let moved = zip(x.dense(9), map.rates).map { -0.0625 * $0 * $1 }
    for (i, expected) in moved.enumerated() { #expect(abs(agent.w[18 + i] - expected) < 1e-15) }
    #expect(agent.w[..<18].allSatisfy { $0 == 0 } && map.rates[8] == 1 / 8.0.squareRoot())
  }

  /// True online Sarsa(λ) is the online λ-return algorithm: at the end of an episode its weights are those of going
  /// through all λ-returns from the start anew (Sutton & Barto, §12.4), here over features that overlap.
  @Test(arguments: [0.0, 0.5, 0.9, 1.0]) func dutchTracesAreTheOnlineReturns(_ lambda: Double) throws {
    let rows = [[1, 0.5, 0], [0.3, 1, 0.2], [0, 0.7, 1], [0.4, 0, 0.9]]
    let process = Table(
      stateCount: 4, actionCount: 1, discount: 0.9, initial: [1, 0, 0, 0],
      rows: (0..<4).map { [Outcome(probability: 1, next: ($0 + 1) % 4, reward: 0, isTerminal: false)] })
    let world = try Simulator(process)
    var settings = LinearSarsaLambdaConfiguration()
    (settings.lambda, settings.traces, settings.alpha, settings.epsilon) = (lambda, .dutch, 0.2, 0)
    var agent = LinearSarsaLambda(settings, StateFeatures(rows: rows), in: world, seed: 1)
    var meter = Meter(tags: LinearSarsaLambda<StateFeatures>.metricTags)
    let (states, rewards) = ([0, 1, 0, 2, 3, 1], [1.0, -2, 0.5, 3, -1, 2])
    var a = 0
    for t in states.indices {
      agent.act(states[t], into: &a)
      let next = t + 1 < states.count ? states[t + 1] : 0
      agent.learn(states[t], a, rewards[t], next, t + 1 < states.count ? .running : .terminated, into: &meter)
    }

    func value(_ w: [Double], _ t: Int) -> Double {
      t < states.count ? zip(w, rows[states[t]]).reduce(0) { $0 + $1.0 * $1.1 } : 0
    }
    // Each horizon goes through all steps before it from the first weights; values come from those of their time.
    var past: [[Double]] = [[0, 0, 0]]
    for horizon in 1...states.count {
      var w = [0.0, 0, 0]
      for t in 0..<horizon {
        func nStep(_ n: Int) -> Double {
          var g = 0.0
          for k in 0..<n { g += (0..<k).reduce(1) { p, _ in p * 0.9 } * rewards[t + k] }
          return g + (0..<n).reduce(1) { p, _ in p * 0.9 } * value(past[t + n - 1], t + n)
        }
        let last = horizon - t
        var g = 0.0
        var weight = 1 - lambda
        for n in 1..<max(last, 1) {
          g += weight * nStep(n)
          weight *= lambda
        }
        g += (0..<last - 1).reduce(1) { p, _ in p * lambda } * nStep(last)
        let delta = g - value(w, t)
        for i in 0..<3 { w[i] += 0.2 * delta * rows[states[t]][i] }
      }
      past.append(w)
    }
    for (x, y) in zip(agent.w, past.last!) { #expect(abs(x - y) < 1e-12) }
  }

  /// LSPI with a feature for each state has the optimal values of the sampled model as its fixed point.
  @Test func leastSquaresFindTheOptimum() throws {
    let process = Table.random(states: 8, actions: 3, discount: 0.9, seed: 4)
    let world = TimeLimit(try Simulator(process), limit: 20)
    var settings = LSPIConfiguration()
    settings.features = FeatureSettings(.oneHot)
    (settings.epsilon, settings.capacity, settings.iterateEvery, settings.diagonal) = (1, 100_000, 100_000, 1e-9)
    var agent = Interaction(world, LSPI(settings, settings.features.map(of: world), in: world, seed: 1), seed: 1)
    var meter = Meter(tags: agent.metricTags)
    try agent.advance(by: 100_000, into: &meter)
    let optimum = naiveValues(process, discount: 0.9)
    let found = try #require(agent.solution)
    for (x, y) in zip(found.v, optimum) { #expect(abs(x - y) < 0.05, "\(x) \(y)") }
    #expect(meter.drain().contains { $0.tag == "train/iterations" && $0.value < 20 })
  }

  @Test func theAverageRewardIsLearned() throws {
    // Two states: staying in the second pays 1, going there costs nothing.
    let rows = [(0, 0.0), (1, 0), (0, 0.2), (1, 1)].map { next, reward in
      [Outcome(probability: 1, next: next, reward: reward, isTerminal: false)]
    }
    let process = Table(stateCount: 2, actionCount: 2, discount: 1, initial: [1, 0], rows: rows)
    let world = TimeLimit(try Simulator(process), limit: nil)
    var settings = DifferentialSarsaConfiguration()
    settings.features = FeatureSettings(.oneHot)
    (settings.alpha, settings.epsilon) = (0.1, .linear(from: 0.5, to: 0, over: 20_000))
    var learner = Interaction(
      world, DifferentialSarsa(settings, settings.features.map(of: world), in: world, seed: 1), seed: 1)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: 50_000, into: &meter)
    #expect(abs(learner.agent.averageReward - 1) < 1e-3)
  }

  @Test(.enabled(if: isOptimised)) func theValleyIsLeftWithinFiveHundredEpisodes() throws {
    let yaml = try #require(Presets.yaml(of: "linear-sarsa-lambda"))
    let preset = try #require(try readSettings(yaml: yaml, file: "linear-sarsa-lambda.yaml")["MountainCar-v0"])
    var settings = LinearSarsaLambdaConfiguration()
    for (name, setting) in preset where !name.hasPrefix("train.") { try settings.set(name, to: setting.value) }
    let means = try (100..<110).map { seed in
      var learner = settings.learner(in: world, seed: UInt64(seed))
      var meter = Meter(tags: learner.metricTags)
      while meter.episodes < 500 { try learner.advance(by: 100, into: &meter) }
      return try learner.evaluate(episodes: 100, seed: 10_000, sample: false).meanReturn
    }
    #expect(means.reduce(0, +) / 10 >= -110, "\(means)")
  }
}
