import Agents
import Environments
import RLCore

/// Sutton and Barto, example 6.6 and figure 6.3: Sarsa, Q-learning and Expected Sarsa beside a cliff.
extension Textbook {
  static let cliffWalks: [Experiment] = [cliffWalking, expectedSarsa]

  private static let cliffWalking = Experiment(
    "sb-6.6-cliff-walking", "Sarsa takes the safe path, Q-learning the optimal one",
    source: "Sutton and Barto, example 6.6",
    claim: "Q-learning learns the values of the optimal path along the edge and falls off now and then, because it "
      + "explores; Sarsa learns the longer path through the upper part and earns more while it learns."
  ) { findings in
    let world = try Simulator(findings.varied(env: CliffWalking()))
    let sarsa = try findings.varied(Sarsa.Configuration(alpha: 0.5))
    let q = try findings.varied(QLearning.Configuration(alpha: 0.5))
    let expected = try findings.varied(ExpectedSarsa.Configuration(alpha: 0.5))
    let curves = [
      try walk("sarsa", in: world, &findings) { Sarsa(sarsa, for: world, seed: $0) },
      try walk("qlearning", in: world, &findings) { QLearning(q, for: world, seed: $0) },
      try walk("expected_sarsa", in: world, &findings) { ExpectedSarsa(expected, for: world, seed: $0) },
    ]
    findings.show(Chart("sum of rewards, mean of all runs and of 10 episodes", x: "episodes", y: "sum", curves))
    let late = curves.map { mean($0.points[40...], \.y) }
    findings.expect("Sarsa earns more than Q-learning", late[0] > late[1])
    findings.expect("Expected Sarsa earns more than either", late[2] > max(late[0], late[1]))
  }

  /// Plays 500 episodes a run; adds their sums, and where the greedy path leads in the end. Returns the learning curve.
  private static func walk<Rule: Agent<Int, Int>>(
    _ name: String, in world: Simulator, _ findings: inout Findings, _ agent: @Sendable (UInt64) -> Rule
  ) throws -> Chart.Curve {
    let runs = try findings.runs(100) { seed in
      var play = Play(agent(seed), in: world, seed: seed)
      let sums = play.episodes(500).map(\.sum)
      let path = world.table.greedyPath(play.agent.solution!.q, from: 36, limit: 99) { reward, _ in reward == -100 }
      return (sums: sums, path: path)
    }
    findings.add(name + "_return_1_100", runs) { mean($0.sums[..<100]) }
    findings.add(name + "_return_401_500", runs) { mean($0.sums[400...]) }
    findings.add(name + "_greedy_path_13_fraction", runs) { $0.path == 13 ? 1 : 0 }
    findings.add(name + "_greedy_path_reaches_goal_fraction", runs) { $0.path == nil ? 0 : 1 }
    let points = stride(from: 0, to: 500, by: 10).map { first in
      Drawing.Point(Double(first + 5), mean(runs) { mean($0.sums[first..<first + 10]) })
    }
    return Chart.Curve(name, points)
  }

  private static let expectedSarsa = Experiment(
    "sb-6.3fig-expected-sarsa", "Expected Sarsa over step sizes", source: "Sutton and Barto, section 6.6, figure 6.3",
    claim: "Expected Sarsa can set α = 1 without harm, Sarsa cannot; it is the best at every step size.",
    remark: "The book measures the asymptotic performance over 100,000 episodes, this over 10,000."
  ) { findings in
    let world = try Simulator(findings.varied(env: CliffWalking()))
    var curves: [String: [Drawing.Point]] = [:]
    for alpha in [0.1, 0.3, 0.5, 0.7, 0.9, 1.0] {
      func add<Rule: Agent<Int, Int>>(_ name: String, _ agent: @Sendable (UInt64) -> Rule) throws {
        let interim = try findings.runs(50) { seed in
          var play = Play(agent(seed), in: world, seed: seed)
          return mean((0..<100).map { _ in play.episode(limit: 20_000).sum })
        }
        let early = findings.add("interim_\(name)_alpha\(alpha)", interim) { $0 }
        curves["interim \(name)", default: []].append(Drawing.Point(alpha, early))
        guard [0.1, 0.5, 0.9].contains(alpha) else { return }
        let asymptotic = try findings.runs(6) { seed in
          var play = Play(agent(seed), in: world, seed: seed)
          return mean((0..<10_000).map { _ in play.episode(limit: 20_000).sum }[500...])
        }
        let late = findings.add("asymptotic_\(name)_alpha\(alpha)", asymptotic) { $0 }
        curves["asymptotic \(name)", default: []].append(Drawing.Point(alpha, late))
      }
      let sarsa = try findings.varied(Sarsa.Configuration(alpha: alpha))
      try add("sarsa") { Sarsa(sarsa, for: world, seed: $0) }
      let q = try findings.varied(QLearning.Configuration(alpha: alpha))
      try add("qlearning") { QLearning(q, for: world, seed: $0) }
      let expected = try findings.varied(ExpectedSarsa.Configuration(alpha: alpha))
      try add("expected_sarsa") { ExpectedSarsa(expected, for: world, seed: $0) }
    }
    let chart = curves.sorted { $0.key < $1.key }.map { Chart.Curve($0.key, $0.value) }
    findings.show(Chart("sum of rewards per episode", x: "α", y: "sum", chart))
    func points(_ name: String) -> [Double] { curves[name]!.map(\.y) }
    findings.expect(
      "in the first 100 episodes Expected Sarsa earns more than Sarsa at every α",
      zip(points("interim expected_sarsa"), points("interim sarsa")).allSatisfy { $0 > $1 })
    let late = points("asymptotic expected_sarsa")
    findings.expect("in the long run its α does not matter", late.max()! - late.min()! < 1)
    findings.expect("Sarsa's does", points("asymptotic sarsa").min()! < late.min()! - 5)
  }
}

extension TransitionTable {
  /// The steps of the greedy path from a start, lowest index among ties, in a world without chance; `nil` where it does
  /// not end within `limit` or takes a step of a reward and an action value that `fails` names.
  func greedyPath(
    _ q: [Double], from start: Int, limit: Int, fails: (_ reward: Double, _ value: Double) -> Bool = { _, _ in false }
  ) -> Int? {
    var s = start
    for step in 1...limit {
      let row = s * actions
      let a = (1..<actions).reduce(0) { q[row + $1] > q[row + $0] ? $1 : $0 }
      let branch = branches[row + a]
      if fails(branch.reward, q[row + a]) { return nil }
      if branch.isTerminal { return step }
      s = Int(branch.next)
    }
    return nil
  }
}
