import Environments
import Foundation
import Networks
import RLCore

/// Zhao, chapters 6 and 8 to 10: stochastic approximation and gradients, where the outcome is known exactly.
extension Textbook {
  static let zhaoGradients: [Experiment] = [
    robbinsMonro, meanBySGD, stationary22, linearFixedPoints, policyGradient, baseline, importance, linearControl,
  ]

  private static let robbinsMonro = Experiment(
    "zhao-6.4-robbins-monro-tanh", "Robbins-Monro finds the root of tanh(w − 1)",
    source: "Zhao, section 6.2, figure 6.4", claim: "From w₁ = 3 with a_k = 1/k it approaches 1 from above."
  ) { findings in
    // w_{k+1} = w_k − a_k g(w_k)
    var w = [3.0]
    for k in 1..<200 { w.append(w[k - 1] - tanh(w[k - 1] - 1) / Double(k)) }
    findings.add("w_2..10", Array(w[1...9]))
    findings.add("w_100", w[99])
    findings.add("w_200", w[199])
    findings.expect("every step is nearer to 1, and above it", zip(w, w.dropFirst()).allSatisfy { $0 > $1 && $1 > 1 })
  }

  private static let meanBySGD = Experiment(
    "zhao-6.5-sgd-mean-estimation", "the mean of a square's points by stochastic gradient descent",
    source: "Zhao, section 6.4, figure 6.5",
    claim: "Far from the mean it descends as if there were no chance; larger batches end nearer."
  ) { findings in
    // E|w|² = Σ over both coordinates of mean² + variance, for X uniform on [−10, 10]².
    let spread = 20.0 * 20 / 12
    func distance(from first: Double, steps: Int, batch: Int, step: (Int) -> Double) -> Double {
      // w_{k+1} = w_k − a_k (w_k − x̄_k)
      var (mean, variance) = (first, 0.0)
      for k in 1...steps {
        let a = step(k)
        mean -= a * mean
        variance = (1 - a) * (1 - a) * variance + a * a * spread / Double(batch)
      }
      return 2 * (mean * mean + variance)
    }
    for batch in [1, 5, 50] {
      for k in [10, 100, 1000] {
        findings.add("E_dist2_m\(batch)_k\(k)", distance(from: 50, steps: k, batch: batch) { 1 / Double($0) })
      }
    }
    findings.add("const_alpha.05_E_dist2_k30", distance(from: 50, steps: 30, batch: 1) { _ in 0.05 })
    let ends = [1, 5, 50].map { distance(from: 50, steps: 100, batch: $0) { 1 / Double($0) } }
    findings.expect("the larger the batch, the nearer", ends[0] > ends[1] && ends[1] > ends[2])
  }

  private static let stationary22 = Experiment(
    "zhao-8.5-stationary-2x2", "where an ε-greedy policy spends its time on the 2×2 grid",
    source: "Zhao, section 8.2.1, box 8.1, figure 8.5", claim: "The left eigenvector of P_π for the eigenvalue 1."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-2x2"))
    let chain = try Chain(of: world.policy(["DD", "RO"], epsilon: 0.5), in: world)
    let d = try chain.stationary()
    let spectrum = (eigenvalues(chain.transitions, order: chain.states) ?? []).map(\.real)
    findings.add("P_pi", grid(chain.transitions, columns: chain.states))
    findings.add("eigenvalues", spectrum)
    findings.add("d", d)
    findings.expect("the distribution", d, printed: [0.0345, 0.1084, 0.1330, 0.7241], decimals: 4)
    findings.expect("the eigenvalues", spectrum, printed: [-0.0449, 0.3, 0.4449, 1], decimals: 4)
    findings.show(Figure(title: "share of time", columns: 2, values: d, arrows: ["↓", "↓", "→", "○"]))
  }

