import Agents
import Environments
import RLCore

/// What given policies are worth: Zhao, chapter 2 and figure 8.6; Sutton and Barto, chapters 3 to 5 and 13.
extension Textbook {
  static let policyValues: [Experiment] =
    [threePolicies, actionsOfThePolicy, cycle, detour]
    + [
      ("bad1-all-right", ["RRRRR", "RRRRR", "RRRRR", "RRRRR", "RRRRR"]),
      ("bad2", ["RLLUU", "DORDR", "LRDLO", "ODUUR", "ORORO"]),
      ("good1", ["RRRDD", "UURDD", "ULDRD", "UROLD", "URULL"]),
      ("good2", ["RRRRD", "UURRD", "ULDRD", "UROLD", "URULL"]),
    ].map { fourPolicies($0.0, $0.1) } + [
      uniform55, random55, shifted, random44, exercise44, stickOn20, oneHand, corridor,
    ]

  private static let threePolicies = Experiment(
    "zhao-2.1-2x2-returns", "three policies on the 2×2 grid", source: "Zhao, section 2.1, figures 2.2 to 2.5",
    claim: "Down is worth 9 at s₁, a coin between both 8.5, and right, through the forbidden cell, 8."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-2x2"))
    let down = try evaluation(of: world.policy(["DD", "RO"]), in: world).v
    let right = try evaluation(of: world.policy(["RD", "RO"]), in: world).v
    let half = try evaluation(of: halves(world), in: world).v
    findings.add("v_policy1_down", down)
    findings.add("v_policy2_right", right)
    findings.add("v_policy3_half", half)
    findings.expect("the values of s₁", [down[0], half[0], right[0]], printed: [9, 8.5, 8])
  }

  /// Right or down at s₁ with a half each, then to the target.
  private static func halves(_ world: GridWorld) -> [Double] {
    zip(world.policy(["DD", "RO"]), world.policy(["RD", "RO"])).map { ($0 + $1) / 2 }
  }

  private static let actionsOfThePolicy = Experiment(
    "zhao-2.8-2x2-action-values", "values of actions, of those never chosen too",
    source: "Zhao, section 2.8, figure 2.8",
    claim: "An action that the policy does not choose has a value all the same."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-2x2"))
    let q = try evaluation(of: halves(world), in: world).actionValues
    findings.add("q", table(q))
    findings.add("q_s1", q[0])
    findings.expect("going down is the best at s₁", q[0].max() == q[0][2])
  }

  private static let cycle = Experiment(
    "zhao-2.3-cycle-g0.9", "bootstrapping around a cycle", source: "Zhao, section 2.3, equation 2.3",
    claim: "The returns of a cycle depend on one another: v = r + γPv."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-cycle"))
    let v = try evaluation(of: world.uniformPolicy, in: world).v
    findings.add("v", v)
    let gap = v.indices.map { abs(v[$0] - (Double($0 + 1) + 0.9 * v[($0 + 1) % 4])) }.max()!
    findings.expect("each value is its reward and 0.9 of the next", gap < 1e-9)
  }

  private static let detour = Experiment(
    "zhao-3.5-detour", "no meaningless detours", source: "Zhao, section 3.5, figure 3.5",
    claim: "Straight to the target is worth 10, by a detour 8.1: the discount alone forbids it."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-2x2-open"))
    let straight = try evaluation(of: world.policy(["DD", "RO"]), in: world).v[1]
    let around = try evaluation(of: world.policy(["DL", "RO"]), in: world).v[1]
    findings.add("v_s2_direct", straight)
    findings.add("v_s2_detour", around)
    findings.expect("10 and 8.1", [straight, around], printed: [10, 8.1])
  }

  private static func fourPolicies(_ name: String, _ letters: [String]) -> Experiment {
    Experiment(
      "zhao-2.7-5x5-\(name)", "a \(name.hasPrefix("good") ? "good" : "bad") policy on the 5×5 grid",
      source: "Zhao, section 2.7, figure 2.7",
      claim: "Good policies have good values: different ones can have the same."
    ) { findings in
      let world = try findings.varied(env: GridWorld.zhao55())
      let v = try evaluation(of: world.policy(letters), in: world).v
      findings.add("v", grid(v, columns: 5))
      var careful = world
      careful.forbidden = -10
      let best = try Optimum(of: careful)
      findings.expect(
        name.hasPrefix("good") ? "as good as the best that avoids forbidden cells" : "far below the best",
        name.hasPrefix("good")
          ? zip(v, best.v).allSatisfy { abs($0 - $1) < 1e-9 } : zip(v, best.v).contains { $0 < $1 - 5 })
      findings.show(Figure(title: "values", columns: 5, values: v, arrows: letters.joined().map(String.init)))
    }
  }

