import Agents
import Environments
import RLCore

/// Sutton and Barto, chapters 6, 7 and 12: the values of a walk by chance, predicted while walking.
extension Textbook {
  static let randomWalks: [Experiment] = [
    tdAndMonteCarlo, batchUpdating, nStepTD, lambdaReturn, tdLambda, trueOnlineTDLambda, instability,
  ]

  /// A walk and what its states are worth.
  private struct Walk: Sendable {
    let simulator: Simulator
    /// The values of the states between the ends.
    let v: [Double]

    init(_ process: RandomWalk) throws {
      simulator = try Simulator(process)
      v = Array(try evaluation(of: process.uniformPolicy, in: process).v[1...process.states])
    }

    /// The RMS error over all states after each of the first episodes.
    func errors<Rule: Agent<Int, Int>>(of agent: Rule, episodes: Int, seed: UInt64) -> [Double] {
      var play = Play(agent, in: simulator, seed: seed)
      return (0..<episodes).map { _ in
        _ = play.episode()
        return rms(play.agent.solution!.v[1...v.count], v)
      }
    }
  }

  private static let tdAndMonteCarlo = Experiment(
    "sb-6.2-random-walk-td-mc", "TD(0) against constant-α Monte Carlo on five states",
    source: "Sutton and Barto, example 6.2",
    claim: "Both approach the true values and hover around them, the closer the smaller α; TD was always better than "
      + "Monte Carlo on this task."
  ) { findings in
    let walk = try Walk(findings.varied(env: RandomWalk.five))
    var curves: [Chart.Curve] = []
    /// Returns the mean error of the first hundred episodes.
    func measure<Rule: Agent<Int, Int>>(_ name: String, _ agent: @Sendable (UInt64) -> Rule) throws -> Double {
      let runs = try findings.runs(400) { walk.errors(of: agent($0), episodes: 100, seed: $0) }
      for episode in [10, 50, 100] { findings.add("\(name)_rms_ep\(episode)", runs) { $0[episode - 1] } }
      let points = (0..<100).map { i in Drawing.Point(Double(i + 1), mean(runs) { $0[i] }) }
      curves.append(Chart.Curve(name.replacing("_alpha", with: " α = "), points))
      return findings.add(name + "_rms_mean_1_100", runs) { mean($0) }
    }
    let td = try [0.05, 0.1, 0.15].map { alpha in
      let settings = try findings.varied(TD.Configuration(alpha: alpha, initialValue: 0.5))
      return try measure("td_alpha\(alpha)") { TD(settings, for: walk.simulator, model: nil, seed: $0) }
    }
    let monteCarlo = try [0.01, 0.02, 0.03, 0.04].map { alpha in
      let settings = try findings.varied(MCPrediction.Configuration(alpha: alpha, initialValue: 0.5)) {
        $0.visits = .every
      }
      return try measure("mc_alpha\(alpha)") { MCPrediction(settings, for: walk.simulator, model: nil, seed: $0) }
    }
    findings.show(Chart("RMS error over the states, mean of all runs", x: "episodes", y: "error", curves))
    findings.expect("TD is closer than Monte Carlo, whatever the step sizes", td.max()! < monteCarlo.min()!)
    findings.expect(
      "a small α ends closer than a large one: 0.05 than 0.15", curves[0].points[99].y < curves[2].points[99].y)
  }

  private static let batchUpdating = Experiment(
    "sb-6.3-batch-updating", "TD(0) against Monte Carlo under batch updating",
    source: "Sutton and Barto, example 6.3, figure 6.2",
    claim:
      "Presented all episodes so far until they converge, TD is consistently better than Monte Carlo, though Monte "
      + "Carlo's estimates are the means of the observed returns."
  ) { findings in
    let walk = try Walk(findings.varied(env: RandomWalk.five))
    var curves: [Chart.Curve] = []
    for method in [BatchUpdating.Method.td, .mc] {
      let settings = try findings.varied(BatchUpdating.Configuration()) { ($0.method, $0.initialValue) = (method, 0.5) }
      let runs = try findings.runs(400) { seed in
        walk.errors(
          of: BatchUpdating(settings, for: walk.simulator, model: nil, seed: seed), episodes: 100, seed: seed)
      }
      for episode in [10, 25, 50, 100] { findings.add("batch_\(method)_ep\(episode)", runs) { $0[episode - 1] } }
      let points = (0..<100).map { i in Drawing.Point(Double(i + 1), mean(runs) { $0[i] }) }
      curves.append(Chart.Curve("batch \(method)", points))
    }
    findings.show(Chart("RMS error over the states, mean of all runs", x: "episodes", y: "error", curves))
    findings.expect(
      "TD is better after any number of episodes but the first few",
      zip(curves[0].points, curves[1].points).dropFirst(5).allSatisfy { $0.y < $1.y })
  }

