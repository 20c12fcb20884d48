import Agents
import Environments
import RLCore

/// Zhao, chapter 5: what Monte Carlo methods tend to, exactly.
extension Textbook {
  static let zhaoMonteCarlo: [Experiment] =
    [coin, firstImprovement, episodeLengths, softIteration] + [0.1, 0.2, 0.5].map(consistent) + [consistency]
    + [0.1, 0.2, 0.5].map(optimalSoft) + [visitFrequencies]

  private static let coin = Experiment(
    "zhao-5.1-mean-estimation", "the mean of coin tosses", source: "Zhao, section 5.1, figure 5.2",
    claim: "The average of n tosses of ±1 nears 0: its standard deviation is 1/√n."
  ) { findings in
    for n in [50, 200] {
      // Chances of 0 ... n heads, a toss at a time.
      var chances = [1.0]
      for _ in 0..<n { chances = zip(chances + [0], [0] + chances).map { ($0 + $1) / 2 } }
      let variance = chances.indices.reduce(0.0) { sum, heads in
        let mean = Double(2 * heads - n) / Double(n)
        return sum + chances[heads] * mean * mean
      }
      findings.add("sd_n\(n)", variance.squareRoot())
    }
    var random = RandomStream(SeedSequence(0).spawn(0))
    let mean = (0..<200).reduce(0.0) { sum, _ in sum + (random.integer(below: 2) == 0 ? 1 : -1) } / 200
    findings.expect("the mean of 200 tosses is within four deviations of 0", abs(mean) < 4 / 200.0.squareRoot())
  }

  private static let firstImprovement = Experiment(
    "zhao-5.3-mc-basic-3x3", "MC Basic's first iteration on the 3×3 grid", source: "Zhao, section 5.2, figure 5.3",
    claim: "One improvement at s₁ goes right or down, either of which is optimal."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-3x3"))
    let best = try Optimum(of: world)
    let letters = ["UDR", "RDD", "RRO"]
    var configuration = MCBasic.Configuration()
    configuration.episodeLength = 400  // what is cut off is worth less than 10 · 0.9⁴⁰⁰ < 10⁻¹⁷
    var solver = MCBasic(
      configuration, for: best.model, seed: 0, policy: letters.joined().map { Array("URDLO").firstIndex(of: $0)! })
    var meter = Meter(tags: MCBasic.metricTags)
    solver.sweep(into: &meter)
    let improved = solver.solution
    findings.add("q_pi0", table(improved.actionValues))
    findings.add("q_pi0_s1", improved.actionValues[0])
    findings.add("improved_actions", improved.greedy)
    findings.add("v_star", best.v)
    findings.expect("q(s₁, ·)", improved.actionValues[0], printed: [-10, 7.29, 7.29, -10, -9], decimals: 2)
    let worth = try evaluation(of: improved.policy, in: world).v
    findings.expect("the improved policy is optimal", distance(worth, best.v) < 1e-9)
    findings.show(world.figure("the improved policy and its values", worth, improved.greedy))
  }

