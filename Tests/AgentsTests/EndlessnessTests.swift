import Environments
import RLCore
import Testing

@testable import Agents

/// Without discount values may diverge: then every planner says so, and only then.
@Suite struct EndlessnessTests {
  enum Way: String, CaseIterable, Sendable {
    case synchronous, inPlace, asynchronous, prioritized, truncated, policies, policiesIteratively
  }

  /// Sweeps until converged, or throws; many sweeps are a failure.
  private func solve(_ process: some FiniteMDP, _ way: Way) throws -> Solution {
    let table = try TransitionTable(process)
    func run<Solver: Planner>(_ solver: Solver) throws -> Solution {
      var solver = solver
      var meter = Meter(tags: Solver.metricTags)
      for _ in 0..<20_000 where !solver.isConverged { try solver.sweep(into: &meter) }
      try #require(solver.isConverged, "\(way)")
      return solver.solution
    }
    var values = ValueIteration.Configuration()
    (values.discount, values.tolerance) = (1, 1e-11)
    var policies = PolicyIteration.Configuration()
    (policies.discount, policies.tolerance) = (1, 1e-12)
    switch way {
    case .synchronous: values.sweep = .synchronous
    case .inPlace: values.sweep = .inPlace
    case .asynchronous: values.sweep = .asynchronous
    case .prioritized:
      var configuration = PrioritizedSweeping.Configuration()
      (configuration.discount, configuration.tolerance) = (1, 1e-11)
      return try run(PrioritizedSweeping(configuration, for: table))
    case .truncated:
      var configuration = TruncatedPolicyIteration.Configuration()
      (configuration.discount, configuration.tolerance) = (1, 1e-11)
      return try run(TruncatedPolicyIteration(configuration, for: table))
    case .policies: return try run(PolicyIteration(policies, for: table))
    case .policiesIteratively:
      policies.evaluation = .iterative
      return try run(PolicyIteration(policies, for: table))
    }
    return try run(ValueIteration(values, for: table))
  }

  /// A world of sure moves: what each action of each state pays and where it leads, −1 for an end.
  private func world(_ moves: [[(reward: Double, next: Int)]]) -> Table {
    Table(
      stateCount: moves.count, actionCount: moves[0].count, discount: 1,
      initial: moves.indices.map { $0 == 0 ? 1 : 0 },
      rows: moves.flatMap { row in
        row.map {
          [Outcome(probability: 1, next: max(0, $0.next), reward: $0.reward, isTerminal: $0.next < 0)]
        }
      })
  }

  private func expectNone(_ process: some FiniteMDP, _ way: Way) {
    #expect {
      _ = try solve(process, way)
    } throws: { error in
      guard case CoreError.noSolution(let reason) = error else { return false }
      return reason.contains("diverges") && !reason.contains("\n")
    }
  }

  @Test(arguments: Way.allCases) func aTargetThatPaysForEver(_ way: Way) throws {
    var world = try GridWorld(bundled: "Zhao-5x5")
    try #require(world.continuing)
    world.step = -1
    expectNone(world, way)
  }

  @Test(arguments: Way.allCases) func aTargetBehindWallsIsNeverReached(_ way: Way) throws {
    var world = try GridWorld(map: ["S..#T", "...#.", "...##"])
    world.step = -1
    expectNone(world, way)
  }

  /// Round a cycle with 2 and −1 there is one half a step to earn; the end next to it pays more at first.
  @Test(arguments: Way.allCases) func aGainRoundACycle(_ way: Way) {
    expectNone(world([[(2, 1), (5, -1)], [(-1, 0), (5, -1)]]), way)
  }

  /// A hundred steps of −1 round, then 101: 0.02 a step.
  @Test(arguments: Way.allCases) func aSmallGainRoundALongCycle(_ way: Way) {
    expectNone(world((0..<100).map { s in [(s == 0 ? 101 : -1, (s + 1) % 100), (0, -1)] }), way)
  }

  /// Up and down for ever: the sum has no limit.
  @Test(arguments: Way.allCases) func rewardsThatTakeTurns(_ way: Way) {
    expectNone(world([[(1, 1)], [(-1, 0)]]), way)
  }

  /// The way to rest costs 3, though nothing ends.
  @Test(arguments: Way.allCases) func restIsAsGoodAsAnEnd(_ way: Way) throws {
    let solution = try solve(world([[(-1, 1), (-9, 2)], [(-1, 0), (-2, 2)], [(0, 2), (-1, 0)]]), way)
    for (v, expected) in zip(solution.v, [-3.0, -2, 0]) { #expect(abs(v - expected) < 1e-9) }
  }

  @Test(arguments: Way.allCases) func worldsThatEndHaveTheirValues(_ way: Way) throws {
    func check(_ process: some FiniteMDP, _ name: String) throws {
      let optimal = naiveValues(process, discount: 1)
      let v = try solve(process, way).v
      #expect(zip(v, optimal).allSatisfy { abs($0 - $1) < 1e-9 }, "\(name), \(way)")
    }
    try check(CliffWalking(), "cliff")
    try check(Gambler(), "gambler")
    try check(Blackjack(), "blackjack")
    try check(ShortCorridor(), "corridor")
    try check(RandomWalk.nineteen, "walk")
    try check(Catch(), "catch")
    try check(DeepSea(), "sea")
    try check(DiscountingChain(), "chain")
    for id in ["SB-gridworld-4x4", "SB-windy", "SB-windy-kings", "SB-windy-stochastic", "Slip-4x4"] {
      try check(GridWorld(bundled: id), id)
    }
    try check(Table.random(states: 40, actions: 3, discount: 1, seed: 9), "random")
  }

  @Test(arguments: PolicyEvaluation.Method.allCases)
  func aPolicyThatComesToRestHasValues(_ method: PolicyEvaluation.Method) throws {
    var configuration = PolicyEvaluation.Configuration()
    configuration.method = method
    let table = try TransitionTable(world([[(-1, 1)], [(-2, 2)], [(0, 2)]]))
    var solver = PolicyEvaluation(configuration, of: [1, 1, 1], in: table)
    try solver.run()
    #expect(solver.v == [-3, -2, 0])
    let endless = try TransitionTable(world([[(-1, 1)], [(1, 0)]]))
    var other = PolicyEvaluation(configuration, of: [1, 1], in: endless)
    #expect(throws: CoreError.self) { try other.run() }
  }
}
