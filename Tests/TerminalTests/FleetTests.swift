import Foundation
import RLCore
import RunStore
import Testing

@testable import Terminal

/// Lists of made-up runs.
private enum Fleet {
  static let runs: [RunView] = {
    var runs = (0..<5).map { Sample.run(seed: $0) } + [Sample.planner()]
    for (index, name) in ["first", "second", "third", "fourth", "fifth", "planned"].enumerated() {
      runs[index].name = name
      runs[index].scene = nil
    }
    runs[1].environment = "MountainCarContinuous-v0"
    runs[2].status = .finished
    runs[2].step = 10_000
    runs[3].status = .failed("train/loss is not a finite number at step 5")
    runs[4].status = .interrupted
    runs[4].series = [:]
    return runs
  }()

  static func state(_ keys: Key...) -> FleetState {
    var state = FleetState(runs: runs)
    for key in keys { _ = state.handle(key) }
    return state
  }
}

@Suite struct FleetStateTests {
  @Test func theCursorMovesWithinTheList() {
    #expect(Fleet.state(.up).selected == 0)
    #expect(Fleet.state(.down, .down, .up).selected == 1)
    #expect(Fleet.state(.end, .down).selected == 5)
    #expect(Fleet.state(.end, .home).selected == 0)
  }

  @Test func itStaysAtItsRunWhenTheOrderChanges() {
    var state = Fleet.state(.down, .down)
    state.take([Fleet.runs[2], Fleet.runs[0]])
    #expect(state.selected == 0 && state.compared.map(\.name) == ["third"])
    // What has gone is followed by its neighbour.
    state.take([Fleet.runs[0], Fleet.runs[1]])
    #expect(state.compared.map(\.name) == ["first"])
    state.take([])
    #expect(state.selected == 0 && state.compared.isEmpty)
    state.take(Fleet.runs)
    #expect(state.compared.map(\.name) == ["first"])
  }

  @Test func marksAreComparedInTheOrderOfTheList() {
    var state = Fleet.state(.end, .up, .character(" "), .home, .character(" "))
    #expect(state.compared.map(\.name) == ["first", "fifth"] && state.selected == 1)
    state.take(Fleet.runs.filter { $0.name != "first" })
    #expect(state.compared.map(\.name) == ["fifth"])
    _ = state.handle(.character("c"))
    #expect(state.marks.isEmpty && state.compared.map(\.name) == ["second"])
    #expect(Fleet.state(.character(" "), .up, .character(" ")).marks.isEmpty)
  }

  @Test func wishes() {
    var state = Fleet.state(.down)
    let open = state.handle(.enter)
    #expect(open == .open("second"))
    for key in [Key.escape, .character("q")] {
      let wish = state.handle(key)
      #expect(wish == .quit)
    }
    var none = FleetState()
    let wish = none.handle(.enter)
    #expect(wish == nil)
    _ = state.handle(.character("?"))
    let closed = state.handle(.down)
    #expect(closed == nil && state.selected == 1 && !state.showsHelp)
  }
}

extension FleetStateTests {
  /// A click chooses the run that is drawn there, another one opens it.
  @Test(arguments: [(120, 40), (80, 24), (30, 6)]) func theMouse(_ width: Int, _ height: Int) {
    var state = Fleet.state()
    state.bounds = Rect(x: 0, y: 0, width: width, height: height)
    let line = fleetFrame(state, width: width, height: height).lines.firstIndex { $0.contains("MountainCar") } ?? 1
    var wish = state.handle(.click(x: 5, y: line))
    #expect(wish == nil && state.selected == 1)
    wish = state.handle(.click(x: 5, y: line))
    #expect(wish == .open("second"))
    _ = state.handle(.wheel(up: false, x: 0, y: 0))
    #expect(state.selected == 2)
    wish = state.handle(.click(x: 5, y: height - 1))
    #expect(wish == nil)
  }
}

@Suite struct FleetFrameTests {
  @Test(arguments: [(20, 5), (60, 15), (80, 24), (200, 60)])
  func goldenFrames(_ width: Int, _ height: Int) {
    let state = width == 80 ? Fleet.state(.character(" "), .character(" ")) : Fleet.state(.down)
    let text = fleetFrame(state, width: width, height: height).text
    #expect(text == goldenFleets["\(width)×\(height)"], "the list is now:\n\(text)")
  }

