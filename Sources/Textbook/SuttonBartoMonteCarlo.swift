import Agents
import Environments
import Foundation
import RLCore

/// Sutton and Barto, chapter 5: Monte Carlo methods at blackjack, and off the policy.
extension Textbook {
  static let monteCarlo: [Experiment] = [blackjackPrediction, blackjackControl, offPolicyBlackjack, infiniteVariance]

  /// The state of a hand and the dealer's open card.
  private static func state(_ sum: Int, _ open: Int, usable: Bool) -> Int { (sum * 11 + open) * 2 + (usable ? 1 : 0) }

  /// The hundred states with or without a usable ace, by sum from 12 on and open card.
  private static func states(usable: Bool) -> [Int] {
    (12...21).flatMap { sum in (1...10).map { state(sum, $0, usable: usable) } }
  }

  /// The book's game: no rule for naturals.
  private static func game(_ findings: inout Findings) throws -> Blackjack {
    try findings.varied(env: Blackjack()) { ($0.sab, $0.natural) = (false, false) }
  }

  /// Action 0 sticks, 1 hits.
  private static func stickingOn20(_ game: Blackjack) -> [Int] {
    (0..<game.stateCount).map { $0 / 22 >= 20 ? 0 : 1 }
  }

  private static func probabilities(_ policy: [Int]) -> [Double] { policy.flatMap { $0 == 0 ? [1.0, 0] : [0, 1] } }

  private static func errors(_ v: [Double], _ exact: [Double], usable: Bool) -> Double {
    let states = states(usable: usable)
    return rms(states.map { v[$0] }, states.map { exact[$0] })
  }

  private static let blackjackPrediction = Experiment(
    "sb-5.1-blackjack-mc-prediction", "sticking on 20 and 21, judged by playing",
    source: "Sutton and Barto, example 5.1, figure 5.1",
    claim:
      "After 500,000 games the values are well approximated; those with a usable ace are less certain, because such "
      + "hands are less common."
  ) { findings in
    let game = try game(&findings)
    let policy = probabilities(stickingOn20(game))
    let exact = try evaluation(of: policy, in: game).v
    let settings = try findings.varied(MCPrediction.Configuration()) {
      ($0.visits, $0.policy) = (.first, FollowedPolicy(probabilities: policy, actions: 2))
    }
    let runs = try findings.runs(10) { seed in
      var play = Play(MCPrediction(settings, for: game, model: nil, seed: seed), in: game, seed: seed)
      return [10_000, 490_000].map { games in
        _ = play.episodes(games)
        return play.agent.v
      }
    }
    var means: [Double] = []
    for usable in [true, false] {
      for (i, games) in [10_000, 500_000].enumerated() {
        let name = "rmse_\(usable ? "usable" : "no_usable")_\(games)"
        means.append(findings.add(name, runs) { errors($0[i], exact, usable: usable) })
      }
      findings.show(
        Figure(
          title:
            "after 500,000 games, \(usable ? "with" : "without") a usable ace: sums 12 to 21, open cards ace to 10",
          columns: 10, values: states(usable: usable).map { runs[0][1][$0] },
          arrows: .init(repeating: "", count: 100)))
    }
    findings.expect("values with a usable ace are less certain", means[0] > means[2] && means[1] > means[3])
    findings.expect("after 500,000 games they are near", means[1] < 0.05 && means[3] < 0.05)
  }

