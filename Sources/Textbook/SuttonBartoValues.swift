import Agents
import Environments
import Foundation
import Networks
import RLCore

/// Sutton and Barto, chapters 6 to 11: what estimates of values tend to, exactly.
extension Textbook {
  static let suttonBartoValues: [Experiment] = [
    predictor, expectedAndSampled, aggregation, bestFits, tsitsiklisVanRoy, baird,
  ]

  private static let predictor = Experiment(
    "sb-6.4-you-are-the-predictor", "eight episodes, two answers", source: "Sutton and Barto, example 6.4",
    claim: "For B both say 3/4; for A the mean of returns says 0, the most likely model 3/4."
  ) { findings in
    // States A, B and the end: A pays 0 and leads to B once; B pays 1 six times of eight.
    typealias Step = (state: Int, reward: Double, next: Int)
    let episodes: [[Step]] = [[(0, 0, 1), (1, 0, 2)]] + .init(repeating: [(1, 1, 2)], count: 6) + [[(1, 0, 2)]]
    let steps = episodes.flatMap { $0 }
    // Batch TD's answer: the values of the most likely model.
    let model = Variation(states: 3, actions: 1, discount: 1, initial: [1, 0, 0]) { state, _ in
      if state == 2 { return [Outcome(probability: 1, next: 2, reward: 0, isTerminal: true)] }
      let seen = steps.filter { $0.state == state }
      return seen.map {
        Outcome(probability: 1 / Double(seen.count), next: $0.next, reward: $0.reward, isTerminal: $0.next == 2)
      }
    }
    let likely = try evaluation(of: model.uniformPolicy, in: model).v
    var means = MCPrediction(.init(), for: try Simulator(model), model: nil, seed: 0)
    var meter = Meter(tags: MCPrediction.metricTags)
    for step in steps {
      means.learn(step.state, 0, step.reward, step.next, step.next == 2 ? .terminated : .running, into: &meter)
    }
    findings.add("V_B", likely[1])
    findings.add("V_A_mc", means.v[0])
    findings.add("V_A_td", likely[0])
    findings.expect("3/4 for B by both", abs(means.v[1] - likely[1]) < 1e-12)
    findings.expect("0 and 3/4 for A", [means.v[0], likely[0]], printed: [0, 0.75], decimals: 2)
  }

  private static let expectedAndSampled = Experiment(
    "sb-8.7-expected-vs-sample", "one expected update or many sampled ones",
    source: "Sutton and Barto, section 8.5, figure 8.7",
    claim: "With b successors t samples leave an error of √((b − 1) / (b t)): long before b it is small."
  ) { findings in
    for b in [2, 10, 100, 1000, 10000] {
      // b values whose sample variance is 1; a sample errs by its distance from their mean.
      let centre = Double(b - 1) / 2
      let squares = (0..<b).reduce(0) { $0 + (Double($1) - centre) * (Double($1) - centre) }
      let variance = squares / (squares / Double(b - 1)) / Double(b)
      for t in [b / 2, b, 2 * b] { findings.add("b\(b)_t\(t)", (variance / Double(t)).squareRoot()) }
      if b == 10000 {
        findings.expect("1 % of the error is left after b updates", (variance / 1e4).squareRoot() < 0.0101)
      }
    }
  }

  /// The walk over 1000 states: its chain, values, and shares of visits, the two ends included.
  private static func walk1000() throws -> (v: [Double], chain: Chain, visits: [Double], share: [Double]) {
    let walk = RandomWalk.thousand
    let chain = try Chain(of: walk.uniformPolicy, in: walk)
    let visits = try chain.visits()
    let length = visits.reduce(0, +)
    return (try evaluation(of: walk.uniformPolicy, in: walk).v, chain, visits, visits.map { $0 / length })
  }

