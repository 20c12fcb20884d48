import Agents
import Environments
import RLCore

/// Sutton and Barto, chapters 10 and 12: linear Sarsa drives a car out of a valley, and admits customers.
extension Textbook {
  static let mountainCars: [Experiment] = [mountainCar, severalSteps, stepsAndSizes, eligibility, admission]

  /// The tilings of the book: 8 of 8 × 8 tiles over the positions left of the goal and all velocities.
  private static func tiled<Method: LinearControlSettings>(_ method: Method, alpha: Double) -> Method {
    var method = method
    method.alpha = .constant(alpha / 8)
    method.epsilon = 0
    method.discount = 1
    method.features = FeatureSettings(.tiles)
    method.features.ranges = [-1.2...0.5, -0.07...0.07]
    return method
  }

  /// The lengths of so many episodes.
  private static func lengths<Rule: Agent<[Float], Int>>(
    _ episodes: Int, of agent: Rule, in world: TimeLimit<MountainCar>, seed: UInt64
  ) -> [Double] {
    var play = Play(agent, in: world, seed: seed)
    return (0..<episodes).map { _ in Double(play.episode().length) }
  }

  private static let mountainCar = Experiment(
    "sb-10.2-mountain-car-sarsa", "Sarsa with tile coding drives out of the valley",
    source: "Sutton and Barto, example 10.1, figure 10.2",
    claim: "Values that start from 0 are optimistic and make it explore; the larger of three step sizes learns fastest."
  ) { findings in
    let world = TimeLimit(try findings.varied(env: MountainCar()), limit: 10_000)
    var curves: [Chart.Curve] = []
    for alpha in [0.1, 0.2, 0.5] {
      let method = try findings.varied(tiled(LinearSarsaConfiguration(), alpha: alpha))
      let runs = try findings.runs(20) { seed in
        let agent = LinearSarsa(method, method.features.map(of: world), in: world, seed: seed)
        return lengths(500, of: agent, in: world, seed: seed)
      }
      let name = "alpha\(alpha)/8_steps_"
      findings.add(name + "ep1", runs) { $0[0] }
      findings.add(name + "ep1_10", runs) { mean($0[..<10]) }
      findings.add(name + "ep1_50", runs) { mean($0[..<50]) }
      findings.add(name + "ep51_100", runs) { mean($0[50..<100]) }
      findings.add(name + "ep401_500", runs) { mean($0[400...]) }
      let points = stride(from: 10, to: 500, by: 10).map { first in
        Drawing.Point(Double(first + 5), mean(runs) { mean($0[first..<first + 10]) })
      }
      curves.append(Chart.Curve("α = \(alpha)/8", points))
    }
    findings.show(Chart("steps per episode, mean of all runs and of 10 episodes", x: "episodes", y: "steps", curves))
    let early = curves.map { $0.points[0].y }
    findings.expect("the larger the step size, the faster it learns", early[0] > early[1] && early[1] > early[2])
    findings.expect("all end below 170 steps", curves.allSatisfy { $0.points.last!.y < 170 })
  }

  private static let severalSteps = Experiment(
    "sb-10.3-mountain-car-nstep", "eight steps learn faster than one at first",
    source: "Sutton and Barto, section 10.2, figure 10.3", claim: "n = 8 learns faster than n = 1 and ends lower."
  ) { findings in
    let world = TimeLimit(try findings.varied(env: MountainCar()), limit: 10_000)
    var early: [Double] = []
    var late: [Double] = []
    for (n, alpha) in [(1, 0.5), (8, 0.3)] {
      var method = tiled(LinearNStepSarsaConfiguration(), alpha: alpha)
      method.n = n
      let varied = try findings.varied(method)
      let runs = try findings.runs(20) { seed in
        let agent = LinearNStepSarsa(varied, varied.features.map(of: world), in: world, seed: seed)
        return lengths(500, of: agent, in: world, seed: seed)
      }
      early.append(findings.add("n\(n)_ep1_50", runs) { mean($0[..<50]) })
      late.append(findings.add("n\(n)_ep401_500", runs) { mean($0[400...]) })
    }
    findings.expect("eight steps are faster over the first 50 episodes", early[1] < early[0])
    findings.expect("both end below 130 steps", late.allSatisfy { $0 < 130 })
  }

  private static let stepsAndSizes = Experiment(
    "sb-10.4-mountain-car-alpha-n", "step sizes and numbers of steps in the valley",
    source: "Sutton and Barto, section 10.2, figure 10.4",
    claim: "An intermediate number of steps, about 4, is best; more of them need smaller step sizes."
  ) { findings in
    let world = TimeLimit(try findings.varied(env: MountainCar()), limit: 10_000)
    // The step sizes, times 8, at which each n learns; the one that the reference states is named.
    let grid: [(n: Int, tenths: ClosedRange<Int>, named: Int)] = [
      (1, 4...15, 10), (2, 3...12, 8), (4, 2...9, 5), (8, 1...7, 3), (16, 1...5, 2),
    ]
    var best: [Int: Double] = [:]
    var curves: [Chart.Curve] = []
    for (n, tenths, named) in grid {
      var points: [Drawing.Point] = []
      for tenth in tenths {
        var method = tiled(LinearNStepSarsaConfiguration(), alpha: Double(tenth) / 10)
        method.n = n
        let varied = try findings.varied(method)
        let runs = try findings.runs(20) { seed in
          let agent = LinearNStepSarsa(varied, varied.features.map(of: world), in: world, seed: seed)
          return mean(lengths(50, of: agent, in: world, seed: seed))
        }
        points.append(Drawing.Point(Double(tenth) / 10, mean(runs)))
        if tenth == named { findings.add("n\(n)_alpha\(Double(tenth) / 10)/8", runs) { $0 } }
      }
      best[n] = points.map(\.y).min()!
      findings.add("best_n\(n)", best[n]!)
      curves.append(Chart.Curve("n = \(n)", points))
    }
    findings.show(Chart("steps per episode over the first 50", x: "α · 8", y: "steps", curves))
    findings.expect("four steps are better than one and sixteen", best[4]! < best[1]! && best[4]! < best[16]!)
  }

