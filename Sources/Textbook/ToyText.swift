import Agents
import Environments
import RLCore

/// Gymnasium's toy text, solved exactly.
extension Textbook {
  static let toyText: [Experiment] =
    [cliffWalking, taxi, dryLake]
    + [
      ("4x4", FrozenLake.fourByFour, 0.95), ("4x4", .fourByFour, 0.99), ("8x8", .eightByEight, 0.99),
    ].map { frozenLake($0.0, $0.1, $0.2) }

  private static let cliffWalking = Experiment(
    "gym-cliffwalking", "CliffWalking's optimum", source: "Sutton and Barto, example 6.6; Gymnasium, CliffWalking-v1",
    claim: "The best way is 13 steps along the edge."
  ) { findings in
    var world = try findings.varied(env: CliffWalking())
    let start = try Optimum(of: world).v[36]
    world.discount = 0.9
    let discounted = try Optimum(of: world).v
    findings.add("v_start", start)
    findings.add("v_star_g0.9", discounted)
    findings.add("v_start_g0.9", discounted[36])
    findings.expect("13 steps", abs(start + 13) < 1e-9)
  }

  private static let taxi = Experiment(
    "gym-taxi", "Taxi's optimum over its starts", source: "Dietterich (2000), arXiv:cs/9905014; Gymnasium, Taxi-v4",
    claim: "From 3 to 15 points, 7.93 on average."
  ) { findings in
    var world = try findings.varied(env: Taxi())
    world.discount = 1
    let v = try Optimum(of: world).v
    world.discount = 0.99
    let discounted = try Optimum(of: world).v
    let starts = world.initial.indices.filter { world.initial[$0] > 0 }
    findings.add("n_starts", Double(starts.count))
    findings.add("mean_v", mean(starts) { v[$0] })
    findings.add("min_v", starts.map { v[$0] }.min()!)
    findings.add("max_v", starts.map { v[$0] }.max()!)
    findings.add("mean_v_g0.99", mean(starts) { discounted[$0] })
    // Every step costs 1 but the last, which pays 20.
    findings.add("mean_steps", 21 - mean(starts) { v[$0] })
    findings.expect("7.93 on average", abs(mean(starts, { v[$0] }) - 7.93) < 1e-9)
  }

  private static let dryLake = Experiment(
    "gym-frozenlake-8x8-deterministic", "the dry 8×8 lake", source: "Gymnasium, FrozenLake8x8-v1",
    claim: "Fourteen steps to the goal: v(start) = 0.99¹³."
  ) { findings in
    let lake = try findings.varied(env: FrozenLake.eightByEight) { $0.slippery = false }
    let v = try Optimum(of: lake).v
    var power = 1.0
    for _ in 0..<13 { power *= 0.99 }
    findings.add("v_start", v[0])
    findings.add("v_star", v)
    findings.expect("v(start) = 0.99¹³", abs(v[0] - power) < 1e-10)
  }

  private static func frozenLake(_ name: String, _ lake: FrozenLake, _ discount: Double) -> Experiment {
    Experiment(
      "gym-frozenlake-\(name)-g\(discount)", "the slippery \(name) lake at γ = \(discount)",
      source: "Gymnasium, FrozenLake-v1", claim: "Solved, says Gymnasium's registry, at a success of 0.7 (4×4)."
    ) { findings in
      var world = try findings.varied(env: lake) { $0.discount = discount }
      let optimum = try Optimum(of: world)
      let frozen = world.cells.indices.filter { world.cells[$0] == "S" || world.cells[$0] == "F" }
      findings.add("v_star", optimum.v)
      findings.add("v_start", optimum.v[0])
      findings.add("q_star", optimum.q)
      findings.add("optimal_actions", frozen.map { optimum.actions[$0] })
      findings.add("nonterminal_states", frozen.map(Double.init))
      let limit = name == "4x4" ? 100 : 200
      let success = success(of: optimum, within: limit)
      findings.add("policy_success", success)
      findings.add("policy_success_100_steps", Textbook.success(of: optimum, within: 100))
      let best = try best(in: optimum.model, within: limit)
      findings.add("best_success_within_limit", best)
      findings.add("best_success_within_100_steps", try Textbook.best(in: optimum.model, within: 100))
      world.discount = 1
      findings.add("best_success_no_limit", try Optimum(of: world).v[0])
      findings.expect("who knows the time left does better", best > success)
      if name == "4x4" { findings.expect("success above 0.7", success > 0.7) }
    }
  }

  /// The probability of reaching a reward within so many steps when the choice may depend on how many are left: so many
  /// sweeps of value iteration without discount.
  private static func best(in model: TransitionTable, within limit: Int) throws -> Double {
    var configuration = ValueIteration.Configuration()
    configuration.discount = 1
    var solver = ValueIteration(configuration, for: model)
    var meter = Meter(tags: ValueIteration.metricTags)
    // The solution after k sweeps has v_{k+1} as its greedy values.
    for _ in 1..<limit { try solver.sweep(into: &meter) }
    return solver.solution.v[0]
  }

  /// The probability of reaching a reward within so many steps under the lowest of the optimal actions.
  private static func success(of optimum: Optimum, within limit: Int) -> Double {
    let model = optimum.model
    var (places, success) = (model.initial, 0.0)
    for _ in 0..<limit {
      var next = [Double](repeating: 0, count: model.states)
      for s in 0..<model.states where places[s] > 0 {
        let pair = s * model.actions + optimum.actions[s][0]
        for i in Int(model.starts[pair])..<Int(model.starts[pair + 1]) {
          let share = places[s] * model.probabilities[i]
          if model.branches[i].isTerminal {
            success += share * model.branches[i].reward
          } else {
            next[Int(model.branches[i].next)] += share
          }
        }
      }
      places = next
    }
    return success
  }
}
