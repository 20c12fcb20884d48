import Environments
import RLCore
import Testing

@testable import Agents

@Suite struct PolicyIterationTests {
  private func solve(
    _ process: some FiniteMDP, _ evaluation: PolicyIteration.Evaluation = .exact, from policy: [Int]? = nil
  ) throws -> (solver: PolicyIteration, values: [[Double]]) {
    var configuration = PolicyIteration.Configuration()
    configuration.evaluation = evaluation
    var solver = PolicyIteration(configuration, for: try TransitionTable(process), from: policy)
    var meter = Meter(tags: PolicyIteration.metricTags)
    var values: [[Double]] = []
    while !solver.isConverged && values.count < 100 {
      try solver.sweep(into: &meter)
      values.append(solver.v)
    }
    #expect(solver.isConverged)
    return (solver, values)
  }

  @Test(arguments: PolicyIteration.Evaluation.allCases)
  func zhaosTwoStatesTakeOneImprovement(_ evaluation: PolicyIteration.Evaluation) throws {
    let id = "zhao-4.3-policy-iteration-two-states"
    let textbook = try Textbook()
    let (solver, values) = try solve(GridWorld(bundled: "Zhao-1x2"), evaluation, from: [0, 0])
    try #require(values.count == 2)
    for s in 0..<2 {
      #expect(abs(values[0][s] - (try textbook.quantity(id, "v_pi0").rows.flatMap(\.self)[s])) < 1e-9)
      #expect(abs(values[1][s] - (try textbook.quantity(id, "v_pi1").rows.flatMap(\.self)[s])) < 1e-9)
      #expect(Double(solver.policy[s]) == (try textbook.quantity(id, "pi1").rows.flatMap(\.self)[s]))
    }
  }

