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

  /// √ of the mean over all states of the squared loss of a policy's exact values against `best`.
  private func loss(_ policy: [Double], _ model: TransitionTable, _ best: [Double]) throws -> Double {
    let values = try #require(PolicyValues(of: policy, in: model, gamma: 0.9))
    try #require(values.states == Array(0..<model.states))
    return values.error(of: best)
  }

  @Test(arguments: Visits.allCases) func exploringStartsNearTheOptimum(_ visits: Visits) throws {
    let textbook = try Textbook()
    let model = try table("Zhao-5x5", forbidden: -1)
    var optimal = ValueIteration(.init(), for: model)
    var meter = Meter(tags: ValueIteration.metricTags)
    while !optimal.isConverged { try optimal.sweep(into: &meter) }
    var configuration = MCExploringStarts.Configuration()
    (configuration.visits, configuration.episodeLength) = (visits, 60)
    let runs = try (0..<5).map { seed in
      var solver = MCExploringStarts(
        configuration, for: model, seed: UInt64(seed), policy: .init(repeating: 4, count: 25))
      var meter = Meter(tags: MCExploringStarts.metricTags)
      return try [1000, 9000, 90_000].map { episodes in
        for _ in 0..<episodes { solver.sweep(into: &meter) }
        let policy = solver.policy.flatMap { a in (0..<5).map { $0 == a ? 1.0 : 0 } }
        return try loss(policy, model, optimal.solution.v)
      }
    }
    for (i, episodes) in [1000, 10_000, 100_000].enumerated() {
      let name = "\(visits)_visit_policy_rmse_\(episodes)"
      try textbook.expect("zhao-5.3-mc-exploring-starts-5x5", name, runs) { $0[i] }
    }
    #expect(mean(runs) { $0[2] } < mean(runs) { $0[0] })
  }

  private func soft(_ q: [Double]) -> [Double] {
    Solution(greedyWith: q, states: 25, actions: 5).policy.map { 0.5 * $0 + 0.1 }
  }

  /// The values of the best ε-greedy policy, by exact policy iteration.
  private func bestSoftValues(_ model: TransitionTable) throws -> [Double] {
    var policy = [Double](repeating: 0.2, count: 125)
    var v: [Double] = []
    for _ in 0..<10 {
      v = try #require(PolicyValues(of: policy, in: model, gamma: 0.9)).v
      policy = soft(
        (0..<125).map { pair in
          let branch = model.branches[pair]
          return branch.reward + 0.9 * v[Int(branch.next)]
        })
    }
    return v
  }

  @Test func aMillionStepsOfTheUniformPolicyNearlyTellAll() throws {
    let textbook = try Textbook()
    var world = try GridWorld(bundled: "Zhao-5x5")
    try world.set("forbidden", to: .number(-1))
    let simulator = TimeLimit(try Simulator(world), limit: nil)
    let best = try bestSoftValues(simulator.world.table)
    var configuration = MCEpsilonGreedy.Configuration()
    (configuration.visits, configuration.episodeLength, configuration.epsilon) = (.every, 1_000_000, 0.5)
    let runs = try (0..<5).map { seed in
      var learner = Interaction(
        simulator, MCEpsilonGreedy(configuration, for: simulator, seed: UInt64(seed)), seed: UInt64(seed))
      var meter = Meter(tags: [])
      try learner.advance(by: 1_000_000, into: &meter)
      return try loss(soft(learner.agent.q), simulator.world.table, best)
    }
    try textbook.expect("zhao-5.5-mc-eps-greedy-5x5", "rmse_1", runs) { $0 }
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
