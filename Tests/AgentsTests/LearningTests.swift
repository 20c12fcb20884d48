import Environments
import Foundation
import Networks
import RLCore
import RunStore
import Testing

@testable import Agents

/// Learning as learning: seconds of it, so only where the compiler optimised.
@Suite(.enabled(if: isOptimised, "learning takes too long without optimisation")) struct LearningTests {
  init() { BLAS.setThreads(1) }

  /// One step, reward −(a − s)²: the best action is the observation.
  private struct Aim: Environment {
    var random = RandomStream(seed: 0)
    var aim: Float = 0

    var observationSpace: Space { .box(low: [-1], high: [1]) }
    var actionSpace: Space { .box(low: [-2], high: [2]) }
    var state: [Double] { [Double(aim)] }

    mutating func reset(seed: UInt64?, into observation: inout [Float]) {
      if let seed { random = RandomStream(seed: seed) }
      aim = Float(random.uniform(-1, 1))
      observation[0] = aim
    }

    mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
      observation[0] = 0
      return Step(reward: -Double((action[0] - aim) * (action[0] - aim)), ending: .terminated)
    }

    mutating func restore(state: [Double], into observation: inout [Float]) throws {
      aim = Float(state[0])
      observation[0] = aim
    }

    func drawing(of state: [Double]) -> Drawing { Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
  }

  @Test func theActorFindsTheBestActionOfOneStep() throws {
    var configuration = DDPG.Configuration()
    configuration.hidden = [32, 32]
    configuration.warmup = 200
    configuration.learningRate = .linear(from: 5e-3, to: 1e-4, over: 3000)
    configuration.actorLearningRate = configuration.learningRate
    configuration.tau = 0.1
    let world = Aim()
    let agent = DDPG(configuration, observations: world.observationSpace, actions: world.actionSpace, seed: 2)
    var learner = Interaction(world, agent, seed: 2)
    var meter = Meter(tags: DDPG.metricTags)
    try learner.advance(by: 3000, into: &meter)
    var policy = learner.agent.policy(sampledWith: nil)
    let aims = (0..<32).map { Float($0) / 16 - 0.97 }
    var actions = [[Float]](repeating: [0], count: 32)
    policy.act(aims.map { [$0] }, into: &actions)
    // Untrained, it misses by 0.58 on average.
    let misses = zip(aims, actions).map { abs($0 - $1[0]) }
    #expect((misses.reduce(0) { $0 + $1 * $1 } / 32).squareRoot() < 0.1 && misses.max()! < 0.2, "\(misses)")
  }

  /// The default preset, on seeds that it was not tuned on; the bar is near-optimal play from the same starts.
  @Test func thePendulumIsSwungUpInTenThousandSteps() throws {
    struct NearOptimal: Decodable {
      struct Starts: Decodable { let returns: [Double] }
      let test: Starts
    }
    let best = try JSONDecoder().decode(NearOptimal.self, from: fixture("pendulum-near-optimal")).test.returns
    let yaml = try #require(Presets.yaml(of: "ddpg"))
    let preset = try #require(try readSettings(yaml: yaml, file: "ddpg.yaml")["Pendulum-v1"])
    var configuration = DDPG.Configuration()
    for (name, setting) in preset where !name.hasPrefix("train.") { try configuration.set(name, to: setting.value) }
    #expect(preset["train.steps"]?.value == .integer(10_000))

    let world = TimeLimit(Pendulum(), limit: 200)
    let gaps = try [UInt64(100), 101, 102].map { seed in
      let agent = DDPG(
        configuration, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      var learner = Interaction(world, agent, seed: seed)
      var meter = Meter(tags: DDPG.metricTags)
      try learner.advance(by: 10_000, into: &meter)
      let returns = learner.evaluate(episodes: 200, seed: 10_000, sample: false).returns
      return zip(best, returns).reduce(0) { $0 + $1.0 - $1.1 } / 200
    }
    // Nothing does better than near-optimal play by more than its grid.
    #expect(gaps.allSatisfy { (-1...18).contains($0) }, "\(gaps)")
    #expect(gaps.reduce(0, +) / 3 <= 14, "\(gaps)")
  }

  /// The first preset, on seeds that it was not tuned on, with the best of a few evaluations on other starts.
  @Test(arguments: [UInt64(100), 101]) func thePoleStaysUpInFiftyThousandSteps(_ seed: UInt64) throws {
    let yaml = try #require(Presets.yaml(of: "dqn"))
    let preset = try #require(try readSettings(yaml: yaml, file: "dqn.yaml")["CartPole-v1"])
    var configuration = DQN.Configuration()
    for (name, setting) in preset where !name.hasPrefix("train.") { try configuration.set(name, to: setting.value) }
    #expect(preset["train.steps"]?.value == .integer(50_000))
    var learner = configuration.learner(in: TimeLimit(CartPole(), limit: 500), seed: seed)
    var meter = Meter(tags: DQN.metricTags)
    var best = (selection: 0.0, test: 0.0)
    while learner.clock < 50_000 {
      try learner.advance(by: 5000, into: &meter)
      let selection = try learner.evaluate(episodes: 50, seed: 1_000_000, sample: false).meanReturn
      if selection > best.selection {
        best = (selection, try learner.evaluate(episodes: 100, seed: 10_000, sample: false).meanReturn)
      }
    }
    #expect(best.test >= 475, "\(best)")
  }

  /// The presets of learners from rollouts, on seeds that they were not tuned on, with the best of the evaluations: the
  /// bars are below what every seed of ten reached.
  @Test(
    arguments: [
      ("ppo", "CartPole-v1", 25_000, 475.0), ("a2c", "CartPole-v1", 300_000, 450),
      ("ppo", "Pendulum-v1", 100_000, -165),
      ("ppo", "MountainCarContinuous-v0", 50_000, 93),
    ], [UInt64(100), 101])
  func rolloutsAreLearnedFrom(_ task: (agent: String, world: String, steps: Int, bar: Double), _ seed: UInt64) throws {
    let yaml = try #require(Presets.yaml(of: task.agent))
    let preset = try #require(try readSettings(yaml: yaml, file: "\(task.agent).yaml")[task.world])
    #expect(preset["train.steps"]?.value == .integer(task.steps))
    func configured<Settings: AgentSettings>(_ start: Settings) throws -> Settings {
      var configuration = start
      for (name, setting) in preset where !name.hasPrefix("train.") { try configuration.set(name, to: setting.value) }
      return configuration
    }
    func learner(_ settings: some DiscreteLearning & ContinuousLearning) -> any Learner {
      switch task.world {
      case "CartPole-v1": settings.learner(in: TimeLimit(CartPole(), limit: 500), seed: seed)
      case "Pendulum-v1": settings.learner(in: TimeLimit(Pendulum(), limit: 200), seed: seed)
      default: settings.learner(in: TimeLimit(MountainCarContinuous(), limit: 999), seed: seed)
      }
    }
    var learner =
      try task.agent == "ppo" ? learner(configured(PPOConfiguration())) : learner(configured(A2CConfiguration()))
    var meter = Meter(tags: learner.metricTags)
    var best = (selection: -Double.infinity, test: -Double.infinity)
    while learner.clock < task.steps {
      try learner.advance(by: task.steps / 10, into: &meter)
      let selection = try learner.evaluate(episodes: 50, seed: 20_000, sample: false).meanReturn
      if selection > best.selection {
        best = (selection, try learner.evaluate(episodes: 100, seed: 10_000, sample: false).meanReturn)
      }
    }
    #expect(best.test >= task.bar, "\(best)")
  }

  /// A grid seen as vectors, by the preset: 990 of 1000 steps in the target is what the optimal policy earns.
  @Test(arguments: [UInt64(100), 101, 102]) func statesSeenAsVectorsAreLearnedToo(_ seed: UInt64) throws {
    let yaml = try #require(Presets.yaml(of: "dqn"))
    let preset = try #require(try readSettings(yaml: yaml, file: "dqn.yaml")["Zhao-5x5"])
    var configuration = DQN.Configuration()
    for (name, setting) in preset where !name.hasPrefix("train.") { try configuration.set(name, to: setting.value) }
    #expect(preset["train.steps"]?.value == .integer(10_000))
    let world = TimeLimit(try Simulator(GridWorld(bundled: "Zhao-5x5")), limit: nil)
    var learner = configuration.learner(in: EncodedStates(world, as: configuration.states), seed: seed)
    var meter = Meter(tags: DQN.metricTags)
    try learner.advance(by: 10_000, into: &meter)
    #expect(try learner.evaluate(episodes: 1, seed: 10_000, sample: false).meanReturn == 990)
  }
}

/// Whether the compiler optimised.
#if DEBUG
  let isOptimised = false
#else
  let isOptimised = true
#endif