  private static let blackjackControl = Experiment(
    "sb-5.3-blackjack-mces", "Monte Carlo with exploring starts learns to play",
    source: "Sutton and Barto, example 5.3, figure 5.2",
    claim: "It finds the optimal policy, which is Thorp's basic strategy but for one notch."
  ) { findings in
    let game = try game(&findings)
    let optimum = try Optimum(of: game)
    let hands = states(usable: true) + states(usable: false)
    let settings = try findings.varied(MCExploringStarts.Configuration()) { $0.visits = .first }
    let runs = try findings.runs(6) { seed in
      var solver = MCExploringStarts(
        settings, for: optimum.model, seed: seed, policy: stickingOn20(game), startingIn: hands)
      var meter = Meter(tags: MCExploringStarts.metricTags)
      for _ in 0..<2_000_000 { solver.sweep(into: &meter) }
      return solver.solution
    }
    let fraction = findings.add("optimal_action_fraction", runs) { found in
      mean(hands) { s in optimum.actions[s].contains(found.policy[2 * s] > 0 ? 0 : 1) ? 1 : 0 }
    }
    findings.add("rmse_v", runs) { found in rms(hands.map { found.v[$0] }, hands.map { optimum.v[$0] }) }
    for usable in [true, false] {
      findings.show(
        Figure(
          title:
            "values, S stick, H hit, \(usable ? "with" : "without") a usable ace: sums 12 to 21, open cards ace to 10",
          columns: 10, values: states(usable: usable).map { runs[0].v[$0] },
          arrows: states(usable: usable).map { runs[0].policy[2 * $0] > 0 ? "S" : "H" }))
    }
    findings.expect("nearly everywhere the optimal action", fraction > 0.97)
  }

  private static let offPolicyBlackjack = Experiment(
    "sb-5.4-off-policy-blackjack", "one hand, judged from the games of a random player",
    source: "Sutton and Barto, example 5.4, figure 5.3",
    claim: "Both kinds of importance sampling come near the true value; weighted has the much lower error at first."
  ) { findings in
    let game = try game(&findings)
    let policy = probabilities(stickingOn20(game))
    let hand = state(13, 2, usable: true)
    let exact = try evaluation(of: policy, in: game).v[hand]
    let world = try Simulator(Begun(process: game, state: hand))
    let counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
    var curves: [Chart.Curve] = []
    for sampling in [OffPolicyMCPrediction.Sampling.ordinary, .weighted] {
      let settings = try findings.varied(OffPolicyMCPrediction.Configuration()) {
        ($0.sampling, $0.policy) = (sampling, FollowedPolicy(probabilities: policy, actions: 2))
      }
      /// The squared errors after each of some numbers of episodes.
      func errors(after counts: [Int], runs: Int) throws -> [[Double]] {
        let runs = try findings.runs(runs) { seed in
          var play = Play(OffPolicyMCPrediction(settings, for: world, model: nil, seed: seed), in: world, seed: seed)
          var played = 0
          return counts.map { count in
            _ = play.episodes(count - played)
            played = count
            return (play.agent.v[hand] - exact) * (play.agent.v[hand] - exact)
          }
        }
        for (i, count) in counts.enumerated() where [1, 10, 100, 1000, 10_000].contains(count) {
          findings.add("mse_\(sampling)_\(count)", runs) { $0[i] }
        }
        return runs
      }
      // A few episodes may hold a ratio of a hundred: their errors need more runs.
      let early = try errors(after: [1, 2, 5, 10, 20, 50, 100], runs: 20_000)
      let late = try errors(after: [200, 500, 1000, 2000, 5000, 10_000], runs: 1000)
      let means = [early, late].flatMap { runs in runs[0].indices.map { i in mean(runs) { $0[i] } } }
      let points = counts.enumerated().map { i, count in
        Drawing.Point(log10(Double(count)), min(means[i], 5))
      }
      curves.append(Chart.Curve("\(sampling)", points))
    }
    findings.show(
      Chart("squared error, mean of all runs; cut at 5", x: "log₁₀ of the episodes", y: "squared error", curves))
    findings.expect(
      "weighted has the lower error all along", zip(curves[0].points, curves[1].points).allSatisfy { $0.y > $1.y })
    findings.expect("both come near", curves.allSatisfy { $0.points.last!.y < 0.01 })
  }

