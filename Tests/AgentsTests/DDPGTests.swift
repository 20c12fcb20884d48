import Environments
import Foundation
import Networks
import RLCore
import Testing

@testable import Agents

@Suite struct DDPGTests {
  init() { BLAS.setThreads(1) }

  static let observations = Space.box(low: [-1, -1, -1], high: [1, 1, 1])
  static let actions = Space.box(low: [-2, 0], high: [1, 5])

  private func configuration(_ change: (inout DDPG.Configuration) -> Void = { _ in }) -> DDPG.Configuration {
    var configuration = DDPG.Configuration()
    configuration.hidden = [6, 5]
    configuration.batch = 8
    configuration.learningRate = .constant(0.01)
    configuration.actorLearningRate = .constant(0.01)
    configuration.discount = 0.9
    configuration.tau = 0.1
    configuration.warmup = 20
    configuration.capacity = 50
    configuration.rewardScale = 0.5
    change(&configuration)
    return configuration
  }

  // MARK: the update

  /// Of these seven outputs four lie next to a bound: tanh 2.7 is 0.991, tanh 2.6 is 0.989.
  @Test func outputsNextToABoundAreCounted() {
    let network = MLP([1, 1], hidden: .relu, output: .tanh)
    var work = MLP.Workspace(for: network, rows: 7, gradients: false)
    network.forward([1, 0], [-9, -2.7, -2.6, 0, 2.6, 2.7, 9], stride: 1, rows: 7, into: &work)
    #expect(network.parameterCount == 2 && work.saturation(7) == 4.0 / 7 && work.saturation(3) == 2.0 / 3)
  }

  @Test(arguments: [0, 0.05], [0, 0.05])
  func anUpdateIsTheAlgorithms(_ longest: Double, _ weightDecay: Double) throws {
    let configuration = configuration {
      $0.maxGradientNorm = longest
      $0.weightDecay = weightDecay
      $0.learningRate = .linear(from: 0.02, to: 0, over: 200)
      $0.actorLearningRate = $0.learningRate
    }
    var feeder = Feeder(
      agent: DDPG(configuration, observations: Self.observations, actions: Self.actions, seed: 11))
    // 60 transitions in a ring of 50; 40 updates, so that nothing is at its start any more.
    for _ in 0..<60 { feeder.feed() }
    let before = reader(feeder.agent.save)
    _ = feeder.meter.drain()
    feeder.feed()
    let after = reader(feeder.agent.save)
    let metrics = Dictionary(uniqueKeysWithValues: feeder.meter.drain().map { ($0.tag, $0.value) })

    // Transition i of the last 50 lies in row i mod 50.
    var stream = try before.random("random/replay")
    let batch = (0..<8).map { _ -> Feeder<DDPG>.Transition in
      let row = stream.integer(below: 50)
      var transition = feeder.stored[row < 11 ? 50 + row : row].transition
      transition.reward *= 0.5
      return transition
    }
    #expect(batch.contains { $0.isTerminated } && batch.contains { !$0.isTerminated })
    var update = try DDPGUpdate(
      configuration, observationSize: 3, actionSize: 2, rate: 0.02 * (1 - 61.0 / 200), from: before)
    update.run(batch)

    #expect(abs(try #require(metrics["train/critic_loss"]) - update.criticLoss) < 1e-5 * update.criticLoss)
    #expect(abs(try #require(metrics["train/actor_loss"]) - update.actorLoss) < 1e-5)
    #expect(abs(try #require(metrics["train/q_value"]) - update.value) < 1e-5)
    let critic = try ReferencePart("critic", in: after)
    let actor = try ReferencePart("actor", in: after)
    for (found, expected, old) in [
      (critic, update.critic, try ReferencePart("critic", in: before)),
      (actor, update.actor, try ReferencePart("actor", in: before)),
    ] {
      // The moments are linear and quadratic in the gradient.
      #expect(distance(found.m, expected.m) < 1e-5 && distance(found.v, expected.v) < 1e-5)
      // A step is 0.01 long; a parameter of order 1 is rounded to 6e-8.
      #expect(distance(found.parameters, expected.parameters) < 1e-6)
      #expect(distance(found.target, expected.target) < 1e-6)
      #expect(distance(found.parameters, old.parameters) > 1e-3 && distance(found.target, old.target) > 1e-4)
    }
    #expect(try after.random("random/replay") == stream)
  }

