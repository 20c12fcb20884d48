import Environments
import Foundation
import RLCore
import Testing

@testable import Agents

@Suite struct ValueIterationTests {
  struct Zhao: Sendable, CustomTestStringConvertible {
    let id: String
    let boundary: Double
    let forbidden: Double
    let step: Double
    let discount: Double
    var testDescription: String { id }
  }

  static let zhao = [
    Zhao(id: "zhao-3.4a-optimal-5x5", boundary: -1, forbidden: -1, step: 0, discount: 0.9),
    Zhao(id: "zhao-3.4b-optimal-5x5", boundary: -1, forbidden: -1, step: 0, discount: 0.5),
    Zhao(id: "zhao-3.4c-optimal-5x5", boundary: -1, forbidden: -1, step: 0, discount: 0),
    Zhao(id: "zhao-3.4d-optimal-5x5", boundary: -1, forbidden: -10, step: 0, discount: 0.9),
    Zhao(id: "zhao-3.4-v3-optimal-5x5", boundary: -1, forbidden: -1, step: -0.1, discount: 0.9),
    Zhao(id: "zhao-3.4-v4-optimal-5x5", boundary: -10, forbidden: -10, step: 0, discount: 0.9),
  ]

  private func world(_ zhao: Zhao) throws -> GridWorld {
    var world = try GridWorld(bundled: "Zhao-5x5")
    for (name, value) in [
      ("boundary", zhao.boundary), ("forbidden", zhao.forbidden), ("step", zhao.step), ("target", 1),
      ("discount", zhao.discount),
    ] {
      try world.set(name, to: .number(value))
    }
    return world
  }

  /// Sweeps to convergence, or many times.
  private func solve(
    _ process: some FiniteMDP, _ change: (inout ValueIteration.Configuration) -> Void = { _ in }
  ) throws -> ValueIteration {
    var configuration = ValueIteration.Configuration()
    change(&configuration)
    var solver = ValueIteration(configuration, for: try TransitionTable(process))
    var meter = Meter(tags: ValueIteration.metricTags)
    for _ in 0..<10_000 where !solver.isConverged { try solver.sweep(into: &meter) }
    #expect(solver.isConverged)
    return solver
  }

  private func optimalActions(_ solution: Solution) -> [[Double]] {
    (0..<solution.states).map { s in
      (0..<solution.actions).filter { solution.policy[s * solution.actions + $0] > 0 }.map(Double.init)
    }
  }

