import Environments
import RLCore
import Testing

@testable import Agents

/// MC Basic, exploring starts, and ε-greedy Monte Carlo control.
@Suite struct MonteCarloTests {
  private func table(_ id: String, forbidden: Double) throws -> TransitionTable {
    var world = try GridWorld(bundled: id)
    for (name, value) in [("boundary", -1), ("forbidden", forbidden), ("target", 1), ("discount", 0.9)] {
      try world.set(name, to: .number(value))
    }
    return try TransitionTable(world)
  }

  private func basic(_ model: TransitionTable, length: Int, policy: [Int]) -> MCBasic {
    var configuration = MCBasic.Configuration()
    configuration.episodeLength = length
    return MCBasic(configuration, for: model, seed: 1, policy: policy)
  }

  @Test func theFirstIterationOfTheBook() throws {
    let textbook = try Textbook()
    let entry = "zhao-5.3-mc-basic-3x3"
    let model = try table("Zhao-3x3", forbidden: -1)
    var solver = basic(model, length: 400, policy: [0, 2, 1, 1, 2, 2, 1, 1, 4])
    var meter = Meter(tags: MCBasic.metricTags)
    solver.sweep(into: &meter)
    let q = try textbook.quantity(entry, "q_pi0").rows.flatMap(\.self)
    try #require(q.count == 45)
    for i in 0..<45 { #expect(abs(solver.solution.q[i] - q[i]) < 1e-9, "pair \(i)") }
    let improved = try textbook.quantity(entry, "improved_actions").rows
    for s in 0..<9 { #expect(improved[s].contains(Double(solver.policy[s])), "state \(s)") }
    for _ in 0..<10 where !solver.isConverged { solver.sweep(into: &meter) }
    #expect(solver.isConverged)
    let v = [7.29, 8.1, 8, 8.1, 9, 10, 9, 10, 10]
    for s in 0..<9 { #expect(abs(solver.solution.v[s] - v[s]) < 1e-9, "state \(s)") }
  }

  @Test(arguments: [1, 2, 3, 4, 14, 15, 30, 100]) func longerEpisodesSeeFurther(_ length: Int) throws {
    let model = try table("Zhao-5x5", forbidden: -10)
    var solver = basic(model, length: length, policy: .init(repeating: 4, count: 25))
    var meter = Meter(tags: MCBasic.metricTags)
    for _ in 0..<100 where !solver.isConverged { solver.sweep(into: &meter) }
    #expect(solver.isConverged)
    let v = try Textbook().quantity("zhao-5.4-mc-basic-episode-length", "v_L\(length)").rows.flatMap(\.self)
    try #require(v.count == 25)
    for s in 0..<25 { #expect(abs(solver.solution.v[s] - v[s]) < 1e-9, "state \(s)") }
  }

  /// Of a world's four places two begin: the others are never seen where nothing leads to them.
  @Test func startsAreThoseThatWereAskedFor() throws {
    let rows = (0..<4).map { s in [Outcome(probability: 1, next: s, reward: Double(1 + s), isTerminal: true)] }
    let process = Table(stateCount: 4, actionCount: 1, discount: 1, initial: [1, 0, 0, 0], rows: rows)
    let model = try TransitionTable(process)
    for (states, v) in [([1, 3], [0.0, 2, 0, 4]), (nil, [1, 2, 3, 4])] as [([Int]?, [Double])] {
      var solver = MCExploringStarts(.init(), for: model, seed: 1, startingIn: states)
      var meter = Meter(tags: MCExploringStarts.metricTags)
      for _ in 0..<100 { solver.sweep(into: &meter) }
      #expect(solver.solution.v == v)
    }
  }

  @Test func forgottenReturnsDoNotCount() throws {
    var agent = MCEpsilonGreedy(.init(), for: try Simulator(RandomWalk.five), seed: 1)
    var meter = Meter(tags: [])
    for reward in [1.0, 3] { agent.learn(3, 0, reward, 4, .terminated, into: &meter) }
    #expect(agent.q[3] == 2)
    agent.forgetReturns()
    #expect(agent.q[3] == 2)
    for reward in [10.0, 20] { agent.learn(3, 0, reward, 4, .terminated, into: &meter) }
    #expect(agent.q[3] == 15)
  }

  @Test func firstAndEveryVisitCountDifferently() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    for (visits, expected) in [(Visits.first, 7.0), (.every, 5)] {
      var configuration = MCEpsilonGreedy.Configuration()
      configuration.visits = visits
      var agent = MCEpsilonGreedy(configuration, for: world, seed: 1)
      var meter = Meter(tags: [])
      agent.learn(2, 0, 4, 2, .running, into: &meter)
      agent.learn(2, 0, 3, 1, .terminated, into: &meter)
      #expect(agent.q == [0, 0, expected, 0, 0, 0, 0])
    }
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    let model = try TransitionTable(Table.random(states: 12, actions: 3, discount: 0.9, seed: 3))
    func check<Solver: Planner>(_ solver: (UInt64) -> Solver) throws {
      var (first, again) = (solver(1), solver(2))
      var meter = Meter(tags: Solver.metricTags)
      for _ in 0..<20 { try first.sweep(into: &meter) }
      try again.restore(from: reader(first.save))
      for _ in 0..<20 {
        try first.sweep(into: &meter)
        try again.sweep(into: &meter)
      }
      #expect(reader(first.save).tensors == reader(again.save).tensors)
    }
    try check { MCBasic(.init(), for: model, seed: $0) }
    try check { MCExploringStarts(.init(), for: model, seed: $0) }
    let other = try TransitionTable(RandomWalk.five)
    var solver = MCBasic(.init(), for: other, seed: 1)
    #expect(throws: CoreError.self) { try solver.restore(from: reader(MCBasic(.init(), for: model, seed: 1).save)) }
  }
}