  @Test func aFolderWithoutRuns() {
    let text = fleetFrame(FleetState(), width: 80, height: 24).text
    #expect(text.contains("0 runs") && text.contains("rlgym train --agent ddpg"))
    var reading = FleetState()
    reading.take([], unread: 3)
    #expect(fleetFrame(reading, width: 80, height: 24).text.contains("reading 3 more"))
  }

  /// Where the same agent has the same seed in both, the legend has their names.
  @Test func comparedRunsAreToldApart() {
    var runs = [Sample.run(), Sample.run(), Sample.run(seed: 1)]
    for (index, name) in ["plain", "tuned", "other"].enumerated() { runs[index].name = name }
    var state = FleetState(runs: runs)
    for _ in runs { _ = state.handle(.character(" ")) }
    let text = fleetFrame(state, width: 120, height: 40).text
    for words in ["━ plain", "━ tuned", "━ ddpg s1"] { #expect(text.contains(words), "\(text)") }
    #expect(!text.contains("━ ddpg s0"))
  }

  @Test func aLongListScrolls() {
    var state = FleetState(
      runs: (0..<300).map {
        var run = Sample.run(seed: $0)
        run.name = "run \($0)"
        return run
      })
    for _ in 0..<250 { _ = state.handle(.down) }
    let text = fleetFrame(state, width: 80, height: 24).text
    #expect(text.contains("251/300") && text.contains(" s250 ") && !text.contains(" s20 "))
  }

  @Test func anyListAtAnySize() {
    var random = RandomStream(seed: 5)
    let keys: [Key] = [.up, .down, .end, .home, .character(" "), .character("?"), .character("c"), .resize]
    for _ in 0..<1500 {
      let (width, height) = (1 + random.integer(below: 250), 1 + random.integer(below: 80))
      var runs = Array(Fleet.runs.prefix(random.integer(below: 7)))
      for index in runs.indices where random.integer(below: 3) == 0 {
        runs[index].agent = String(repeating: "é", count: random.integer(below: 40))
        runs[index].step = .max
        runs[index].append("eval/mean_reward", step: 9999, value: [-1e300, .nan][random.integer(below: 2)])
      }
      var state = FleetState(runs: runs)
      for _ in 0..<random.integer(below: 10) { _ = state.handle(keys[random.integer(below: keys.count)]) }
      let frame = fleetFrame(state, width: width, height: height)
      #expect(frame.width == width && frame.height == height)
      #expect(frame.cells.allSatisfy { $0.glyph == "?" || $0.glyph == "é" || asciiGlyph($0.glyph) != "?" })
    }
  }
}

@Suite struct FleetCollectorTests {
  @Test func allRunsAreReadAndFollowed() throws {
    let files = try TemporaryRun()
    try files.write([1000, 2000].map(TemporaryRun.row))
    let other = try RunDirectory.create(
      in: files.root, environment: "CartPole-v1", agent: "dqn", seed: 9, name: "other", at: Date())
    try RunConfig(
      version: "1", command: ["rlgym"], agent: "dqn", environment: "CartPole-v1", seed: 9, created: Date()
    ).write(to: other)
    let lock = try RunLock(other)
    var collector = FleetCollector(files.root)
    let isNew = collector.poll(elapsed: 1)
    #expect(isNew && collector.unread == 0)
    // The live one comes first.
    #expect(collector.views.map(\.name) == ["other", files.run.name])
    #expect(collector.views.map(\.status) == [.running, .stopped] && collector.views.map(\.step) == [0, 2000])
    #expect(collector.views[0].agent == "dqn" && collector.views[1].budget == 10_000)
    var writer = try MetricsWriter(appendingTo: other.metricsURL, keepingStepsUpTo: nil)
    try writer.append(TemporaryRun.row(500))
    _ = collector.poll(elapsed: 0.25)
    #expect(collector.views[0].step == 500 && collector.views[0].evaluationReturn == -151.2)
    _ = consume lock
    _ = collector.poll(elapsed: 0.25)
    #expect(collector.views.allSatisfy { $0.status == .stopped })
    // Another run begins, one goes away.
    try FileManager.default.removeItem(at: other.url)
    _ = collector.poll(elapsed: 5)
    #expect(collector.views.map(\.name) == [files.run.name])
  }

