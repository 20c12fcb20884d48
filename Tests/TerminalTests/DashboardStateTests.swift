import RunStore
import Testing

@testable import Terminal

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