  private static let linearFixedPoints = Experiment(
    "zhao-8.7-td-linear-fixed-points", "where TD with polynomial and Fourier features comes to rest",
    source: "Zhao, section 8.2, figures 8.7 and 8.8", claim: "The more features, the nearer to the true values."
  ) { findings in
    let world = try findings.varied(env: GridWorld.zhao55())
    let v = try evaluation(of: world.uniformPolicy, in: world).v
    let chain = try Chain(of: world.uniformPolicy, in: world)
    let weights = try chain.stationary()
    func feature(_ f: (_ x: Double, _ y: Double) -> Double) -> [Double] {
      world.cells.indices.map { f(Double($0 % 5) / 4, Double($0 / 5) / 4) }
    }
    // Coordinates in [−1, 1], by the exponents of x and y.
    let powers = [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (3, 0), (0, 3), (2, 1), (1, 2)].map { i, j in
      feature { pow(2 * $0 - 1, Double(i)) * pow(2 * $1 - 1, Double(j)) }
    }
    func waves(_ order: Int) -> [[Double]] {
      (0...order).flatMap { i in (0...order).map { j in feature { cos(.pi * (Double(i) * $0 + Double(j) * $1)) } } }
    }
    let families = [
      [3, 6, 10].map { ("poly\($0)", Array(powers[..<$0])) }, [1, 2, 3].map { ("fourier_q\($0)", waves($0)) },
    ]
    for family in families {
      var errors: [Double] = []
      for (name, features) in family {
        let linear = LinearValues(chain: chain, features: features, weights: weights)
        let w = try linear.fixedPoint()
        let nearest = linear.nearest(to: v)
        errors.append(linear.error(w, of: v).squareRoot())
        let least = linear.error(nearest.w, of: v).squareRoot()
        findings.add("\(name)_td_fixed_point_values", grid(linear.values(w), columns: 5))
        findings.add("\(name)_td_fixed_point_rmse", errors.last!)
        findings.add("\(name)_least_squares_rmse", least)
        findings.add("\(name)_rank", Double(nearest.rank))
        if features.count <= 6 && name.hasPrefix("poly") { findings.add("\(name)_w", w) }
        findings.expect(
          "\(name): no better than least squares, nearly as good", (least...1.1 * least).contains(errors.last!))
      }
      findings.expect("more features are nearer", errors[0] > errors[1] && errors[1] > errors[2])
    }
  }