  private static let uniform55 = Experiment(
    "zhao-8.6-uniform-policy-values", "what a random walk is worth on the 5×5 grid",
    source: "Zhao, section 8.2, figure 8.6(b)", claim: "The figure prints the values."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55())
    let v = try evaluation(of: world.uniformPolicy, in: world).v
    findings.add("v", grid(v, columns: 5))
    findings.expect(
      "the values", v,
      printed: [
        -3.8, -3.8, -3.6, -3.1, -3.2, -3.8, -3.8, -3.8, -3.1, -2.9, -3.6, -3.9, -3.4, -3.2, -2.9, -3.9, -3.6, -3.4,
        -2.9,
        -3.2, -4.5, -4.2, -3.4, -3.4, -3.5,
      ])
  }

  private static let random55 = Experiment(
    "sb-3.5-gridworld-random", "the gridworld under a random policy",
    source: "Sutton and Barto, example 3.5, figure 3.2",
    claim: "The figure prints the values; the lower edge is below zero."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "SB-gridworld-5x5"))
    let v = try evaluation(of: world.uniformPolicy, in: world).v
    findings.add("v", grid(v, columns: 5))
    findings.expect(
      "the values", v,
      printed: [
        3.3, 8.8, 4.4, 5.3, 1.5, 1.5, 3.0, 2.3, 1.9, 0.5, 0.1, 0.7, 0.7, 0.4, -0.4, -1.0, -0.4, -0.4, -0.6, -1.2, -1.9,
        -1.3, -1.2, -1.4, -2.0,
      ])
  }

  private static let shifted = Experiment(
    "sb-3.15-constant-reward", "a constant added to every reward", source: "Sutton and Barto, exercise 3.15",
    claim: "It adds c/(1 − γ) to every value."
  ) { findings in
    let plain = try findings.varied(env: GridWorld(bundled: "SB-gridworld-5x5"))
    var richer = plain
    richer.step = plain.step + 1.5
    richer.boundary = plain.boundary + 1.5
    richer.teleports = plain.teleports.mapValues { .init(to: $0.to, reward: $0.reward + 1.5) }
    let (before, after) = (
      try evaluation(of: plain.uniformPolicy, in: plain).v, try evaluation(of: richer.uniformPolicy, in: richer).v
    )
    findings.add("v", grid(after, columns: 5))
    findings.add("shift", after[0] - before[0])
    findings.expect("by 15 everywhere", zip(before, after).allSatisfy { abs($1 - $0 - 15) < 1e-9 })
  }

  private static let random44 = Experiment(
    "sb-4.1-gridworld-evaluation", "a random walk on the 4×4 gridworld",
    source: "Sutton and Barto, example 4.1, figure 4.1",
    claim: "In the limit the values are −14, −18, −20 and −22; from the third sweep on greedy policies are optimal."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "SB-gridworld-4x4"))
    let model = try TransitionTable(world)
    let exact = try evaluation(of: world.uniformPolicy, in: world)
    var evaluation = PolicyEvaluation(.init(), of: world.uniformPolicy, in: model)
    var meter = Meter(tags: PolicyEvaluation.metricTags)
    var solutions = [evaluation.solution]
    for _ in 1...10 {
      try evaluation.sweep(into: &meter)
      solutions.append(evaluation.solution)
    }
    // The reference numbers the moves up, down, right, left.
    let order: [GridWorld.Direction: Int] = [.up: 0, .down: 1, .right: 2, .left: 3]
    func moves(_ solution: Solution) -> [[Int]] {
      solution.greedy[1...14].map { $0.map { order[world.actions[$0]]! }.sorted() }
    }
    for k in [0, 1, 2, 3, 10] { findings.add("v_k\(k)", grid(solutions[k].v, columns: 4)) }
    findings.add("v_inf", grid(exact.v, columns: 4))
    for k in 1...3 { findings.add("greedy_k\(k)", moves(solutions[k])) }
    findings.add("greedy_inf", moves(exact))
    findings.add("sweeps_sync_1e-4", try sweeps(.synchronous, of: world.uniformPolicy, in: model, until: 1e-4))
    findings.add("sweeps_inplace_1e-4", try sweeps(.inPlace, of: world.uniformPolicy, in: model, until: 1e-4))
    findings.expect(
      "the values after ten sweeps", solutions[10].v,
      printed: [0, -6.1, -8.4, -9, -6.1, -7.7, -8.4, -8.4, -8.4, -8.4, -7.7, -6.1, -9, -8.4, -6.1, 0])
    findings.expect(
      "the values in the limit", exact.v,
      printed: [0, -14, -20, -22, -14, -18, -20, -20, -20, -20, -18, -14, -22, -20, -14, 0], decimals: 0)
    findings.expect("greedy after three sweeps is greedy in the limit", solutions[3].greedy == exact.greedy)
    findings.show(world.figure("values in the limit and greedy moves", exact.v, exact.greedy))
  }

  /// Sweeps of policy evaluation until one changes all values by less than `limit`.
  private static func sweeps(
    _ method: PolicyEvaluation.Method, of policy: [Double], in model: TransitionTable, until limit: Double
  ) throws -> Double {
    var configuration = PolicyEvaluation.Configuration()
    configuration.method = method
    var evaluation = PolicyEvaluation(configuration, of: policy, in: model)
    var meter = Meter(tags: PolicyEvaluation.metricTags)
    var (count, change) = (0.0, Double.infinity)
    while change >= limit {
      let before = evaluation.solution.v
      try evaluation.sweep(into: &meter)
      change = distance(before, evaluation.solution.v)
      count += 1
    }
    return count
  }

  /// The 4×4 gridworld with a state 15 below 13, which has the place 16 here.
  private static func withState15(_ world: GridWorld, isEntered: Bool) -> Variation {
    Variation(
      states: world.stateCount + 1, actions: world.actionCount, discount: 1, initial: world.initial + [0]
    ) { state, action in
      let isDown = world.actions[action] == .down
      guard state == 16 || state == 13 && isDown && isEntered else { return world.outcomes(state, action) }
      let ways: [GridWorld.Direction: Int] = [.left: 12, .up: 13, .right: 14, .down: 16]
      return [Outcome(probability: 1, next: ways[world.actions[action]]!, reward: -1, isTerminal: false)]
    }
  }

  private static let exercise44 = Experiment(
    "sb-4.1-exercise-q", "two moves of the 4×4 gridworld, and one more state",
    source: "Sutton and Barto, exercises 4.1 and 4.2",
    claim: "q(11, down) = −1 and q(7, down) = −15; a state 15 below 13 is worth −20, entered or not."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "SB-gridworld-4x4"))
    let q = try evaluation(of: world.uniformPolicy, in: world).actionValues
    let down = world.actions.firstIndex(of: .down)!
    findings.add("q_11_down", q[11][down])
    findings.add("q_7_down", q[7][down])
    for (name, isEntered) in [("v15", false), ("v15_when_13_down_leads_to_it", true)] {
      let larger = withState15(world, isEntered: isEntered)
      let v = try evaluation(of: larger.uniformPolicy, in: larger).v[16]
      findings.add(name, v)
      findings.expect("\(name) is −20", abs(v + 20) < 1e-9)
    }
    findings.expect("−1 and −15", [q[11][down], q[7][down]], printed: [-1, -15])
  }

  /// The book's game: no rule for naturals.
  static func blackjack() -> Blackjack {
    var game = Blackjack()
    (game.sab, game.natural) = (false, false)
    return game
  }

  static func hand(_ sum: Int, _ open: Int, usable: Bool) -> Int { (sum * 11 + open) * 2 + (usable ? 1 : 0) }

  /// What `value` says of the hands that are decided on: with and without a usable ace, by sum, by open card. Shape
  /// `[2, 10, 10]`.
  static func hands(_ value: (_ state: Int) -> Double) -> Quantity {
    .list(
      [true, false].map { usable in
        table((12...21).map { sum in (1...10).map { value(hand(sum, $0, usable: usable)) } })
      })
  }

  /// Action 0 sticks, 1 hits.
  private static func stickingOn20(_ game: Blackjack) -> [Double] {
    (0..<game.stateCount).flatMap { state -> [Double] in state / 22 >= 20 ? [1, 0] : [0, 1] }
  }

  private static let stickOn20 = Experiment(
    "sb-5.1-blackjack-stick20", "sticking on 20 and 21 alone", source: "Sutton and Barto, example 5.1, figure 5.1",
    claim: "The figure shows the values that Monte Carlo estimates; here they are exact."
  ) { findings in
    let game = blackjack()
    let v = try evaluation(of: stickingOn20(game), in: game).v
    findings.add("v", hands { v[$0] })
    let start = dot(game.initial, v)
    findings.add("start_value", start)
    findings.expect("a losing policy", start < -0.3)
  }

  private static let oneHand = Experiment(
    "sb-5.4-blackjack-state-value", "one hand: 13 with a usable ace against a deuce",
    source: "Sutton and Barto, example 5.4", claim: "Its value under sticking on 20 and 21 is −0.27726."
  ) { findings in
    let game = blackjack()
    let v = try evaluation(of: stickingOn20(game), in: game).v[hand(13, 2, usable: true)]
    findings.add("v", v)
    findings.expect("−0.2772, the book's estimate from 100 million episodes", abs(v + 0.27726) < 1e-4)
  }

  private static let corridor = Experiment(
    "sb-13.1-short-corridor", "the short corridor with switched actions", source: "Sutton and Barto, example 13.1",
    claim: "The best chance of going right is 0.59, worth −11.6; ε-greedy policies are worth −44 and −82."
  ) { findings in
    func start(_ right: Double) throws -> Double {
      try evaluation(of: ShortCorridor().policy(everywhere: [1 - right, right]), in: ShortCorridor()).v[0]
    }
    // v(s₀) = (2p − 4)/(p(1 − p)) is greatest where p² − 4p + 2 = 0.
    let best = 2 - 2.0.squareRoot()
    findings.add("p_star", best)
    findings.add("v_star", try start(best))
    for p in [0.05, 0.95, 0.5, 0.3] { findings.add("v_p\(p)", try start(p)) }
    findings.expect(
      "nothing near it is better", try start(best) > start(best - 0.01) && start(best) > start(best + 0.01))
    findings.expect("−11.6, −44 and −82", [try start(0.95), try start(0.05)], printed: [-44, -82], decimals: 0)
  }
}