  private static let eligibility = Experiment(
    "sb-12.10-mountain-car-sarsa-lambda", "traces of four kinds in the valley",
    source: "Sutton and Barto, section 12.7, figures 12.10 and 12.11",
    claim:
      "Early learning is best at an intermediate λ; true online Sarsa(λ) is the best kind, accumulating traces the "
      + "worst, which diverge where the others do not.",
    remark: "Where accumulating traces diverge, four runs are made instead of twenty."
  ) { findings in
    let world = TimeLimit(try findings.varied(env: MountainCar()), limit: 5000)
    let grid = [
      (0.0, 0.5), (0.68, 0.5), (0.84, 0.5), (0.92, 0.5), (0.96, 0.4), (0.9, 0.2), (0.9, 0.8), (0.9, 1.2), (0.99, 0.3),
    ]
    let kinds: [(name: String, kind: TraceKind)] = [
      ("replacing", .replacing), ("accumulating", .accumulating), ("true_online", .dutch),
      ("replacing_clearing", .clearing),
    ]
    var steps: [String: Double] = [:]
    var curves: [Chart.Curve] = []
    for (name, kind) in kinds {
      var points: [Drawing.Point] = []
      for (lambda, alpha) in grid {
        let isUnstable = kind == .accumulating && alpha / (1 - lambda) > 6
        if kind == .accumulating && alpha > 0.5 { continue }
        var method = tiled(LinearSarsaLambdaConfiguration(), alpha: alpha)
        (method.lambda, method.traces) = (lambda, kind)
        let varied = try findings.varied(method)
        let runs = try findings.runs(isUnstable ? 4 : 20) { seed in
          let agent = LinearSarsaLambda(varied, varied.features.map(of: world), in: world, seed: seed)
          return mean(lengths(50, of: agent, in: world, seed: seed))
        }
        let id = "\(name)_lambda\(lambda)_alpha\(alpha)/8"
        steps[id] = findings.add(id, runs) { $0 }
        if alpha == 0.5 { points.append(Drawing.Point(lambda, steps[id]!)) }
      }
      curves.append(Chart.Curve(name, points))
    }
    findings.show(Chart("steps per episode over the first 50, α = 0.5/8", x: "λ", y: "steps", curves))
    func at(_ name: String, _ setting: String) -> Double { steps["\(name)_lambda\(setting)/8"]! }
    findings.expect(
      "traces help where they replace or are dutch",
      at("replacing", "0.92_alpha0.5") < at("replacing", "0.0_alpha0.5")
        && at("true_online", "0.9_alpha0.8") < at("true_online", "0.0_alpha0.5"))
    findings.expect(
      "accumulating traces diverge at λ = 0.92, the others do not",
      at("accumulating", "0.92_alpha0.5") > 2 * at("replacing", "0.92_alpha0.5"))
    findings.expect(
      "true online is the best kind at λ = 0.84",
      kinds.allSatisfy { at("true_online", "0.84_alpha0.5") <= at($0.name, "0.84_alpha0.5") })
  }

  private static let admission = Experiment(
    "sb-10.2-access-control-learning", "differential Sarsa admits customers to servers",
    source: "Sutton and Barto, example 10.2, figure 10.5",
    claim: "Customers who pay more are accepted with fewer free servers; the average reward is about 2.31.",
    remark: "The average is 2.64 while it learns: the book's 2.31 is what no run of two million steps ends with."
  ) { findings in
    let world = try Simulator(findings.varied(env: AccessControl()))
    var method = DifferentialSarsaConfiguration()
    (method.alpha, method.beta, method.features) = (0.01, 0.01, FeatureSettings(.oneHot))
    let varied = try findings.varied(method)
    let runs = try findings.runs(10) { seed in
      let agent = DifferentialSarsa(varied, varied.features.map(of: world), in: world, seed: seed)
      var play = Play(agent, in: world, seed: seed)
      play.advance(by: 1_000_000)
      var sum = 0.0
      for _ in 0..<1_000_000 {
        _ = play.step()
        sum += play.reward
      }
      return (estimate: play.agent.averageReward, second: sum / 1_000_000, q: play.agent.solution!.q)
    }
    findings.add("Rbar_end", runs, \.estimate)
    let earned = findings.add("mean_reward_second_half", runs, \.second)
    let accepted = (0..<4).map { kind in
      (1...10).map { free in
        let pair = (free * 4 + kind) * 2
        return mean(runs) { $0.q[pair + 1] > $0.q[pair] ? 1 : 0 }
      }
    }
    findings.add(
      "accept_fraction_free1to10_by_priority", .list(accepted.map { .list($0.map(Quantity.number)) }))
    let curves = zip([1, 2, 4, 8], accepted).map { payment, shares in
      Chart.Curve("pays \(payment)", shares.enumerated().map { Drawing.Point(Double($0 + 1), $1) })
    }
    findings.show(Chart("share of runs that accept", x: "free servers", y: "share", curves))
    findings.expect("it earns nearly what the best such policy earns, 2.6469", earned > 2.6 && earned < 2.6469)
    findings.expect("who pays 8 is accepted with two free servers", accepted[3][1] > 0.5)
    findings.expect("who pays 1 is not", accepted[0][1] < 0.5)
  }
}
