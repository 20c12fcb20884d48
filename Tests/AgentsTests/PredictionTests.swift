import Environments
import RLCore
import Testing

@testable import Agents

/// TD(0), n-step TD, TD(λ), true online TD(λ) and Monte Carlo prediction.
@Suite struct PredictionTests {
  private func configuration<Settings: PredictionSettings>(
    _ type: Settings.Type, alpha: Double, _ change: (inout Settings) -> Void = { _ in }
  ) -> Settings {
    var configuration = Settings()
    configuration.alpha = .scheduled(.constant(alpha))
    change(&configuration)
    return configuration
  }

  private func walk(_ process: RandomWalk) throws -> TimeLimit<Simulator> {
    TimeLimit(try Simulator(process), limit: nil)
  }

  /// The distance to the true values of a walk after each episode.
  private func errors<Rule: Agent<Int, Int>>(
    _ agent: Rule, _ process: RandomWalk, in world: TimeLimit<Simulator>, seed: Int, episodes: Int
  ) -> [Double] {
    var agent = agent
    var errors: [Double] = []
    _ = play(&agent, in: world, seed: UInt64(seed), episodes: episodes) { agent in
      let v = agent.solution!.v
      var sum = 0.0
      for s in 1...process.states {
        let exact = process.left + (process.right - process.left) * Double(s) / Double(process.states + 1)
        sum += (v[s] - exact) * (v[s] - exact)
      }
      errors.append((sum / Double(process.states)).squareRoot())
    }
    return errors
  }

  @Test func theWalkOverFiveStatesIsTheBooks() throws {
    let (textbook, process) = (try Textbook(), RandomWalk.five)
    let world = try walk(process)
    func check(_ name: String, _ runs: [[Double]]) throws {
      let entry = "sb-6.2-random-walk-td-mc"
      for episode in [10, 50, 100] {
        try textbook.expect(entry, "\(name)_rms_ep\(episode)", runs) { $0[episode - 1] }
      }
      try textbook.expect(entry, name + "_rms_mean_1_100", runs) { mean($0) { $0 } }
    }
    for alpha in [0.05, 0.1, 0.15] {
      let settings = configuration(TD.Configuration.self, alpha: alpha) { $0.initialValue = 0.5 }
      try check(
        "td_alpha\(alpha)",
        (0..<100).map { seed in
          let agent = TD(settings, for: world, model: nil, seed: UInt64(seed))
          return errors(agent, process, in: world, seed: seed, episodes: 100)
        })
    }
    for alpha in [0.01, 0.02, 0.03, 0.04] {
      let settings = configuration(MCPrediction.Configuration.self, alpha: alpha) {
        $0.initialValue = 0.5
        $0.visits = .every
      }
      try check(
        "mc_alpha\(alpha)",
        (0..<100).map { seed in
          let agent = MCPrediction(settings, for: world, model: nil, seed: UInt64(seed))
          return errors(agent, process, in: world, seed: seed, episodes: 100)
        })
    }
  }

  private func expectNineteen<Rule: Agent<Int, Int>>(
    _ entry: String, _ name: String, in world: TimeLimit<Simulator>, _ agent: (UInt64) -> Rule
  ) throws {
    let runs = (0..<100).map { seed in
      mean(errors(agent(UInt64(seed)), .nineteen, in: world, seed: seed, episodes: 10)) { $0 }
    }
    try Textbook().expect(entry, name, runs) { $0 }
  }

  @Test(arguments: [(1, 0.4), (2, 0.6), (4, 0.4), (8, 0.2), (16, 0.2), (64, 0.1), (512, 0.05)])
  func nStepsOverNineteenStates(_ n: Int, _ alpha: Double) throws {
    let world = try walk(.nineteen)
    let settings = configuration(NStepTD.Configuration.self, alpha: alpha) { $0.n = n }
    try expectNineteen("sb-7.2-nstep-td-19-walk", "rms_n\(n)_alpha\(alpha)", in: world) {
      NStepTD(settings, for: world, model: nil, seed: $0)
    }
  }

  @Test(arguments: [(0.0, 0.8), (0.4, 0.6), (0.8, 0.4), (0.9, 0.2), (0.95, 0.1), (1, 0.025)])
  func tracesOverNineteenStates(_ lambda: Double, _ alpha: Double) throws {
    let world = try walk(.nineteen)
    let name = "rms_lambda\(lambda)_alpha\(alpha)"
    let plain = configuration(TDLambda.Configuration.self, alpha: alpha) { $0.lambda = lambda }
    try expectNineteen("sb-12.6-td-lambda", name, in: world) { TDLambda(plain, for: world, model: nil, seed: $0) }
    let exact = configuration(TrueOnlineTDLambda.Configuration.self, alpha: alpha) { $0.lambda = lambda }
    try expectNineteen("sb-12.8-true-online-td-lambda", name, in: world) {
      TrueOnlineTDLambda(exact, for: world, model: nil, seed: $0)
    }
  }

