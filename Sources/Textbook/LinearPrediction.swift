import Agents
import Environments
import Foundation
import RLCore

/// Prediction with linear values over independent runs: Sutton and Barto, chapters 9 and 11, and Zhao, chapter 8.
extension Textbook {
  static let linearPrediction: [Experiment] = [
    groups, severalStepsOverGroups, wavesAndPowers, tilesOnTheWalk, bairdSampled, linearTD, leastSquaresTD,
  ]

  /// Features of the 1000 states of the walk; those of its ends are 0.
  private static func walkFeatures(_ row: (_ s: Int) -> [Double]) -> StateFeatures {
    let nothing = row(1).map { _ in 0.0 }
    return StateFeatures(rows: [nothing] + (1...1000).map(row) + [nothing])
  }

  private static func oneOf(_ count: Int, _ i: Int) -> [Double] { (0..<count).map { $0 == i ? 1 : 0 } }

  /// √VE of gradient Monte Carlo on the walk after each of some numbers of episodes, and its weights in the end.
  private static func monteCarlo(
    _ features: StateFeatures, alpha: Double, after episodes: [Int], in world: Simulator, seed: UInt64,
    _ error: (StateFeatures, [Double]) -> Double
  ) -> (errors: [Double], w: [Double]) {
    var method = LinearMC.Configuration()
    method.alpha = .constant(alpha)
    var play = Play(LinearMC(method, features, for: world, model: nil, seed: seed), in: world, seed: seed)
    var played = 0
    let errors = episodes.map { count in
      while played < count {
        _ = play.episode()
        played += 1
      }
      return error(features, play.agent.w)
    }
    return (errors, play.agent.w)
  }

  /// √(Σ μ(s) (v̂(s) − v(s))²) of the walk.
  private static func walkError() throws -> @Sendable (StateFeatures, [Double]) -> Double {
    let (v, _, _, share) = try walk1000()
    return { features, w in
      (0..<v.count).reduce(0) { sum, s in
        let gap = dot(features.features(of: s), w) - v[s]
        return sum + share[s] * gap * gap
      }.squareRoot()
    }
  }

  private static let groups = Experiment(
    "sb-9.1-state-aggregation-mc", "a staircase on the walk over 1000 states",
    source: "Sutton and Barto, example 9.1, figure 9.1",
    claim: "Ten groups of 100 states approach the values as a staircase whose steps lean towards the states that are "
      + "visited more."
  ) { findings in
    let world = try Simulator(RandomWalk.thousand)
    let error = try walkError()
    let features = walkFeatures { oneOf(10, ($0 - 1) / 100) }
    let runs = try findings.runs(4) { seed in
      monteCarlo(features, alpha: 2e-5, after: [100_000], in: world, seed: seed, error)
    }
    let w = (0..<10).map { group in findings.add("w_group\(group + 1)", runs) { $0.w[group] } }
    findings.add("sqrtVE_end", runs) { $0.errors[0] }
    let v = try walk1000().v
    findings.show(
      Chart(
        "values, mean of all runs", x: "state", y: "value",
        [
          Chart.Curve("groups", (1...1000).map { Drawing.Point(Double($0), w[($0 - 1) / 100]) }),
          Chart.Curve("true", (1...1000).map { Drawing.Point(Double($0), v[$0]) }),
        ]))
    findings.expect("the steps rise", zip(w, w.dropFirst()).allSatisfy { $0 < $1 })
    findings.expect("the outer ones lean inwards", w[0] > mean(v[1...100]) && w[9] < mean(v[901...1000]))
  }

  private static let severalStepsOverGroups = Experiment(
    "sb-9.2-nstep-semi-gradient", "n-step TD over twenty groups of the walk",
    source: "Sutton and Barto, section 9.4, figure 9.2",
    claim: "As with a table an intermediate n is best: 4 here, and twenty groups look like the walk over 19 states."
  ) { findings in
    let world = try Simulator(RandomWalk.thousand)
    let v = try walk1000().v
    let features = walkFeatures { oneOf(20, ($0 - 1) / 50) }
    let named = [1: 0.8, 2: 0.5, 4: 0.4, 8: 0.3, 16: 0.2, 64: 0.1]
    var best: [Int: Double] = [:]
    var curves: [Chart.Curve] = []
    for n in (0..<10).map({ 1 << $0 }) {
      var points: [Drawing.Point] = []
      for alpha in [0.05] + (1...10).map({ Double($0) / 10 }) {
        var method = LinearNStepTD.Configuration()
        (method.n, method.alpha) = (n, .constant(alpha))
        let varied = try findings.varied(method)
        let runs = try findings.runs(100) { seed in
          let agent = LinearNStepTD(varied, features, for: world, model: nil, seed: seed)
          var play = Play(agent, in: world, seed: seed)
          return mean(
            (0..<10).map { _ in
              _ = play.episode()
              let w = play.agent.w
              return rms((0..<1000).map { w[$0 / 50] }, v[1...1000])
            })
        }
        points.append(Drawing.Point(alpha, mean(runs)))
        if named[n] == alpha { findings.add("rms_n\(n)_alpha\(alpha)", runs) { $0 } }
      }
      best[n] = points.map(\.y).min()!
      findings.add("best_n\(n)", best[n]!)
      curves.append(Chart.Curve("n = \(n)", points.map { Drawing.Point($0.x, min($0.y, 0.6)) }))
    }
    findings.show(Chart("RMS error over the first 10 episodes, cut at 0.6", x: "α", y: "error", curves))
    findings.expect("n = 4 is better than 1 and 16", best[4]! < best[1]! && best[4]! < best[16]!)
  }

