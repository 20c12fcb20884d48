import Environments
import RLCore
import RunStore
import Testing

@testable import Agents

/// The presets of the books' policy gradients, on seeds that they were not tuned on.
extension LearningTests {
  /// An agent's settings with those of its preset for an environment, and the preset's steps.
  private func preset<Settings: AgentSettings>(_: Settings.Type, _ environment: String) throws -> (Settings, Int) {
    let yaml = try #require(Presets.yaml(of: Settings.id))
    let section = try #require(try readSettings(yaml: yaml, file: "\(Settings.id).yaml")[environment])
    var settings = Settings()
    for (name, setting) in section where !name.hasPrefix("train.") && !name.hasPrefix("env.") {
      try settings.set(name, to: setting.value)
    }
    guard case .integer(let steps)? = section["train.steps"]?.value else { return (settings, 0) }
    return (settings, steps)
  }

  /// The mean return of 100 test starts after all steps.
  private func finalReturn(_ fresh: any Learner, steps: Int) throws -> Double {
    var learner = fresh
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: steps, into: &meter)
    return try learner.evaluate(episodes: 100, seed: 10_000, sample: false).meanReturn
  }

  /// A linear policy keeps the pole up: 500 is the most.
  @Test func reinforceBalancesThePole() throws {
    let (settings, steps) = try preset(REINFORCEConfiguration.self, "CartPole-v1")
    #expect(steps == 100_000)
    let returns = try (100..<110).map { seed in
      try finalReturn(settings.learner(in: TimeLimit(CartPole(), limit: 500), seed: UInt64(seed)), steps: steps)
    }
    #expect(returns.reduce(0, +) / 10 >= 475 && returns.sorted()[4] >= 495, "\(returns)")
  }

  /// A linear Gaussian drives out of the valley: near-optimal play returns 99.65.
  @Test(arguments: [UInt64(100), 101, 102]) func reinforceDrivesOutOfTheValley(_ seed: UInt64) throws {
    let (settings, steps) = try preset(REINFORCEConfiguration.self, "MountainCarContinuous-v0")
    #expect(steps == 300_000)
    let world = TimeLimit(MountainCarContinuous(), limit: 999)
    #expect(try finalReturn(settings.learner(in: world, seed: seed), steps: steps) >= 90)
  }

  @Test(arguments: [UInt64(100), 101, 102]) func theAdvantageBalancesThePole(_ seed: UInt64) throws {
    let (settings, steps) = try preset(OffPolicyAC.Configuration.self, "CartPole-v1")
    #expect(steps == 100_000)
    let world = TimeLimit(CartPole(), limit: 500)
    #expect(try finalReturn(settings.learner(in: world, seed: seed), steps: steps) >= 475)
  }

  /// From the uniform policy alone: 990 of 1000 steps in the target is what the optimal policy earns.
  @Test(arguments: [UInt64(100), 101, 102]) func anotherPolicyShowsTheWay(_ seed: UInt64) throws {
    let (settings, steps) = try preset(OffPolicyAC.Configuration.self, "Zhao-5x5")
    let world = EncodedStates(try Simulator(GridWorld(bundled: "Zhao-5x5")), as: settings.states)
    var learner = settings.learner(in: world, seed: seed)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: steps, into: &meter)
    #expect(try learner.evaluate(episodes: 1, seed: 10_000, sample: false).meanReturn == 990)
  }

  /// −3 is the shortest way out for one who sees where it is.
  @Test func allLeaveTheCorridor() throws {
    func check(_ settings: some DiscreteLearning, _ steps: Int) throws {
      for seed in UInt64(100)..<103 {
        let world = EncodedStates(TimeLimit(try Simulator(ShortCorridor()), limit: 1000), as: settings.states)
        #expect(try finalReturn(settings.learner(in: world, seed: seed), steps: steps) == -3, "\(settings.id)")
      }
    }
    let (reinforce, qac) = (
      try preset(REINFORCEConfiguration.self, "SB-short-corridor"),
      try preset(QAC.Configuration.self, "SB-short-corridor")
    )
    let offPolicy = try preset(OffPolicyAC.Configuration.self, "SB-short-corridor")
    try check(reinforce.0, reinforce.1)
    try check(qac.0, qac.1)
    try check(offPolicy.0, offPolicy.1)
  }

  /// One sample at a time, without replay or targets, it swings the pendulum up; it starts near −1400.
  @Test(arguments: [UInt64(100), 101]) func theDeterministicPolicySwingsUp(_ seed: UInt64) throws {
    let (settings, steps) = try preset(DeterministicAC.Configuration.self, "Pendulum-v1")
    #expect(steps == 1_000_000)
    #expect(try finalReturn(settings.learner(in: TimeLimit(Pendulum(), limit: 200), seed: seed), steps: steps) >= -300)
  }
}