  @Test func aStateIsWorthWhatTheCriticSaysOfTheActorsAction() throws {
    var feeder = Feeder(
      agent: DDPG(configuration(), observations: Self.observations, actions: Self.actions, seed: 11))
    for _ in 0..<60 { feeder.feed() }
    let networks = try DDPGUpdate(
      configuration(), observationSize: 3, actionSize: 2, rate: 0, from: reader(feeder.agent.save))
    for s in [[0.5, -0.25, 1], [0, 0, -1]] {
      let found = feeder.agent.estimate(of: s.map { Float($0) })
      // Rewards are halved for the critic.
      #expect(abs(try #require(found).v - 2 * networks.value(of: s)) < 1e-5 && found?.q == [])
    }
    let blind = DDPG(
      configuration { $0.rewardScale = 0 }, observations: Self.observations, actions: Self.actions, seed: 1)
    #expect(blind.estimate(of: [0, 0, 0]) == nil)
  }

  @Test func theReplayHoldsWhatHappened() throws {
    var feeder = Feeder(
      agent: DDPG(configuration { $0.capacity = 40 }, observations: Self.observations, actions: Self.actions, seed: 3))
    for _ in 0..<40 { feeder.feed() }
    let rows = try reader(feeder.agent.save).floats("replay/rows", count: 40 * 10)
    for (i, (transition, unit)) in feeder.stored.enumerated() {
      let row = Array(rows[i * 10..<(i + 1) * 10])
      #expect(row[0..<3].map(Double.init) == transition.observation)
      #expect(zip(row[3..<5], unit).allSatisfy { abs($0 - $1) < 1e-6 && abs($0) <= 1 })
      #expect(row[5] == Float(transition.reward * 0.5))
      // 1 after a truncated step too.
      #expect(row[6] == (transition.isTerminated ? 0 : 1))
      #expect(row[7..<10].map(Double.init) == transition.next)
    }
  }

  /// A place that pays 1 for ever is worth 1 / (1 − γ), however short the episodes; one that ends is worth 1.
  @Test(arguments: [Ending.truncated, .terminated]) func onlyTerminationEndsTheFuture(_ ending: Ending) throws {
    let configuration = configuration {
      $0.discount = 0.5
      $0.rewardScale = 1
      $0.learningRate = .linear(from: 0.02, to: 0, over: 1500)
      $0.actorLearningRate = $0.learningRate
    }
    let space = Space.box(low: [-1], high: [1])
    var agent = DDPG(configuration, observations: space, actions: space, seed: 5)
    var meter = Meter(tags: DDPG.metricTags)
    var action: [Float] = [0]
    for step in 0..<1500 {
      if step == 1400 { _ = meter.drain() }
      agent.act([1], into: &action)
      agent.learn([1], action, 1, [1], ending, into: &meter)
    }
    let value = try #require(meter.drain().first { $0.tag == "train/q_value" }?.value)
    #expect(abs(value - (ending == .terminated ? 1 : 2)) < 0.02)
  }

  // MARK: acting

  @Test func theFirstActionsAreUniform() {
    var agent = DDPG(
      configuration { $0.warmup = 5000 }, observations: Self.observations, actions: Self.actions, seed: 3)
    var meter = Meter(tags: DDPG.metricTags)
    var action: [Float] = [0, 0]
    var mean = [0.0, 0.0]
    var square = [0.0, 0.0]
    for _ in 0..<5000 {
      agent.act([0, 0, 0], into: &action)
      agent.learn([0, 0, 0], action, 0, [0, 0, 0], .running, into: &meter)
      #expect(action.lies(in: Self.actions))
      for i in 0..<2 {
        mean[i] += Double(action[i]) / 5000
        square[i] += Double(action[i] * action[i]) / 5000
      }
    }
    // Means −0.5 and 2.5, variances 3²/12 and 5²/12; four standard errors.
    for (i, (centre, range)) in [(-0.5, 3.0), (2.5, 5.0)].enumerated() {
      let deviation = range / 12.0.squareRoot()
      #expect(abs(mean[i] - centre) < 4 * deviation / 5000.0.squareRoot())
      #expect(abs(square[i] - mean[i] * mean[i] - deviation * deviation) < 0.05 * deviation * deviation)
    }
    #expect(meter.drain().isEmpty, "nothing is learned yet")
  }