  private static let aggregation = Experiment(
    "sb-9.1-walk1000-exact", "the walk over 1000 states and its ten groups",
    source: "Sutton and Barto, examples 9.1 and 9.2, figures 9.1 and 9.2",
    claim: "Groups of 100 states make a staircase; TD's is flatter than the best one."
  ) { findings in
    let (v, chain, visits, share) = try walk1000()
    let groups = (0..<10).map { group in
      (0..<chain.states).map { (1...1000).contains($0) && ($0 - 1) / 100 == group ? 1.0 : 0 }
    }
    let linear = LinearValues(chain: chain, features: groups, weights: share)
    let (best, rest) = (linear.nearest(to: v).w, try linear.fixedPoint())
    findings.add("v_selected", [1, 100, 250, 500, 750, 900, 1000].map { v[$0] })
    findings.add("v_all", Array(v[1...1000]))
    findings.add("mu_selected", [1, 100, 250, 500, 501, 750, 900, 1000].map { share[$0] })
    findings.add("expected_episode_length", visits.reduce(0, +))
    findings.add("w_MC", best)
    findings.add("w_TD", rest)
    findings.add("VE_MC", linear.error(best, of: v))
    findings.add("VE_TD", linear.error(rest, of: v))
    findings.expect(
      "TD's values lie within Monte Carlo's in the outer groups", abs(rest[0]) < abs(best[0]) && rest[9] < best[9])
    findings.expect("and err more", linear.error(best, of: v) < linear.error(rest, of: v))
    findings.expect("the middle state has 1.37 % of the visits", abs(share[500] - 0.0137) < 1e-4)
  }

  private static let bestFits = Experiment(
    "sb-9.5-walk1000-best-fit", "how near polynomials and waves can come on the walk over 1000 states",
    source: "Sutton and Barto, section 9.5, figure 9.5",
    claim: "The curves of the figure end above what their features allow."
  ) { findings in
    let (v, chain, _, share) = try walk1000()
    func error(_ degree: Int, _ feature: (_ i: Double, _ x: Double) -> Double) -> Double {
      let features = (0...degree).map { i in (0..<chain.states).map { feature(Double(i), Double($0) / 1000) } }
      let linear = LinearValues(chain: chain, features: features, weights: share)
      return linear.error(linear.nearest(to: v).w, of: v).squareRoot()
    }
    var errors: [Double] = []
    for degree in [5, 10, 20] {
      // Chebyshev's polynomials span what the powers span; the powers themselves are parallel to fifteen digits.
      errors.append(error(degree) { cos($0 * acos(min(2 * $1 - 1, 1))) })
      findings.add("poly\(degree)_sqrtVE", errors.last!)
      findings.add("fourier\(degree)_sqrtVE", error(degree) { cos(.pi * $0 * $1) })
    }
    findings.expect("more powers come nearer", errors[0] > errors[1] && errors[1] > errors[2])
    findings.expect("all within 0.01", errors.allSatisfy { $0 < 0.01 })
  }

  private static let tsitsiklisVanRoy = Experiment(
    "sb-11.1-tsitsiklis-van-roy", "least-squares dynamic programming may diverge",
    source: "Sutton and Barto, example 11.1",
    claim: "w grows by γ (6 − 4ε) / 5 a sweep: without bound where γ > 5 / (6 − 4ε)."
  ) { findings in
    /// w after one sweep from w = 1, fitted to the sweep's values.
    func factor(_ epsilon: Double, discount: Double) throws -> Double {
      var world = TsitsiklisVanRoy()
      (world.epsilon, world.discount) = (epsilon, discount)
      let feature = TsitsiklisVanRoy.features.map { $0[0] }
      var evaluation = PolicyEvaluation(
        .init(), of: world.uniformPolicy, in: try TransitionTable(world), from: feature)
      var meter = Meter(tags: PolicyEvaluation.metricTags)
      try evaluation.sweep(into: &meter)
      return leastSquares(feature, columns: 1, evaluation.solution.v).x[0]
    }
    let factors = try [0.1, 0.3, 0.5].map { try factor($0, discount: 0.99) }
    findings.add("factor", factors)
    findings.add("threshold_gamma", try [0.1, 0.3, 0.5].map { 1 / (try factor($0, discount: 1)) })
    findings.expect("at γ = 0.99 and ε = 0.1 it diverges, at 0.3 not", factors[0] > 1 && factors[1] < 1)
  }

