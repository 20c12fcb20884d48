import Agents
import Environments
import RLCore

/// Zhao, Mathematical Foundations of Reinforcement Learning, chapters 5 to 7: learning on the 5×5 grid.
extension Textbook {
  static let zhaoLearning: [Experiment] = [
    exploringStarts, softPolicies, robbinsMonro, temporalDifferences, shortestPath, uniformBehaviour, otherBehaviours,
  ]

  /// Figure 3.4's grid with r_boundary = r_forbidden = −1, r_target = 1 and γ = 0.9.
  private static func grid(_ findings: inout Findings) throws -> GridWorld {
    try findings.varied(env: GridWorld(bundled: "Zhao-5x5")) { $0.forbidden = -1 }
  }

  // MARK: Monte Carlo

  private static let exploringStarts = Experiment(
    "zhao-5.3-mc-exploring-starts-5x5", "Monte Carlo with exploring starts on the grid",
    source: "Zhao, section 5.3, algorithm 5.2",
    claim:
      "Where every pair starts episodes, the policy comes to the optimum; every visit uses more of an episode than "
      + "the first alone.",
    remark: "Not measured in the book. Averages over all episodes hold the returns of policies long gone: every visit "
      + "takes in more of them, and is slower here."
  ) { findings in
    let world = try grid(&findings)
    let optimum = try Optimum(of: world)
    var curves: [Chart.Curve] = []
    for visits in [Visits.first, .every] {
      let settings = try findings.varied(MCExploringStarts.Configuration()) {
        ($0.visits, $0.episodeLength) = (visits, 60)
      }
      let counts = [1000, 10_000, 100_000]
      let runs = try findings.runs(10) { seed in
        let staying = [Int](repeating: world.actions.firstIndex(of: .stay)!, count: world.stateCount)
        var solver = MCExploringStarts(settings, for: optimum.model, seed: seed, policy: staying)
        var meter = Meter(tags: MCExploringStarts.metricTags)
        var played = 0
        return try counts.map { count in
          for _ in played..<count { solver.sweep(into: &meter) }
          played = count
          let policy = solver.policy.flatMap { a in (0..<world.actionCount).map { $0 == a ? 1.0 : 0 } }
          return rms(try evaluation(of: policy, in: world).v, optimum.v)
        }
      }
      let points = counts.enumerated().map { i, count in
        Drawing.Point(Double(3 + i), findings.add("\(visits)_visit_policy_rmse_\(count)", runs) { $0[i] })
      }
      curves.append(Chart.Curve("\(visits) visit", points))
    }
    findings.show(
      Chart("RMS loss of the policy's values, mean of all runs", x: "log₁₀ of the episodes", y: "loss", curves))
    findings.expect(
      "both come nearer to the optimum",
      curves.allSatisfy { $0.points[2].y < $0.points[1].y && $0.points[1].y < $0.points[0].y })
  }

  private static let softPolicies = Experiment(
    "zhao-5.5-mc-eps-greedy-5x5", "ε-greedy Monte Carlo with episodes of a million steps",
    source: "Zhao, section 5.4, figure 5.5",
    claim: "With ε = 0.5, which needs no exploring starts, two iterations lead to the best ε-greedy policy.",
    remark: "Exact policy iteration over ε-greedy policies takes three: after two, one state still loses 0.17."
  ) { findings in
    let world = try grid(&findings)
    let simulator = try Simulator(world)
    let settings = try findings.varied(MCEpsilonGreedy.Configuration()) {
      ($0.visits, $0.alpha, $0.epsilon, $0.episodeLength) = (.every, .reciprocal, 0.5, 1_000_000)
    }
    let epsilon = settings.epsilon.value(at: 0)
    /// The ε-greedy policy of a table.
    @Sendable func soft(_ q: [Double]) -> [Double] {
      Solution(greedyWith: q, states: world.stateCount, actions: world.actionCount).policy.map {
        (1 - epsilon) * $0 + epsilon / Double(world.actionCount)
      }
    }
    var best = try evaluation(of: world.uniformPolicy, in: world)
    for _ in 0..<20 { best = try evaluation(of: soft(best.q), in: world) }
    let optimum = best.v
    let runs = try findings.runs(6) { seed in
      var agent = MCEpsilonGreedy(settings, for: simulator, seed: seed)
      return try (1...3).map { iteration in
        // Each begins anew, follows the policy of the one before, and is an episode of its own.
        agent.forgetReturns()
        var play = Play(agent, in: simulator, seed: seed &+ UInt64(iteration))
        play.advance(by: settings.episodeLength)
        agent = play.agent
        return try evaluation(of: soft(agent.q), in: world).v
      }
    }
    for k in 1...3 {
      findings.add("gap_\(k)", runs) { run in zip(optimum, run[k - 1]).map { $0 - $1 }.max()! }
      findings.add("rmse_\(k)", runs) { rms($0[k - 1], optimum) }
    }
    let losses = (0..<3).map { k in mean(runs) { rms($0[k], optimum) } }
    findings.expect("the first iteration is far off, the second near", losses[0] > 1 && losses[1] < 0.1)
  }