  @Test(arguments: zhao) func zhaosWorldsHaveTheBooksValues(_ zhao: Zhao) throws {
    let textbook = try Textbook()
    let solution = try solve(world(zhao)).solution
    let v = try textbook.quantity(zhao.id, "v_star").rows.flatMap(\.self)
    let q = try textbook.quantity(zhao.id, "q_star").rows.flatMap(\.self)
    try #require(v.count == 25 && q.count == 125 && solution.v.count == 25 && solution.q.count == 125)
    for s in 0..<25 { #expect(abs(solution.v[s] - v[s]) < 1e-9, "state \(s)") }
    for i in 0..<125 { #expect(abs(solution.q[i] - q[i]) < 1e-9, "state \(i / 5), action \(i % 5)") }
    // The same sets, ties included.
    #expect(optimalActions(solution) == (try textbook.quantity(zhao.id, "optimal_actions").rows))
  }

  @Test func theCliffWithoutDiscountIsThirteenStepsLong() throws {
    let textbook = try Textbook()
    let process = CliffWalking()
    #expect(process.discount == 1)
    let solution = try solve(process).solution
    let v = try textbook.quantity("sb-6.6-cliff-exact", "v_star").rows.flatMap(\.self)
    // The cliff and the goal are never stood on: the book leaves the first open and calls the second 0.
    for s in 0..<48 where s < 37 { #expect(abs(solution.v[s] - v[s]) < 1e-9, "state \(s)") }
    #expect(abs(solution.v[36] - (try textbook.quantity("sb-6.6-cliff-exact", "optimal_return").rows[0][0])) < 1e-9)
  }

  /// Sweeps without discount are backward induction: after 99 of them the solution looks a hundred steps ahead.
  @Test func theFrozenLakeIsCrossedThreeTimesInFour() throws {
    var configuration = ValueIteration.Configuration()
    configuration.discount = 1
    var solver = ValueIteration(configuration, for: try TransitionTable(FrozenLake.fourByFour))
    var meter = Meter(tags: ValueIteration.metricTags)
    for _ in 0..<99 { try solver.sweep(into: &meter) }
    #expect(!solver.isConverged && abs(solver.solution.v[0] - 0.7442) < 5e-5)
  }

  /// The policy for an endless lake does almost as well within the hundred steps.
  @Test func theStationaryPolicyCrossesTheLakeAlmostAsOften() throws {
    let lake = FrozenLake.fourByFour
    let solver = try solve(lake)
    var policy = TabularPolicy(probabilities: solver.solution.policy, actions: 4, sampledWith: nil)
    var actions = [Int](repeating: 0, count: 16)
    policy.act(Array(0..<16), into: &actions)
    var chance = [Double](repeating: 0, count: 16)
    for _ in 0..<100 {
      chance = (0..<16).map { s in
        lake.outcomes(s, actions[s]).reduce(0) {
          $0 + $1.probability * ($1.reward + ($1.isTerminal ? 0 : chance[$1.next]))
        }
      }
    }
    // Computed with NumPy from Gymnasium's table.
    #expect(abs(chance[0] - 0.740164897758701) < 1e-12)

    let world = TimeLimit(try Simulator(lake), limit: 100)
    let evaluation = Evaluation(of: &policy, in: world, episodes: 4000, seed: 1)
    // Four standard errors.
    #expect(abs(evaluation.meanReturn - chance[0]) < 4 * (0.74 * 0.26 / 4000).squareRoot())
  }

  /// Gauss–Jordan elimination of (I − γP)v = r for the greedy policy, and no better action anywhere: v is optimal.
  @Test(arguments: [0.5, 0.95, 1]) func randomWorldsObeyTheOptimalityEquation(_ discount: Double) throws {
    let process = Table.random(states: 12, actions: 4, discount: discount, seed: 3)
    let solution = try solve(process) { $0.tolerance = 1e-12 }.solution
    let greedy = optimalActions(solution).map { Int($0[0]) }
    let v = exactValues(of: greedy, in: process)
    for s in 0..<12 {
      #expect(abs(solution.v[s] - v[s]) < 1e-9)
      for a in 0..<4 {
        let q = process.outcomes(s, a).reduce(0) {
          $0 + $1.probability * ($1.reward + ($1.isTerminal ? 0 : discount * v[$1.next]))
        }
        #expect(q <= v[s] + 1e-9 && abs(q - solution.q[s * 4 + a]) < 1e-9)
      }
    }
  }

  private func exactValues(of policy: [Int], in process: Table) -> [Double] {
    let n = process.stateCount
    var rows = (0..<n).map { s -> [Double] in
      var row = [Double](repeating: 0, count: n + 1)
      row[s] = 1
      for outcome in process.outcomes(s, policy[s]) {
        row[n] += outcome.probability * outcome.reward
        if !outcome.isTerminal { row[outcome.next] -= process.discount * outcome.probability }
      }
      return row
    }
    for i in 0..<n {
      let pivot = (i..<n).max { abs(rows[$0][i]) < abs(rows[$1][i]) }!
      rows.swapAt(i, pivot)
      for j in 0..<n where j != i {
        let factor = rows[j][i] / rows[i][i]
        for k in i...n { rows[j][k] -= factor * rows[i][k] }
      }
    }
    return (0..<n).map { rows[$0][n] / rows[$0][$0] }
  }

  @Test(arguments: [0.3, 0.9, 0.99]) func theBoundHoldsAtEverySweep(_ discount: Double) throws {
    let process = Table.random(states: 20, actions: 3, discount: discount, seed: 4)
    let optimal = try solve(process) { $0.tolerance = 1e-11 }.solution.v
    var solver = ValueIteration(.init(), for: try TransitionTable(process))
    var meter = Meter(tags: ValueIteration.metricTags)
    var earlier: (v: [Double], residual: Double) = (.init(repeating: 0, count: 20), .infinity)
    while !solver.isConverged {
      try solver.sweep(into: &meter)
      let row = Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) })
      let residual = try #require(row["train/residual"])
      let bound = try #require(row["train/bound"])
      let v = try reader(solver.save).doubles("v", count: 20)
      #expect(abs(residual - zip(v, earlier.v).map { abs($0 - $1) }.max()!) < 1e-13)
      // A contraction by γ.
      #expect(residual <= discount * earlier.residual + 1e-13)
      #expect(zip(v, optimal).allSatisfy { abs($0 - $1) <= bound + 1e-11 })
      #expect(solver.isConverged == (bound <= 1e-10))
      earlier = (v, residual)
    }
  }

