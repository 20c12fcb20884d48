import Environments
import Networks
import RLCore
import Testing

@testable import Agents

/// DQN's losses by finite differences, its targets by their definition, and its run to the last bit.
@Suite struct DQNTests {
  private static let variants: [(String, @Sendable (inout DQN.Configuration) -> Void)] = [
    ("plain", { $0.double = false }), ("double", { _ in }), ("dueling", { $0.dueling = true }),
    ("three rewards", { $0.n = 3 }), ("prioritised", { $0.priority = 0.6 }), ("squared", { $0.huber = 0 }),
    ("quantiles", { $0.quantiles = 5 }), ("reads actions", { $0.actionInput = true }),
    ("reads actions, quantiles", { ($0.actionInput, $0.quantiles, $0.activation) = (true, 3, .tanh) }),
    (
      "all",
      {
        $0.dueling = true
        $0.n = 3
        $0.priority = 0.5
        $0.quantiles = 4
        $0.huber = 0.5
      }
    ),
  ]

  private func agent(_ change: (inout DQN.Configuration) -> Void, seed: UInt64 = 1) -> DQN {
    var configuration = DQN.Configuration()
    configuration.hidden = [24, 20]
    configuration.batch = 32
    configuration.warmup = 50
    configuration.epsilon = 0.2
    configuration.maxGradientNorm = 0
    change(&configuration)
    return DQN(configuration, observations: Self.observations, actions: .discrete(3), seed: seed)
  }

  private static let observations = Space.box(low: [-1, -1], high: [1, 1])

  /// Feeds random transitions, which end now and then.
  private func feed(_ agent: inout DQN, _ count: Int, seed: UInt64 = 5) {
    var random = RandomStream(seed: seed)
    var meter = Meter(tags: DQN.metricTags)
    var observation: [Float] = [0, 0]
    var action = 0
    for _ in 0..<count {
      agent.act(observation, into: &action)
      let next = (0..<2).map { _ in Float(random.uniform(-1, 1)) }
      let ending = [Ending.running, .running, .running, .terminated, .truncated][random.integer(below: 5)]
      agent.learn(observation, action, random.uniform(-3, 3), next, ending, into: &meter)
      observation = next
    }
  }

