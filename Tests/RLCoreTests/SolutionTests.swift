import RLCore
import Testing

@Suite struct SolutionTests {
  @Test func greedyPoliciesShareTheirMassAmongTheBest() {
    let solution = Solution(greedyWith: [1, 2, 2 - 1e-12, -1, -3, -2, 0, 0, 0], states: 3, actions: 3)
    #expect(solution.v == [2, -1, 0])
    let third = 1.0 / 3
    #expect(solution.policy == [0, 0.5, 0.5, 1, 0, 0, third, third, third])
  }

  @Test func theToleranceIsTheCallers() {
    let solution = Solution(greedyWith: [1, 1.05], states: 1, actions: 2, tolerance: 0.1)
    #expect(solution.policy == [0.5, 0.5] && solution.v == [1.05])
  }

  @Test func tablesMustFit() async {
    await #expect(processExitsWith: .failure) {
      _ = Solution(states: 2, actions: 2, v: [0], q: [0, 0, 0, 0], policy: [1, 0, 1, 0])
    }
  }
}

@Suite struct PlanningTests {
  /// Needs three sweeps; the second may spoil the meter.
  struct Sweeper: Planner {
    static let metricTags = ["train/delta"]
    var done = 0
    var spoils = false

    var isConverged: Bool { done == 3 }
    var solution: Solution { Solution(greedyWith: .init(repeating: 0, count: 10), states: 5, actions: 2) }

    mutating func sweep(into meter: inout Meter) {
      done += 1
      meter.add(spoils && done == 2 ? .nan : 1, to: 0)
    }

    func save(to checkpoint: inout CheckpointWriter) { checkpoint.add("done", done) }
    mutating func restore(from checkpoint: CheckpointReader) throws { done = try checkpoint.int("done") }
  }

  private func planning(spoils: Bool = false) throws -> Planning<Sweeper, TimeLimit<Simulator>> {
    Planning(Sweeper(spoils: spoils), in: TimeLimit(try Simulator(Table.ring(split: false)), limit: 20))
  }

  @Test func itStopsWhenItHasConverged() throws {
    var planning = try planning()
    var meter = Meter(tags: Sweeper.metricTags)
    try planning.advance(by: 2, into: &meter)
    #expect(planning.clock == 2 && !planning.isConverged)
    try planning.advance(by: 100, into: &meter)
    #expect(planning.clock == 3 && planning.isConverged)
  }

  @Test func aBadSweepIsTheLast() throws {
    var planning = try planning(spoils: true)
    var meter = Meter(tags: Sweeper.metricTags)
    #expect(coreError { try planning.advance(by: 3, into: &meter) } == .nonFinite(quantity: "train/delta", step: 0))
    #expect(planning.clock == 2)
  }

  @Test func savedAndRestored() throws {
    var original = try planning()
    var meter = Meter(tags: Sweeper.metricTags)
    try original.advance(by: 2, into: &meter)
    var restored = try planning()
    try restored.restore(from: reader(original.save))
    #expect(restored.clock == 2 && restored.planner.done == 2)
  }

  @Test func itIsEvaluatedInItsWorld() throws {
    let planning = try planning()
    let greedy = planning.evaluate(episodes: 4, seed: 1, sample: false)
    // Going right from 0, 1 or 2 takes 4, 3 or 2 steps to place 4.
    #expect(greedy.lengths.allSatisfy { (2...4).contains($0) })
    #expect(planning.evaluate(episodes: 40, seed: 1, sample: true).lengths.contains { $0 > 4 })
  }
}
