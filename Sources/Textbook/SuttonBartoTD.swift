import Agents
import Environments
import RLCore

/// Sutton and Barto, chapter 6: temporal-difference control.
extension Textbook {
  static let temporalDifference: [Experiment] = [windySarsa]

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
}

/// The sum of each value and all those before it.
func running(_ values: [Int]) -> [Int] {
  var sum = 0
  return values.map { value in
    sum += value
    return sum
  }
}