  private static let policyGradient = Experiment(
    "zhao-9-policy-gradient-identity", "the policy gradient theorem in numbers",
    source: "Zhao, sections 9.2 and 9.3, theorems 9.1 to 9.3",
    claim: "r̄ = (1 − γ) v̄, and ∇J is Σ η(s) Σ ∇π(a | s) q(s, a)."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "Zhao-2x2"))
    let theta = [
      [0.1, 0.2, 0.3, 0.0, -0.1], [0.0, 0.0, 0.5, 0.0, 0.0], [0.0, -0.3, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0],
    ]
    @Sendable func softmax(_ theta: [[Double]]) -> [Double] {
      theta.flatMap { row in
        let sum = row.reduce(0) { $0 + exp($1) }
        return row.map { exp($0) / sum }
      }
    }
    let start = [Double](repeating: 0.25, count: 4)
    func objective(_ theta: [[Double]]) throws -> Double {
      dot(start, try evaluation(of: softmax(theta), in: world).v)
    }
    let policy = softmax(theta)
    let exact = try evaluation(of: policy, in: world)
    let chain = try Chain(of: policy, in: world)
    let d = try chain.stationary()
    let visits = try chain.visits(from: start)
    let mean = dot(d, exact.v)
    let reward = dot(d, chain.rewards)
    // ∂J/∂θ(s, a) = η(s) π(a | s) (q(s, a) − v(s)) for a softmax
    let gradient = policy.indices.map { pair in
      visits[pair / 5] * policy[pair] * (exact.q[pair] - exact.v[pair / 5])
    }
    findings.add("v", exact.v)
    findings.add("d", d)
    findings.add("vbar", mean)
    findings.add("rbar", reward)
    findings.add("J_uniform", try objective(theta))
    findings.add("gradient_J", grid(gradient, columns: 5))
    findings.expect("r̄ = (1 − γ) v̄", abs(reward - (1 - world.discount) * mean) < 1e-10)
    let differences = try policy.indices.map { pair in
      let ends = try [1e-5, -1e-5].map { nudge in
        var theta = theta
        theta[pair / 5][pair % 5] += nudge
        return try objective(theta)
      }
      return (ends[0] - ends[1]) / 2e-5
    }
    findings.expect("∇J as finite differences have it", distance(gradient, differences) < 1e-6)
  }

  private static let baseline = Experiment(
    "zhao-10.2-optimal-baseline", "the baseline of least variance",
    source: "Zhao, section 10.2.1, equation 10.4, box 10.1",
    claim: "The best baseline weighs q with |∇ ln π|²; the state value is nearly as good and simpler."
  ) { findings in
    let (policy, q) = ([0.6, 0.3, 0.1], [1.0, 2, 10])
    // ∇ ln π(a) = e_a − π for a softmax of one state.
    let scores = (0..<3).map { a in (0..<3).map { ($0 == a ? 1 : 0) - policy[$0] } }
    func mean(_ f: (Int) -> Double) -> Double { (0..<3).reduce(0) { $0 + policy[$1] * f($1) } }
    func square(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }
    /// The trace of the covariance of ∇ ln π(A) (q(A) − b).
    func variance(_ b: Double) -> Double {
      let centre = (0..<3).map { i in mean { scores[$0][i] * (q[$0] - b) } }
      return mean { square(scores[$0]) * (q[$0] - b) * (q[$0] - b) } - square(centre)
    }
    let best = mean { square(scores[$0]) * q[$0] } / mean { square(scores[$0]) }
    let value = mean { q[$0] }
    findings.add("b_star", best)
    findings.add("v", value)
    findings.add("trvar_b0", variance(0))
    findings.add("trvar_bv", variance(value))
    findings.add("trvar_bstar", variance(best))
    findings.expect(
      "nothing near it is better", variance(best) < variance(best - 0.01) && variance(best) < variance(best + 0.01))
    findings.expect("the state value halves the variance of none", variance(value) < 0.6 * variance(0))
  }

  private static let importance = Experiment(
    "zhao-10.3-importance-sampling", "means of one distribution from samples of another",
    source: "Zhao, section 10.3.1, figure 10.2",
    claim: "Samples of p₁ average 0.6; weighted with p₀/p₁ they average 0, the mean under p₀."
  ) { findings in
    let (x, p0) = ([1.0, -1], [0.5, 0.5])
    /// Mean and variance under `p` of x times a weight.
    func moments(_ p: [Double], _ weight: (Int) -> Double) -> (mean: Double, variance: Double) {
      let terms = x.indices.filter { p[$0] > 0 }.map { (p[$0], weight($0) * x[$0]) }
      let mean = terms.reduce(0) { $0 + $1.0 * $1.1 }
      return (mean, terms.reduce(0) { $0 + $1.0 * $1.1 * $1.1 } - mean * mean)
    }
    let p1 = [0.8, 0.2]
    let plain = moments(p1) { _ in 1 }
    let weighted = moments(p1) { p0[$0] / p1[$0] }
    let degenerate = moments([1, 0]) { p0[$0] / 1 }
    findings.add("E_p1", plain.mean)
    findings.add("E_weighted", weighted.mean)
    findings.add("var_plain", plain.variance)
    findings.add("var_weighted", weighted.variance)
    findings.add("degenerate", degenerate.mean)
    findings.expect("0.6 and 0", [plain.mean, weighted.mean], printed: [0.6, 0])
    findings.expect("a p₁ that never shows −1 gives 0.5", [degenerate.mean], printed: [0.5])
  }

  private static let linearControl = Experiment(
    "zhao-10.4-dpg-lqr", "the deterministic policy gradient of a linear plant",
    source: "Zhao, section 10.4, theorem 10.2",
    claim: "Not in the book: its gradient, ascended exactly, ends at Riccati's optimum."
  ) { findings in
    // s′ = s + a, reward −(s² + a²), a = −k s, v(s) = −p s².
    let gamma = 0.9
    var best = 1.0
    for _ in 0..<200 { best = 1 + gamma * best - gamma * best * gamma * best / (1 + gamma * best) }
    let optimum = gamma * best / (1 + gamma * best)
    func price(_ k: Double) -> Double { (1 + k * k) / (1 - gamma * (1 - k) * (1 - k)) }
    /// ∂q/∂a of q(s, a) = −(s² + a²) − γ p (s + a)² at s = 1 and a = −k.
    func slope(_ k: Double) -> Double { 2 * k - 2 * gamma * price(k) * (1 - k) }
    /// dJ/dk from s = 1: Σ γᵗ ∂q/∂a · ∂a/∂k, where both grow with s_t = (1 − k)ᵗ.
    func gradient(_ k: Double) -> Double { -slope(k) / (1 - gamma * (1 - k) * (1 - k)) }
    findings.add("p_star", best)
    findings.add("k_star", optimum)
    findings.add("p_k0.3", price(0.3))
    findings.add("dq_da_s1_k0.3", slope(0.3))
    let difference = (price(0.3 - 1e-5) - price(0.3 + 1e-5)) / 2e-5
    findings.expect("the gradient as finite differences have it", abs(gradient(0.3) - difference) < 1e-6)
    var k = 0.3
    for _ in 0..<200 { k += 0.05 * gradient(k) }
    findings.expect("ascending it ends at the optimum", abs(k - optimum) < 1e-6)
  }
}
