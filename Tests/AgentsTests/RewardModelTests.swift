import Environments
import Networks
import RLCore
import Testing

@testable import Agents

@Suite struct RewardModelTests {
  static let world = TimeLimit(CartPole(), limit: 500)

  /// Clips of a walk whose steps are worth 2·x₀ − x₁ + 0.5·(action), and labels that say so exactly: σ of the difference.
  static func pairs(_ count: Int, lengths: ClosedRange<Int>, seed: UInt64) -> Preferences {
    var random = RandomStream(seed: seed)
    var data = Preferences(environment: "", clips: [], pairs: [])
    var worths: [Double] = []
    for _ in 0..<2 * count {
      let length = lengths.lowerBound + random.integer(below: lengths.count)
      let seen = (0..<2 * (length + 1)).map { _ in Float(0.5 * random.normal()) }
      let taken = (0..<length).map { _ in Int64(random.integer(below: 2)) }
      var worth = 0.0
      for t in 0..<length { worth += Double(2 * seen[2 * t] - seen[2 * t + 1]) + 0.5 * Double(taken[t]) }
      worths.append(worth)
      data.clips.append(
        Episode(
          observations: Tensor(shape: [length + 1, 2], values: .float32(seen)),
          actions: Tensor(shape: [length], values: .int64(taken)), rewards: .init(repeating: 0, count: length),
          terminations: .init(repeating: false, count: length), truncations: .init(repeating: false, count: length),
          states: Tensor(shape: [length + 1, 1], values: .float64(.init(repeating: 0, count: length + 1))), seed: 0))
    }
    data.pairs = (0..<count).map {
      .init(left: 2 * $0, right: 2 * $0 + 1, preference: logistic(worths[2 * $0] - worths[2 * $0 + 1]))
    }
    return data
  }

  static func configuration(_ data: Preferences) -> RewardLearningConfiguration {
    var configuration = RewardLearningConfiguration()
    configuration.hidden = [16]
    configuration.learningRate = .constant(5e-3)
    configuration.data = data
    return configuration
  }