  private static let episodeLengths = Experiment(
    "zhao-5.4-mc-basic-episode-length", "MC Basic with short and long episodes",
    source: "Zhao, section 5.2.2, figure 5.4",
    claim: "Short episodes find the values near the target alone; 15 steps reach the last cell, 30 are nearly enough."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55(forbidden: -10))
    let model = try TransitionTable(world)
    for (length, printed) in lengths55 {
      var configuration = MCBasic.Configuration()
      configuration.episodeLength = length
      var solver = MCBasic(configuration, for: model, seed: 0, policy: .init(repeating: 4, count: model.states))
      var meter = Meter(tags: MCBasic.metricTags)
      while !solver.isConverged { solver.sweep(into: &meter) }
      let solution = solver.solution
      findings.add("v_L\(length)", grid(solution.v, columns: 5))
      findings.expect("the values from \(length) steps", solution.v, printed: printed)
      findings.show(world.figure("episodes of \(length) steps", solution.v, solution.greedy))
      if length == 14 { findings.expect("14 steps do not reach the last cell", solution.v[20] < 1e-9) }
      if length == 15 { findings.expect("15 do", solution.v[20] > 0.2) }
    }
  }

  /// Figure 5.4's digits.
  private static let lengths55: [(length: Int, printed: [Double])] = [
    (1, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0]),
    (2, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.9, 0, 0, 0, 1.9, 1.9, 1.9, 0, 0, 0.9, 1.9, 0.9, 0]),
    (3, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2.7, 0, 0, 0, 2.7, 2.7, 2.7, 0, 0, 1.7, 2.7, 1.7, 0.8]),
    (4, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3.4, 0, 0, 0, 3.4, 3.4, 3.4, 0.7, 0, 2.4, 3.4, 2.4, 1.5]),
    (
      14,
      [
        1.2, 1.6, 2.0, 2.5, 3.0, 0.9, 1.2, 2.5, 3.0, 3.6, 0.5, 0.3, 7.7, 3.6, 4.3, 0.3, 7.7, 7.7, 7.7, 5.0, 0.0, 6.7,
        7.7, 6.7, 5.8,
      ]
    ),
    (
      15,
      [
        1.4, 1.8, 2.2, 2.7, 3.3, 1.1, 1.4, 2.7, 3.3, 3.8, 0.8, 0.5, 7.9, 3.8, 4.5, 0.5, 7.9, 7.9, 7.9, 5.2, 0.2, 6.9,
        7.9, 6.9, 6.0,
      ]
    ),
    (
      30,
      [
        3.1, 3.5, 3.9, 4.4, 4.9, 2.7, 3.1, 4.4, 4.9, 5.5, 2.4, 2.1, 9.6, 5.5, 6.1, 2.1, 9.6, 9.6, 9.6, 6.9, 1.9, 8.6,
        9.6, 8.6, 7.7,
      ]
    ),
    (
      100,
      [
        3.5, 3.9, 4.3, 4.8, 5.3, 3.1, 3.5, 4.8, 5.3, 5.9, 2.8, 2.5, 10, 5.9, 6.6, 2.5, 10, 10, 10, 7.3, 2.3, 9.0, 10,
        9.0, 8.1,
      ]
    ),
  ]

  private static let softIteration = Experiment(
    "zhao-5.5-mc-eps-greedy-5x5-exact", "what MC ε-greedy tends to from a random walk, ε = 0.5",
    source: "Zhao, section 5.4, figure 5.5", claim: "Two iterations give the optimal ε-greedy policy.",
    remark: "Improved exactly it takes three: after two the values are still up to 0.169 short."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55())
    let soft = world.exploring(0.5)
    let best = try Optimum(of: soft)
    let walk = try evaluation(of: world.uniformPolicy, in: world)
    var iteration = PolicyIteration(.init(), for: best.model, from: walk.greedy.map { $0[0] })
    var meter = Meter(tags: PolicyIteration.metricTags)
    var values = [walk.v]
    for _ in 1...6 {
      try iteration.sweep(into: &meter)
      values.append(iteration.v)
    }
    let gaps = values.map { distance($0, best.v) }
    findings.add("v_uniform", grid(walk.v, columns: 5))
    findings.add("v_sequence", table(values))
    findings.add("v_opt", grid(best.v, columns: 5))
    findings.add("gap", gaps)
    findings.add("iterations_to_optimum", Double(gaps.firstIndex { $0 < 1e-9 }!))
    findings.add("greedy_sets", best.actions)
    findings.expect("two iterations close most of the gap", gaps[2] < 0.2 && gaps[0] > 5)
    findings.expect("three close it", gaps[2] > 1e-3 && gaps[3] < 1e-9)
    findings.show(world.figure("the best ε-greedy policy and its values", best))
  }

  /// The optimal greedy policy of figure 3.4(d).
  private static let careful = ["RRRRD", "UURRD", "ULDRD", "UROLD", "URULL"]

  private static func consistent(_ epsilon: Double) -> Experiment {
    Experiment(
      "zhao-5.6-eps-greedy-consistent-\(epsilon)", "the optimal policy made ε-greedy, ε = \(epsilon)",
      source: "Zhao, section 5.5, figure 5.6", claim: "The more it explores, the less it is worth.",
      remark: "The book's digits have a bump from a forbidden cell pay −11; its text, and v here, −1."
    ) { findings in
      let world = try findings.varied(env: GridWorld.zhao55(forbidden: -10))
      let policy = world.policy(careful, epsilon: epsilon)
      let v = try evaluation(of: policy, in: world).v
      let greedy = try evaluation(of: world.policy(careful), in: world).v
      let twice = try evaluation(of: policy, in: world.bumpingTwice).v
      findings.add("v", grid(v, columns: 5))
      findings.add("v_bookfig", grid(twice, columns: 5))
      findings.expect("every state is worth less", zip(v, greedy).allSatisfy { $0 < $1 })
      findings.expect("with −11 the values", twice, printed: printed56[epsilon]!)
      findings.show(Figure(title: "values", columns: 5, values: v, arrows: careful.joined().map(String.init)))
    }
  }

  private static func optimalSoft(_ epsilon: Double) -> Experiment {
    let odd = epsilon == 0.2 ? " One cell, the third row's first, prints −1.2 for −1.134." : ""
    return Experiment(
      "zhao-5.7-optimal-eps-greedy-\(epsilon)", "the best ε-greedy policy, ε = \(epsilon)",
      source: "Zhao, section 5.5, figure 5.7",
      claim: "The best ε-greedy policy keeps away from forbidden cells, and with much exploring from the target too.",
      remark: "The book's digits have a bump from a forbidden cell pay −11; its text, and v here, −1." + odd
    ) { findings in
      let world = try findings.varied(env: GridWorld.zhao55(forbidden: -10))
      let best = try Optimum(of: world.exploring(epsilon))
      let twice = try Optimum(of: world.bumpingTwice.exploring(epsilon))
      let policy = world.policy(best.actions.map { $0[0] }, epsilon: epsilon)
      let exact = try evaluation(of: policy, in: world)
      findings.add("v", grid(exact.v, columns: 5))
      findings.add("q", table(exact.actionValues))
      findings.add("greedy_sets", best.actions)
      findings.add("v_bookfig", grid(twice.v, columns: 5))
      findings.add("greedy_sets_bookfig", twice.actions)
      findings.expect("no ε-greedy policy is better", distance(exact.v, best.v) < 1e-9)
      let off = zip(twice.v, printed57[epsilon]!).count { abs($0 - $1) > 0.05 }
      findings.expect(
        odd.isEmpty ? "with −11 the values as printed" : "as printed but for one", off == (odd.isEmpty ? 0 : 1))
      findings.show(world.figure("the best ε-greedy policy and its values", best))
    }
  }

  /// Figure 5.6's digits, (b) to (d).
  private static let printed56: [Double: [Double]] = [
    0.1: [
      0.4, 0.5, 0.9, 1.3, 1.4, 0.1, 0.0, 0.5, 1.3, 1.7, 0.1, -0.4, 3.4, 1.4, 1.9, -0.1, 3.4, 3.3, 3.7, 2.2, -0.3, 2.6,
      3.7, 3.1, 2.7,
    ],
    0.2: [
      -2.2, -2.4, -2.1, -1.7, -1.8, -2.5, -3.0, -3.3, -2.3, -2.0, -2.3, -3.3, -2.5, -2.8, -2.2, -2.5, -2.5, -2.8, -2.0,
      -2.4, -2.8, -3.2, -2.1, -2.3, -2.2,
    ],
    0.5: [
      -8.0, -9.0, -8.4, -7.2, -7.8, -8.7, -10.8, -12.4, -9.6, -8.9, -8.3, -12.3, -15.3, -12.3, -10.5, -9.7, -15.5,
      -17.0, -14.4, -12.2, -10.9, -16.7, -15.2, -14.3, -12.4,
    ],
  ]

  /// Figure 5.7's digits, (b) to (d).
  private static let printed57: [Double: [Double]] = [
    0.1: printed56[0.1]!,
    0.2: [
      -1.1, -1.5, -1.1, -0.6, -0.6, -1.5, -2.2, -2.3, -1.0, -0.6, -1.2, -2.4, -2.2, -1.5, -0.6, -1.6, -2.3, -2.6, -1.4,
      -1.1, -2.0, -3.0, -1.8, -1.4, -1.0,
    ],
    0.5: [
      -4.3, -5.5, -4.5, -2.6, -2.3, -5.6, -7.7, -7.7, -4.1, -2.4, -5.5, -9.0, -8.0, -5.6, -2.8, -6.8, -8.9, -9.4, -5.5,
      -4.2, -7.9, -10.1, -6.7, -5.1, -3.7,
    ],
  ]

  private static let consistency = Experiment(
    "zhao-5.7-consistency", "how much exploring changes the best policy", source: "Zhao, section 5.5",
    claim: "For a small ε the best ε-greedy policy is the optimal one made ε-greedy; for a larger it is another."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55(forbidden: -10))
    let optimal = try Optimum(of: world).actions.map(Set.init)
    func isConsistent(_ epsilon: Double) throws -> Bool {
      zip(try Optimum(of: world.exploring(epsilon)).actions, optimal).allSatisfy { !$1.isDisjoint(with: $0) }
    }
    for epsilon in [0.1, 0.2, 0.5] {
      findings.add("consistent_\(epsilon)", try isConsistent(epsilon) ? 1 : 0)
    }
    var (low, high) = (0.1, 0.2)
    while high - low > 1e-8 {
      let middle = (low + high) / 2
      if try isConsistent(middle) { low = middle } else { high = middle }
    }
    findings.add("threshold", low)
    findings.expect("0.1 keeps the policy, 0.2 does not", try isConsistent(0.1) && !isConsistent(0.2))
    let values = try [0, 0.1, 0.2, 0.5].map { try evaluation(of: world.policy(careful, epsilon: $0), in: world).v }
    findings.expect(
      "the more the optimal policy explores, the less every state is worth",
      zip(values, values.dropFirst()).allSatisfy { zip($0, $1).allSatisfy { $0 > $1 } })
  }

  private static let visitFrequencies = Experiment(
    "zhao-5.8-visit-frequencies", "how evenly exploring visits the actions", source: "Zhao, section 5.5, figure 5.8",
    claim: "A random walk visits all pairs alike; with ε = 0.5 one pair has more than 250,000 of a million steps.",
    remark: "Under the policy of figure 5.6(d) it is 205,328: the figure is of another policy or grid."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55(forbidden: -10))
    let uniform = try Chain(of: world.uniformPolicy, in: world).stationary()
    let policy = world.policy(careful, epsilon: 0.5)
    let soft = try Chain(of: policy, in: world).stationary()
    let visits = policy.indices.map { 1e6 * soft[$0 / world.actionCount] * policy[$0] }
    findings.add("d_uniform", uniform)
    findings.add("d_eps0.5", grid(soft, columns: 5))
    findings.add("max_visits_eps0.5_per_1e6", visits.max()!)
    findings.add("min_visits_eps0.5_per_1e6", visits.min()!)
    findings.expect("a random walk visits all alike", uniform.allSatisfy { abs($0 - 0.04) < 1e-9 })
    findings.expect(
      "with ε = 0.5 some more than 200,000 times, some less than 500", visits.max()! > 200_000 && visits.min()! < 500)
    findings.show(
      Figure(title: "share of time, ε = 0.5", columns: 5, values: soft, arrows: careful.joined().map(String.init)))
  }
}
