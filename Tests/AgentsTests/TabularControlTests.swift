import Environments
import RLCore
import Testing

@testable import Agents

/// Sarsa, Expected Sarsa, double Q-learning, n-step Sarsa and Sarsa(λ): by hand, against one another, against the books.
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

  private func cliff() throws -> TimeLimit<Simulator> { TimeLimit(try Simulator(CliffWalking()), limit: nil) }

  private func slipperyCliff() throws -> TimeLimit<Simulator> {
    var process = CliffWalking()
    process.slippery = true
    return TimeLimit(try Simulator(process), limit: 50)
  }

  private func expectCliff<Rule: Agent<Int, Int>>(_ name: String, _ agent: (UInt64) -> Rule) throws {
    let (textbook, world) = (try Textbook(), try cliff())
    let runs = (0..<30).map { seed -> (early: Double, late: Double, path: Int) in
      var agent = agent(UInt64(seed))
      let played = play(&agent, in: world, seed: UInt64(seed), episodes: 500)
      let path = greedyPath(agent.solution!.q, in: world.world.table, from: 36, limit: 99, fall: -100)
      return (mean(played[..<100], \.sum), mean(played[400...], \.sum), path)
    }
    let entry = "sb-6.6-cliff-walking"
    try textbook.expect(entry, name + "_return_1_100", runs, \.early)
    try textbook.expect(entry, name + "_return_401_500", runs, \.late)
    try textbook.expect(entry, name + "_greedy_path_13_fraction", runs) { $0.path == 13 ? 1 : 0 }
    try textbook.expect(entry, name + "_greedy_path_reaches_goal_fraction", runs) { $0.path > 0 ? 1 : 0 }
  }

  @Test func sarsaWalksTheCliffAsInTheBook() throws {
    let world = try cliff()
    try expectCliff("sarsa") { Sarsa(configuration(Sarsa.Configuration.self), for: world, seed: $0) }
  }

  @Test func expectedSarsaWalksTheCliffAsInTheBook() throws {
    let world = try cliff()
    try expectCliff("expected_sarsa") {
      ExpectedSarsa(configuration(ExpectedSarsa.Configuration.self), for: world, seed: $0)
    }
  }

  @Test(arguments: [0.1, 0.5, 0.9]) func theFirstHundredEpisodesOfTheFigure(_ alpha: Double) throws {
    let (textbook, world) = (try Textbook(), try cliff())
    func returns<Rule: Agent<Int, Int>>(_ agent: (UInt64) -> Rule) -> [Double] {
      (0..<50).map { seed in
        var agent = agent(UInt64(seed))
        return mean(play(&agent, in: world, seed: UInt64(seed), episodes: 100), \.sum)
      }
    }
    let entry = "sb-6.3fig-expected-sarsa"
    let size = StepSize.scheduled(.constant(alpha))
    let sarsa = configuration(Sarsa.Configuration.self) { $0.alpha = size }
    try textbook.expect(entry, "interim_sarsa_alpha\(alpha)", returns { Sarsa(sarsa, for: world, seed: $0) }) { $0 }
    let expected = configuration(ExpectedSarsa.Configuration.self) { $0.alpha = size }
    try textbook.expect(
      entry, "interim_expected_sarsa_alpha\(alpha)", returns { ExpectedSarsa(expected, for: world, seed: $0) }
    ) { $0 }
    let q = configuration(QLearning.Configuration.self) { $0.alpha = size }
    try textbook.expect(
      entry, "interim_qlearning_alpha\(alpha)", returns { QLearning(q, for: world, seed: $0) }
    ) { $0 }
  }

  @Test(arguments: [("SB-windy", ""), ("SB-windy-kings", "kings_")])
  func sarsaCrossesTheWind(_ id: String, _ prefix: String) throws {
    let textbook = try Textbook()
    let process = try GridWorld(bundled: id)
    let world = TimeLimit(try Simulator(process), limit: nil)
    let runs = (0..<30).map { seed -> (episodes: Int, length: Double, path: Int) in
      var agent = Sarsa(configuration(Sarsa.Configuration.self), for: world, seed: UInt64(seed))
      let played = play(&agent, in: world, seed: UInt64(seed), steps: 8000)
      var start = 0
      let late = played.filter { episode in
        defer { start += episode.length }
        return start >= 6000
      }
      let path = greedyPath(agent.q, in: world.world.table, from: process.starts[0], limit: 200)
      return (played.count, mean(late) { Double($0.length) }, path)
    }
    let entry = "sb-6.5-windy-sarsa"
    try textbook.expect(entry, prefix + "episodes_by_8000", runs) { Double($0.episodes) }
    try textbook.expect(entry, prefix + "mean_length_late", runs, \.length)
    guard prefix.isEmpty else { return }
    try textbook.expect(entry, "greedy_len_15_fraction", runs) { $0.path == 15 ? 1 : 0 }
    try textbook.expect(entry, "greedy_len_le_17_fraction", runs) { (1...17).contains($0.path) ? 1 : 0 }
  }

  @Test func twoTablesSeeThroughTheMaximum() throws {
    let textbook = try Textbook()
    let world = MaximizationBias()
    // The book's A has two actions, this one ten: of them the first two are played, the others are learned to be bad.
    func lefts<Rule: Agent<Int, Int>>(_ agent: (UInt64) -> Rule) -> [[Double]] {
      (0..<2000).map { seed in
        var (agent, world, meter) = (agent(UInt64(seed)), world, Meter(tags: []))
        for other in 2..<10 {
          for _ in 0..<30 { agent.learn(0, other, -1e12, 2, .terminated, into: &meter) }
        }
        var (s, next, a) = (0, 0, 0)
        world.reset(seed: UInt64(seed), into: &s)
        return (0..<300).map { _ in
          world.reset(seed: nil, into: &s)
          agent.act(0, into: &a)
          let isLeft = a % 2 == 0
          var step = world.step(a, into: &next)
          agent.learn(0, a % 2, step.reward, next, step.ending, into: &meter)
          if isLeft {
            agent.act(next, into: &a)
            step = world.step(a, into: &next)
            agent.learn(1, a, step.reward, next, step.ending, into: &meter)
          }
          return isLeft ? 100 : 0
        }
      }
    }
    let entry = "sb-6.7-maximization-bias"
    let q = configuration(QLearning.Configuration.self) { $0.alpha = 0.1 }
    let double = configuration(DoubleQLearning.Configuration.self) { $0.alpha = 0.1 }
    let single = lefts { QLearning(q, for: world, seed: $0) }
    let both = lefts { DoubleQLearning(double, for: world, seed: $0) }
    for (name, runs) in [("double_q_pct_left", both), ("q_pct_left", single)] {
      for episode in [1, 25, 50, 100, 200, 300] {
        try textbook.expect(entry, "\(name)_ep\(episode)", runs) { $0[episode - 1] }
      }
    }
  }

  @Test func allFindZhaosPath() throws {
    let textbook = try Textbook()
    var process = try GridWorld(bundled: "Zhao-5x5")
    for (name, value) in [("boundary", -10.0), ("forbidden", -10), ("step", -1), ("target", 0), ("discount", 0.9)] {
      try process.set(name, to: .number(value))
    }
    try process.set("continuing", to: .flag(false))
    let world = TimeLimit(try Simulator(process), limit: nil)
    func expect<Rule: Agent<Int, Int>>(_ name: String, _ agent: (UInt64) -> Rule) throws {
      let runs = (0..<20).map { seed -> [Played] in
        var agent = agent(UInt64(seed))
        return play(&agent, in: world, seed: UInt64(seed), episodes: 500)
      }
      let entry = "zhao-7.2-sarsa-q-learning-path"
      // The reference's Expected Sarsa chooses before it updates, which at first repeats more bumps into walls.
      if name != "expected_sarsa" { try textbook.expect(entry, name + "_return_1_50", runs) { mean($0[..<50], \.sum) } }
      try textbook.expect(entry, name + "_return_401_500", runs) { mean($0[400...], \.sum) }
      try textbook.expect(entry, name + "_length_401_500", runs) { mean($0[400...]) { Double($0.length) } }
    }
    func settings<Settings: ControlSettings>(_ type: Settings.Type) -> Settings {
      configuration(type) { $0.alpha = 0.1 }
    }
    try expect("sarsa") { Sarsa(settings(Sarsa.Configuration.self), for: world, seed: $0) }
    try expect("q_learning") { QLearning(settings(QLearning.Configuration.self), for: world, seed: $0) }
    try expect("expected_sarsa") { ExpectedSarsa(settings(ExpectedSarsa.Configuration.self), for: world, seed: $0) }
    var three = settings(NStepSarsa.Configuration.self)
    three.n = 3
    try expect("sarsa_3step") { NStepSarsa(three, for: world, seed: $0) }
  }

  // MARK: Equivalences

  private func bits<Rule: Agent<Int, Int>>(_ agent: Rule, in world: some FiniteEnvironment) -> [UInt64] {
    var agent = agent
    _ = play(&agent, in: world, seed: 3, steps: 5000)
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
