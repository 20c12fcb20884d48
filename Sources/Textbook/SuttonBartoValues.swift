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
  static func walk1000() throws -> (v: [Double], chain: Chain, visits: [Double], share: [Double]) {
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
    let star = try Star()
    let diverging = star.semiGradient()
    let norm = dot(diverging[1000], diverging[1000]).squareRoot()
    findings.add("dp_w_100", diverging[100])
    findings.add("dp_w_1000", diverging[1000])
    findings.add("dp_norm_1000", norm)
    findings.expect("the weights diverge", norm > 100)
    let least = (eigenvalues(star.linear.matrix, order: 8) ?? []).first?.real ?? 0
    findings.add("min_real_eigenvalue_A", least)
    findings.expect("since A has a negative eigenvalue", least < 0)

    let corrected = star.gradientCorrected()[1000]
    findings.add("tdc_w_1000", corrected)
    findings.add("tdc_sqrtVE_1000", star.valueError(corrected))
    findings.add("tdc_sqrtPBE_0", star.projectedError(Star.start))
    findings.add("tdc_sqrtPBE_1000", star.projectedError(corrected))
    findings.expect(
      "TDC's Bellman error vanishes, the values are still wrong",
      star.projectedError(corrected) < 0.01 && star.valueError(corrected) > 1.5)

    let emphatic = star.emphatic()
    findings.add("etd_w_1000", emphatic[1000])
    for k in [0, 100, 1000] { findings.add("etd_sqrtVE_\(k)", star.valueError(emphatic[k])) }
    findings.expect("emphatic TD finds the values", star.valueError(emphatic[1000]) < 1e-6)
  }

  /// Baird's star under the policy that always takes solid, its states as likely as the behaviour makes them, with 1000
  /// expected updates of three methods. Weights: shape `[1001, 8]`.
  private struct Star {
    static let start: [Double] = [1, 1, 1, 1, 1, 1, 10, 1]
    let linear: LinearValues
    private let gamma: Double

    init() throws {
      let world = BairdStar()
      gamma = world.discount
      linear = LinearValues(
        chain: try Chain(of: world.policy(everywhere: [0, 1]), in: world),
        features: (0..<8).map { i in BairdStar.features.map { $0[i] } }, weights: world.initial)
    }

    /// √VE, where all values are 0.
    func valueError(_ w: [Double]) -> Double { linear.error(w, of: .init(repeating: 0, count: 7)).squareRoot() }

    /// √PBE: the size of what features can match of the Bellman errors.
    func projectedError(_ w: [Double]) -> Double { valueError(linear.nearest(to: errors(w)).w) }

    /// δ̄(s) = γ E[v(s′)] − v(s). Shape `[7]`.
    private func errors(_ w: [Double]) -> [Double] {
      let v = linear.values(w)
      return zip(linear.chain.expected(v), v).map { gamma * $0 - $1 }
    }

    /// Σ D(s) f(s) x(s). Shape `[8]`.
    private func along(_ f: [Double]) -> [Double] { linear.features.map { linear.product($0, f) } }

    private func moved(_ w: [Double], _ step: Double, _ direction: [Double]) -> [Double] {
      zip(w, direction).map { $0 + step * $1 }
    }

    /// w ← w + α E[δ x]
    func semiGradient() -> [[Double]] {
      var weights = [Self.start]
      for k in 0..<1000 { weights.append(moved(weights[k], 0.01, along(errors(weights[k])))) }
      return weights
    }

    /// w ← w + α (E[ρ δ x] − γ E[ρ x′ xᵀ] u); u ← u + β (E[ρ δ x] − E[x xᵀ] u)
    func gradientCorrected() -> [[Double]] {
      var weights = [Self.start]
      var u = [Double](repeating: 0, count: 8)
      let ahead = linear.features.map(linear.chain.expected)
      for k in 0..<1000 {
        let (delta, correction) = (errors(weights[k]), linear.values(u))
        let lead = ahead.map { gamma * linear.product($0, correction) }
        weights.append(moved(weights[k], 0.005, zip(along(delta), lead).map { $0 - $1 }))
        u = moved(u, 0.05, along(zip(delta, correction).map { $0 - $1 }))
      }
      return weights
    }

    /// w ← w + α E[M ρ δ x]; M ← 1 + γ ρ M of the state before, in expectation for each state
    func emphatic() -> [[Double]] {
      var weights = [Self.start]
      var emphasis = [Double](repeating: 1, count: 7)
      for k in 0..<1000 {
        weights.append(moved(weights[k], 0.03, along(zip(errors(weights[k]), emphasis).map { $0 * $1 })))
        emphasis = (0..<7).map { next in
          let arriving = (0..<7).reduce(0) {
            $0 + linear.weights[$1] * emphasis[$1] * linear.chain.transitions[$1 * 7 + next]
          }
          return 1 + gamma * arriving / linear.weights[next]
        }
      }
      return weights
    }
  }
}
