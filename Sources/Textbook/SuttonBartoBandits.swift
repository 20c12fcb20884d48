import Agents
import Environments
import RLCore

/// Sutton and Barto, chapter 2: the ten-armed testbed.
extension Textbook {
  static let bandits: [Experiment] = [
    epsilonGreedy, optimisticValues, confidenceBounds, gradientBandit, parameterStudy,
  ]

  /// What a run of 1000 pulls came to.
  private struct Pulls: Sendable {
    /// The reward of each pull.
    var rewards: [Double] = []
    /// 100 for each pull of the best arm, else 0.
    var optimal: [Double] = []
  }

  private static func pull<Rule: Agent<Int, Int>>(
    _ findings: inout Findings, mean level: Double = 0, _ agent: (BanditTestbed) -> @Sendable (UInt64) -> Rule
  ) throws -> [Pulls] {
    let world = try findings.varied(env: BanditTestbed()) { $0.mean = level }
    let agent = agent(world)
    return try findings.runs(2000) { seed in
      var play = Play(agent(seed), in: world, seed: seed)
      var pulls = Pulls()
      for _ in 0..<1000 {
        let best = play.world.bestArm
        _ = play.step()
        pulls.rewards.append(play.reward)
        pulls.optimal.append(play.action == best ? 100 : 0)
      }
      return pulls
    }
  }

  /// The mean over all runs, of ten pulls a point after the first forty.
  private static func curve(_ name: String, _ runs: [Pulls], _ figure: (Pulls) -> [Double]) -> Chart.Curve {
    let spans = (0..<40).map { $0..<$0 + 1 } + stride(from: 40, to: 1000, by: 10).map { $0..<$0 + 10 }
    let points = spans.map { span in
      Drawing.Point(Double(span.lowerBound + span.upperBound + 1) / 2, mean(runs) { mean(figure($0)[span]) })
    }
    return Chart.Curve(name, points)
  }

  private static let epsilonGreedy = Experiment(
    "sb-2.2-testbed-eps-greedy", "ε-greedy on the ten-armed testbed",
    source: "Sutton and Barto, section 2.3, figure 2.2",
    claim: "The greedy method levels off at a reward of about 1 where 1.55 is possible, having found the best arm in "
      + "about a third of the tasks; ε = 0.1 finds it sooner than ε = 0.01 and pulls it about 80% of the time."
  ) { findings in
    var rewards: [Chart.Curve] = []
    var optimal: [Chart.Curve] = []
    var late: [(reward: Double, optimal: Double)] = []
    for epsilon in [0.0, 0.01, 0.1] {
      let settings = try findings.varied(EpsilonGreedyBandit.Configuration()) { $0.epsilon = .constant(epsilon) }
      let runs = try pull(&findings) { world in { EpsilonGreedyBandit(settings, for: world, seed: $0) } }
      let name = "eps\(epsilon)"
      let reward = findings.add("reward_901_1000_" + name, runs) { mean($0.rewards[900...]) }
      late.append((reward, findings.add("pct_optimal_901_1000_" + name, runs) { mean($0.optimal[900...]) }))
      findings.add("reward_1_1000_" + name, runs) { mean($0.rewards) }
      findings.add("reward_step1000_" + name, runs) { $0.rewards[999] }
      rewards.append(curve("ε = \(epsilon)", runs, \.rewards))
      optimal.append(curve("ε = \(epsilon)", runs, \.optimal))
    }
    findings.show(Chart("reward, mean of all runs", x: "steps", y: "reward", rewards))
    findings.show(Chart("pulls of the best arm", x: "steps", y: "%", optimal))
    findings.expect("greedily the reward is about 1", abs(late[0].reward - 1) < 0.1)
    findings.expect("and the best arm is found in about a third of the tasks", (30...40).contains(late[0].optimal))
    findings.expect(
      "late in the run ε = 0.1 earns the most and ε = 0 the least",
      late[2].reward > late[1].reward && late[1].reward > late[0].reward)
    findings.expect("ε = 0.1 pulls the best arm about 80% of the time", abs(late[2].optimal - 80) < 3)
  }

