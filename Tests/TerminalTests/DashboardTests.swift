import RLCore
import RunStore
import Testing

@testable import Terminal

/// Dashboards of made-up runs.
enum Sample {
  static let pendulum = Drawing(
    bounds: .init(x: -1.3...1.3, y: -1.3...1.3),
    shapes: [
      .path([.init(0, 0), .init(0.6, 0.8)], .body), .circle(.init(0, 0), radius: 0.04, filled: true, .faint),
      .circle(.init(0.6, 0.8), radius: 0.12, filled: true, .accent),
    ])

  static let grid = Drawing.Grid(
    rows: 2, columns: 3, cells: [.start, .forbidden, .free, .free, .wall, .target], agent: 3,
    moves: GridPictureTests.cross)

  /// A run that learns, half-way through its budget.
  static func run(seed: Int = 0) -> RunView {
    var run = RunView()
    run.agent = "ddpg"
    run.environment = "Pendulum-v1"
    run.seed = "\(seed)"
    run.status = .running
    run.budget = 10_000
    run.step = 5_000
    run.elapsed = 12.4
    for index in 1...50 {
      let (step, wave) = (index * 100, Double((index * 37 + seed * 11) % 17 - 8))
      let share = Double(index) / 50
      run.append("rollout/ep_rew_mean", step: step, value: -1500 / (1 + 12 * share * share) - 160 + wave * 8)
      run.append("time/fps", step: step, value: 29_000 + wave * 50)
      run.append("train/actor_loss", step: step, value: 20 - 30 * share + wave / 4)
      run.append("train/critic_loss", step: step, value: 12 / (1 + 4 * share) + wave / 8)
      run.append("train/mean_q", step: step, value: -60 + 50 * share)
      if index % 5 == 0 {
        run.append("eval/mean_reward", step: step, value: -1400 / (1 + 20 * share * share) - 140 + wave * 3)
        run.append("eval/std_reward", step: step, value: 80.1)
      }
      for (tag, part) in [("act", 0.12), ("step", 0.03), ("learn", 0.8), ("evaluate", 0.05)] {
        run.append("time/\(tag)", step: step, value: part)
      }
    }
    run.scene = RunView.Scene(
      recordedAt: 5_000, position: 57, length: 200, returnSoFar: -212.25, totalReward: -300, drawing: pendulum)
    return run
  }

  /// Value iteration that has converged, after 241 sweeps of ten thousand.
  static func planner() -> RunView {
    var run = RunView()
    run.agent = "value-iteration"
    run.environment = "Zhao-2x3"
    run.seed = "0"
    run.status = .finished
    run.budget = 10_000
    run.step = 241
    run.elapsed = 0.1
    var residual = 1.0
    for sweep in 1...241 {
      run.append("train/residual", step: sweep, value: residual)
      run.append("train/bound", step: sweep, value: residual * 9)
      residual *= 0.9
    }
    run.append("eval/mean_reward", step: 241, value: 990)
    run.append("eval/std_reward", step: 241, value: 0)
    return run
  }

  /// A run in a world of two numbers, whose agent values three actions.
  static func valued() -> RunView {
    var run = run()
    run.surface = SurfacePictureTests.slope
    run.scene?.path = [.init(-1, 0.05), .init(-0.5, 0), .init(0.1, -0.02)]
    run.scene?.estimate = ValueEstimate(q: [-2.5, 1, 4])
    return run
  }

  static func tabular() -> RunView {
    var run = run()
    run.agent = "q-learning"
    run.environment = "Zhao-2x3"
    run.scene?.drawing = Drawing(grid: grid)
    let q = (0..<24).map { Double(($0 * 7) % 12) / 4 - 1 }
    run.solution = Solution(greedyWith: q, states: 6, actions: 4)
    return run
  }
}

@Suite struct DashboardTests {
  @Test(arguments: [(20, 5), (60, 15), (80, 24), (120, 40), (200, 60)])
  func goldenFrames(_ width: Int, _ height: Int) {
    let state = DashboardState(runs: [width == 120 ? Sample.tabular() : Sample.run()])
    let text = dashboardFrame(state, width: width, height: height).text
    #expect(text == goldenDashboards["\(width)×\(height)"], "the dashboard is now:\n\(text)")
  }

  /// A planner's learning curve is its residual, by its logarithm, over the sweeps that there were.
  @Test func aPlannersResidual() {
    var state = DashboardState(runs: [Sample.planner()])
    let lines = dashboardFrame(state, width: 80, height: 24).lines
    #expect(lines[1].contains("100%  241 / 10,000") && lines[4].hasPrefix("╭─ residual ─"))
    let axes = lines[5...].map { $0.prefix(8) }.filter { $0.contains("┤") }
    #expect(axes.contains { $0.contains("   1┤") } && axes.contains { $0.contains("1e-6┤") }, "\(axes)")
    // The axis ends with the last sweep, not with the budget.
    #expect(lines.contains { $0.contains(" 100 ") && $0.contains(" 200 ") } && !lines.joined().contains("10k"))
    #expect(state.run.metrics == ["train/bound"])
    state.runs[0].series["train/residual"] = nil
    #expect(!dashboardFrame(state, width: 80, height: 24).text.contains("residual"))
  }