  @Test func zhaosUniformPolicyIsPredicted() throws {
    let textbook = try Textbook()
    var process = try GridWorld(bundled: "Zhao-5x5")
    try process.set("forbidden", to: .number(-1))
    let world = TimeLimit(try Simulator(process), limit: nil)
    let exact = try #require(
      PolicyValues(of: .init(repeating: 0.2, count: 125), in: world.world.table, gamma: 0.9))
    for alpha in [0.01, 0.1] {
      let settings = configuration(TD.Configuration.self, alpha: alpha)
      let runs = try (0..<5).map { seed in
        var learner = Interaction(
          world, TD(settings, for: world, model: nil, seed: UInt64(seed)), seed: UInt64(seed))
        var meter = Meter(tags: TD.metricTags)
        return try [10_000, 90_000, 900_000].map { steps in
          try learner.advance(by: steps, into: &meter)
          return exact.error(of: learner.agent.v)
        }
      }
      for (i, steps) in [10_000, 100_000, 1_000_000].enumerated() {
        try textbook.expect("zhao-7.1-td0-uniform-policy", "alpha\(alpha)_rmse_\(steps)", runs) { $0[i] }
      }
    }
  }

  // MARK: Exact values

  @Test func exactValuesAreTheClosedForm() throws {
    for process in [RandomWalk.five, .nineteen] {
      let table = try TransitionTable(process)
      let values = try #require(
        PolicyValues(of: .init(repeating: 1, count: table.states), in: table, gamma: 1))
      #expect(values.states == Array(1...process.states))
      for (s, v) in zip(values.states, values.v) {
        let exact = process.left + (process.right - process.left) * Double(s) / Double(process.states + 1)
        #expect(abs(v - exact) < 1e-12)
      }
    }
  }

  @Test func exactValuesSolveBellmansEquation() throws {
    for discount in [0.9, 1.0] {
      let process = Table.random(states: 30, actions: 3, discount: discount, seed: 8)
      let table = try TransitionTable(process)
      let values = try #require(
        PolicyValues(of: .init(repeating: 1 / 3.0, count: 90), in: table, gamma: discount))
      for (s, v) in zip(values.states, values.v) {
        var sum = 0.0
        for a in 0..<3 {
          for outcome in process.outcomes(s, a) {
            let future = outcome.isTerminal ? 0 : values.v[values.states.firstIndex(of: outcome.next)!]
            sum += outcome.probability / 3 * (outcome.reward + discount * future)
          }
        }
        #expect(abs(v - sum) < 1e-12)
      }
    }
  }

  @Test func worthWithoutEndIsNoNumber() throws {
    let row = [Outcome(probability: 1, next: 0, reward: 1, isTerminal: false)]
    let process = Table(stateCount: 1, actionCount: 1, discount: 1, initial: [1], rows: [row])
    #expect(PolicyValues(of: [1], in: try TransitionTable(process), gamma: 1) == nil)
    #expect(PolicyValues(of: [1], in: try TransitionTable(process), gamma: 0.5)?.v == [2])
  }

  @Test func theErrorIsReportedAtTheEndOfAnEpisode() throws {
    let world = try walk(.five)
    var agent = TD(configuration(TD.Configuration.self, alpha: 1), for: world, model: world.world.table, seed: 1)
    var meter = Meter(tags: TD.metricTags)
    agent.learn(4, 0, 0, 5, .running, into: &meter)
    #expect(meter.drain().isEmpty)
    agent.learn(5, 0, 1, 6, .terminated, into: &meter)
    let row = meter.drain()
    #expect(row.map(\.tag) == ["train/rms_error"])
    // v = 0 but for the last, 1: errors 1/6 … 4/6 and 1/6.
    #expect(abs(row[0].value - (31.0 / 36 / 5).squareRoot()) < 1e-12)
    // The model looks ahead: half of going right is worth 1/2 from the last but one.
    #expect(agent.solution?.q[4] == 0.5)
    #expect(agent.solution?.v[5] == 1)
  }

  // MARK: Equivalences

  private func bits<Rule: Agent<Int, Int>>(_ agent: Rule, in world: some FiniteEnvironment) -> [UInt64] {
    var agent = agent
    _ = play(&agent, in: world, seed: 3, steps: 5000)
    return agent.solution!.v.map(\.bitPattern)
  }

  @Test func oneRewardAndNoTraceAreTD() throws {
    var process = CliffWalking()
    process.slippery = true
    let world = TimeLimit(try Simulator(process), limit: 50)
    let td = bits(TD(configuration(TD.Configuration.self, alpha: 0.1), for: world, model: nil, seed: 1), in: world)
    let one = configuration(NStepTD.Configuration.self, alpha: 0.1) { $0.n = 1 }
    #expect(bits(NStepTD(one, for: world, model: nil, seed: 1), in: world) == td)
    let none = configuration(TDLambda.Configuration.self, alpha: 0.1) { $0.lambda = 0 }
    #expect(bits(TDLambda(none, for: world, model: nil, seed: 1), in: world) == td)
    let online = configuration(TrueOnlineTDLambda.Configuration.self, alpha: 0.1) { $0.lambda = 0 }
    let close = bits(TrueOnlineTDLambda(online, for: world, model: nil, seed: 1), in: world)
    for (a, b) in zip(close, td) { #expect(abs(Double(bitPattern: a) - Double(bitPattern: b)) < 1e-9) }
  }

  /// With λ = 1 the sum of what true online TD(λ) does in an episode without a state visited twice is Monte Carlo's.
  @Test func wholeEpisodesAreMonteCarlo() throws {
    let world = try walk(.five)
    var meter = Meter(tags: TD.metricTags)
    var agents: [[Double]] = []
    func run<Rule: Agent<Int, Int>>(_ agent: Rule) {
      var agent = agent
      for _ in 0..<3 {
        for (s, r, next, ending) in [(1, 2.0, 2, Ending.running), (2, 4, 3, .running), (3, 8, 4, .terminated)] {
          agent.learn(s, 0, r, next, ending, into: &meter)
        }
      }
      agents.append(agent.solution!.v)
    }
    let mc = configuration(MCPrediction.Configuration.self, alpha: 0.25) { $0.discount = 0.5 }
    run(MCPrediction(mc, for: world, model: nil, seed: 1))
    let n = configuration(NStepTD.Configuration.self, alpha: 0.25) {
      $0.discount = 0.5
      $0.n = 3
    }
    run(NStepTD(n, for: world, model: nil, seed: 1))
    let online = configuration(TrueOnlineTDLambda.Configuration.self, alpha: 0.25) {
      $0.discount = 0.5
      $0.lambda = 1
    }
    run(TrueOnlineTDLambda(online, for: world, model: nil, seed: 1))
    #expect(agents[0] == agents[1])
    for (a, b) in zip(agents[0], agents[2]) { #expect(abs(a - b) < 1e-12) }
    #expect(agents[0][3] == 8 * (1 - 0.75 * 0.75 * 0.75))
  }

  @Test func firstAndEveryVisitCountDifferently() throws {
    let world = try walk(.five)
    for (visits, expected) in [(Visits.first, 7.0), (.every, 5)] {
      var configuration = MCPrediction.Configuration()
      configuration.visits = visits
      var agent = MCPrediction(configuration, for: world, model: nil, seed: 1)
      var meter = Meter(tags: MCPrediction.metricTags)
      agent.learn(2, 0, 4, 2, .running, into: &meter)
      #expect(agent.v[2] == 0)
      agent.learn(2, 0, 3, 1, .terminated, into: &meter)
      #expect(agent.v[2] == expected)
    }
  }

  @Test func anEndlessEpisodeIsCut() throws {
    let world = try walk(.five)
    var configuration = MCPrediction.Configuration()
    (configuration.episodeLength, configuration.discount) = (2, 0.5)
    var agent = MCPrediction(configuration, for: world, model: nil, seed: 1)
    var meter = Meter(tags: MCPrediction.metricTags)
    agent.learn(2, 0, 4, 3, .running, into: &meter)
    agent.learn(3, 0, 4, 2, .running, into: &meter)
    #expect(agent.v[2] == 6 && agent.v[3] == 4)
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    var process = CliffWalking()
    process.slippery = true
    let world = TimeLimit(try Simulator(process), limit: 50)
    let model = world.world.table
    try expectExactContinuation(in: world) { TD(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { NStepTD(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { TDLambda(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { TrueOnlineTDLambda(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { MCPrediction(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { MCEpsilonGreedy(.init(), for: world, seed: $0) }
  }
}