  /// The sequence depends on how ties are broken; its first and last values and that it rises do not.
  @Test(arguments: PolicyIteration.Evaluation.allCases)
  func zhaosFiveByFiveRisesToTheOptimum(_ evaluation: PolicyIteration.Evaluation) throws {
    let expected = try Textbook().quantity("zhao-4.4-policy-iteration-5x5", "v_sequence").rows
    let (_, values) = try solve(
      GridWorld(bundled: "Zhao-5x5"), evaluation, from: .init(repeating: 4, count: 25))
    for s in 0..<25 {
      #expect(abs(values[0][s] - expected[0][s]) < 1e-9)
      #expect(abs(values.last![s] - expected.last![s]) < 1e-9)
      for k in 1..<values.count { #expect(values[k][s] >= values[k - 1][s] - 1e-9) }
    }
  }

  @Test func theCarRentalTakesFivePolicies() throws {
    let id = "sb-4.2-jacks-car-rental"
    let textbook = try Textbook()
    // Action 5 moves no car.
    let (_, values) = try solve(CarRental(), from: .init(repeating: 5, count: 441))
    #expect(Double(values.count) == (try textbook.quantity(id, "number_of_policies").rows[0][0]))
    let final = try textbook.quantity(id, "v_final").rows.flatMap(\.self)
    for s in 0..<441 { #expect(abs(values.last![s] - final[s]) < 1e-6) }
  }

  @Test(arguments: [0.5, 0.95, 1]) func findsWhatValueIterationFinds(_ discount: Double) throws {
    let process = Table.random(states: 30, actions: 4, discount: discount, seed: 7)
    let solution = try solve(process).solver.solution
    for sweep in ValueIteration.Sweep.allCases {
      var configuration = ValueIteration.Configuration()
      configuration.sweep = sweep
      configuration.tolerance = 1e-11
      var other = ValueIteration(configuration, for: try TransitionTable(process))
      var meter = Meter(tags: ValueIteration.metricTags)
      for _ in 0..<10_000 where !other.isConverged { try other.sweep(into: &meter) }
      #expect(other.isConverged && meter.fault == nil)
      for s in 0..<30 { #expect(abs(solution.v[s] - other.solution.v[s]) < 1e-9, "\(sweep), state \(s)") }
      #expect(solution.policy == other.solution.policy)
    }
  }

  @Test(arguments: [1, 3, 6, 100]) func truncatedIterationTakesTheBooksCounts(_ evaluations: Int) throws {
    let id = "zhao-4.5-truncated-policy-iteration"
    let textbook = try Textbook()
    let world = try GridWorld(bundled: "Zhao-5x5")
    let sequence = try textbook.quantity("zhao-4.4-policy-iteration-5x5", "v_sequence").rows
    let optimal = sequence.last!
    var configuration = TruncatedPolicyIteration.Configuration()
    configuration.evaluations = evaluations
    var solver = TruncatedPolicyIteration(configuration, for: try TransitionTable(world), from: sequence[0])
    var meter = Meter(tags: TruncatedPolicyIteration.metricTags)
    var iterations = 0
    var errors: [Double] = []
    repeat {
      try solver.sweep(into: &meter)
      iterations += 1
      errors.append(zip(solver.v, optimal).map { abs($0 - $1) }.max()!)
      let bound = try #require(meter.drain().first { $0.tag == "train/bound" }).value
      #expect(errors.last! <= bound + 1e-9)
    } while errors.last! >= 0.01 && iterations < 100
    #expect(Double(iterations) == (try textbook.quantity(id, "iterations_j\(evaluations)").rows[0][0]))
    let expected = try textbook.quantity(id, "error_j\(evaluations)_k1..8").rows.flatMap(\.self)
    for (error, reference) in zip(errors, expected) { #expect(abs(error - reference) < 1e-9) }
  }

  @Test func theRandomWalkersValuesAreTheBooks() throws {
    let id = "sb-4.1-gridworld-evaluation"
    let textbook = try Textbook()
    let table = try TransitionTable(GridWorld(bundled: "SB-gridworld-4x4"))
    let uniform = [Double](repeating: 0.25, count: 64)
    var configuration = PolicyEvaluation.Configuration()
    configuration.tolerance = 1e-4
    var meter = Meter(tags: PolicyEvaluation.metricTags)
    for (method, count) in [(PolicyEvaluation.Method.synchronous, "sync"), (.inPlace, "inplace")] {
      configuration.method = method
      var solver = PolicyEvaluation(configuration, of: uniform, in: table)
      var sweeps = 0
      while !solver.isConverged {
        try solver.sweep(into: &meter)
        sweeps += 1
        guard method == .synchronous, [1, 2, 3, 10].contains(sweeps) else { continue }
        let expected = try textbook.quantity(id, "v_k\(sweeps)").rows.flatMap(\.self)
        for s in 1..<15 { #expect(abs(solver.v[s] - expected[s]) < 1e-9) }
      }
      #expect(Double(sweeps) == (try textbook.quantity(id, "sweeps_\(count)_1e-4").rows[0][0]))
    }
    configuration.method = .exact
    var solver = PolicyEvaluation(configuration, of: uniform, in: table)
    try solver.run()
    let expected = try textbook.quantity(id, "v_inf").rows.flatMap(\.self)
    for s in 1..<15 { #expect(abs(solver.v[s] - expected[s]) < 1e-9) }
  }

  @Test(arguments: PolicyEvaluation.Method.allCases)
  func aPolicyThatNeverEndsHasNoValueWithoutDiscount(_ method: PolicyEvaluation.Method) throws {
    let table = try TransitionTable(CliffWalking())
    var configuration = PolicyEvaluation.Configuration()
    configuration.method = method
    let up = (0..<table.states * 4).map { $0 % 4 == 0 ? 1.0 : 0 }
    var solver = PolicyEvaluation(configuration, of: up, in: table)
    #expect(throws: CoreError.self) { try solver.run() }
    // Policy iteration starts from one that ends.
    #expect(abs(try solve(CliffWalking()).solver.solution.v[36] + 13) < 1e-9)
  }

  @Test func asynchronousSweepsGoOnFromACheckpoint() throws {
    let table = try TransitionTable(Table.random(states: 3000, actions: 3, discount: 0.9, seed: 5))
    var configuration = ValueIteration.Configuration()
    configuration.sweep = .asynchronous
    var solver = ValueIteration(configuration, for: table)
    var restored = solver
    var meter = Meter(tags: ValueIteration.metricTags)
    for _ in 0..<5 { try solver.sweep(into: &meter) }
    try restored.restore(from: reader(solver.save))
    while !solver.isConverged {
      #expect(!restored.isConverged)
      try solver.sweep(into: &meter)
      try restored.sweep(into: &meter)
    }
    #expect(restored.isConverged && restored.solution == solver.solution)
  }
}