  private static let infiniteVariance = Experiment(
    "sb-5.5-infinite-variance", "ordinary importance sampling that does not converge",
    source: "Sutton and Barto, example 5.5, figure 5.4",
    claim: "The true value is 1, and the ordinary estimates, whose variance is infinite, have not come to it after "
      + "millions of episodes; the weighted one is 1 from the first episode on that ends with left."
  ) { findings in
    let world = try Simulator(LeftOrRight())
    func configuration(_ sampling: OffPolicyMCPrediction.Sampling) throws -> OffPolicyMCPrediction.Configuration {
      try findings.varied(OffPolicyMCPrediction.Configuration()) {
        ($0.sampling, $0.visits, $0.policy) = (sampling, .first, .table([.action(0)]))
      }
    }
    let counts = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000]
    let ordinary = try configuration(.ordinary)
    let runs = try findings.runs(200) { seed in
      var play = Play(OffPolicyMCPrediction(ordinary, for: world, model: nil, seed: seed), in: world, seed: seed)
      var played = 0
      return counts.map { count in
        _ = play.episodes(count - played)
        played = count
        return play.agent.v[0]
      }
    }
    let estimates = runs.map(\.last!)
    findings.add("median_estimate", SeedStatistics.median(estimates))
    let off = findings.add("fraction_off_by_0.1", estimates) { abs($0 - 1) > 0.1 ? 1 : 0 }
    findings.add("fraction_off_by_0.01", estimates) { abs($0 - 1) > 0.01 ? 1 : 0 }
    findings.add("mean_below_1_fraction", estimates) { $0 < 1 ? 1 : 0 }
    // An episode of k + 1 steps to the left has a probability of 0.1 · 0.9ᵏ / 2ᵏ⁺¹ and a ratio of 2ᵏ⁺¹.
    var (term, sum) = (0.2, 0.0)
    for _ in 0..<10 {
      sum += term
      term *= 1.8
    }
    findings.add("partial_second_moment_K10", sum)
    let weighted = try configuration(.weighted)
    let others = try findings.runs(200) { seed in
      var play = Play(OffPolicyMCPrediction(weighted, for: world, model: nil, seed: seed), in: world, seed: seed)
      _ = play.episodes(1000)
      return play.agent.v[0]
    }
    findings.add("weighted_is", mean(others))
    let curves = runs.prefix(10).enumerated().map { i, run in
      Chart.Curve("run \(i + 1)", zip(counts, run).map { Drawing.Point(log10(Double($0)), min($1, 3)) })
    }
    findings.show(
      Chart("ordinary estimates of ten runs; cut at 3", x: "log₁₀ of the episodes", y: "estimate", Array(curves)))
    findings.expect("most ordinary estimates are still off by 0.1 after 100,000 episodes", off > 0.5)
    findings.expect("all weighted ones are 1", others.allSatisfy { $0 == 1 })
  }
}

/// A process that begins in one state.
private struct Begun<Process: FiniteMDP>: FiniteMDP {
  let process: Process
  let state: Int

  var stateCount: Int { process.stateCount }
  var actionCount: Int { process.actionCount }
  var discount: Double { process.discount }
  var initial: [Double] { (0..<stateCount).map { $0 == state ? 1 : 0 } }
  func outcomes(_ state: Int, _ action: Int) -> [Outcome] { process.outcomes(state, action) }
  func drawing(ofState state: Int) -> Drawing { process.drawing(ofState: state) }
}

/// Example 5.5: left comes back, or ends with 1 once in ten times; right ends with 0.
private struct LeftOrRight: FiniteMDP {
  let stateCount = 1
  let actionCount = 2
  let discount = 1.0
  let initial = [1.0]

  func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    if action == 1 { return [Outcome(probability: 1, next: 0, reward: 0, isTerminal: true)] }
    return [
      Outcome(probability: 0.9, next: 0, reward: 0, isTerminal: false),
      Outcome(probability: 0.1, next: 0, reward: 1, isTerminal: true),
    ]
  }

  func drawing(ofState state: Int) -> Drawing { Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
}
