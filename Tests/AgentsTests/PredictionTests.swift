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
    play(&agent, in: world, seed: 3, steps: 5000)
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
