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

@Suite struct DashboardStateTests {
  @Test func keys() {
    var state = DashboardState(runs: [Sample.run()])
    let quits = state.handle(.character("q"))
    #expect(quits)
    _ = state.handle(.character(" "))
    #expect(state.isPaused)
    _ = state.handle(.left)
    #expect(state.metric == state.run.metrics.count - 1)
    _ = state.handle(.right)
    #expect(state.metric == 0)
    _ = state.handle(.up)
    #expect(state.speed == 2)
    for _ in 0..<20 { _ = state.handle(.down) }
    #expect(state.speed == 1.0 / 16)
    for _ in 0..<20 { _ = state.handle(.character("+")) }
    #expect(state.speed == 16)
    _ = state.handle(.character("?"))
    #expect(state.showsHelp)
    _ = state.handle(.left)
    #expect(!state.showsHelp)
    #expect(state.metric == 0)
  }

  @Test func keysAskTheTrainer() {
    var state = DashboardState(runs: [Sample.run()])
    for (key, request) in [("p", RunRequest.pause), ("s", .checkpoint), ("e", .evaluate)] {
      _ = state.handle(.character(Character(key)))
      #expect(state.request == request)
      state.answer(nil)
      #expect(state.request == nil && state.notice.hasPrefix("asked to "))
      #expect(dashboardFrame(state, width: 80, height: 24).lines[3].contains(state.notice))
    }
    state.runs[0].status = .paused
    _ = state.handle(.character("p"))
    #expect(state.request == .resume)
    state.answer("the disk is full")
    #expect(state.notice == "the disk is full")
    _ = state.handle(.left)
    #expect(state.notice == "")
  }

