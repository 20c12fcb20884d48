import Environments
import RLCore
import Testing

@testable import Agents

/// Random grid worlds with walls, pits, slips, wind and teleports, whose targets end or go on.
@Suite struct GridSolversTests {
  struct Grid: Sendable, CustomTestStringConvertible {
    let rows: Int
    let columns: Int
    let slip: Double
    let isWindy: Bool
    let isContinuing: Bool
    let seed: UInt64
    var testDescription: String { "\(rows)x\(columns), slip \(slip), wind \(isWindy), continuing \(isContinuing)" }
  }

  static let grids = [
    Grid(rows: 7, columns: 9, slip: 0.1, isWindy: true, isContinuing: false, seed: 1),
    Grid(rows: 30, columns: 40, slip: 0, isWindy: false, isContinuing: true, seed: 2),
    Grid(rows: 41, columns: 33, slip: 0.5, isWindy: true, isContinuing: true, seed: 3),
    Grid(rows: 64, columns: 80, slip: 0.2, isWindy: false, isContinuing: false, seed: 4),
    Grid(rows: 1, columns: 300, slip: 0.1, isWindy: false, isContinuing: false, seed: 5),
    Grid(rows: 200, columns: 200, slip: 0.1, isWindy: false, isContinuing: false, seed: 6),
    Grid(rows: 200, columns: 200, slip: 0.1, isWindy: true, isContinuing: true, seed: 7),
  ]

  private func world(_ grid: Grid) throws -> GridWorld {
    var random = RandomStream(seed: grid.seed)
    let letters = Array("........##FFC...")
    var map = (0..<grid.rows).map { _ in (0..<grid.columns).map { _ in letters[random.integer(below: 16)] } }
    map[0][0] = "S"
    map[grid.rows - 1][grid.columns - 1] = "T"
    map[grid.rows / 2][grid.columns / 3] = "T"
    var world = try GridWorld(map: map.map { String($0) })
    (world.step, world.boundary, world.forbidden, world.cliff, world.target) = (-0.2, -1, -3, -7, 5)
    (world.slip, world.continuing, world.discount) = (grid.slip, grid.isContinuing, 0.95)
    if grid.isWindy {
      world.wind = (0..<grid.columns).map { _ in [0, 0, 1, 2][random.integer(below: 4)] }
      world.windNoise = true
    }
    for _ in 0..<max(1, grid.rows / 10) {
      let (from, to) = (random.integer(below: world.stateCount), random.integer(below: world.stateCount))
      if world.cells[from] == .free && world.cells[to] == .free { world.teleports[from] = .init(to: to, reward: 1) }
    }
    return world
  }

  @Test(arguments: grids) func allPlannersFindTheOptimalValues(_ grid: Grid) throws {
    let world = try world(grid)
    let optimal = naiveValues(world, discount: world.discount)
    let table = try TransitionTable(world)
    func check<Solver: Planner>(_ solver: Solver, _ name: String) throws {
      var solver = solver
      var meter = Meter(tags: Solver.metricTags)
      for _ in 0..<20_000 where !solver.isConverged { try solver.sweep(into: &meter) }
      #expect(solver.isConverged, "\(name)")
      let gap = zip(solver.solution.v, optimal).map { abs($0 - $1) }.max()!
      #expect(gap < 1e-9, "\(name)")
    }
    for sweep in ValueIteration.Sweep.allCases {
      var configuration = ValueIteration.Configuration()
      configuration.sweep = sweep
      try check(ValueIteration(configuration, for: table), "\(sweep)")
    }
    try check(PrioritizedSweeping(.init(), for: table), "prioritized")
    try check(TruncatedPolicyIteration(.init(), for: table), "truncated")
    var policies = PolicyIteration.Configuration()
    policies.evaluation = .iterative
    try check(PolicyIteration(policies, for: table), "policies")
  }
}