  // MARK: Nineteen states

  /// The values of a parameter, each with the step sizes whose errors the reference states.
  private typealias Grid<Value> = [(value: Value, stated: Set<Double>)]

  /// The mean error of the first ten episodes on 19 states, over step sizes, of each value of a parameter. Adds those
  /// that are stated and the lowest of each value; returns the lowest.
  private static func sweep<Value: Sendable, Rule: Agent<Int, Int>>(
    _ parameter: String, _ grid: Grid<Value>, alphas: [Double], _ findings: inout Findings,
    _ rule: (Value, Double, Simulator, inout Findings) throws -> @Sendable (UInt64) -> Rule
  ) throws -> [Double] {
    let walk = try Walk(findings.varied(env: RandomWalk.nineteen))
    var curves: [Chart.Curve] = []
    var lowest: [Double] = []
    for (value, stated) in grid {
      var points: [Drawing.Point] = []
      for alpha in alphas {
        let agent = try rule(value, alpha, walk.simulator, &findings)
        let errors = try findings.runs(400) { mean(walk.errors(of: agent($0), episodes: 10, seed: $0)) }
        if stated.contains(alpha) { findings.add("rms_\(parameter)\(value)_alpha\(alpha)", errors) { $0 } }
        points.append(Drawing.Point(alpha, mean(errors)))
      }
      lowest.append(points.map(\.y).min()!)
      findings.add("best_\(parameter)\(value)", lowest.last!)
      // The book's figures end here.
      curves.append(Chart.Curve("\(parameter) = \(value)", points.filter { $0.y <= 0.55 }))
    }
    let title = "RMS error over the 19 states, mean of the first 10 episodes and of all runs"
    findings.show(Chart(title, x: "α", y: "error", curves))
    return lowest
  }