  @Test func aScheduleIsChangedInALineOfItsOwn() {
    var run = Sample.run()
    run.schedules = [("learningRate", 0.0...10), ("epsilon", 0...1)].map { RunSchedule(name: $0.0, range: $0.1) }
    run.schedules[0].value = "0.001"
    var state = DashboardState(runs: [run])
    func type(_ text: String) { for sign in text { _ = state.handle(.character(sign)) } }
    type("c")
    for (width, height) in [(80, 24), (60, 15), (30, 8)] {
      let text = dashboardFrame(state, width: width, height: height).text
      #expect(text.contains(width == 30 ? "learningRate=▏" : "now 0.001, from here on: ▏"), "\(text)")
    }
    // Keys that cannot stand in a number do nothing, not even what they do elsewhere.
    type("0.0q x5 ")
    _ = state.handle(.character("7"))
    _ = state.handle(.backspace)
    #expect(state.prompt?.text(room: 50) == "↑↓ learningRate, now 0.001, from here on: 0.05▏" && state.request == nil)
    _ = state.handle(.enter)
    #expect(state.request == .set(name: "learningRate", value: 0.05) && state.prompt == nil)
    state.answer(nil)
    #expect(state.notice == "asked to set learningRate=0.05")

    type("c")
    _ = state.handle(.down)
    type("1e3")
    _ = state.handle(.enter)
    #expect(
      state.request == nil && state.prompt?.text(room: 99).hasSuffix("1e3▏ expected a number in 0.0...1.0") == true)
    _ = state.handle(.escape)
    #expect(state.prompt == nil && state.request == nil)
    // Nothing to change, nobody to ask.
    state.runs[0].schedules = []
    type("c")
    #expect(state.prompt == nil && state.notice == "no setting of ddpg can change while it is at work")
    state.runs[0].status = .finished
    type("c")
    #expect(state.prompt == nil && state.notice == "no trainer is at work here")
  }

  @Test func whatWasChangedIsMarked() {
    var run = Sample.run()
    run.changes = [SettingChange(name: "learningRate", value: 0.0005, step: 2500)]
    let lines = dashboardFrame(DashboardState(runs: [run]), width: 80, height: 24).lines
    #expect(lines.contains { $0.contains(" ┆ learningRate=0.0005 from 2,500 ─") }, "\(lines)")
    let marked = lines.filter { $0.contains("┆") && !$0.contains("from") }
    #expect(marked.count > 8)
    #expect(!dashboardFrame(DashboardState(runs: [Sample.run()]), width: 80, height: 24).text.contains("┆"))
  }

  /// z shows one panel alone, a digit hides one; what is left has the room.
  @Test func panelsAreZoomedAndHidden() {
    func shown(_ state: DashboardState) -> [Panel] {
      let layout = DashboardLayout(state, width: 80, height: 24)
      return Panel.allCases.filter { layout.rect(of: $0) != nil }
    }
    var state = DashboardState(runs: [Sample.run()])
    let whole = dashboardFrame(state, width: 80, height: 24)
    func press(_ keys: Key...) { for key in keys { _ = state.handle(key) } }
    press(.character("z"))
    #expect(shown(state) == [.curve] && state.zoomed == .curve)
    #expect(dashboardFrame(state, width: 80, height: 24).lines[4].count == 80)
    press(.tab)
    #expect(shown(state) == [.metrics])
    press(.tab, .tab)
    let text = dashboardFrame(state, width: 80, height: 24).text
    #expect(shown(state) == [.throughput] && text.contains("z all panels") && !text.contains("learning curve"))
    press(.character("z"))
    #expect(shown(state) == Panel.allCases && dashboardFrame(state, width: 80, height: 24) != whole)
    #expect(dashboardFrame(state, width: 80, height: 24).lines.filter { $0.contains("throughput") }.count == 1)

    state = DashboardState(runs: [Sample.run()])
    press(.character("3"), .character("4"))
    #expect(shown(state) == [.curve, .metrics])
    #expect(DashboardLayout(state, width: 80, height: 24).curve?.width == 80)
    press(.character("1"), .character("2"))
    // Something is always there.
    #expect(shown(state) == [.curve])
    press(.character("1"), .character("2"), .character("3"), .character("4"))
    #expect(dashboardFrame(state, width: 80, height: 24) == whole)
  }

  /// A click chooses a panel, another one on it shows it alone; the wheel turns what it is over.
  @Test func theMouse() {
    var state = DashboardState(runs: [Sample.run(), Sample.run(seed: 1)], showsAll: true)
    func press(_ keys: Key...) { for key in keys { _ = state.handle(key) } }
    // Nothing is known of the screen yet.
    press(.click(x: 1, y: 1), .wheel(up: true, x: 70, y: 20))
    #expect(state.focus == nil && state.speedStep == 0)
    state.bounds = Rect(x: 0, y: 0, width: 120, height: 40)
    press(.click(x: 4, y: 7))
    #expect(!state.showsAll && state.selected == 1)
    press(.click(x: 4, y: 5))
    #expect(state.showsAll)
    press(.wheel(up: false, x: 4, y: 5))
    #expect(!state.showsAll && state.selected == 0)
    press(.click(x: 100, y: 15))
    #expect(state.focus == .world && state.zoomed == nil)
    press(.wheel(up: true, x: 100, y: 15), .click(x: 100, y: 15))
    #expect(state.speed == 2 && state.zoomed == .world)
    press(.click(x: 5, y: 20))
    #expect(state.zoomed == nil)
    press(.wheel(up: false, x: 20, y: 35))
    #expect(state.metric == 1)
    press(.click(x: 4, y: 0), .click(x: 400, y: -3))
    #expect(state.focus == .world)
  }

  @Test func nearOptimalPlayIsADashedLineAndAGapInWords() {
    var run = Sample.run()
    #expect(run.gapText == nil)
    run.nearOptimal = -137.8
    #expect(run.gapText == "near-optimal -137.8, 50.87 away")
    let frame = dashboardFrame(DashboardState(runs: [run]), width: 80, height: 24)
    #expect(frame.text.contains("╌ near-optimal -137.8, 50.87 away"))
    // A third of it is drawn, right up to the end of the budget.
    #expect((45..<49).contains { frame[$0, 5].style.paint == .good && frame[$0, 5].glyph.value >= 0x2800 })
    // A change that was just made takes its place where both have no room.
    run.changes = [SettingChange(name: "actorLearningRate", value: 0.5, step: 2500)]
    let changed = dashboardFrame(DashboardState(runs: [run]), width: 80, height: 24).text
    #expect(changed.contains("┆ actorLearningRate=0.5 from 2,500") && !changed.contains("near-optimal"))
    run.append("eval/mean_reward", step: 5_100, value: -138.5)
    #expect(run.gapText == "near-optimal -137.8, reached")
    run.nearOptimal = .infinity
    #expect(run.gapText == nil)
  }

  @Test func whatExperienceFillsAndHowBusyTheMachineIs() {
    var run = Sample.run()
    run.replayCapacity = 20_000
    run.append("time/gemm", step: 5_000, value: 0.62)
    run.schedules = [RunSchedule(name: "actorLearningRate", range: 0...1)]
    run.append(RunView.scheduleTag("actorLearningRate"), step: 5_000, value: 0.00025)
    var state = DashboardState(runs: [run])
    state.load = MachineLoad(average: 1.94, cores: 2)
    let text = dashboardFrame(state, width: 200, height: 60).text
    for words in ["replay", "5.00k/20.0k", "load", "1.9/2", "GEMM", "62%", "actorLearningRate", "schedule/actorLearn"] {
      #expect(text.contains(words), "\(words)\n\(text)")
    }
    run.replayCapacity = nil
    run.rolloutSize = 1024
    #expect(run.fill?.name == "rollout" && run.fill?.held == 5000 % 1024)
    run.count = 5
    #expect(run.fill?.held == 1000)
    #expect(MachineLoad().map { $0.cores > 0 && $0.average >= 0 } != false)
  }

  @Test func stoppingNeedsTheKeyTwice() {
    var state = DashboardState(runs: [Sample.run()])
    _ = state.handle(.character("x"))
    #expect(state.request == nil && state.notice.contains("once more"))
    _ = state.handle(.left)
    _ = state.handle(.character("x"))
    #expect(state.request == nil)
    _ = state.handle(.character("x"))
    #expect(state.request == .stop)
  }

  @Test func aRunThatIsOverIsNotAsked() {
    var state = DashboardState(runs: [Sample.run()])
    state.runs[0].status = .finished
    _ = state.handle(.character("p"))
    #expect(state.request == nil && state.notice.contains("no trainer"))
    // All seeds that are live, where all are shown.
    var seeds = (0..<3).map { Sample.run(seed: $0) }
    seeds[1].status = .finished
    state = DashboardState(runs: seeds, showsAll: true)
    #expect(state.addressed.map(\.seed) == ["0", "2"])
    _ = state.handle(.down)
    #expect(state.addressed.map(\.seed) == ["0"])
  }

  @Test func arrowsChooseAmongSeveralRuns() {
    var state = DashboardState(runs: [Sample.run(), Sample.run(seed: 1)])
    _ = state.handle(.down)
    #expect(state.selected == 1)
    #expect(state.speed == 1)
    _ = state.handle(.up)
    _ = state.handle(.up)
    #expect(state.selected == 0)
  }

  @Test func lossesComeFirstAndReturnsHaveTheirOwnPanel() {
    #expect(Sample.run().metrics == ["train/actor_loss", "train/critic_loss", "train/mean_q"])
    var run = RunView()
    for tag in ["rollout/ep_len_mean", "time/total_timesteps", "rewards/margins", "train/loss"] {
      run.append(tag, step: 1, value: 1)
    }
    #expect(run.metrics == ["train/loss", "rewards/margins", "rollout/ep_len_mean"])
  }

  @Test func theTimeLeftFollowsFromThePace() {
    var run = Sample.run()
    let pace = run.steadyPace!
    #expect(run.secondsLeft == 5_000 / pace && abs(pace - 29_000) < 400)
    // One row a tenth as fast is a tenth of the last ten of twenty-five, not a tenth of the pace: 100 steps as long as 1000.
    run.append("time/fps", step: 5_100, value: 2_900)
    run.step = 5_100
    #expect(abs(run.steadyPace! / pace - 2_500.0 / 3_400) < 0.02 && run.stepsPerSecond == 2_900)
    run.status = .finished
    #expect(run.secondsLeft == nil)
    var fresh = RunView()
    #expect(fresh.stepsPerSecond == nil && fresh.progress == nil)
    (fresh.step, fresh.elapsed) = (100, 4)
    #expect(fresh.stepsPerSecond == 25 && fresh.steadyPace == 25)
  }
}