  private static let optimisticValues = Experiment(
    "sb-2.3-optimistic-initial-values", "optimism makes a greedy method explore",
    source: "Sutton and Barto, section 2.6, figure 2.3",
    claim: "With α = 0.1 a greedy method that starts from Q₁ = 5 does worse at first, because it explores more, and "
      + "better in the end than ε = 0.1 from Q₁ = 0."
  ) { findings in
    let eager = try findings.varied(OptimisticBandit.Configuration())
    let plain = try findings.varied(EpsilonGreedyBandit.Configuration()) { $0.alpha = 0.1 }
    let optimistic = try pull(&findings) { world in { EpsilonGreedyBandit(eager, for: world, seed: $0) } }
    let realistic = try pull(&findings) { world in { EpsilonGreedyBandit(plain, for: world, seed: $0) } }
    let measured = [("optimistic", optimistic), ("realistic", realistic)].map { name, runs in
      (
        early: findings.add(name + "_1_50", runs) { mean($0.optimal[..<50]) },
        late: findings.add(name + "_901_1000", runs) { mean($0.optimal[900...]) }
      )
    }
    let eleventh = findings.add("optimistic_step11", optimistic) { $0.optimal[10] }
    let curves = [
      curve("optimistic: Q₁ = 5, ε = 0", optimistic, \.optimal),
      curve("realistic: Q₁ = 0, ε = 0.1", realistic, \.optimal),
    ]
    findings.show(Chart("pulls of the best arm, α = 0.1", x: "steps", y: "%", curves))
    findings.expect("optimism does worse at first", measured[0].early < measured[1].early)
    findings.expect("and better in the end", measured[0].late > measured[1].late)
    // Exercise 2.6: once all arms have disappointed, the one that did so the least is pulled.
    findings.expect("its curve has a spike at step 11", eleventh > 2 * measured[0].early)
  }

  private static let confidenceBounds = Experiment(
    "sb-2.4-ucb", "upper confidence bounds", source: "Sutton and Barto, section 2.7, figure 2.4",
    claim:
      "UCB with c = 2 earns more than ε = 0.1, but for its first pulls; exercise 2.8 asks why its reward spikes at "
      + "the eleventh."
  ) { findings in
    let bounds = try findings.varied(UCB.Configuration())
    let plain = try findings.varied(EpsilonGreedyBandit.Configuration())
    let ucb = try pull(&findings) { world in { UCB(bounds, for: world, seed: $0) } }
    let epsilon = try pull(&findings) { world in { EpsilonGreedyBandit(plain, for: world, seed: $0) } }
    let late = findings.add("ucb_reward_901_1000", ucb) { mean($0.rewards[900...]) }
    let other = findings.add("eps_reward_901_1000", epsilon) { mean($0.rewards[900...]) }
    let eleventh = findings.add("ucb_reward_step11", ucb) { $0.rewards[10] }
    let twelfth = findings.add("ucb_reward_step12", ucb) { $0.rewards[11] }
    let curves = [curve("UCB, c = 2", ucb, \.rewards), curve("ε-greedy, ε = 0.1", epsilon, \.rewards)]
    findings.show(Chart("reward, mean of all runs", x: "steps", y: "reward", curves))
    findings.expect("UCB earns more in the end", late > other)
    findings.expect("it spikes at the eleventh pull", eleventh > twelfth)
  }