  // MARK: Stochastic approximation

  private static let robbinsMonro = Experiment(
    "zhao-6.3-robbins-monro-cubic", "a root found through noise", source: "Zhao, section 6.2.1, figure 6.3",
    claim: "The Robbins–Monro algorithm with a_k = 1/k and w₁ = 0 comes to the root of w³ − 5, 1.71.",
    remark:
      "With a_k = 1/k nearly every run flies off: w₂ is about 5, and its cube the next step. The figure must have "
      + "been drawn with smaller first steps; with a_k = 1/(k + 2) it comes out."
  ) { findings in
    // w₅₀ and w₁₀₀₀, and whether it went beyond a million.
    @Sendable func run(_ size: Reciprocal, _ seed: UInt64) -> (w: [Double], hasDiverged: Bool) {
      var random = RandomStream(seed: seed)
      var path = [0.0]
      for k in 1..<1000 {
        let w = path[k - 1]
        // w_{k+1} = w_k − a_k g̃(w_k, η_k)
        path.append(w - size.value(at: k) * (w * w * w - 5 + random.normal()))
        if abs(path[k]) > 1e6 { return (path, true) }
      }
      return (path, false)
    }
    let root = cubeRoot(5)
    findings.add("root", root)
    let stated = try findings.runs(4000) { run(Reciprocal(), $0) }
    let diverged = findings.add("diverged_fraction_a_1_over_k", stated) { $0.hasDiverged ? 1 : 0 }
    let smaller = try findings.runs(4000) { run(Reciprocal(1, plus: 2), $0) }
    findings.add("diverged_fraction_a_1_over_k+2", smaller) { $0.hasDiverged ? 1 : 0 }
    let paths = smaller.filter { !$0.hasDiverged }.map(\.w)
    for k in [50, 1000] {
      let center = findings.add("mean_w\(k)", paths) { $0[k - 1] }
      findings.add("sd_w\(k)", mean(paths) { ($0[k - 1] - center) * ($0[k - 1] - center) }.squareRoot())
    }
    let curves = paths.prefix(5).enumerated().map { i, path in
      Chart.Curve("run \(i + 1)", path[..<50].enumerated().map { Drawing.Point(Double($0 + 1), $1) })
    }
    findings.show(Chart("w_k with a_k = 1/(k + 2)", x: "k", y: "w", Array(curves)))
    findings.expect("with a_k = 1/k nearly every run diverges", diverged > 0.9)
    findings.expect("with a_k = 1/(k + 2) w comes to the root", abs(mean(paths) { $0[999] } - root) < 0.01)
  }

  /// By Newton's method.
  private static func cubeRoot(_ x: Double) -> Double {
    (0..<60).reduce(x) { w, _ in w - (w * w * w - x) / (3 * w * w) }
  }

  // MARK: Temporal differences

