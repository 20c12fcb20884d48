import Agents
import Environments
import RLCore

/// Sutton and Barto, chapters 4 to 10: the best policies, and the best of those that explore.
extension Textbook {
  static let suttonBartoPlanning: [Experiment] = [carRental, bestBlackjack, windyExploring, cliff, accessControl]

  private static let carRental = Experiment(
    "sb-4.2-jacks-car-rental", "Jack's car rental", source: "Sutton and Barto, example 4.2, figure 4.2",
    claim: "Policy iteration from never moving a car finds the best policy in five.",
    remark: "The book's plot of the values ends at 612 where both are full; counted whole the requests give 637.0."
  ) { findings in
    let world = try findings.varied(env: CarRental())
    /// Cars moved, by the cars at both locations; what is not there is not moved.
    func moves(_ policy: [Int]) -> [Double] {
      policy.indices.map { Double(min(max(policy[$0] - 5, -($0 % 21)), $0 / 21)) }
    }
    let still = [Int](repeating: 5, count: world.stateCount)
    var iteration = PolicyIteration(.init(), for: try TransitionTable(world), from: still)
    var meter = Meter(tags: PolicyIteration.metricTags)
    var policies = [moves(still)]
    var first: [Double] = []
    while !iteration.isConverged {
      try iteration.sweep(into: &meter)
      if first.isEmpty { first = iteration.v }
      if !iteration.isConverged { policies.append(moves(iteration.policy)) }
    }
    findings.add("number_of_policies", Double(policies.count))
    findings.add("policies", .list(policies.map { grid($0, columns: 21) }))
    findings.add("v_final", grid(iteration.v, columns: 21))
    findings.add("v_final_min", iteration.v.min()!)
    findings.add("v_final_max", iteration.v.max()!)
    findings.add("v_pi0_min", first.min()!)
    findings.add("v_pi0_max", first.max()!)
    findings.expect("five policies", policies.count == 5)
    findings.expect("no cars are worth about 420", abs(iteration.v[0] - 420) < 2)
    findings.show(
      Figure(
        title: "cars moved, by the cars at both locations", columns: 21, values: policies.last!,
        arrows: .init(repeating: "", count: world.stateCount)))
  }

  private static let bestBlackjack = Experiment(
    "sb-5.3-blackjack-optimal", "the best play at blackjack", source: "Sutton and Barto, example 5.3, figure 5.2",
    claim: "The policy of the figure, Thorp's but for a notch: with a usable 18 hit against an ace."
  ) { findings in
    let game = blackjack()
    let best = try Optimum(of: game)
    let (q, places) = (best.solution.actionValues, best.actions)
    let decided = [true, false].flatMap { usable in
      (12...21).flatMap { sum in (1...10).map { hand(sum, $0, usable: usable) } }
    }
    func start(_ game: Blackjack) throws -> Double {
      dot(game.initial, try Optimum(of: game).v)
    }
    var natural = game
    natural.sab = true
    let soft18 = q[hand(18, 1, usable: true)]
    findings.add("v_star", hands { best.v[$0] })
    findings.add("stick", hands { places[$0] == [0] ? 1 : 0 })
    findings.add("q_stick_minus_hit_soft18_vs_ace", soft18[0] - soft18[1])
    findings.add("smallest_margin", decided.map { abs(q[$0][0] - q[$0][1]) }.min()!)
    findings.add("start_value", try start(game))
    findings.add("start_value_book_naturals", try start(natural))
    /// Whether the policy sticks from the sum on that `least` names for each open card, and only there.
    func sticks(_ usable: Bool, from least: (_ open: Int) -> Int) -> Bool {
      (1...10).allSatisfy { open in
        (12...21).allSatisfy { (places[hand($0, open, usable: usable)] == [0]) == ($0 >= least(open)) }
      }
    }
    findings.expect(
      "without a usable ace stick on 12 against 4 to 6, 13 against 2 and 3, else on 17",
      sticks(false) { (4...6).contains($0) ? 12 : (2...3).contains($0) ? 13 : 17 })
    findings.expect(
      "with one stick on 18 against 2 to 8, else on 19", sticks(true) { (2...8).contains($0) ? 18 : 19 })
  }