  private static let gradientBandit = Experiment(
    "sb-2.5-gradient-bandit", "a baseline helps the gradient", source: "Sutton and Barto, section 2.8, figure 2.5",
    claim: "Where the arms are worth around 4, the gradient bandit without a baseline does much worse."
  ) { findings in
    var curves: [Chart.Curve] = []
    var late: [Double] = []
    for (baseline, name) in [(true, "with_baseline"), (false, "no_baseline")] {
      for alpha in [0.1, 0.4] {
        let settings = try findings.varied(GradientBandit.Configuration()) {
          ($0.alpha, $0.baseline) = (alpha, baseline)
        }
        let runs = try pull(&findings, mean: 4) { world in { GradientBandit(settings, for: world, seed: $0) } }
        late.append(findings.add("pct_optimal_901_1000_alpha\(alpha)_\(name)", runs) { mean($0.optimal[900...]) })
        curves.append(curve("α = \(alpha), \(baseline ? "with" : "without") baseline", runs, \.optimal))
      }
    }
    findings.show(Chart("pulls of the best arm", x: "steps", y: "%", curves))
    findings.expect("the baseline helps at both step sizes", late[0] > late[2] + 10 && late[1] > late[3] + 10)
    findings.expect("α = 0.1 finds more than α = 0.4", late[0] > late[1] && late[2] > late[3])
  }

  private static let parameterStudy = Experiment(
    "sb-2.6-parameter-study", "all bandit methods over their parameters",
    source: "Sutton and Barto, section 2.10, figure 2.6",
    claim: "Each method does best at an intermediate value of its parameter; UCB seems to do best of all."
  ) { findings in
    var curves: [Chart.Curve] = []
    /// The mean reward of 1000 pulls with 2ᵏ as the parameter, for each k; adds those that the reference states.
    func study<Rule: Agent<Int, Int>>(
      _ name: String, _ label: String, _ exponents: ClosedRange<Int>, stated: Set<Int>,
      _ agent: (Double, inout Findings) throws -> (BanditTestbed) -> @Sendable (UInt64) -> Rule
    ) throws {
      var points: [Drawing.Point] = []
      for k in exponents {
        let value = k < 0 ? 1 / Double(1 << -k) : Double(1 << k)
        let runs = try pull(&findings, agent(value, &findings))
        let reward =
          stated.contains(k)
          ? findings.add("avg_reward_\(name)_" + (k < 0 ? "1/\(1 << -k)" : "\(1 << k)"), runs) { mean($0.rewards) }
          : mean(runs) { mean($0.rewards) }
        points.append(Drawing.Point(Double(k), reward))
      }
      curves.append(Chart.Curve(label, points))
    }
    try study("eps", "ε-greedy, ε", -7 ... -2, stated: [-7, -3, -2]) { value, findings in
      let settings = try findings.varied(EpsilonGreedyBandit.Configuration()) { $0.epsilon = .constant(value) }
      return { world in { EpsilonGreedyBandit(settings, for: world, seed: $0) } }
    }
    try study("gradient", "gradient bandit, α", -5...2, stated: [-3, -2, 1]) { value, findings in
      let settings = try findings.varied(GradientBandit.Configuration()) { $0.alpha = value }
      return { world in { GradientBandit(settings, for: world, seed: $0) } }
    }
    try study("ucb", "UCB, c", -4...2, stated: [-2, 0, 2]) { value, findings in
      let settings = try findings.varied(UCB.Configuration()) { $0.c = value }
      return { world in { UCB(settings, for: world, seed: $0) } }
    }
    try study("optimistic", "greedy with optimistic Q₁, α = 0.1", -2...2, stated: [-2, 0, 2]) { value, findings in
      let settings = try findings.varied(OptimisticBandit.Configuration()) { $0.initialValue = value }
      return { world in { EpsilonGreedyBandit(settings, for: world, seed: $0) } }
    }
    findings.show(Chart("reward of 1000 steps, mean of all runs", x: "log₂ of the parameter", y: "reward", curves))
    let best = curves.map { curve in curve.points.map(\.y).max()! }
    findings.expect(
      "each is best at an intermediate value",
      zip(curves, best).allSatisfy { $0.points.first!.y < $1 && $0.points.last!.y < $1 })
    findings.expect("UCB does best of all", best[2] == best.max()!)
  }
}
