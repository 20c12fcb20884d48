import Agents
import Environments
import RLCore

/// Sutton and Barto, chapter 8: planning with a model that is learned on the way.
extension Textbook {
  static let dyna: [Experiment] = [dynaMaze, blockingMaze, shortcutMaze, prioritizedSweeping]

  private static let dynaMaze = Experiment(
    "sb-8.1-dyna-maze", "planning shortens the first episodes", source: "Sutton and Barto, example 8.1, figure 8.2",
    claim: "Without planning it takes about 25 episodes to come near the best, with 5 planning steps about 5, with 50 "
      + "only 3.",
    remark:
      "The book's first episode takes about 1700 steps; where ties are broken by chance it is a random walk, which "
      + "takes 868.7 steps on average."
  ) { findings in
    let world = try Simulator(findings.varied(env: GridWorld(bundled: "SB-dyna-maze")))
    var curves: [Chart.Curve] = []
    var means: [Double] = []
    for n in [0, 5, 50] {
      let settings = try findings.varied(DynaQ.Configuration(alpha: 0.1)) { $0.n = n }
      let runs = try findings.runs(1000) { seed in
        var play = Play(DynaQ(settings, for: world, seed: seed), in: world, seed: seed)
        return play.episodes(50).map { Double($0.length) }
      }
      for episode in [1, 2, 3, 5, 10, 25, 50] { findings.add("n\(n)_steps_ep\(episode)", runs) { $0[episode - 1] } }
      means.append(findings.add("n\(n)_steps_mean_2_50", runs) { mean($0[1...]) })
      let points = (1..<50).map { i in Drawing.Point(Double(i + 1), mean(runs) { $0[i] }) }
      curves.append(Chart.Curve("n = \(n)", points))
    }
    findings.show(Chart("steps of an episode, mean of all runs", x: "episodes", y: "steps", curves))
    findings.expect("the more planning, the fewer steps", means[0] > means[1] && means[1] > means[2])
    func steps(_ curve: Int, episode: Int) -> Double { curves[curve].points[episode - 2].y }
    findings.expect(
      "near the best by episode 25, 5 and 3",
      steps(0, episode: 25) < 30 && steps(1, episode: 5) < 30 && steps(2, episode: 3) < 30)
    findings.expect("but not long before", steps(0, episode: 10) > 60 && steps(1, episode: 2) > 60)
  }

  private static let blockingMaze = Experiment(
    "sb-8.2-blocking-maze", "when the known way is blocked", source: "Sutton and Barto, example 8.2, figure 8.4",
    claim:
      "Both find the opening within 1000 steps, wander when it closes, and find the new one; Dyna-Q+ earns more in "
      + "both mazes.", remark: "The book does not give α, n and κ: here 1, 10 and 0.001."
  ) { findings in
    let runs = try explore(findings.varied(env: ChangingMaze.blocking()), n: 10, until: 3000, &findings)
    for (name, runs) in [("dyna_q", runs.plain), ("dyna_q_plus", runs.curious)] {
      for time in [1000, 3000] { findings.add("\(name)_cum_\(time)", runs) { $0[time] } }
    }
    findings.expect(
      "Dyna-Q+ earns more before and after the change",
      mean(runs.plain) { $0[1000] } < mean(runs.curious) { $0[1000] }
        && mean(runs.plain) { $0[3000] - $0[1000] } < mean(runs.curious) { $0[3000] - $0[1000] })
  }

  private static let shortcutMaze = Experiment(
    "sb-8.3-shortcut-maze", "when a shorter way opens", source: "Sutton and Barto, example 8.3, figure 8.5",
    claim: "Dyna-Q never takes the shortcut, as its model says that there is none; Dyna-Q+ finds it.",
    remark: "The book does not give α, n and κ: here 1, 50 and 0.001."
  ) { findings in
    let runs = try explore(findings.varied(env: ChangingMaze.shortcut()), n: 50, until: 6000, &findings)
    for (name, runs) in [("dyna_q", runs.plain), ("dyna_q_plus", runs.curious)] {
      for time in [3000, 6000] { findings.add("\(name)_cum_\(time)", runs) { $0[time] } }
      findings.add(name + "_gain_3000_6000", runs) { $0[6000] - $0[3000] }
    }
    // 16 steps lead around, 10 through the shortcut.
    findings.expect("Dyna-Q goes on the long way", mean(runs.plain) { $0[6000] - $0[3000] } < 3000 / 16)
    findings.expect("Dyna-Q+ goes the short one", mean(runs.curious) { $0[6000] - $0[3000] } > 3000 / 16)
  }

