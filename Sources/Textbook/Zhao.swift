import Agents
import Environments
import RLCore

/// Zhao, Mathematical Foundations of Reinforcement Learning, chapters 3 and 4.
extension Textbook {
  static let zhao: [Experiment] =
    [
      optimality(
        "a", "the optimal policy dares to cross forbidden cells at γ = 0.9",
        printed: [
          5.8, 5.6, 6.2, 6.5, 5.8, 6.5, 7.2, 8.0, 7.2, 6.5, 7.2, 8.0, 10, 8.0, 7.2, 8.0, 10, 10, 10, 8.0, 7.2, 9.0, 10,
          9.0,
          8.1,
        ]
      ) { _ in },
      optimality(
        "b", "at γ = 0.5 it is short-sighted and avoids them",
        printed: [
          0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 2.0, 0.1, 0.1, 0.0, 2.0, 2.0, 2.0, 0.2, 0.0, 1.0,
          2.0,
          1.0, 0.5,
        ]
      ) { $0.discount = 0.5 },
      optimality(
        "c", "at γ = 0 it sees the next reward alone",
        printed: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0]
      ) { $0.discount = 0 },
      optimality(
        "d", "with r_forbidden = −10 it walks around",
        printed: [
          3.5, 3.9, 4.3, 4.8, 5.3, 3.1, 3.5, 4.8, 5.3, 5.9, 2.8, 2.5, 10, 5.9, 6.6, 2.5, 10, 10, 10, 7.3, 2.3, 9.0, 10,
          9.0,
          8.1,
        ]
      ) { $0.forbidden = -10 },
      variant("zhao-3.4-v3-optimal-5x5", "every step costs 0.1") { $0.step = -0.1 },
      variant("zhao-3.4-v4-optimal-5x5", "leaving the grid costs 10 as well") {
        $0.boundary = -10
        $0.forbidden = -10
      },
      invariance,
    ] + [(-1, 5), (-10, 14)].map(counts)

  private static func optimality(
    _ letter: String, _ title: String, printed: [Double], change: @escaping @Sendable (inout GridWorld) -> Void
  ) -> Experiment {
    Experiment(
      "zhao-3.4\(letter)-optimal-5x5", title, source: "Zhao, section 3.5, figure 3.4(\(letter))",
      claim: "The figure prints the optimal values and an optimal policy."
    ) { findings in
      try measure(change, &findings)
      let world = try findings.varied(env: GridWorld.zhao55(), change)
      findings.expect("the optimal values", try Optimum(of: world).v, printed: printed)
    }
  }

  private static func variant(
    _ id: String, _ title: String, change: @escaping @Sendable (inout GridWorld) -> Void
  ) -> Experiment {
    Experiment(id, title, source: "after Zhao, section 3.5, figure 3.4", claim: "Not in the book: another reward.") {
      try measure(change, &$0)
    }
  }

  private static func measure(_ change: (inout GridWorld) -> Void, _ findings: inout Findings) throws {
    let world = try findings.varied(env: GridWorld.zhao55(), change)
    let optimum = try Optimum(of: world)
    findings.add("v_star", grid(optimum.v, columns: 5))
    findings.add("q_star", optimum.q)
    findings.add("optimal_actions", optimum.actions)
    findings.show(world.figure("optimal values and all optimal actions", optimum))
  }

  private static let invariance = Experiment(
    "zhao-3.6-affine-2.0-1.0", "rewards 2r + 1 leave the optimal policy as it is",
    source: "Zhao, section 3.5, theorem 3.6",
    claim: "An affine change of all rewards, r → αr + β, gives v* → αv* + β/(1 − γ) and the same optimal policy."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55())
    let plain = try Optimum(of: world)
    var changed = world
    (changed.step, changed.boundary, changed.forbidden, changed.target) = (1, -1, -1, 3)
    let optimum = try Optimum(of: changed)
    findings.add("v_star", grid(optimum.v, columns: 5))
    findings.add("optimal_actions", optimum.actions)
    findings.expect("the same optimal actions", optimum.actions == plain.actions)
    let shift = zip(optimum.v, plain.v).map { abs($0 - (2 * $1 + 1 / (1 - world.discount))) }.max()!
    findings.expect("v* → 2v* + 10", shift < 1e-9)
    findings.show(world.figure("optimal values under 2r + 1", optimum))
  }

  /// Sweeps of value iteration until it changes by less than three thresholds, and until its greedy policy is optimal.
  private static func counts(forbidden: Int, greedy: Int) -> Experiment {
    Experiment(
      "zhao-4.1-value-iteration-counts-rf\(forbidden)", "value iteration's sweeps, r_forbidden = \(forbidden)",
      source: "Zhao, section 4.1, algorithm 4.1",
      claim: "v_k approaches v* by a factor of γ a sweep; its greedy policy is optimal long before."
    ) { findings in
      let world = try findings.varied(env: GridWorld.zhao55()) { $0.forbidden = Double(forbidden) }
      let optimum = try Optimum(of: world)
      let model = optimum.model
      var solver = ValueIteration(.init(), for: model)
      var meter = Meter(tags: ValueIteration.metricTags)
      var before = [Double](repeating: 0, count: model.states)
      var thresholds: [(name: String, limit: Double)] = [
        ("count_1e-3", 1e-3), ("count_1e-6", 1e-6), ("count_1e-10", 1e-10),
      ]
      func error(_ v: [Double]) -> Double { distance(v, optimum.v) }
      let first = error(before)
      var (k, isBounded, greedyAt) = (0, true, 0)
      // The solution after k sweeps holds Q of v_k, and with it v_{k+1} as its greedy values.
      var solution = solver.solution
      while !thresholds.isEmpty {
        k += 1
        let v = solution.v
        let change = distance(v, before)
        before = v
        while let threshold = thresholds.first, change < threshold.limit {
          findings.add(threshold.name, Double(k))
          thresholds.removeFirst()
        }
        if [1, 10, 30].contains(k) { findings.add("error_\(k)", error(v)) }
        var power = first
        for _ in 0..<k { power *= model.discount }
        isBounded = isBounded && error(v) <= power + 1e-9
        try solver.sweep(into: &meter)
        solution = solver.solution
        let isOptimal = zip(solution.policy, optimum.solution.policy).allSatisfy { $0 == 0 || $1 > 0 }
        if greedyAt == 0, isOptimal { greedyAt = k }
      }
      findings.add("greedy_ok", Double(greedyAt))
      findings.expect("error_k ≤ γᵏ error_0 for every k", isBounded)
      findings.expect("greedy with respect to v_k is optimal from k = \(greedy)", greedyAt == greedy)
    }
  }
}