  private static let nStepTD = Experiment(
    "sb-7.2-nstep-td-19-walk", "n-step TD over n and step sizes", source: "Sutton and Barto, example 7.1, figure 7.2",
    claim: "An intermediate n works best: neither TD(0) nor Monte Carlo, which the largest n come near."
  ) { findings in
    let grid: Grid<Int> = [
      (1, [0.4, 0.8]), (2, [0.4, 0.6]), (4, [0.2, 0.4, 0.6]), (8, [0.2, 0.4]), (16, [0.2]), (32, [0.1]), (64, [0.1]),
      (128, []), (256, []), (512, [0.05]),
    ]
    let alphas = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 1]
    let lowest = try sweep("n", grid, alphas: alphas, &findings) { n, alpha, world, findings in
      let settings = try findings.varied(NStepTD.Configuration(alpha: alpha)) { $0.n = n }
      return { NStepTD(settings, for: world, model: nil, seed: $0) }
    }
    findings.expect("the best is n = 4", lowest.firstIndex(of: lowest.min()!) == 2)
  }

  private static let lambdaReturn = Experiment(
    "sb-12.3-offline-lambda-return", "the off-line λ-return algorithm over λ and step sizes",
    source: "Sutton and Barto, section 12.1, figure 12.3",
    claim: "It does about as well as the n-step methods, and best, as they do, at an intermediate parameter."
  ) { findings in
    let lowest = try sweep("lambda", lambdas, alphas: lambdaAlphas, &findings) { lambda, alpha, world, findings in
      let settings = try findings.varied(LambdaReturn.Configuration(alpha: alpha)) { $0.lambda = lambda }
      return { LambdaReturn(settings, for: world, model: nil, seed: $0) }
    }
    findings.expect("λ = 0.8 is better than either end", lowest[2] < min(lowest.first!, lowest.last!))
  }

  private static let tdLambda = Experiment(
    "sb-12.6-td-lambda", "TD(λ) over λ and step sizes", source: "Sutton and Barto, section 12.2, figure 12.6",
    claim:
      "With its best step sizes TD(λ) does as well as the off-line λ-return algorithm, an intermediate λ best; with "
      + "larger ones it does much worse."
  ) { findings in
    let lowest = try sweep("lambda", lambdas, alphas: lambdaAlphas, &findings) { lambda, alpha, world, findings in
      let settings = try findings.varied(TDLambda.Configuration(alpha: alpha)) { $0.lambda = lambda }
      return { TDLambda(settings, for: world, model: nil, seed: $0) }
    }
    findings.expect("λ = 0.8 is better than either end", lowest[2] < min(lowest.first!, lowest.last!))
  }

  private static let trueOnlineTDLambda = Experiment(
    "sb-12.8-true-online-td-lambda", "true online TD(λ) over λ and step sizes",
    source: "Sutton and Barto, sections 12.4 and 12.5, figure 12.8",
    claim: "The on-line λ-return algorithm, which it computes exactly, does slightly better than the off-line one and "
      + "stays stable at step sizes where TD(λ) does not."
  ) { findings in
    let lowest = try sweep("lambda", lambdas, alphas: lambdaAlphas, &findings) { lambda, alpha, world, findings in
      let settings = try findings.varied(TrueOnlineTDLambda.Configuration(alpha: alpha)) { $0.lambda = lambda }
      return { TrueOnlineTDLambda(settings, for: world, model: nil, seed: $0) }
    }
    findings.expect("λ = 0.8 is better than either end", lowest[2] < min(lowest.first!, lowest.last!))
  }

  private static let lambdas: Grid<Double> = [
    (0, [0.8]), (0.4, [0.6]), (0.8, [0.3, 0.4, 0.5]), (0.9, [0.2, 0.3]), (0.95, [0.1]), (0.975, [0.1]), (0.99, []),
    (1, [0.025]),
  ]

  private static let lambdaAlphas = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

  private static let instability = Experiment(
    "sb-12.6-instability", "accumulating traces at large step sizes",
    source: "Sutton and Barto, figures 12.3, 12.6 and 12.8",
    claim: "Where α is larger than is best, TD(λ) does much worse than the off-line λ-return algorithm and may become "
      + "unstable; true online TD(λ) does not."
  ) { findings in
    let walk = try Walk(findings.varied(env: RandomWalk.nineteen))
    /// The median over runs, as a mean of what diverges means nothing.
    func add<Rule: Agent<Int, Int>>(_ name: String, _ agent: @Sendable (UInt64) -> Rule) throws -> Double {
      let errors = try findings.runs(4000) { mean(walk.errors(of: agent($0), episodes: 10, seed: $0)) }
      findings.add(name, SeedStatistics.median(errors))
      return SeedStatistics.median(errors)
    }
    for alpha in [0.3, 0.5] {
      let returns = try findings.varied(LambdaReturn.Configuration(alpha: alpha)) { $0.lambda = 0.95 }
      let traces = try findings.varied(TDLambda.Configuration(alpha: alpha)) { $0.lambda = 0.95 }
      let online = try findings.varied(TrueOnlineTDLambda.Configuration(alpha: alpha)) { $0.lambda = 0.95 }
      let offline = try add("offline_alpha\(alpha)") {
        LambdaReturn(returns, for: walk.simulator, model: nil, seed: $0)
      }
      let td = try add("td_lambda_alpha\(alpha)") { TDLambda(traces, for: walk.simulator, model: nil, seed: $0) }
      let exact = try add("true_online_alpha\(alpha)") {
        TrueOnlineTDLambda(online, for: walk.simulator, model: nil, seed: $0)
      }
      findings.expect("with λ = 0.95, α = \(alpha) TD(λ) is much worse than both", td > 1.3 * max(offline, exact))
    }
  }
}