  private static let baird = Experiment(
    "sb-11.2-baird", "Baird's counterexample, in expectation",
    source: "Sutton and Barto, sections 11.2, 11.7 and 11.8, figures 11.2, 11.5 and 11.6",
    claim: "Semi-gradient updates diverge without chance; TDC's Bellman error vanishes; emphatic TD finds the values."
  ) { findings in
    let world = BairdStar()
    let solid = try Chain(of: world.policy(everywhere: [0, 1]), in: world)
    let linear = LinearValues(
      chain: solid, features: (0..<8).map { i in BairdStar.features.map { $0[i] } }, weights: world.initial)
    let start: [Double] = [1, 1, 1, 1, 1, 1, 10, 1]
    let zero = [Double](repeating: 0, count: 7)
    func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    func valueError(_ w: [Double]) -> Double { linear.error(w, of: zero).squareRoot() }
    /// δ̄(s) = γ E[v(s′)] − v(s)
    func surprise(_ w: [Double]) -> [Double] {
      let v = linear.values(w)
      return zip(solid.expected(v), v).map { world.discount * $0 - $1 }
    }
    func projectedError(_ w: [Double]) -> Double { valueError(linear.nearest(to: surprise(w)).w) }
    func moved(_ w: [Double], _ step: Double, _ direction: [Double]) -> [Double] {
      zip(w, direction).map { $0 + step * $1 }
    }
    var w = start
    for k in 1...1000 {
      // w ← w + α E[δ x]
      let delta = surprise(w)
      w = moved(w, 0.01, linear.features.map { linear.product($0, delta) })
      if k == 100 || k == 1000 { findings.add("dp_w_\(k)", w) }
    }
    findings.add("dp_norm_1000", norm(w))
    findings.expect("the weights diverge", norm(w) > 100)
    let least = (eigenvalues(linear.matrix, order: 8) ?? []).first?.real ?? 0
    findings.add("min_real_eigenvalue_A", least)
    findings.expect("since A has a negative eigenvalue", least < 0)

    var u = [Double](repeating: 0, count: 8)
    findings.add("tdc_sqrtPBE_0", projectedError(start))
    w = start
    let ahead = linear.features.map(solid.expected)
    for _ in 1...1000 {
      // w ← w + α (E[ρ δ x] − γ E[ρ x′ xᵀ] u); u ← u + β (E[ρ δ x] − E[x xᵀ] u)
      let (delta, corrections) = (surprise(w), linear.values(u))
      let main = (0..<8).map {
        linear.product(linear.features[$0], delta) - world.discount * linear.product(ahead[$0], corrections)
      }
      u = moved(u, 0.05, linear.features.map { linear.product($0, zip(delta, corrections).map { $0 - $1 }) })
      w = moved(w, 0.005, main)
    }
    findings.add("tdc_w_1000", w)
    findings.add("tdc_sqrtVE_1000", valueError(w))
    findings.add("tdc_sqrtPBE_1000", projectedError(w))
    findings.expect(
      "TDC's Bellman error vanishes, the values are still wrong", projectedError(w) < 0.01 && valueError(w) > 1.5)

    w = start
    var emphasis = [Double](repeating: 1, count: 7)
    findings.add("etd_sqrtVE_0", valueError(w))
    for k in 1...1000 {
      // w ← w + α E[M ρ δ x]; M ← 1 + γ ρ M of the state before, in expectation
      let delta = zip(surprise(w), emphasis).map { $0 * $1 }
      w = moved(w, 0.03, linear.features.map { linear.product($0, delta) })
      let flow = zip(world.initial, emphasis).map { $0 * $1 }
      emphasis = (0..<7).map { next in
        let arriving = (0..<7).reduce(0) { $0 + flow[$1] * solid.transitions[$1 * 7 + next] }
        return 1 + world.discount * arriving / world.initial[next]
      }
      if k == 100 { findings.add("etd_sqrtVE_100", valueError(w)) }
    }
    findings.add("etd_w_1000", w)
    findings.add("etd_sqrtVE_1000", valueError(w))
    findings.expect("emphatic TD finds the values", valueError(w) < 1e-6)
  }
}
