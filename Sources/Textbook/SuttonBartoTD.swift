import Agents
import Environments
import RLCore

/// Sutton and Barto, chapter 6: temporal-difference control.
extension Textbook {
  static let temporalDifference: [Experiment] = [windySarsa, maximizationBias]

  private static let windySarsa = Experiment(
    "sb-6.5-windy-sarsa", "Sarsa finds its way through the wind",
    source: "Sutton and Barto, example 6.5 and exercise 6.9",
    claim: "The goal is reached more and more often; by 8000 steps the greedy way has long been optimal, 15 steps, and "
      + "exploring keeps the average at about 17. With the king's moves it does better.",
    remark:
      "About 17 is the average of the best ε-greedy policy; Sarsa with α = 0.5 itself needs about 26 steps, and its "
      + "greedy way has 15 steps in one run of six."
  ) { findings in
    let settings = try findings.varied(Sarsa.Configuration(alpha: 0.5))
    /// Returns the mean length of a late episode.
    func cross(_ id: String, prefix: String) throws -> (late: Double, curve: Chart.Curve) {
      let process = try findings.varied(env: GridWorld(bundled: id))
      let world = try Simulator(process)
      let runs = try findings.runs(100) { seed in
        var play = Play(Sarsa(settings, for: world, seed: seed), in: world, seed: seed)
        let lengths = play.lengths(within: 8000)
        let path = world.table.greedyPath(play.agent.q, from: process.starts[0], limit: 200)
        return (ends: running(lengths), lengths: lengths, path: path)
      }
      findings.add(prefix + "episodes_by_8000", runs) { Double($0.ends.count) }
      let late = findings.add(prefix + "mean_length_late", runs) { run in
        let late = run.ends.indices.filter { run.ends[$0] - run.lengths[$0] >= 6000 }
        return late.isEmpty ? 2000 : mean(late) { Double(run.lengths[$0]) }
      }
      if prefix.isEmpty {
        findings.add("greedy_len_15_fraction", runs) { $0.path == 15 ? 1 : 0 }
        findings.add("greedy_len_le_17_fraction", runs) { $0.path ?? .max <= 17 ? 1 : 0 }
      }
      let points = stride(from: 0, through: 8000, by: 100).map { time in
        Drawing.Point(Double(time), mean(runs) { run in Double(run.ends.count { $0 <= time }) })
      }
      return (late, Chart.Curve(process.name, points))
    }
    let four = try cross("SB-windy", prefix: "")
    let king = try cross("SB-windy-kings", prefix: "kings_")
    findings.show(
      Chart("episodes completed, mean of all runs", x: "time steps", y: "episodes", [four.curve, king.curve]))
    func count(_ curve: Chart.Curve, _ from: Int, _ to: Int) -> Double { curve.points[to].y - curve.points[from].y }
    findings.expect(
      "the goal is reached more and more often", count(four.curve, 0, 20) < 0.5 * count(four.curve, 60, 80))
    findings.expect("the king needs fewer steps", king.late < four.late)
  }

  private static let maximizationBias = Experiment(
    "sb-6.7-maximization-bias", "two tables see through the maximum",
    source: "Sutton and Barto, example 6.7, figure 6.5",
    claim:
      "Q-learning goes left much more often than right at first, and always more than the 5% that exploring makes; "
      + "double Q-learning is hardly touched by the bias.",
    remark: "The book does not say how many actions B has: here 10."
  ) { findings in
    let world = try findings.varied(env: MaximizationBias())
    /// 100 for each of 300 episodes that goes left, else 0.
    func choose<Rule: Agent<Int, Int>>(_ name: String, _ agent: @Sendable (UInt64) -> Rule) throws -> Chart.Curve {
      let runs = try findings.runs(4000) { seed in
        var play = Play(TwoWays(agent(seed), actions: world.actions), in: world, seed: seed)
        return play.episodes(300).map { $0.firstAction == 0 ? 100.0 : 0 }
      }
      for episode in [1, 25, 50, 100, 200, 300] {
        findings.add("\(name)_pct_left_ep\(episode)", runs) { $0[episode - 1] }
      }
      findings.add(name + "_pct_left_mean_1_300", runs) { mean($0) }
      findings.add(name + "_pct_left_291_300", runs) { mean($0[290...]) }
      let points = (0..<300).map { i in Drawing.Point(Double(i + 1), mean(runs) { $0[i] }) }
      return Chart.Curve(name, points)
    }
    let q = try findings.varied(QLearning.Configuration(alpha: 0.1))
    let single = try choose("q") { QLearning(q, for: world, seed: $0) }
    let double = try findings.varied(DoubleQLearning.Configuration(alpha: 0.1))
    let both = try choose("double_q") { DoubleQLearning(double, for: world, seed: $0) }
    let best = Chart.Curve("the best that ε = 0.1 allows", [Drawing.Point(1, 5), Drawing.Point(300, 5)])
    findings.show(Chart("episodes that go left", x: "episodes", y: "%", [single, both, best]))
    findings.expect("Q-learning goes left in most of the first hundred", mean(single.points[..<100], \.y) > 60)
    findings.expect("and still more than 5% in the end", mean(single.points[290...], \.y) > 5)
    findings.expect(
      "double Q-learning goes left less than half as often in the first hundred",
      2 * mean(both.points[..<100], \.y) < mean(single.points[..<100], \.y))
  }
}

/// A rule that has only the first two actions in A, as in the book: of the others, which its table has as well, it is
/// taught that they are hopeless, and where it explores one it takes that of the two which leads the same way.
private struct TwoWays<Rule: Agent<Int, Int>>: Agent {
  static var metricTags: [String] { Rule.metricTags }

  private var rule: Rule

  init(_ rule: Rule, actions: Int) {
    self.rule = rule
    var meter = Meter(tags: Rule.metricTags)
    // Often enough for both of two tables to learn it.
    for action in 2..<actions {
      for _ in 0..<30 { self.rule.learn(0, action, -1e12, 0, .terminated, into: &meter) }
    }
  }

  mutating func act(_ s: Int, into a: inout Int) {
    rule.act(s, into: &a)
    if s == 0 { a %= 2 }
  }

  mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    rule.learn(s, a, r, next, ending, into: &meter)
  }

  var solution: Solution? { rule.solution }
  func policy(sampledWith seed: UInt64?) -> Rule.Behaviour { rule.policy(sampledWith: seed) }
  func save(to checkpoint: inout CheckpointWriter) { rule.save(to: &checkpoint) }
  mutating func restore(from checkpoint: CheckpointReader) throws { try rule.restore(from: checkpoint) }
}

/// The sum of each value and all those before it.
func running(_ values: [Int]) -> [Int] {
  var sum = 0
  return values.map { value in
    sum += value
    return sum
  }
}