  @Test(arguments: variants.indices) func theGradientIsTheLosss(_ variant: Int) {
    var agent = agent(Self.variants[variant].1)
    feed(&agent, 200)
    // After an update the gradient is at the parameters before it, and the batch and its goals are still there.
    var meter = Meter(tags: DQN.metricTags)
    let theta = agent.theta
    agent.update(into: &meter)
    let gradient = agent.gradient
    func loss(_ parameters: [Float]) -> Double { Double(agent.measureLoss(of: parameters).loss) / 32 }
    var random = RandomStream(seed: 9)
    var (met, checked) = (0.0, 0)
    // Along random directions, so that single precision suffices.
    for _ in 0..<20 {
      let direction = theta.map { $0 == 0 ? 0 : Float(random.uniform(-1, 1)) }
      let h: Float = 2e-3
      let ahead = loss(zip(theta, direction).map { $0 + h * $1 })
      let behind = loss(zip(theta, direction).map { $0 - h * $1 })
      let slope = (ahead - behind) / Double(2 * h)
      let expected = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      let scale = zip(gradient, gradient).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }.squareRoot()
      #expect(abs(slope - expected) < 0.02 * scale + 1e-4, "\(Self.variants[variant].0): \(slope), \(expected)")
      met += scale
      checked += 1
    }
    #expect(met / Double(checked) > 1e-3)
  }

  @Test func theStreamsStayApart() {
    var agent = agent { $0.dueling = true }
    feed(&agent, 300)
    // 20 hidden units, three advantages and a value: the first ten units are the value's.
    let last = agent.theta.suffix(20 * 4 + 4).map { $0 }
    for i in 0..<20 {
      for j in 0..<4 where (i < 10) != (j == 3) { #expect(last[i * 4 + j] == 0) }
      #expect((0..<4).contains { last[i * 4 + $0] != 0 })
    }
  }

  /// A network that reads actions says of several observations, action by action, what it says of each pair alone.
  @Test func pairsAreAskedOneByOne() {
    let head = QHead(actions: 3, quantiles: 2, isDueling: false)
    var network = QNetwork(head, observationSize: 2, hidden: [5], .tanh, readsActions: true, rows: 4)
    var random = RandomStream(seed: 3)
    let theta = network.mlp.initialParameters(outputRange: 1, using: &random)
    let rows = (0..<4 * 3).map { _ in Float(random.uniform(-1, 1)) }
    var work = network.workspace(rows: 4)
    network.forward(theta, rows, stride: 3, rows: 4, into: &work)
    var one = MLP.Workspace(for: network.mlp, rows: 1)
    for i in 0..<4 {
      for a in 0..<3 {
        network.mlp.forward(theta, [rows[i * 3], rows[i * 3 + 1], Float(a) - 1], stride: 3, rows: 1, into: &one)
        for k in 0..<2 { #expect(abs(work.output((i * 3 + a) * 2 + k) - one.output(k)) < 1e-6) }
      }
    }
  }

  @Test func advantagesAreRelativeToTheirMean() {
    let head = QHead(actions: 3, quantiles: 2, isDueling: true)
    let output: [Float] = [1, 2, 3, 5, 8, -1, 10, 20]
    var q: [Float] = [0, 0, 0]
    head.means({ output[$0] }, into: &q)
    // V = (10, 20); the advantages' means are 4 and 2: quantiles (7, 20), (9, 23), (14, 17).
    #expect(q == [13.5, 16, 15.5] as [Float])
  }

  @Test(arguments: [1, 2, 3, 5]) func storesReturnsOfNSteps(_ n: Int) {
    var recent = RecentTransitions(n, observationSize: 1)
    var replay = PrioritizedReplay(Replay(capacity: 100, observationSize: 1, actionSize: 1), exponent: 0, batch: 1)
    let rewards: [Float] = [1, 2, 4, 8, 16, 32, 64]
    var buffer: [Float] = [0]
    for (i, reward) in rewards.enumerated() {
      recent.append([Float(i)], Float(i % 2), reward)
      let isLast = i == rewards.count - 1
      if recent.isFull || isLast {
        repeat {
          recent.moveOldest(
            to: &replay, next: [Float(i + 1)], tail: isLast ? 0 : 1, discount: 0.5, action: &buffer)
        } while isLast && recent.count > 0
      }
    }
    #expect(replay.replay.count == rewards.count)
    var batch = TransitionBatch(count: rewards.count, observationSize: 1, actionSize: 1)
    replay.replay.gather(Array(rewards.indices), into: &batch)
    for t in rewards.indices {
      let end = min(t + n, rewards.count)
      var (sum, factor): (Float, Float) = (0, 1)
      for i in t..<end {
        sum += factor * rewards[i]
        factor *= 0.5
      }
      #expect(batch.pairs[2 * t] == Float(t) && batch.pairs[2 * t + 1] == Float(t % 2))
      #expect(batch.rewards[t] == sum && batch.nextPairs[2 * t] == Float(end))
      // γⁿ⁻¹, so that γ times it is the discount of what follows; nothing follows the end.
      #expect(batch.bootstraps[t] == (end == rewards.count ? 0 : 2 * factor))
    }
  }

  @Test(arguments: variants.indices) func savedAndRestoredItGoesOnTheSame(_ variant: Int) throws {
    var original = agent(Self.variants[variant].1)
    feed(&original, 173)
    var restored = agent(Self.variants[variant].1, seed: 2)
    try restored.restore(from: reader(original.save))
    #expect(reader(restored.save).tensors == reader(original.save).tensors)
    feed(&original, 150, seed: 6)
    feed(&restored, 150, seed: 6)
    #expect(reader(restored.save).tensors == reader(original.save).tensors)
  }

  /// Two states whose best values are known.
  @Test(arguments: variants.indices) func findsTheValuesOfASmallWorld(_ variant: Int) {
    var agent = agent {
      $0.discount = 0.9
      $0.learningRate = .linear(from: 3e-3, to: 1e-4, over: 4000)
      $0.tau = 0.02
      $0.epsilon = 0.5
      Self.variants[variant].1(&$0)
      // Returns of several steps of a random policy are not the best policy's.
      $0.n = 1
    }
    // In either state action 0 stays and pays 1, action 1 moves and pays 0 from the left, 3 from the right, action 2
    // ends it and pays 5.
    var meter = Meter(tags: DQN.metricTags)
    var (isRight, action) = (false, 0)
    for _ in 0..<4000 {
      let observation: [Float] = isRight ? [1, 0] : [0, 1]
      agent.act(observation, into: &action)
      let reward = action == 0 ? 1.0 : action == 1 ? (isRight ? 3 : 0) : 5
      let goesRight = action == 1 ? !isRight : action == 2 ? false : isRight
      agent.learn(
        observation, action, reward, goesRight ? [1, 0] : [0, 1], action == 2 ? .terminated : .running, into: &meter)
      isRight = goesRight
    }
    // To and fro for ever: v(right) = 3 + 0.9 v(left), v(left) = max(0.9 v(right), 1 + 0.9 v(left)).
    let (right, left) = (3 / (1 - 0.81), 0.9 * 3 / (1 - 0.81))
    let values = agent.values(of: [1, 0]).map(Double.init)
    let expected = [1 + 0.9 * right, 3 + 0.9 * left, 5]
    for (value, best) in zip(values, expected) { #expect(abs(value - best) < 0.6, "\(values), \(expected)") }
    #expect(abs(Double(agent.values(of: [0, 1]).max()!) - left) < 0.6)
  }

  @Test(arguments: variants.indices) func estimatesAreItsValues(_ variant: Int) {
    var agent = agent(Self.variants[variant].1)
    feed(&agent, 200)
    let estimate = agent.estimate(of: [0.5, -1])
    #expect(estimate == ValueEstimate(q: agent.values(of: [0.5, -1]).map(Double.init)))
  }

  /// The surface is over the world's own numbers, whatever the network sees; a finite world has tables instead.
  @Test func whatItHoldsAWorldToBeWorth() throws {
    let configuration = DQN.Configuration()
    let world = TimeLimit(MountainCar(), limit: 200)
    let surface = try #require(configuration.learner(in: world, seed: 1).surface)
    #expect(surface.low.map { Float($0) } == [-1.2, -0.07] && surface.high.map { Float($0) } == [0.6, 0.07])
    var agent = DQN(
      configuration, observations: ScaledObservations(world).observationSpace, actions: world.actionSpace, seed: 1)
    #expect(
      surface.v.first == agent.values(of: [-1.2, -1]).max() && surface.v.last == agent.values(of: [0.6, 1]).max())

    let grid = EncodedStates(try Simulator(GridWorld(bundled: "Zhao-5x5")), as: .coordinates)
    let learner = configuration.learner(in: grid, seed: 1)
    #expect(learner.solution?.states == 25 && learner.solution?.actions == 5 && learner.surface == nil)
  }
}