  @Test func whatIsTakenUpAgainIsSeen() throws {
    let files = try TemporaryRun()
    try files.write([TemporaryRun.row(1000)])
    var collector = FleetCollector(files.root)
    _ = collector.poll(elapsed: 1)
    let lock = try RunLock(files.run)
    try files.write([TemporaryRun.row(700)], after: 500)
    _ = collector.poll(elapsed: 0.25)
    #expect(collector.views[0].status == .running && collector.views[0].step == 700)
    #expect(collector.views[0].series["eval/mean_reward"]?.points.map(\.x) == [700])
    _ = consume lock
  }

  @Test func aFolderThatIsNotThere() {
    var collector = FleetCollector(FileManager.default.temporaryDirectory.appending(path: UUID().uuidString))
    let isNew = collector.poll(elapsed: 1)
    #expect(!isNew && collector.views.isEmpty)
  }
}

@Suite struct SeedsViewTests {
  /// Two seeds of three, at different places.
  private let runs = (0..<3).map { seed in
    var run = RunView()
    run.agent = "dqn"
    run.seed = "\(seed + 4)"
    run.budget = 100
    run.step = 10 * seed
    run.status = [.finished, .running, .running][seed]
    for step in 1...3 where step <= 1 + seed {
      run.append("eval/mean_reward", step: 10 * step, value: Double(seed * step))
      run.append("time/fps", step: 10 * step, value: Double(1 + seed))
    }
    return run
  }

  @Test func curvesAreAveragedOverThoseThatGotThere() throws {
    let all = try #require(RunView(averaging: runs))
    let points = try #require(all.series["eval/mean_reward"]?.points)
    // 0, 1, 2 at the first step; 2 and 4 at the second; 6 alone at the third.
    #expect(points == [.init(10, 1), .init(20, 3), .init(30, 6)])
    let band = try #require(all.bands["eval/mean_reward"])
    let deviation = (2.0 / 3).squareRoot()
    #expect(band == [1 - deviation...1 + deviation, 2...4, 6...6])
    #expect(all.evaluationText == "6.000 ± 0.000")
  }

  @Test func theRestIsSummed() throws {
    let all = try #require(RunView(averaging: runs))
    #expect(all.step == 30 && all.budget == 300 && all.axisEnd == 100 && all.seed == "4…6" && all.status == .running)
    #expect(all.stepsPerSecond == 5)
    #expect(RunView(averaging: [runs[0]]) == nil && RunView(averaging: []) == nil)
    var failed = runs
    for index in failed.indices { failed[index].status = .finished }
    #expect(RunView(averaging: failed)?.status == .finished)
    failed[1].status = .failed("x")
    #expect(RunView(averaging: failed)?.status == .failed("x"))
  }

  @Test func theDashboardOpensOnAllOfThem() {
    var state = DashboardState(runs: (0..<3).map { Sample.run(seed: $0) }, showsAll: true)
    let lines = dashboardFrame(state, width: 80, height: 24).lines
    #expect(lines[0].contains("ddpg · Pendulum-v1 · mean of seeds 0…2") && lines[1].contains("15,000 / 30,000"))
    #expect(lines[4].contains("↑↓ all/3") && lines[5].hasPrefix("│▸● all") && lines[6].hasPrefix("│ ● s0"))
    #expect(dashboardFrame(state, width: 120, height: 40).text.contains("─ mean of seeds ± deviation ─"))
    // The band is as wide as the seeds differ.
    let banded = learningCurve(state).curves
    #expect(banded.count == 2 && banded[0].band.isEmpty && banded[1].band.count == banded[1].points.count)
    _ = state.handle(.down)
    #expect(!state.showsAll && state.selected == 0)
    #expect(dashboardFrame(state, width: 80, height: 24).lines[0].contains("seed 0 ─"))
    _ = state.handle(.down)
    #expect(state.selected == 1)
    _ = state.handle(.up)
    _ = state.handle(.up)
    #expect(state.showsAll)
  }

  @Test func oneRunHasNoAverage() {
    var state = DashboardState(runs: [Sample.run()], showsAll: true)
    #expect(!state.showsAll && state.average == nil)
    state.take([Sample.run(seed: 3)], hasNews: true)
    #expect(state.run.seed == "3")
  }
}