  private static let windyExploring = Experiment(
    "sb-6.5-windy-eps-greedy-optimum", "the best way through the wind for one who explores",
    source: "Sutton and Barto, example 6.5",
    claim: "With ε = 0.1 episodes take about 17 steps, two more than the shortest.",
    remark: "17 is the best that ε = 0.1 allows; Sarsa with α = 0.5, as there, takes 25.8 from step 6000 to 8000."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "SB-windy"))
    let best = try Optimum(of: world.exploring(0.1))
    let policy = world.policy(best.actions.map { $0[0] }, epsilon: 0.1)
    let steps = -(try evaluation(of: policy, in: world).v[world.starts[0]])
    findings.add("mean_steps", steps)
    findings.expect("17 steps", [steps], printed: [17], decimals: 0)
    findings.show(world.figure("steps to the goal and the best moves, ε = 0.1", best))
  }

  private static let cliff = Experiment(
    "sb-6.6-cliff-exact", "the cliff: the shortest way and the safest", source: "Sutton and Barto, example 6.6",
    claim: "Q-learning learns the way along the edge and falls now and then; Sarsa learns a safer way and earns more."
  ) { findings in
    var world = try GridWorld(
      map: ["............", "............", "............", "SCCCCCCCCCCT"], name: "cliff")
    (world.step, world.target, world.cliff, world.discount) = (-1, -1, -100, 1)
    // The reference's order, which decides between equals.
    world.actions = [.up, .down, .right, .left]
    let start = world.starts[0]
    let edge = try Optimum(of: world)
    findings.add("optimal_return", edge.v[start])
    findings.add("v_star", grid(edge.v, columns: 12))
    findings.expect("13 steps along the edge", abs(edge.v[start] + 13) < 1e-9)
    for epsilon in [0.1, 0.05, 0.2] {
      func worth(_ chosen: [Int]) throws -> Double {
        try evaluation(of: world.policy(chosen, epsilon: epsilon), in: world).v[start]
      }
      let best = try Optimum(of: world.exploring(epsilon))
      let chosen = best.actions.map { $0[0] }
      var (cell, steps) = (start, 0)
      while world.cells[cell] != .target && steps < world.stateCount {
        cell = world.outcomes(cell, chosen[cell])[0].next
        steps += 1
      }
      let returns = (edge: try worth(edge.actions.map { $0[0] }), best: try worth(chosen))
      findings.add("eps\(epsilon)_edge_policy_return", returns.edge)
      findings.add("eps\(epsilon)_best_eps_greedy_return", returns.best)
      findings.add("eps\(epsilon)_best_greedy_path_steps", Double(steps))
      findings.expect("ε = \(epsilon): a longer way earns more", steps > 13 && returns.best > returns.edge)
      findings.show(world.figure("the best way for ε = \(epsilon)", best))
    }
  }

  private static let accessControl = Experiment(
    "sb-10.2-access-control-exact-10-0.06", "the access-control queue's best average reward",
    source: "Sutton and Barto, example 10.2, figure 10.5",
    claim: "The more servers are free, the lower the priorities that are accepted.",
    remark: "The book's run estimates 2.31 a step; the best is 2.748, the best with ε = 0.1 is 2.647."
  ) { findings in
    let queue = try findings.varied(env: AccessControl())
    let best = try Average(of: queue)
    let soft = try Average(of: queue.exploring(0.1))
    let accept = (1...10).map { free in (0..<4).map { best.policy[free * 4 + $0] } }
    findings.add("rho_star", best.reward)
    findings.add("rho_best_eps_greedy_0.1", soft.reward)
    findings.add("thresholds_best_eps_greedy_0.1", thresholds(soft.policy))
    findings.add("accept", accept)
    findings.add("thresholds", thresholds(best.policy))
    findings.add("v_diff", grid(best.values, columns: 4))
    findings.expect("both satisfy Bellman's equation for the average reward", best.gap < 1e-9 && soft.gap < 1e-9)
    findings.expect("who explores earns less", soft.reward < best.reward)
    findings.show(
      Figure(
        title: "differential values by free servers and priority (+ accept)", columns: 4, values: best.values,
        arrows: best.policy.map { $0 == 1 ? "+" : "" }))
  }

  /// The least number of free servers at which each priority is accepted, or −1.
  private static func thresholds(_ policy: [Int]) -> [Double] {
    (0..<4).map { kind in Double((1...10).first { policy[$0 * 4 + kind] == 1 } ?? -1) }
  }

  /// The best average reward a step. Policy iteration finds a policy that is optimal for all discounts near 1, and so for
  /// the average; its average and differential values are exact, and ``gap`` proves it.
  private struct Average {
    let policy: [Int]
    let reward: Double
    /// h. Shape `[states]`.
    let values: [Double]
    /// max_s |max_a (r(s, a) − ρ + Σ p h(s′)) − h(s)|
    let gap: Double

    init(of process: some FiniteMDP) throws {
      let table = try TransitionTable(process)
      var configuration = PolicyIteration.Configuration()
      configuration.discount = 0.9999
      var iteration = PolicyIteration(configuration, for: table)
      var meter = Meter(tags: PolicyIteration.metricTags)
      while !iteration.isConverged { try iteration.sweep(into: &meter) }
      policy = iteration.policy
      let average = try Chain(of: process.policy(policy), in: process).average()
      (reward, values) = (average.reward, average.values)
      var lookAhead = PolicyEvaluation.Configuration()
      lookAhead.discount = 1
      let ahead = PolicyEvaluation(lookAhead, of: process.policy(policy), in: table, from: values).solution
      gap = distance(ahead.actionValues.map { $0.max()! - average.reward }, values)
    }
  }
}
