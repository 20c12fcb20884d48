import Environments
import RLCore

/// Sutton and Barto, Reinforcement Learning, 2nd edition, chapters 3 to 8: what a model alone decides.
extension Textbook {
  static let suttonBarto: [Experiment] =
    [recyclingRobot, gridworld, windy, mazes] + [0.25, 0.4, 0.55].map(gambler)

  private static let recyclingRobot = Experiment(
    "sb-3.3-recycling-robot-a", "the recycling robot's optimum",
    source: "Sutton and Barto, example 3.3 and section 3.6",
    claim: "The Bellman optimality equations of a robot with two states; numbers are left to the reader."
  ) { findings in
    let optimum = try Optimum(of: findings.varied(env: RecyclingRobot()))
    findings.add("v_star", optimum.v)
    findings.add("optimal_actions", optimum.actions)
    findings.expect("search while the battery is high, recharge it when low", optimum.actions == [[0], [2]])
  }

  private static let gridworld = Experiment(
    "sb-3.8-gridworld-optimal", "the gridworld's optimal values", source: "Sutton and Barto, example 3.8, figure 3.5",
    claim: "The figure prints the optimal values and all optimal moves."
  ) { findings in
    let world = try findings.varied(env: GridWorld(bundled: "SB-gridworld-5x5"))
    let optimum = try Optimum(of: world)
    // The reference numbers the moves north, south, east, west.
    let order: [GridWorld.Direction: Int] = [.up: 0, .down: 1, .right: 2, .left: 3]
    findings.add("v_star", grid(optimum.v, columns: 5))
    findings.add("optimal_actions", optimum.actions.map { $0.compactMap { order[world.actions[$0]] }.sorted() })
    findings.expect(
      "the optimal values", optimum.v,
      printed: [
        22.0, 24.4, 22.0, 19.4, 17.5, 19.8, 22.0, 19.8, 17.8, 16.0, 17.8, 19.8, 17.8, 16.0, 14.4, 16.0, 17.8, 16.0,
        14.4,
        13.0, 14.4, 16.0, 14.4, 13.0, 11.7,
      ])
    findings.show(world.figure("optimal values and all optimal moves", optimum))
  }

  private static let windy = Experiment(
    "sb-6.5-windy-gridworld-optimum", "the shortest ways through the wind",
    source: "Sutton and Barto, example 6.5 and exercise 6.9", claim: "15 steps with four moves; fewer with the king's."
  ) { findings in
    func measure(_ id: String, _ name: String, staying: Bool = false) throws -> Double {
      let world = try findings.varied(env: GridWorld(bundled: id)) {
        if staying { $0.actions.append(.stay) }
        $0.discount = 1
      }
      let optimum = try Optimum(of: world)
      let steps = -optimum.v[world.starts[0]]
      findings.add("optimal_steps_\(name)", steps)
      findings.add("v_star_\(name)", grid(optimum.v, columns: world.columns))
      if name == "4_moves" { findings.show(world.figure("steps to the goal and all optimal moves", optimum)) }
      return steps
    }
    let four = try measure("SB-windy", "4_moves")
    let king = try measure("SB-windy-kings", "kings_moves")
    let nine = try measure("SB-windy-kings", "kings_plus_stay", staying: true)
    findings.expect("15 steps with four moves", abs(four - 15) < 1e-9)
    findings.expect(
      "7 with the king's, and a ninth move that stays does not help", king == nine && abs(king - 7) < 1e-9)
  }

  private static let mazes = Experiment(
    "sb-8.1-mazes-optima", "the mazes' shortest ways", source: "Sutton and Barto, examples 8.1, 8.2 and 8.3",
    claim: "14 steps in the Dyna maze; the blocking maze goes from 10 to 16, the shortcut maze from 16 to 10.",
    remark: "The book says the first episode in the Dyna maze takes about 1700 steps; a random walk takes 868.7."
  ) { findings in
    func counted(_ world: GridWorld) -> GridWorld {
      var counted = world
      (counted.step, counted.target, counted.boundary, counted.discount) = (-1, -1, -1, 1)
      return counted
    }
    func steps(_ world: GridWorld) throws -> Double { -(try Optimum(of: counted(world)).v[world.starts[0]]) }
    let (blocking, shortcut) = (try ChangingMaze.blocking(), try ChangingMaze.shortcut())
    let found = [
      ("dyna_maze", try steps(GridWorld(bundled: "SB-dyna-maze")), 14.0),
      ("blocking_before", try steps(blocking.before), 10), ("blocking_after", try steps(blocking.after), 16),
      ("shortcut_before", try steps(shortcut.before), 16), ("shortcut_after", try steps(shortcut.after), 10),
    ]
    for (name, measured, said) in found {
      findings.add(name, measured.rounded())
      findings.expect("\(name): \(Int(said)) steps", abs(measured - said) < 1e-6)
    }
    let dyna = counted(try GridWorld(bundled: "SB-dyna-maze"))
    findings.add("dyna_maze_random_walk_steps", -(try evaluation(of: dyna.uniformPolicy, in: dyna).v[dyna.starts[0]]))
  }

  private static func gambler(_ heads: Double) -> Experiment {
    Experiment(
      "sb-4.3-gambler-\(heads)", "the gambler's problem, p_h = \(heads)",
      source: heads == 0.4 ? "Sutton and Barto, example 4.3, figure 4.3" : "Sutton and Barto, exercise 4.9",
      claim: "The value is the probability of winning; the policy in the figure is one of many that are optimal."
    ) { findings in
      let game = try findings.varied(env: Gambler()) { $0.heads = heads }
      let optimum = try Optimum(of: game, tolerance: 1e-15)
      findings.add("v_1_to_99", Array(optimum.v[1...99]))
      for capital in [25, 50, 75] { findings.add("v\(capital)", optimum.v[capital]) }
      // Stakes beyond what is owned or needed are cut, so they are no stakes of their own.
      let stakes = (1...99).map { s in optimum.actions[s].map { $0 + 1 }.filter { $0 <= min(s, 100 - s) } }
      findings.add("smallest_optimal_stake", stakes.map { Double($0[0]) })
      findings.add("number_of_optimal_stakes", stakes.map { Double($0.count) })
      if heads < 0.5 {
        findings.expect(
          "bold play wins from 50 with p_h, from 25 with p_h²",
          abs(optimum.v[50] - heads) < 1e-8 && abs(optimum.v[25] - heads * heads) < 1e-8)
      } else {
        let timid = try evaluation(of: game.policy(.init(repeating: 0, count: game.stateCount)), in: game).v
        findings.add("timid_play_values", Array(timid[1...99]))
        findings.expect("to stake one dollar is as good as anything", distance(timid, optimum.v) < 1e-8)
        findings.expect("with good odds the smallest stake is always optimal", stakes.allSatisfy { $0[0] == 1 })
      }
    }
  }
}
