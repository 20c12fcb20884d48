import Environments
import RLCore
import Testing

@testable import Agents

@Suite struct PrioritizedSweepingTests {
  @Test func theQueueKeepsTheLargestFirst() {
    var random = RandomStream(seed: 1)
    var priorities = (0..<50).map { _ in random.uniform() }
    var queue = PriorityQueue(priorities)
    for _ in 0..<2000 {
      #expect(queue.largest == priorities.max()! && priorities[queue.first] == queue.largest)
      let number = random.uniform() < 0.3 ? queue.first : random.integer(below: 50)
      // Few values, so that some are equal.
      priorities[number] = Double(random.integer(below: 20))
      queue.set(number, priorities[number])
    }
  }

  @Test(arguments: [0.3, 0.9, 0.99]) func theBoundHoldsAtEverySweep(_ discount: Double) throws {
    let process = Table.random(states: 60, actions: 3, discount: discount, seed: 4)
    let optimal = naiveValues(process, discount: discount)
    let table = try TransitionTable(process)
    let model = SweepModel(table, discount: discount)
    var solver = PrioritizedSweeping(.init(), for: table)
    var meter = Meter(tags: PrioritizedSweeping.metricTags)
    var sweeps = 0
    while !solver.isConverged && sweeps < 10_000 {
      try solver.sweep(into: &meter)
      sweeps += 1
      let row = Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) })
      let residual = try #require(row["train/residual"])
      let bound = try #require(row["train/bound"])
      var next = solver.v
      #expect(abs(model.sweep(solver.v, into: &next) - residual) < 1e-13)
      #expect(zip(solver.v, optimal).allSatisfy { abs($0 - $1) <= bound + 1e-11 })
      #expect(solver.isConverged == (bound <= 1e-10))
    }
    #expect(solver.isConverged)
  }

  /// One reward at the end of a corridor of n cells travels back cell by cell: one backup each, while a synchronous sweep
  /// backs up all cells for each step of the way.
  @Test func aRewardTravelsBackInOneSweep() throws {
    var world = try GridWorld(map: ["S" + String(repeating: ".", count: 298) + "T"])
    world.discount = 0.99
    let table = try TransitionTable(world)
    var solver = PrioritizedSweeping(.init(), for: table)
    var plain = ValueIteration(.init(), for: table)
    var meter = Meter(tags: PrioritizedSweeping.metricTags)
    try solver.sweep(into: &meter)
    #expect(solver.isConverged)
    var sweeps = 0
    while !plain.isConverged {
      try plain.sweep(into: &meter)
      sweeps += 1
    }
    #expect(sweeps >= 299)
    for (one, other) in zip(solver.solution.v, plain.solution.v) { #expect(abs(one - other) < 1e-9) }
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    let table = try TransitionTable(Table.random(states: 200, actions: 3, discount: 0.9, seed: 5))
    var solver = PrioritizedSweeping(.init(), for: table)
    var restored = solver
    var meter = Meter(tags: PrioritizedSweeping.metricTags)
    for _ in 0..<5 { try solver.sweep(into: &meter) }
    try restored.restore(from: reader(solver.save))
    while !solver.isConverged {
      #expect(!restored.isConverged)
      try solver.sweep(into: &meter)
      try restored.sweep(into: &meter)
      #expect(reader(solver.save).tensors == reader(restored.save).tensors)
    }
    #expect(restored.isConverged)
  }
}
