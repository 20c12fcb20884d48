import Environments
import RLCore
import Testing

@testable import Agents

@Suite struct RelativeValueIterationTests {
  /// Sweeps to convergence; the bound is held at each against the gain that `expected` says.
  private func solve(_ process: some FiniteMDP, expected: Double? = nil) throws -> RelativeValueIteration {
    var solver = RelativeValueIteration(.init(), for: try TransitionTable(process))
    var meter = Meter(tags: RelativeValueIteration.metricTags)
    for _ in 0..<100_000 where !solver.isConverged {
      try solver.sweep(into: &meter)
      let row = Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) })
      let (gain, bound) = (try #require(row["train/gain"]), try #require(row["train/bound"]))
      if let expected { #expect(abs(gain - expected) <= bound + 1e-10) }
    }
    #expect(solver.isConverged)
    return solver
  }

  /// Where v + ρ = max_a Σ p (r + v(s′)) holds for all states, ρ is the largest average reward.
  private func expectOptimality(_ solver: RelativeValueIteration, _ process: some FiniteMDP) {
    let solution = solver.solution
    for s in 0..<process.stateCount {
      var best = -Double.infinity
      for a in 0..<process.actionCount {
        let q = process.outcomes(s, a).reduce(0) { $0 + $1.probability * ($1.reward + solution.v[$1.next]) }
        best = max(best, q)
        #expect(abs(solution.q[s * process.actionCount + a] - (q - solver.gain)) < 1e-9)
      }
      #expect(abs(best - solver.gain - solution.v[s]) < 1e-9)
    }
  }

  /// Searching when high and recharging when low, the battery is high in 5 steps of 6: 3 · 5/6.
  @Test func theRobotEarnsTwoAndAHalf() throws {
    let solver = try solve(RecyclingRobot(), expected: 2.5)
    #expect(abs(solver.gain - 2.5) < 1e-9)
    #expect(solver.solution.v[0] == 0)
    #expect(solver.solution.policy[0] == 1 && solver.solution.policy[5] == 1)
    expectOptimality(solver, RecyclingRobot())
  }

  /// The gain of the greedy policy, by the power of its chain, is what was found.
  @Test func theQueuesPolicyEarnsItsGain() throws {
    let process = AccessControl()
    let solver = try solve(process)
    expectOptimality(solver, process)
    let solution = solver.solution
    var chance = process.initial
    var earned = 0.0
    for _ in 0..<5000 {
      var next = [Double](repeating: 0, count: chance.count)
      earned = 0
      for s in chance.indices where chance[s] > 0 {
        let action = solution.policy[s * 2] > 0 ? 0 : 1
        for outcome in process.outcomes(s, action) {
          next[outcome.next] += chance[s] * outcome.probability
          earned += chance[s] * outcome.probability * outcome.reward
        }
      }
      chance = next
    }
    #expect(abs(earned - solver.gain) < 1e-9)
    // Computed with NumPy by policy iteration on the equations of gain and differential values. Sutton and Barto's 2.31
    // (figure 10.5) is the estimate of a learner that explores.
    #expect(abs(solver.gain - 2.7476419505724907) < 1e-9)
    #expect(abs(solver.v[0] + 18.50296431347022) < 1e-7 && abs(solver.v[43] - 6.996855934096653) < 1e-7)
  }

  /// Round a cycle of n steps one pays n: plain sweeps would go round for ever.
  @Test(arguments: [1, 2, 3, 17]) func aCycleHasAGain(_ length: Int) throws {
    let process = Table(
      stateCount: length, actionCount: 1, discount: 1, initial: (0..<length).map { $0 == 0 ? 1 : 0 },
      rows: (0..<length).map {
        [Outcome(probability: 1, next: ($0 + 1) % length, reward: $0 == 0 ? Double(length) : 0, isTerminal: false)]
      })
    let solver = try solve(process, expected: 1)
    #expect(abs(solver.gain - 1) < 1e-9)
    // What is to come until the next payment.
    for s in 0..<length { #expect(abs(solver.v[s] - (s == 0 ? 0 : Double(s - length))) < 1e-8) }
  }

  /// With a discount near 1, (1 − γ) v* is near the gain.
  @Test func itIsTheLimitOfDiscounting() throws {
    var process = Table.random(states: 20, actions: 3, discount: 0.9, seed: 8)
    for i in process.rows.indices { for j in process.rows[i].indices { process.rows[i][j].isTerminal = false } }
    let solver = try solve(process)
    expectOptimality(solver, process)
    let v = naiveValues(process, discount: 0.9999)
    #expect(v.allSatisfy { abs($0 * 1e-4 - solver.gain) < 1e-3 })
  }

  @Test func wallsDoNotMatterAndEndsAreRefused() throws {
    var world = try GridWorld(map: ["S.#", "#.T", "..F"])
    (world.continuing, world.slip, world.step) = (true, 0.1, -0.1)
    let solver = try solve(world)
    #expect(solver.gain > 0)
    var ending = RelativeValueIteration(.init(), for: try TransitionTable(CliffWalking()))
    var meter = Meter(tags: RelativeValueIteration.metricTags)
    #expect(throws: CoreError.self) { try ending.sweep(into: &meter) }
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    let table = try TransitionTable(AccessControl())
    var solver = RelativeValueIteration(.init(), for: table)
    var restored = solver
    var meter = Meter(tags: RelativeValueIteration.metricTags)
    for _ in 0..<20 { try solver.sweep(into: &meter) }
    try restored.restore(from: reader(solver.save))
    #expect(restored.gain == solver.gain)
    while !solver.isConverged {
      try solver.sweep(into: &meter)
      try restored.sweep(into: &meter)
    }
    #expect(restored.isConverged && restored.solution == solver.solution)
  }
}