  /// What Dyna-Q and Dyna-Q+ have earned after each step of each run.
  private static func explore(
    _ maze: ChangingMaze, n: Int, until end: Int, _ findings: inout Findings
  ) throws -> (plain: [[Double]], curious: [[Double]]) {
    func earn<Rule: Agent<Int, Int>>(_ agent: @Sendable (UInt64) -> Rule) throws -> [[Double]] {
      try findings.runs(100) { seed in
        var play = Play(agent(seed), in: maze, seed: seed)
        var (sum, sums) = (0.0, [0.0])
        for _ in 0..<end {
          _ = play.step()
          sum += play.reward
          sums.append(sum)
        }
        return sums
      }
    }
    let plain = try findings.varied(DynaQ.Configuration(alpha: 1)) { $0.n = n }
    let curious = try findings.varied(DynaQPlus.Configuration(alpha: 1)) { ($0.n, $0.kappa) = (n, 0.001) }
    let runs = (
      plain: try earn { DynaQ(plain, for: maze, seed: $0) },
      curious: try earn { DynaQPlus(curious, for: maze, seed: $0) }
    )
    let curves = [("Dyna-Q", runs.plain), ("Dyna-Q+", runs.curious)].map { name, runs in
      Chart.Curve(
        name,
        stride(from: 0, through: end, by: end / 60).map { time in
          Drawing.Point(Double(time), mean(runs) { $0[time] })
        })
    }
    findings.show(Chart("cumulative reward, mean of all runs", x: "time steps", y: "reward", curves))
    return runs
  }

  private static let prioritizedSweeping = Experiment(
    "sb-8.4-prioritized-sweeping", "planning where values change most",
    source: "Sutton and Barto, example 8.4",
    claim: "Prioritized sweeping typically finds the best way through a maze 5 to 10 times faster than Dyna-Q.",
    remark: "The book's mazes are many and larger; this is the one of example 8.1, with n = 5 and α = 0.5."
  ) { findings in
    let process = try findings.varied(env: GridWorld(bundled: "SB-dyna-maze"))
    let world = try Simulator(process)
    /// Plays until, at the end of an episode, the greedy path is at most 1.2 times the best and known all along.
    @Sendable func solve<Rule: Agent<Int, Int>>(_ play: inout Play<Simulator, Rule>) throws {
      while play.steps < 1_000_000 {
        _ = play.episode()
        let q = play.agent.solution!.q
        if world.table.greedyPath(q, from: process.starts[0], limit: 17, fails: { $1 <= 0 }) != nil { return }
      }
      throw CoreError.noSolution("the maze was not solved in a million steps")
    }
    let sweeping = try findings.varied(DynaPrioritized.Configuration(alpha: 0.5)) { ($0.n, $0.theta) = (5, 1e-4) }
    let dynaQ = try findings.varied(DynaQ.Configuration(alpha: 0.5)) { $0.n = 5 }
    let swept = try findings.runs(200) { seed in
      var play = Play(DynaPrioritized(sweeping, for: world, seed: seed), in: world, seed: seed)
      try solve(&play)
      return Double(play.agent.backups)
    }
    let planned = try findings.runs(200) { seed in
      var play = Play(DynaQ(dynaQ, for: world, seed: seed), in: world, seed: seed)
      try solve(&play)
      // That of each step, and n of planning.
      return Double(play.steps * (1 + dynaQ.n))
    }
    let few = findings.add("prioritized", swept) { $0 }
    let many = findings.add("dyna_q", planned) { $0 }
    findings.expect("it needs a fifth of Dyna-Q's backups or fewer", 5 * few < many)
  }
}