  /// The root of the mean square by which the second number of `agent`'s sampled actions differs from its sure ones.
  private func spread(of agent: DDPG, at observations: [[Float]]) -> Double {
    var (mode, sampled) = (agent.policy(sampledWith: nil), agent.policy(sampledWith: 7))
    var plain = [[Float]](repeating: [0, 0], count: observations.count)
    var noisy = plain
    mode.act(observations, into: &plain)
    var square = 0.0
    for _ in 0..<100 {
      sampled.act(observations, into: &noisy)
      #expect(noisy.allSatisfy { $0.lies(in: Self.actions) })
      for (a, b) in zip(noisy, plain) { square += Double((a[1] - b[1]) * (a[1] - b[1])) }
    }
    return (square / Double(100 * observations.count)).squareRoot()
  }

  /// What the policy does with a seed is what it does without one, plus noise, clipped.
  @Test func theSampledPolicyIsTheActorWithNoise() {
    let agent = DDPG(
      configuration { $0.noiseScale = 0.2 }, observations: Self.observations, actions: Self.actions, seed: 3)
    let observations = (0..<32).map { [Float($0) / 32, -1, 1] }
    var mode = agent.policy(sampledWith: nil)
    var plain = [[Float]](repeating: [0, 0], count: 32)
    mode.act(observations, into: &plain)
    var again = plain
    mode.act(observations, into: &again)
    #expect(plain == again)
    // 0.2 of half a range of 2.5; the untrained actor stays near the middle, so nothing is clipped.
    #expect(abs(spread(of: agent, at: observations) - 0.5) < 0.03)
  }

  /// What the policy draws as noise is as wide as the schedule says after as many steps, and stays so in a checkpoint.
  @Test func noiseFallsWithItsSchedule() throws {
    let configuration = configuration {
      $0.noiseScale = .linear(from: 1, to: 0.1, over: 60)
      $0.warmup = 0
    }
    func fresh() -> DDPG { DDPG(configuration, observations: Self.observations, actions: Self.actions, seed: 3) }
    let middle = [[Float]](repeating: [0, 0, 0], count: 32)
    var agent = fresh()
    let first = spread(of: agent, at: middle)
    var meter = Meter(tags: DDPG.metricTags)
    var action: [Float] = [0, 0]
    for _ in 0..<70 {
      agent.act([0, 0, 0], into: &action)
      agent.learn([0, 0, 0], action, 0, [0, 0, 0], .running, into: &meter)
    }
    let last = spread(of: agent, at: middle)
    // 0.1 of half a range of 2.5; at first, more than a bound away, much is clipped.
    #expect(first > 1 && abs(last - 0.25) < 0.02)
    var restored = fresh()
    try restored.restore(from: reader(agent.save))
    #expect(spread(of: restored, at: middle) == last)
  }

  // MARK: checkpoints

  @Test(arguments: ExplorationNoise.Kind.allCases, [7, 40, 133, 401])
  func savedAndRestoredItGoesOnTheSame(_ kind: ExplorationNoise.Kind, _ cut: Int) throws {
    let configuration = configuration {
      $0.noise = kind
      $0.capacity = 100
    }
    let world = TimeLimit(Pendulum(), limit: 30)
    func fresh(_ seed: UInt64) -> Interaction<TimeLimit<Pendulum>, DDPG> {
      let agent = DDPG(
        configuration, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
    var learner = fresh(1)
    var meter = Meter(tags: DDPG.metricTags)
    try learner.advance(by: cut, into: &meter)
    var restored = fresh(2)
    try restored.restore(from: reader(learner.save))
    var copy = meter
    for _ in 0..<3 {
      try learner.advance(by: 70, into: &meter)
      try restored.advance(by: 70, into: &copy)
      #expect(reader(restored.save).tensors == reader(learner.save).tensors)
      #expect(copy.drain().map(\.value) == meter.drain().map(\.value))
    }
  }

  @Test func aCheckpointOfAnotherShapeIsRefused() {
    let agent = DDPG(configuration(), observations: Self.observations, actions: Self.actions, seed: 3)
    let saved = reader(agent.save)
    for change in [
      { $0.hidden = [5, 6] }, { $0.hidden = [6] },
    ] as [(inout DDPG.Configuration) -> Void] {
      var other = DDPG(configuration(change), observations: Self.observations, actions: Self.actions, seed: 3)
      #expect(throws: CoreError.self) { try other.restore(from: saved) }
    }
  }

  @Test func aLossThatIsNotANumberIsReported() throws {
    var feeder = Feeder(
      agent: DDPG(configuration(), observations: Self.observations, actions: Self.actions, seed: 3))
    for _ in 0..<30 { feeder.feed() }
    #expect(feeder.meter.fault == nil)
    feeder.observation[1] = .nan
    // Once the transition is drawn.
    for _ in 0..<60 { feeder.feed() }
    #expect(feeder.meter.fault != nil)
  }
}