  @Test func theConfiguredDiscountGoesBeforeTheWorlds() throws {
    let zhao = Self.zhao[0]
    let half = try solve(world(zhao)) { $0.discount = 0.5 }.solution
    #expect(half == (try solve(world(Self.zhao[1])).solution))
  }

  @Test func planningStopsWhereTheSolverConverges() throws {
    let process = try world(Self.zhao[0])
    let simulator = try Simulator(process)
    let world = TimeLimit(simulator, limit: nil)
    var learner = Planning(ValueIteration(.init(), for: simulator.table), in: world)
    var meter = Meter(tags: learner.metricTags)
    #expect(!learner.isConverged)
    try learner.advance(by: 10, into: &meter)
    #expect(!learner.isConverged && learner.clock == 10)
    try learner.advance(by: 1000, into: &meter)
    let sweeps = learner.clock
    // v₁ misses v* by 9 here: it takes ln(1e-10 / 9) / ln 0.9 sweeps, or one more for rounding.
    #expect(learner.isConverged && (239...241).contains(sweeps))
    try learner.advance(by: 1000, into: &meter)
    #expect(learner.clock == sweeps)
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    let table = try TransitionTable(Table.random(states: 20, actions: 3, discount: 0.9, seed: 5))
    var solver = ValueIteration(.init(), for: table)
    var meter = Meter(tags: ValueIteration.metricTags)
    for _ in 0..<20 { try solver.sweep(into: &meter) }
    var restored = ValueIteration(.init(), for: table)
    try restored.restore(from: reader(solver.save))
    while !solver.isConverged {
      #expect(!restored.isConverged)
      try solver.sweep(into: &meter)
      try restored.sweep(into: &meter)
      #expect(restored.solution == solver.solution)
    }
    #expect(restored.isConverged)
    var again = ValueIteration(.init(), for: table)
    try again.restore(from: reader(solver.save))
    #expect(again.isConverged && again.solution == solver.solution)

    let small = try TransitionTable(Table.random(states: 19, actions: 3, discount: 0.9, seed: 5))
    var other = ValueIteration(.init(), for: small)
    #expect(throws: CoreError.self) { try other.restore(from: reader(solver.save)) }
  }

  /// Worlds of many blocks: whatever order they are swept in, values lie within the guaranteed bound of one another.
  @Test(arguments: [0.0, 0.1, 0.3], [ValueIteration.Sweep.inPlace, .asynchronous])
  func everyOrderFindsTheSameValuesOverManyBlocks(_ slip: Double, _ order: ValueIteration.Sweep) throws {
    var random = RandomStream(seed: 11)
    // Walls, pits and two targets, strewn over 120 × 90 cells.
    var map = (0..<120).map { _ in
      String((0..<90).map { _ in "......#.F."[String.Index(utf16Offset: random.integer(below: 10), in: "......#.F.")] })
    }
    map[0] = "S" + map[0].dropFirst()
    map[119] = String(map[119].dropLast()) + "T"
    map[40] = String(map[40].prefix(30)) + "T" + String(map[40].dropFirst(31))
    var world = try GridWorld(map: map)
    (world.step, world.forbidden, world.target, world.slip, world.discount) = (-1, -5, 10, slip, 0.98)
    let model = try TransitionTable(world)
    func values(_ sweep: ValueIteration.Sweep) throws -> [Double] {
      var configuration = ValueIteration.Configuration()
      configuration.sweep = sweep
      configuration.tolerance = 1e-8
      var solver = ValueIteration(configuration, for: model)
      var meter = Meter(tags: ValueIteration.metricTags)
      for _ in 0..<100_000 where !solver.isConverged { try solver.sweep(into: &meter) }
      #expect(solver.isConverged)
      return solver.solution.v
    }
    let gap = try zip(values(.synchronous), values(order)).map { abs($0 - $1) }.max()!
    #expect(gap < 2e-8)
  }
}