  private static let temporalDifferences = Experiment(
    "zhao-7.1-td0-uniform-policy", "TD(0) with constant and falling step sizes",
    source: "Zhao, section 7.1, algorithm 7.1 and theorem 7.1",
    claim: "The values come to the policy's where Σα = ∞ and Σα² < ∞ for every state; with a constant α they go on "
      + "wavering around them.", remark: "Not measured in the book."
  ) { findings in
    let world = try grid(&findings)
    let simulator = try Simulator(world)
    let exact = try evaluation(of: world.uniformPolicy, in: world).v
    var curves: [Chart.Curve] = []
    let sizes: [(name: String, alpha: StepSize)] = [
      // The last is 0.5/(1 + n/20).
      ("alpha0.01", 0.01), ("alpha0.1", 0.1), ("decaying", .visits(Reciprocal(10, plus: 20))),
    ]
    for (name, alpha) in sizes {
      let settings = try findings.varied(TD.Configuration(alpha: 0)) { $0.alpha = alpha }
      let counts = [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
      let runs = try findings.runs(10) { seed in
        var play = Play(TD(settings, for: simulator, model: nil, seed: seed), in: simulator, seed: seed)
        return counts.map { count in
          play.advance(by: count - play.steps)
          return rms(play.agent.v, exact)
        }
      }
      for count in [10_000, 100_000, 1_000_000] {
        let i = counts.firstIndex(of: count)!
        findings.add("\(name)_rmse_\(count)", runs) { $0[i] }
      }
      let points = counts.indices.map { i in Drawing.Point(3 + Double(i) / 2, mean(runs) { $0[i] }) }
      curves.append(Chart.Curve(name, points))
    }
    findings.show(Chart("RMS error of the values, mean of all runs", x: "log₁₀ of the steps", y: "error", curves))
    let late = curves.map { $0.points.last!.y }
    findings.expect(
      "after a million steps the falling α is nearest, the large one farthest", late[2] < late[0] && late[0] < late[1])
    findings.expect("where α is constant more steps do not help", abs(late[1] - curves[1].points[4].y) < 0.2 * late[1])
  }

  private static let shortestPath = Experiment(
    "zhao-7.2-sarsa-q-learning-path", "from the top left cell to the target",
    source: "Zhao, sections 7.2 to 7.4, figures 7.2 and 7.3",
    claim:
      "Within 500 episodes the total reward rises from about −500 and the length falls to that of a good path; not "
      + "all states need good policies for that.",
    remark:
      "The captions do not give γ: here 0.9. The figure shows one run; single episodes of the first 50 earn about "
      + "−80 on average."
  ) { findings in
    let process = try findings.varied(env: GridWorld(bundled: "Zhao-5x5")) {
      ($0.boundary, $0.forbidden, $0.step, $0.target, $0.continuing) = (-10, -10, -1, 0, false)
    }
    let world = try Simulator(process)
    var rewards: [Chart.Curve] = []
    var lengths: [Chart.Curve] = []
    func walk<Rule: Agent<Int, Int>>(_ name: String, _ agent: @Sendable (UInt64) -> Rule) throws {
      let runs = try findings.runs(200) { seed in
        var play = Play(agent(seed), in: world, seed: seed)
        let played = play.episodes(500)
        let q = play.agent.solution!.q
        let start = process.starts[0]
        let clean = world.table.greedyPath(q, from: start, limit: 59) { reward, _ in reward == -10 }
        return (played: played, clean: clean, path: world.table.greedyPath(q, from: start, limit: 59))
      }
      findings.add(name + "_return_1_50", runs) { mean($0.played[..<50], \.sum) }
      findings.add(name + "_return_401_500", runs) { mean($0.played[400...], \.sum) }
      findings.add(name + "_length_401_500", runs) { mean($0.played[400...]) { Double($0.length) } }
      // Ten steps of −1 and the last, which is free.
      findings.add(name + "_greedy_optimal_path_fraction", runs) { $0.clean == 11 ? 1 : 0 }
      findings.add(name + "_greedy_reaches_target_fraction", runs) { $0.path == nil ? 0 : 1 }
      func curve(_ figure: (Played) -> Double) -> Chart.Curve {
        let points = stride(from: 0, to: 500, by: 5).map { first in
          Drawing.Point(Double(first + 3), mean(runs) { mean($0.played[first..<first + 5], figure) })
        }
        return Chart.Curve(name.replacing("_", with: " "), points)
      }
      rewards.append(curve(\.sum))
      lengths.append(curve { Double($0.length) })
    }
    let sarsa = try findings.varied(Sarsa.Configuration(alpha: 0.1))
    try walk("sarsa") { Sarsa(sarsa, for: world, seed: $0) }
    let q = try findings.varied(QLearning.Configuration(alpha: 0.1))
    try walk("q_learning") { QLearning(q, for: world, seed: $0) }
    let expected = try findings.varied(ExpectedSarsa.Configuration(alpha: 0.1))
    try walk("expected_sarsa") { ExpectedSarsa(expected, for: world, seed: $0) }
    let three = try findings.varied(NStepSarsa.Configuration(alpha: 0.1)) { $0.n = 3 }
    try walk("sarsa_3step") { NStepSarsa(three, for: world, seed: $0) }
    findings.show(Chart("total reward of an episode, mean of all runs", x: "episodes", y: "reward", rewards))
    findings.show(Chart("length of an episode, mean of all runs", x: "episodes", y: "steps", lengths))
    findings.expect(
      "the reward rises by more than 100", rewards.allSatisfy { $0.points.last!.y > $0.points[0].y + 100 })
    findings.expect(
      "the last take fewer than 16 steps, 11 being the best", lengths.allSatisfy { $0.points.last!.y < 16 })
  }

  // MARK: Off the policy

  /// The RMS error of max_a Q against the optimal values over an endless episode under a behaviour, at each of `counts`
  /// steps, and whether all greedy actions are optimal in the end.
  private static func qLearning(
    following behaviour: FollowedPolicy, from initial: Double = 0, in world: GridWorld, counts: [Int], runs: Int,
    _ findings: inout Findings
  ) throws -> [(errors: [Double], isOptimal: Bool)] {
    let optimum = try Optimum(of: world, tolerance: 1e-15)
    let simulator = try Simulator(world)
    let settings = try findings.varied(QLearning.Configuration(alpha: 0.1)) {
      ($0.behaviour, $0.initialValue) = (behaviour, initial)
    }
    return try findings.runs(runs) { seed in
      var play = Play(QLearning(settings, for: simulator, seed: seed), in: simulator, seed: seed)
      let errors = counts.map { count in
        play.advance(by: count - play.steps)
        return rms(play.agent.solution!.v, optimum.v)
      }
      let policy = play.agent.solution!.policy
      return (errors, zip(policy, optimum.solution.policy).allSatisfy { $0 == 0 || $1 > 0 })
    }
  }

  private static let uniformBehaviour = Experiment(
    "zhao-7.4-off-policy-q-learning", "Q-learning from a policy that only explores",
    source: "Zhao, section 7.4, figure 7.4",
    claim: "From 100,000 steps of the uniform policy Q-learning finds the optimal policy and values, from whatever "
      + "initial values, sooner from near ones."
  ) { findings in
    let world = try grid(&findings)
    let counts = [1, 5000, 10_000, 20_000, 40_000, 60_000, 100_000]
    var curves: [Chart.Curve] = []
    for initial in [0, 10, 100] {
      let runs = try qLearning(
        following: .uniform, from: Double(initial), in: world, counts: counts, runs: 20, &findings)
      // As in the book, and as the reference's bands are made: the figures of one run.
      for (i, count) in counts.enumerated() { findings.add("rmse_q0=\(initial)_t\(count)", [runs[0]]) { $0.errors[i] } }
      if initial == 0 {
        let optimal = findings.add("greedy_optimal_everywhere_fraction_q0=0", runs) { $0.isOptimal ? 1 : 0 }
        findings.expect("the greedy policy is optimal everywhere", optimal == 1)
      }
      let points = counts.indices.map { i in Drawing.Point(Double(counts[i]), mean(runs) { $0.errors[i] }) }
      curves.append(Chart.Curve("q₀ = \(initial)", points))
    }
    findings.show(Chart("RMS error of the values, mean of all runs", x: "steps", y: "error", curves))
    findings.expect("in the end the values are optimal, to 0.1", curves.allSatisfy { $0.points[6].y < 0.1 })
    findings.expect("from 10 they are after 20,000 steps", curves[1].points[3].y < 0.01)
    findings.expect(
      "from 0 the error is about 2.3 then, and 0.4 after 40,000",
      abs(curves[0].points[3].y - 2.3) < 0.5 && abs(curves[0].points[4].y - 0.4) < 0.1)
    findings.expect(
      "from 100 about 25 and 5", abs(curves[2].points[3].y - 25) < 1 && abs(curves[2].points[4].y - 5) < 0.5)
  }

  private static let otherBehaviours = Experiment(
    "zhao-7.5-behaviour-policies", "Q-learning from policies that explore less",
    source: "Zhao, section 7.4, figure 7.5",
    claim: "Where the behaviour explores little, many pairs are hardly seen and the values stay far from the optimum.",
    remark: "The policy of the figure's third row is hard to read."
  ) { findings in
    let world = try grid(&findings)
    let counts = [1, 5000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000]
    let right = [String](repeating: "RRRRR", count: 5)
    let mixed = ["UOLRR", "RLLUL", "LLLRD", "OLLOD", "LUULD"]
    var curves: [Chart.Curve] = []
    for (name, rows, epsilon) in [
      ("right_eps0.5", right, 0.5), ("right_eps0.1", right, 0.1), ("mixed_eps0.1", mixed, 0.1),
    ] {
      let behaviour = FollowedPolicy(
        probabilities: world.policy(rows, epsilon: epsilon), actions: world.actionCount)
      let runs = try qLearning(following: behaviour, in: world, counts: counts, runs: 20, &findings)
      for count in [100_000, 20_000] {
        let i = counts.firstIndex(of: count)!
        findings.add("rmse_\(name)_t\(count)", runs) { $0.errors[i] }
      }
      let points = counts.indices.map { i in Drawing.Point(Double(counts[i]), mean(runs) { $0.errors[i] }) }
      curves.append(Chart.Curve(name.replacing("_eps", with: ", ε = "), points))
    }
    findings.show(Chart("RMS error of the values, mean of all runs", x: "steps", y: "error", curves))
    let late = curves.map { $0.points.last!.y }
    findings.expect(
      "the values are about 5.5 off with ε = 0.5 and 7.8 with ε = 0.1",
      abs(late[0] - 5.5) < 0.5 && abs(late[1] - 7.8) < 0.2 && abs(late[2] - 7.8) < 0.2)
  }
}