  private static let wavesAndPowers = Experiment(
    "sb-9.5-fourier-vs-polynomial", "waves learn better than powers",
    source: "Sutton and Barto, section 9.5.2, figure 9.5",
    claim: "Gradient Monte Carlo with Fourier features of order 5, 10 and 20 ends nearer than with powers."
  ) { findings in
    let world = try Simulator(RandomWalk.thousand)
    let error = try walkError()
    let episodes = [100, 1000, 2500, 5000]
    var curves: [Chart.Curve] = []
    for order in [5, 10, 20] {
      var ends: [Double] = []
      for (name, alpha) in [("poly", 1e-4), ("fourier", 5e-5)] {
        let features = walkFeatures { s in
          let x = Double(s) / 1000
          return (0...order).map { name == "poly" ? pow(x, Double($0)) : cos(.pi * Double($0) * x) }
        }
        let runs = try findings.runs(5) { seed in
          monteCarlo(features, alpha: alpha, after: episodes, in: world, seed: seed, error).errors
        }
        let means = episodes.enumerated().map { i, count in
          findings.add("\(name)\(order)_sqrtVE_ep\(count)", runs) { $0[i] }
        }
        ends.append(means.last!)
        curves.append(Chart.Curve("\(name) \(order)", zip(episodes, means).map { Drawing.Point(Double($0), $1) }))
      }
      findings.expect("order \(order): waves end nearer", ends[1] < ends[0])
    }
    findings.show(Chart("√VE, mean of all runs", x: "episodes", y: "√VE", curves))
  }

  private static let tilesOnTheWalk = Experiment(
    "sb-9.10-tile-coding-walk", "fifty tilings learn as fast as one and end nearer",
    source: "Sutton and Barto, section 9.5.4, figure 9.10",
    claim: "Tilings displaced by 4 states generalise as widely as one tiling does, and tell states apart better."
  ) { findings in
    let world = try Simulator(RandomWalk.thousand)
    let error = try walkError()
    let episodes = [500, 2500, 5000, 10_000]
    var ends: [Double] = []
    var curves: [Chart.Curve] = []
    for tilings in [1, 50] {
      let tiles = Basis.tiles(TileCoding(tilings: tilings, tiles: 5, dimensions: 1))
      let features = walkFeatures { tiles.features(of: [Double($0 - 1) / 1000]) }
      let runs = try findings.runs(5) { seed in
        monteCarlo(features, alpha: 1e-4 / Double(tilings), after: episodes, in: world, seed: seed, error).errors
      }
      let means = episodes.enumerated().map { i, count in
        findings.add("tilings\(tilings)_sqrtVE_ep\(count)", runs) { $0[i] }
      }
      ends.append(means[2])
      curves.append(Chart.Curve("\(tilings) tilings", zip(episodes, means).map { Drawing.Point(Double($0), $1) }))
    }
    findings.show(Chart("√VE, mean of all runs", x: "episodes", y: "√VE", curves))
    findings.expect("after 5000 episodes fifty are nearer", ends[1] < ends[0])
  }

  private static let bairdSampled = Experiment(
    "sb-11.2-baird-sampled", "Baird's counterexample, sampled",
    source: "Sutton and Barto, section 11.2, figure 11.2 (left)",
    claim: "Semi-gradient off-policy TD(0) diverges on sampled steps too."
  ) { findings in
    let world = try Simulator(BairdStar())
    var method = OffPolicyTD.Configuration()
    method.alpha = 0.01
    method.policy = FollowedPolicy(probabilities: (0..<7).flatMap { _ in [0.0, 1] }, actions: 2)
    method.behaviour = FollowedPolicy(probabilities: (0..<7).flatMap { _ in [6.0 / 7, 1.0 / 7] }, actions: 2)
    let varied = try findings.varied(method)
    let start: [Double] = [1, 1, 1, 1, 1, 1, 10, 1]
    let features = StateFeatures(rows: BairdStar.features)
    let norms = try findings.runs(100) { seed in
      let agent = OffPolicyTD(varied, features, from: start, for: world, model: nil, seed: seed)
      var play = Play(agent, in: world, seed: seed)
      play.advance(by: 1000)
      return dot(play.agent.w, play.agent.w).squareRoot()
    }
    let norm = dot(start, start).squareRoot()
    let middle = norms.sorted()[norms.count / 2]
    findings.add("norm0", norm)
    findings.add("median_norm_1000", middle)
    findings.add("log_norm_1000", norms) { log($0) }
    let grown = findings.add("fraction_grown", norms) { $0 > norm ? 1 : 0 }
    findings.expect("the weights grow to several times their size", middle > 3 * norm)
    findings.expect("in nearly every run", grown > 0.95)
  }

