import Environments
import RLCore
import Testing

@testable import Agents

/// Sarsa, Expected Sarsa, double Q-learning, n-step Sarsa and Sarsa(λ): by hand and against one another.
@Suite struct TabularControlTests {
  private func configuration<Settings: ControlSettings>(
    _ type: Settings.Type, _ change: (inout Settings) -> Void = { _ in }
  ) -> Settings {
    var configuration = Settings()
    configuration.alpha = 0.5
    configuration.epsilon = 0.1
    change(&configuration)
    return configuration
  }

  private func slipperyCliff() throws -> TimeLimit<Simulator> {
    var process = CliffWalking()
    process.slippery = true
    return TimeLimit(try Simulator(process), limit: 50)
  }

  // MARK: Equivalences

  private func bits<Rule: Agent<Int, Int>>(_ agent: Rule, in world: some FiniteEnvironment) -> [UInt64] {
    var agent = agent
    play(&agent, in: world, seed: 3, steps: 5000)
    return agent.solution!.q.map(\.bitPattern)
  }

  @Test func oneRewardAndNoTraceAreSarsa() throws {
    let world = try slipperyCliff()
    let sarsa = bits(Sarsa(configuration(Sarsa.Configuration.self), for: world, seed: 1), in: world)
    let one = configuration(NStepSarsa.Configuration.self) { $0.n = 1 }
    #expect(bits(NStepSarsa(one, for: world, seed: 1), in: world) == sarsa)
    for kind in [TraceKind.accumulating, .replacing] {
      let none = configuration(SarsaLambda.Configuration.self) {
        $0.lambda = 0
        $0.traces = kind
      }
      #expect(bits(SarsaLambda(none, for: world, seed: 1), in: world) == sarsa, "\(kind)")
    }
    let four = configuration(NStepSarsa.Configuration.self)
    #expect(bits(NStepSarsa(four, for: world, seed: 1), in: world) != sarsa)
  }

  @Test func withoutExploringExpectedSarsaLearnsWhatQLearningDoes() throws {
    var world = try slipperyCliff()
    var expected = ExpectedSarsa(
      configuration(ExpectedSarsa.Configuration.self) { $0.epsilon = 0 }, for: world, seed: 1)
    var q = QLearning(configuration(QLearning.Configuration.self) { $0.epsilon = 0 }, for: world, seed: 1)
    var random = RandomStream(seed: 1)
    var meter = Meter(tags: [])
    var (s, next) = (0, 0)
    world.reset(seed: 1, into: &s)
    for _ in 0..<10_000 {
      let a = random.integer(below: 4)
      let step = world.step(a, into: &next)
      expected.learn(s, a, step.reward, next, step.ending, into: &meter)
      q.learn(s, a, step.reward, next, step.ending, into: &meter)
      if step.ending == .running { s = next } else { world.reset(seed: nil, into: &s) }
    }
    #expect(q.q.contains { $0 < -10 })
    #expect(expected.q == q.q)
  }

  /// A walk without choices, where every rule is a prediction.
  private func learn<Rule: Agent<Int, Int>>(_ agent: inout Rule, _ ending: Ending) {
    var meter = Meter(tags: Rule.metricTags)
    var a = 0
    for (s, r, next, ending) in [(1, 2.0, 2, Ending.running), (2, 4, 3, .running), (3, 8, 4, ending)] {
      agent.act(s, into: &a)
      agent.learn(s, a, r, next, ending, into: &meter)
    }
  }