  @Test func visitsTakeTheValuesPlaceAndGiveItBack() {
    var run = Sample.tabular()
    run.solution?.visits = [4000, 0, 12, 345, 0, 6]
    var state = DashboardState(runs: [run])
    let values = dashboardFrame(state, width: 120, height: 40)
    #expect(values.text.contains("v visits"))
    _ = state.handle(.character("v"))
    let visits = dashboardFrame(state, width: 120, height: 40).text
    for words in ["visits, estimated", "v values", "4,000", "345"] {
      #expect(visits.contains(words), "\(visits)")
    }
    #expect(!visits.contains("1.75"))
    _ = state.handle(.character("v"))
    #expect(dashboardFrame(state, width: 120, height: 40) == values)
    // Nothing was counted: the key does nothing.
    var uncounted = DashboardState(runs: [Sample.tabular()])
    _ = uncounted.handle(.character("v"))
    #expect(uncounted.layer == .world)
  }

  /// A world that is no grid gives way to its state values; where there is room both are shown.
  @Test func stateValuesTakeTheWorldsPlaceAndGiveItBack() {
    var state = DashboardState(runs: [Sample.valued()])
    let world = dashboardFrame(state, width: 80, height: 24)
    #expect(world.text.contains("v values") && !world.text.contains("state values"))
    #expect(dashboardFrame(state, width: 120, height: 24).text.contains("t 57/200  value 4.000"))
    _ = state.handle(.character("v"))
    let values = dashboardFrame(state, width: 80, height: 24).text
    for words in ["state values", "v world", "-1.200", "0.600", "●"] { #expect(values.contains(words), "\(values)") }
    _ = state.handle(.character("v"))
    #expect(dashboardFrame(state, width: 80, height: 24) == world)
    let large = dashboardFrame(state, width: 200, height: 60).text
    for words in ["evaluation at 5,000", "state values", "-1.200", "Q 2"] { #expect(large.contains(words)) }
  }

  @Test func severalRuns() {
    var state = DashboardState(runs: (0..<3).map { Sample.run(seed: $0) })
    state.selected = 1
    let lines = dashboardFrame(state, width: 80, height: 24).lines
    #expect(lines[0].contains("seed 1"))
    #expect(lines[4].contains("runs") && lines[4].contains("2/3"))
    #expect(lines[5].hasPrefix("│ ● all") && lines[6].hasPrefix("│ ● s0"))
    #expect(lines[7].hasPrefix("│▸● s1") && lines[8].hasPrefix("│ ● s2"))
    #expect(lines[7].contains("50%") && lines[7].contains("± 80.1"))
  }

  @Test func aListOfManyRunsScrolls() {
    var state = DashboardState(runs: (0..<40).map { Sample.run(seed: $0) })
    for _ in 0..<100 { _ = state.handle(.down) }
    #expect(state.selected == 39)
    #expect(dashboardFrame(state, width: 60, height: 20).text.contains("▸● s39"))
  }

  @Test(arguments: [
    (RunStatus.running, "● running"), (.paused, "‖ paused"), (.finished, "■ finished"), (.interrupted, "○ interrupted"),
    (.stopped, "○ stopped"), (.failed("reward is not a finite number at step 7"), "× failed"),
  ])
  func statuses(_ status: RunStatus, _ words: String) {
    var run = Sample.run()
    run.status = status
    let lines = dashboardFrame(DashboardState(runs: [run]), width: 80, height: 24).lines
    #expect(lines[0].contains(words))
    #expect(lines[0].hasSuffix("─╮"))
    #expect((lines[2].contains("ETA")) == (status == .running))
    if case .failed(let reason) = status { #expect(lines[2].contains(reason)) }
  }

  @Test func aRunThatHasNotBegun() {
    let text = dashboardFrame(DashboardState(runs: [RunView()]), width: 80, height: 24).text
    for words in ["waiting", "waiting for data", "no episode yet"] { #expect(text.contains(words)) }
    #expect(dashboardFrame(DashboardState(runs: []), width: 80, height: 24).height == 24)
  }

  @Test func redrawingTheSceneGivesTheWholePicture() {
    for (width, height) in [(20, 5), (44, 10), (80, 24), (200, 60)] {
      var state = DashboardState(runs: [Sample.tabular()])
      var frame = dashboardFrame(state, width: width, height: height)
      state.runs[0].scene?.position = 58
      state.runs[0].scene?.drawing.grid?.agent = 2
      redrawScene(state, in: &frame)
      if width > 20 { #expect(frame == dashboardFrame(state, width: width, height: height)) }
    }
  }

  @Test func panelsCoverTheScreenWithoutOverlap() {
    for (width, height, runs) in [(44, 10, 1), (60, 15, 1), (80, 24, 1), (81, 25, 3), (120, 40, 9), (200, 60, 1)] {
      let state = DashboardState(runs: (0..<runs).map { Sample.run(seed: $0) })
      let layout = DashboardLayout(state, width: width, height: height)
      var covered = [Int](repeating: 0, count: width * height)
      for rect in [layout.header, layout.runs, layout.curve, layout.metrics, layout.world, layout.throughput] {
        guard let rect else { continue }
        for y in rect.y..<rect.maxY { for x in rect.x..<rect.maxX { covered[y * width + x] += 1 } }
      }
      #expect(covered.allSatisfy { $0 == 1 }, "\(width) × \(height)")
    }
  }
}