  /// Zhao's grid under the uniform policy, begun anywhere.
  private static func grid55() throws -> Variation {
    let world = try GridWorld.zhao55()
    let states = world.stateCount
    return Variation(
      states: states, actions: world.actionCount, discount: world.discount,
      initial: .init(repeating: 1 / Double(states), count: states), rule: world.outcomes)
  }

  /// Zhao's features of the 25 cells: powers of coordinates in [−1, 1], waves over coordinates in [0, 1].
  private static func gridFeatures(_ name: String) -> StateFeatures {
    func rows(_ row: (_ x: Double, _ y: Double) -> [Double]) -> StateFeatures {
      StateFeatures(rows: (0..<25).map { row(Double($0 % 5) / 4, Double($0 / 5) / 4) })
    }
    let powers = [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (3, 0), (0, 3), (2, 1), (1, 2)]
    switch name {
    case "poly3", "poly6", "poly10":
      let count = Int(name.dropFirst(4))!
      return rows { x, y in powers[..<count].map { pow(2 * x - 1, Double($0.0)) * pow(2 * y - 1, Double($0.1)) } }
    case "fourier_q1", "fourier_q2", "fourier_q3":
      let order = Int(name.suffix(1))!
      let basis = Basis.fourier(FourierBasis(order: order, dimensions: 2))
      return rows { basis.features(of: [$0, $1]) }
    default: return StateFeatures(oneHot: 25)
    }
  }

  private static let linearTD = Experiment(
    "zhao-8.7-td-linear-learning", "TD with polynomial, Fourier and tabular features on the grid",
    source: "Zhao, section 8.2.4, figures 8.7 and 8.8",
    claim: "More features end nearer to the true values; a table is slower at first and exact in the end."
  ) { findings in
    let world = TimeLimit(try Simulator(grid55()), limit: 500)
    let grid = try GridWorld.zhao55()
    let v = try evaluation(of: grid.uniformPolicy, in: grid).v
    let families = [
      ["poly3", "poly6", "poly10"], ["fourier_q1", "fourier_q2", "fourier_q3"], ["tabular_alpha.005"],
    ]
    var curves: [Chart.Curve] = []
    for family in families {
      var ends: [Double] = []
      for name in family {
        var method = LinearTD.Configuration()
        method.alpha = family.count == 1 ? 0.005 : 0.0005
        let (varied, features) = (try findings.varied(method), gridFeatures(name))
        let runs = try findings.runs(5) { seed in
          var random = RandomStream(SeedSequence(seed).spawn(1))
          let start = (0..<features.count).map { _ in random.normal() }
          let agent = LinearTD(varied, features, from: start, for: world, model: nil, seed: seed)
          var play = Play(agent, in: world, seed: seed)
          return (0..<500).map { _ in
            _ = play.episode()
            return rms(play.agent.solution!.v, v)
          }
        }
        for episode in [50, 200] { findings.add("\(name)_rmse_ep\(episode)", runs) { $0[episode - 1] } }
        ends.append(findings.add("\(name)_rmse_ep500", runs) { $0[499] })
        let points = stride(from: 9, to: 500, by: 10).map { i in Drawing.Point(Double(i + 1), mean(runs) { $0[i] }) }
        curves.append(Chart.Curve(name, points))
      }
      if family.count == 3 { findings.expect("more features end nearer", ends[0] > ends[1] && ends[1] > ends[2]) }
    }
    findings.show(Chart("RMS error, mean of all runs", x: "episodes", y: "error", curves))
  }

  private static let leastSquaresTD = Experiment(
    "zhao-8.2.6-lstd", "least-squares TD on the grid", source: "Zhao, section 8.2.6",
    claim: "Its weights go to the fixed point of TD without a step size."
  ) { findings in
    let grid = try GridWorld.zhao55()
    let world = try Simulator(grid)
    let v = try evaluation(of: grid.uniformPolicy, in: grid).v
    let features = gridFeatures("poly6")
    var solved = LSTD.Configuration()
    solved.solveEvery = 50_000
    let method = try findings.varied(solved)
    var recursive = method
    recursive.method = .recursive
    let (again, other) = (recursive, features)
    let runs = try findings.runs(5) { seed in
      func values(_ method: LSTD.Configuration, _ features: StateFeatures) -> [Double] {
        var play = Play(LSTD(method, features, for: world, model: nil, seed: seed), in: world, seed: seed)
        play.advance(by: 50_000)
        return play.agent.solution!.v
      }
      let found = values(method, features)
      return (error: rms(found, v), gap: distance(found, values(again, other)))
    }
    let error = findings.add("rmse", runs, \.error)
    findings.expect("near the fixed point's error, 0.1935", abs(error - 0.1935) < 0.01)
    findings.expect("solved and recursive agree", runs.allSatisfy { $0.gap < 1e-6 })
  }
}
