import Agents
import Environments
import RLCore

/// Zhao, chapters 2 to 4: what planners do, sweep by sweep.
extension Textbook {
  static let zhaoPlanning: [Experiment] =
    [iterativeEvaluation, risk, valuesByHand, twoStates, policies55, truncation] + [-1.0, -10].map(grid77)

  private static let iterativeEvaluation = Experiment(
    "zhao-2.7.2-iterative-evaluation", "sweeps of iterative policy evaluation",
    source: "Zhao, section 2.7.2, equation 2.11", claim: "Iteration approaches v_π by a factor of γ a sweep."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55())
    let policy = world.policy(.init(repeating: "RRRRR", count: 5))
    let exact = try evaluation(of: policy, in: world).v
    var evaluation = PolicyEvaluation(.init(), of: policy, in: try TransitionTable(world))
    var meter = Meter(tags: PolicyEvaluation.metricTags)
    var before = [Double](repeating: 0, count: exact.count)
    var limits = [("sweeps_1e-3", 1e-3), ("sweeps_1e-6", 1e-6), ("sweeps_1e-10", 1e-10)]
    var (k, isBounded, bound) = (0, true, distance(before, exact))
    while let (name, limit) = limits.first {
      k += 1
      try evaluation.sweep(into: &meter)
      let v = evaluation.solution.v
      if distance(v, before) < limit {
        findings.add(name, Double(k))
        limits.removeFirst()
      }
      before = v
      let error = distance(v, exact)
      if [1, 2, 10, 50].contains(k) { findings.add("error_k\(k)", error) }
      bound *= world.discount
      isBounded = isBounded && error <= bound + 1e-9
    }
    findings.expect("error_k ≤ γᵏ error_0 for every k", isBounded)
  }

  private static let risk = Experiment(
    "zhao-3.5-risk-vs-gamma", "who crosses forbidden cells", source: "Zhao, section 3.5",
    claim: "Far-sighted it crosses one; short-sighted, or punished harder, it goes around."
  ) { findings in
    /// Forbidden cells entered and steps made from the fourth row's first cell to the target.
    func walk(_ world: GridWorld) throws -> (hits: Int, steps: Int) {
      let optimum = try Optimum(of: world)
      var (cell, hits, steps) = (15, 0, 0)
      while world.cells[cell] != .target && steps < world.stateCount {
        cell = world.outcomes(cell, optimum.actions[cell][0])[0].next
        if world.cells[cell] == .forbidden { hits += 1 }
        steps += 1
      }
      findings.show(world.figure("γ = \(world.discount), r_forbidden = \(world.forbidden)", optimum))
      return (hits, steps)
    }
    let bold = try findings.varied(env: GridWorld.zhao55())
    var shortSighted = bold
    shortSighted.discount = 0.5
    let worlds = [("a", bold), ("b", shortSighted), ("d", try GridWorld.zhao55(forbidden: -10))]
    let walks = try worlds.map { ($0.0, try walk($0.1)) }
    for (name, walk) in walks {
      findings.add("\(name)_hits", Double(walk.hits))
      findings.add("\(name)_steps", Double(walk.steps))
    }
    findings.expect("through forbidden cells at γ = 0.9 and −1", walks[0].1.hits >= 1)
    findings.expect(
      "around them at γ = 0.5, and at −10, though that is longer",
      walks[1...].allSatisfy { $0.1.hits == 0 && $0.1.steps > walks[0].1.steps })
  }

  private static let valuesByHand = Experiment(
    "zhao-4.2-value-iteration-2x2", "value iteration on the 2×2 grid, step by step",
    source: "Zhao, section 4.1, tables 4.1 to 4.3, figure 4.2",
    claim: "v₁ = (0, 1, 1, 1) and v₂ = (γ, 1 + γ, 1 + γ, 1 + γ); the policy is optimal after the second step."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-2x2"))
    let optimum = try Optimum(of: world)
    var solver = ValueIteration(.init(), for: optimum.model)
    var meter = Meter(tags: ValueIteration.metricTags)
    // The solution after k sweeps holds q of v_k, and with it v_{k+1} as its greedy values.
    var solutions = [solver.solution]
    for _ in 1..<10 {
      try solver.sweep(into: &meter)
      solutions.append(solver.solution)
    }
    for k in 0...1 {
      findings.add("q_k\(k)", table(solutions[k].actionValues))
      findings.add("greedy_k\(k)", solutions[k].greedy)
    }
    for k in [1, 2, 10] { findings.add("v\(k)", solutions[k - 1].v) }
    findings.add("v_star", optimum.v)
    findings.expect("v₁", solutions[0].v, printed: [0, 1, 1, 1])
    findings.expect("v₂", solutions[1].v, printed: [0.9, 1.9, 1.9, 1.9])
    findings.expect("π₂ is optimal", solutions[1].greedy == optimum.actions)
    findings.show(world.figure("optimal values and all optimal actions", optimum))
  }

  private static let twoStates = Experiment(
    "zhao-4.3-policy-iteration-two-states", "policy iteration on two states",
    source: "Zhao, section 4.2, figure 4.3, tables 4.4 and 4.5",
    claim: "From always left, worth −10 and −9, one improvement is enough."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-1x2"))
    let model = try TransitionTable(world)
    var iteration = PolicyIteration(.init(), for: model, from: [0, 0])
    var meter = Meter(tags: PolicyIteration.metricTags)
    try iteration.sweep(into: &meter)
    let (first, q) = (iteration.v, iteration.solution.actionValues)
    let improved = iteration.policy
    try iteration.sweep(into: &meter)
    var evaluation = PolicyEvaluation(.init(), of: world.policy([0, 0]), in: model)
    var sweeps: [[Double]] = []
    var evaluationMeter = Meter(tags: PolicyEvaluation.metricTags)
    for _ in 1...3 {
      try evaluation.sweep(into: &evaluationMeter)
      sweeps.append(evaluation.solution.v)
    }
    findings.add("v_pi0", first)
    findings.add("q_pi0", table(q))
    findings.add("pi1", improved.map(Double.init))
    findings.add("v_pi1", iteration.v)
    findings.add("v_iter_1_2_3", table(sweeps))
    findings.expect("the values of π₀", first, printed: [-10, -9])
    findings.expect("table 4.5", q.flatMap { $0 }, printed: [-10, -9, -7.1, -9, -7.1, -9.1])
    findings.expect("π₁ goes right, then stays, and is optimal", improved == [2, 1] && iteration.isConverged)
  }

  /// Truncated policy iteration that evaluates to the last digit, 0.9⁴⁰⁰ · 100 < 10⁻¹⁶: policy iteration that takes the
  /// first of equal actions.
  private static func toTheLastDigit(_ process: some FiniteMDP, from v: [Double]) throws -> TruncatedPolicyIteration {
    var configuration = TruncatedPolicyIteration.Configuration()
    configuration.evaluations = 400
    return TruncatedPolicyIteration(configuration, for: try TransitionTable(process), from: v)
  }

  private static let policies55 = Experiment(
    "zhao-4.4-policy-iteration-5x5", "policy iteration from staying everywhere",
    source: "Zhao, section 4.2, figure 4.4", claim: "The values rise from policy to policy; π₁₀ is optimal.",
    remark:
      "With ties broken at random, as in the book, it takes 10 on average and 5 to 15 in single runs; by the first, 8."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55(forbidden: -10))
    let best = try Optimum(of: world)
    let staying = try evaluation(of: world.policy(.init(repeating: "OOOOO", count: 5)), in: world).v
    var meter = Meter(tags: TruncatedPolicyIteration.metricTags)
    var values = [staying]
    var iteration = try toTheLastDigit(world, from: staying)
    while distance(values.last!, best.v) > 1e-9 {
      try iteration.sweep(into: &meter)
      values.append(iteration.v)
    }
    findings.add("v_sequence", table(values))
    findings.add("k_first_optimal_lowest_index", Double(values.count - 1))
    // The same with another order of the actions for each state and improvement.
    var random = RandomStream(SeedSequence(0).spawn(0))
    let counts = try (0..<400).map { _ in
      var (v, k) = (staying, 0)
      while distance(v, best.v) > 1e-9 {
        var iteration = try toTheLastDigit(world.shuffled(using: &random), from: v)
        try iteration.sweep(into: &meter)
        v = iteration.v
        k += 1
      }
      return Double(k)
    }
    let mean = counts.reduce(0, +) / Double(counts.count)
    findings.add("k_random_ties_min", counts.min()!)
    findings.add("k_random_ties_mean", mean)
    findings.add("k_random_ties_max", counts.max()!)
    findings.expect(
      "π₀ is worth 0, 10 on the target, −100 on forbidden cells",
      distance(staying, world.cells.map { $0 == .target ? 10 : $0 == .forbidden ? -100 : 0 }) < 1e-9)
    findings.expect(
      "the values never fall", zip(values, values.dropFirst()).allSatisfy { zip($0, $1).allSatisfy { $1 >= $0 - 1e-9 } }
    )
    findings.expect("10 with random ties, give or take half", abs(mean - 10) < 0.5)
    findings.show(world.figure("optimal values and all optimal actions", best))
  }

  private static let truncation = Experiment(
    "zhao-4.5-truncated-policy-iteration", "between value and policy iteration",
    source: "Zhao, section 4.3, algorithm 4.3, figure 4.5",
    claim: "The more evaluations between improvements, the fewer improvements."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55(forbidden: -10))
    let best = try Optimum(of: world)
    let staying = try evaluation(of: world.policy(.init(repeating: "OOOOO", count: 5)), in: world).v
    var meter = Meter(tags: TruncatedPolicyIteration.metricTags)
    var counts: [Int] = []
    for evaluations in [1, 3, 6, 100] {
      var configuration = TruncatedPolicyIteration.Configuration()
      configuration.evaluations = evaluations
      var iteration = TruncatedPolicyIteration(configuration, for: best.model, from: staying)
      var errors: [Double] = []
      while errors.last ?? 1 >= 0.01 {
        try iteration.sweep(into: &meter)
        errors.append(distance(iteration.v, best.v))
      }
      counts.append(errors.count)
      findings.add("iterations_j\(evaluations)", Double(errors.count))
      findings.add("error_j\(evaluations)_k1..8", (0..<8).map { errors[min($0, errors.count - 1)] })
    }
    findings.expect(
      "value iteration takes the most improvements, policy iteration the fewest",
      zip(counts, counts.dropFirst()).allSatisfy { $0 >= $1 } && counts[0] > counts[3])
  }

  private static func grid77(_ forbidden: Double) -> Experiment {
    Experiment(
      "zhao-style-7x7a-g0.9-rf\(forbidden)", "a 7×7 grid, r_forbidden = \(Int(forbidden))",
      source: "after Zhao, sections 3.5 and 5.5", claim: "Not in the book: its rules on a larger grid."
    ) { findings in
      let world = try findings.varied(env: GridWorld(bundled: "Zhao-7x7")) { $0.forbidden = forbidden }
      let optimum = try Optimum(of: world)
      let exploring = try Optimum(of: world.exploring(0.1)).v
      let uniform = try evaluation(of: world.uniformPolicy, in: world).v
      findings.add("v_star", grid(optimum.v, columns: 7))
      findings.add("optimal_actions", optimum.actions)
      findings.add("v_opt_eps0.1", grid(exploring, columns: 7))
      findings.add("v_uniform", grid(uniform, columns: 7))
      findings.expect(
        "exploring costs something everywhere, and a random walk more",
        world.cells.indices.allSatisfy { optimum.v[$0] > exploring[$0] && exploring[$0] > uniform[$0] })
      findings.show(world.figure("optimal values and all optimal actions", optimum))
    }
  }
}