  @Test func theEpisodesEndUpdatesAllThatIsLeft() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    for n in [2, 3, 100] {
      for ending in [Ending.terminated, .truncated] {
        var agent = NStepSarsa(
          configuration(NStepSarsa.Configuration.self) {
            $0.n = n
            $0.alpha = 1
            $0.initialValue = 16
            $0.discount = 0.5
          }, for: world, seed: 1)
        learn(&agent, ending)
        // Q(4) = 16 is worth 16 a step after the last reward, where the episode was cut.
        let tail = ending == .terminated ? 0.0 : 16
        let last = 8 + 0.5 * tail
        let first = n == 2 ? 2 + 0.5 * (4 + 0.5 * 16) : 2 + 0.5 * (4 + 0.5 * last)
        #expect(agent.q == [16, first, 4 + 0.5 * last, last, 16, 16, 16], "\(n), \(ending)")
      }
    }
  }

  @Test func tracesCarryTheLastRewardBack() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    for kind in TraceKind.allCases {
      var agent = SarsaLambda(
        configuration(SarsaLambda.Configuration.self) {
          $0.lambda = 0.5
          $0.traces = kind
          $0.discount = 0.5
        }, for: world, seed: 1)
      learn(&agent, .terminated)
      // All values were 0: δ is the reward, and the trace of a visit k steps ago 4⁻ᵏ.
      #expect(agent.q == [0, 1 + 4.0 / 8 + 8.0 / 32, 2 + 8.0 / 8, 4, 0, 0, 0], "\(kind)")
    }
  }

  @Test func aPlaceVisitedTwiceHasItsKindOfTrace() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    for (kind, trace) in [(TraceKind.accumulating, 1.25), (.replacing, 1), (.dutch, 1.125)] {
      var agent = SarsaLambda(
        configuration(SarsaLambda.Configuration.self) {
          $0.lambda = 0.5
          $0.traces = kind
          $0.discount = 0.5
        }, for: world, seed: 1)
      var meter = Meter(tags: [])
      var a = 0
      agent.act(2, into: &a)
      agent.learn(2, a, 0, 2, .running, into: &meter)
      agent.learn(2, a, 8, 0, .terminated, into: &meter)
      // Both values before are 0, so that a dutch trace needs no correction.
      #expect(agent.q[2] == 0.5 * 8 * trace, "\(kind)")
    }
  }

  // MARK: What all share

  @Test func theReciprocalOfTheVisitsMakesAMean() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    var agent = Sarsa(configuration(Sarsa.Configuration.self) { $0.alpha = .reciprocal }, for: world, seed: 1)
    var meter = Meter(tags: [])
    for reward in [1.0, 2, 6, 7] { agent.learn(3, 0, reward, 4, .terminated, into: &meter) }
    agent.learn(2, 0, 5, 1, .terminated, into: &meter)
    #expect(agent.q == [0, 0, 5, 4, 0, 0, 0])
  }

  @Test func schedulesCountTheAgentsOwnSteps() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    var agent = Sarsa(
      configuration(Sarsa.Configuration.self) { $0.alpha = .scheduled(.linear(from: 1, to: 0, over: 2)) },
      for: world, seed: 1)
    var meter = Meter(tags: [])
    for reward in [8.0, 0, 100] { agent.learn(3, 0, reward, 4, .terminated, into: &meter) }
    #expect(agent.q[3] == 4)
  }

  @Test func stepSizesReadAsTheyAreWritten() throws {
    var configuration = Sarsa.Configuration()
    for value in [
      SettingValue.text("1/n"), .text("0.5/n"), .text("10/(20+n)"), .number(0.25),
      .list([.number(0.5), .number(0), .integer(9)]),
    ] {
      try configuration.set("alpha", to: value)
      #expect(configuration.settingValues.first { $0.name == "alpha" }?.value == value)
    }
    // The first step of 25/(20+n) would be greater than 1.
    let words = ["1/m", "2/n", "25/(20+n)", "1/(2-n)", "1/(-2+n)", "-1/n", "1/n/n", "nan/n", "/n"]
    for value in words.map(SettingValue.text) + [.number(2), .list([.number(0.5)])] {
      #expect(throws: CoreError.self) { try configuration.set("alpha", to: value) }
    }
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    let world = try slipperyCliff()
    func settings<Settings: ControlSettings>(_ type: Settings.Type) -> Settings {
      configuration(type) {
        $0.alpha = .reciprocal
        $0.epsilon = .linear(from: 0.5, to: 0.1, over: 3000)
      }
    }
    try expectExactContinuation(in: world) { QLearning(settings(QLearning.Configuration.self), for: world, seed: $0) }
    try expectExactContinuation(in: world) { Sarsa(settings(Sarsa.Configuration.self), for: world, seed: $0) }
    try expectExactContinuation(in: world) {
      ExpectedSarsa(settings(ExpectedSarsa.Configuration.self), for: world, seed: $0)
    }
    try expectExactContinuation(in: world) {
      DoubleQLearning(settings(DoubleQLearning.Configuration.self), for: world, seed: $0)
    }
    try expectExactContinuation(in: world) { NStepSarsa(settings(NStepSarsa.Configuration.self), for: world, seed: $0) }
    for kind in TraceKind.allCases {
      try expectExactContinuation(in: world) { seed in
        var configuration = settings(SarsaLambda.Configuration.self)
        configuration.traces = kind
        return SarsaLambda(configuration, for: world, seed: seed)
      }
    }
  }
}