  private func trained(_ configuration: RewardLearningConfiguration, updates: Int) throws -> (
    learner: RewardLearning, row: [String: Double]
  ) {
    var learner = RewardLearning(configuration, observationSize: 2, actions: .discrete(2), seed: 3)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: updates, into: &meter)
    return (learner, Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) }))
  }

  /// With labels that are probabilities no model has a lower loss than their entropy; this one comes near it on pairs that it
  /// did not learn from, and its steps are worth what they were made to be, but for what all share.
  @Test func findsTheRewardsBehindExactLabels() throws {
    let data = Self.pairs(1500, lengths: 5...5, seed: 1)
    var configuration = Self.configuration(data)
    configuration.patience = 20
    let (learner, _) = try trained(configuration, updates: 4000)
    let model = learner.model
    var points: [(Double, Double)] = []
    var random = RandomStream(seed: 9)
    for _ in 0..<200 {
      let seen = [Float(0.5 * random.normal()), Float(0.5 * random.normal())]
      let action = random.integer(below: 2)
      var room = RewardModel.Room(for: model, rows: 1)
      room.features.withUnsafeMutableBufferPointer { row in
        withUnsafePointer(to: action) { model.inputs.write(seen, $0, to: row.baseAddress!) }
      }
      var reward = 0.0
      model.judge(&room, rows: 1, into: &reward)
      let worth = Double(2 * seen[0] - seen[1]) + 0.5 * Double(action)
      points.append((worth, reward * model.scale))
    }
    let x: Double = points.map(\.0).reduce(0, +) / 200
    let y: Double = points.map(\.1).reduce(0, +) / 200
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for (a, b) in points {
      xx += (a - x) * (a - x)
      xy += (a - x) * (b - y)
      yy += (b - y) * (b - y)
    }
    #expect(xy / (xx * yy).squareRoot() > 0.98)
    // Labels that are probabilities tell the scale, too.
    #expect(abs(xy / xx - 1) < 0.15, "\(xy / xx)")
  }

  /// What it says of pairs that it has not learned from: accuracy, calibration, and the early stop.
  @Test func judgesHeldOutPairs() throws {
    var data = Self.pairs(800, lengths: 3...9, seed: 2)
    var random = RandomStream(seed: 5)
    for i in data.pairs.indices { data.pairs[i].preference = random.uniform() < data.pairs[i].preference ? 1 : 0 }
    var configuration = Self.configuration(data)
    configuration.patience = 5
    let (learner, row) = try trained(configuration, updates: 100_000)
    #expect(learner.isConverged && learner.clock < 20_000)
    #expect(row["reward_model/calibration_error"]! < 0.2 && row["reward_model/loss"]! < 0.6)
    let evaluation = try learner.evaluate(episodes: 1, seed: 0, sample: false)
    #expect(evaluation.returns.count == 160 && evaluation.meanReturn > 0.7)
    #expect(evaluation.episode.estimates.count == evaluation.episode.length + 1)
  }

  /// Labels of clips of one length tell rewards but for a constant, which is taken away; others tell it.
  @Test func theMeanIsTakenAwayWhereNoLabelTellsIt() throws {
    let same = try trained(Self.configuration(Self.pairs(50, lengths: 4...4, seed: 4)), updates: 50).learner.model
    let other = try trained(Self.configuration(Self.pairs(50, lengths: 3...4, seed: 4)), updates: 50).learner.model
    #expect(same.mean != 0 && other.mean == 0 && same.scale != 1 && other.scale != 1)
  }

  /// Saved and restored, it goes on as it would have, to the bit; and the model that was saved is the model.
  @Test func resumes() throws {
    let configuration = Self.configuration(Self.pairs(60, lengths: 2...6, seed: 6))
    var (learner, _) = try trained(configuration, updates: 13)
    var writer = CheckpointWriter()
    learner.save(to: &writer)
    var other = RewardLearning(configuration, observationSize: 2, actions: .discrete(2), seed: 8)
    other = RewardLearning(configuration, observationSize: 2, actions: .discrete(2), seed: 3)
    try other.restore(from: CheckpointReader(writer))
    #expect(try RewardModel(from: CheckpointReader(writer)) == other.model)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: 20, into: &meter)
    try other.advance(by: 20, into: &meter)
    #expect(learner.model == other.model)
  }

  /// A world pays what the model says, one copy or many lanes; frozen it pays its own.
  @Test func paysInAWorld() throws {
    var random = RandomStream(seed: 7)
    let inputs = RewardInputs(observationSize: 4, actions: .discrete(2), clips: [])
    let network = MLP([6, 8, 1], hidden: .tanh, output: .identity)
    var model = RewardModel(
      inputs, network, members: (0..<3).map { _ in network.orthogonalParameters(outputGain: 1, using: &random) })
    (model.mean, model.scale) = (0.3, 2)
    var world = LearnedRewards(Self.world, model)
    var batch = Batch(world, count: 3, seed: 5)
    world.random = RandomStream(SeedSequence(5).spawn(1))
    var observation = world.emptyObservation()
    world.reset(seed: nil, into: &observation)
    var distinct: Set<Double> = []
    for t in 0..<60 {
      let action = t % 2
      var room = RewardModel.Room(for: model, rows: 1)
      room.features.withUnsafeMutableBufferPointer { row in
        withUnsafePointer(to: action) { inputs.write(observation, $0, to: row.baseAddress!) }
      }
      var expected = 0.0
      model.judge(&room, rows: 1, into: &expected)
      let step = world.step(action, into: &observation)
      if step.ending != .running { world.reset(seed: nil, into: &observation) }
      batch.step([1 - action, action, action])
      #expect(step.reward == expected && abs(batch.rewards[1] - expected) < 1e-6)
      distinct.insert(expected)
    }
    #expect(distinct.count > 50)
    world.freeze()
    #expect(world.step(0, into: &observation).reward == 1)
  }

  /// Leaving the reference costs β log π/π_ref, and nothing where policy and reference are the same.
  @Test func leavingTheReferenceCosts() throws {
    var random = RandomStream(seed: 1)
    let head = Categorical(actions: 3)
    let policy = PolicyNetwork(head, observationSize: 2, hidden: [5], activation: .tanh, using: &random)
    let same = SavedPolicy(parameters: policy.theta, moments: [])
    let other = SavedPolicy(parameters: policy.theta.map { $0 + Float(random.normal()) }, moments: [])
    let seen: [Float] = [0.5, -1, 0.25, 2]
    var work = policy.workspace(rows: 2, gradients: false)
    var (actions, logs) = ([0, 0], [Float](repeating: 0, count: 2))
    policy.sample(seen, rows: 2, &work, into: &actions, &logs, using: &random)
    var penalty = ReferencePenalty(policy, same, lanes: 2, weight: 0.5)
    penalty.judge(seen, actions, logs)
    #expect(penalty.costs.allSatisfy { abs($0) < 1e-6 })
    penalty = ReferencePenalty(policy, other, lanes: 2, weight: 0.5)
    penalty.judge(seen, actions, logs)
    var reference = policy
    reference.theta = other.parameters
    reference.network.forward(reference.theta, seen, stride: 2, rows: 2, into: &work)
    for lane in 0..<2 {
      let log = work.withOutput { outputs in
        reference.withFree { head.logProbability(of: [actions[lane]], outputs + 3 * lane, $0) }
      }
      #expect(abs(penalty.costs[lane] - 0.5 * Double(logs[lane] - log)) < 1e-6)
    }
    #expect(abs(penalty.drain() - (penalty.costs[0] + penalty.costs[1])) < 1e-6)
  }

  /// A heavy penalty keeps a policy at its reference, where without one it goes where the rewards are.
  @Test func thePenaltyKeepsAPolicyNear() throws {
    var configuration = PPOConfiguration()
    (configuration.lanes, configuration.horizon, configuration.hidden) = (4, 64, [16])
    var start = configuration.learner(in: Self.world, seed: 1)
    var meter = Meter(tags: start.metricTags)
    try start.advance(by: 256, into: &meter)
    var writer = CheckpointWriter()
    start.save(to: &writer)
    configuration.start = try SavedPolicy(from: CheckpointReader(writer))
    func divergence(_ weight: Double) throws -> Double {
      configuration.klWeight = weight
      var learner = configuration.learner(in: Self.world, seed: 2)
      var meter = Meter(tags: learner.metricTags)
      try learner.advance(by: 6000, into: &meter)
      _ = meter.drain()
      try learner.advance(by: 2000, into: &meter)
      return meter.drain().first { $0.tag == "train/kl" }!.value
    }
    let (free, held) = (try divergence(1e-9), try divergence(10))
    #expect(free > 0.01 && abs(held) < free / 3, "\(free) \(held)")
  }
}
