import Foundation
import RLCore
import RunStore
import Testing

@testable import Terminal

/// States that no one meant to happen: a frame is drawn all the same, and has exactly the size that was asked for.
@Suite struct FuzzTests {
  @Test func anyStateAtAnySize() {
    var random = RandomStream(seed: 20_260_101)
    for _ in 0..<2_000 {
      let (width, height) = (1 + random.integer(below: 300), 1 + random.integer(below: 100))
      var state = DashboardState(runs: (0..<random.integer(below: 4)).map { _ in run(&random) })
      for _ in 0..<random.integer(below: 12) { _ = state.handle(key(&random)) }
      let frame = dashboardFrame(state, width: width, height: height)
      #expect(frame.width == width && frame.height == height && frame.cells.count == width * height)
      #expect(frame.ascii.cells.allSatisfy { $0.glyph.isASCII })
      // Every glyph that the dashboard itself draws has an ASCII form; names in other letters have none.
      #expect(frame.cells.allSatisfy { $0.glyph == "?" || $0.glyph == "é" || asciiGlyph($0.glyph) != "?" })
    }
  }

  /// A sitting of ten thousand keys and resizes, while the run's files grow, are cut short and are overwritten with noise.
  @Test func aLongSittingOverFilesThatBreak() throws {
    var random = RandomStream(seed: 31)
    let files = try TemporaryRun()
    let schedules = [RunSchedule(name: "learningRate", range: 0...1), RunSchedule(name: "epsilon", range: 0...1)]
    var collector = RunCollector(files.run, drawing: dot, schedules: schedules)
    var state = DashboardState(runs: [collector.view])
    let log = RunLog(files.run)
    let manager = FileManager.default
    var (width, height, quits, asked) = (80, 24, 0, 0)
    for event in 0..<10_000 {
      if event % 20 == 0 {
        let step = 10 * event
        // What a trainer does, whatever has become of its files.
        switch random.integer(below: 6) {
        case 0: try? files.save(TemporaryRun.episode(1 + random.integer(below: 9)), step: step)
        case 1: try? log.append(SettingChange(name: "epsilon", value: random.uniform(), step: step))
        case 2:
          let url = [
            files.run.configURL, files.run.metricsURL, files.run.logURL, files.run.solutionURL,
            files.run.surfaceURL, files.run.episodeURL(step: 0, index: 0),
          ][random.integer(below: 6)]
          let bytes = (try? Data(contentsOf: url)) ?? Data()
          let noise = Data((0..<random.integer(below: 40)).map { _ in UInt8(random.integer(below: 256)) })
          let kept = bytes.prefix(random.integer(below: bytes.count + 1))
          _ = manager.createFile(atPath: url.path(), contents: random.integer(below: 2) == 0 ? kept : kept + noise)
        case 3:
          try? RunConfig(
            version: "1", command: [], agent: "ddpg", environment: "Pendulum-v1", seed: 3, created: Date(),
            agentSettings: ["learningRate": .number(0.001)], trainingSettings: ["steps": .integer(9)]
          ).write(to: files.run)
        default: try? files.write([TemporaryRun.row(step)], after: step - 1)
        }
        _ = collector.poll()
        _ = collector.play(seconds: random.uniform() * 3, speed: state.speed)
        var view = collector.view
        if random.integer(below: 3) > 0 { view.status = .running }
        state.take([view], hasNews: true)
      }
      if random.integer(below: 9) == 0 {
        (width, height) = (1 + random.integer(below: 120), 1 + random.integer(below: 40))
      } else if state.handle(key(&random)) {
        quits += 1
      }
      if state.request != nil {
        asked += 1
        state.answer(random.integer(below: 2) == 0 ? nil : "no")
      }
      // Most keys come faster than frames.
      guard event % 4 == 0 else { continue }
      var frame = dashboardFrame(state, width: width, height: height)
      redrawScene(state, in: &frame)
      #expect(frame.width == width && frame.height == height && frame.cells.count == width * height)
    }
    #expect(quits > 0 && asked > 0)
  }

  @Test func anyMomentOfAReplayAtAnySize() {
    var random = RandomStream(seed: 7)
    for _ in 0..<1_000 {
      let (width, height) = (1 + random.integer(below: 200), 1 + random.integer(below: 70))
      let length = 1 + random.integer(below: 40)
      var state = ReplayState(lengths: [length, length], speed: number(&random))
      for _ in 0..<20 {
        _ = state.handle(key(&random))
        _ = state.advance(seconds: random.uniform(), pace: 20)
        #expect((0...length).contains(state.position))
      }
      let rewards = (0..<length).map { _ in number(&random) }
      let size = 1 + random.integer(below: 30)
      func table(_ rows: Int) -> Tensor {
        Tensor(shape: [rows, size], values: .float64((0..<rows * size).map { _ in number(&random) }))
      }
      let episode = Episode(
        observations: table(length + 1), actions: table(length), rewards: rewards,
        terminations: .init(repeating: false, count: length), truncations: .init(repeating: true, count: length),
        states: table(length + 1), seed: 0)
      let picture = drawing(&random)
      let moment = Moment(of: episode, at: state.position, title: "odd", drawing: { _ in picture })
      let frame = replayFrame(state, moment, solution: solution(&random), width: width, height: height)
      #expect(frame.cells.count == width * height)
    }
  }

  private func number(_ random: inout RandomStream) -> Double {
    let odd = [
      Double.nan, .infinity, -.infinity, 0, -0.0, 1e308, -1e308, Double.leastNonzeroMagnitude, 1e-9, 1e15,
      Double(Int.max), 1,
    ]
    return random.integer(below: 3) == 0 ? odd[random.integer(below: odd.count)] : random.normal() * 1000
  }

  private func key(_ random: inout RandomStream) -> Key {
    let keys: [Key] = [
      .left, .right, .up, .down, .home, .end, .enter, .resize, .character(" "), .character("?"), .character("+"),
      .character("n"), .character("l"), .character("v"), .character("."), .character("7"), .backspace, .escape,
      .character("c"), .character("a"), .character("x"), .character("s"), .character("w"), .character("b"),
      .character("é"), .character("q"), .character("z"), .character("1"), .character("3"), .tab,
      .click(x: random.integer(below: 200), y: random.integer(below: 60)),
      .wheel(up: random.integer(below: 2) == 0, x: random.integer(below: 120), y: random.integer(below: 40)),
    ]
    return keys[random.integer(below: keys.count)]
  }

  private func run(_ random: inout RandomStream) -> RunView {
    var run = RunView()
    let names = ["", "ddpg", "a漢字🚀b", "é\u{1b}[31m", String(repeating: "long ", count: 60)]
    run.agent = names[random.integer(below: names.count)]
    run.environment = names[random.integer(below: names.count)]
    run.seed = names[random.integer(below: names.count)]
    run.status =
      [nil, .running, .finished, .stopped, .failed(names[random.integer(below: 5)])][random.integer(below: 5)]
    let counts = [nil, 0, 1, 10_000, Int.max, -5]
    run.budget = counts[random.integer(below: counts.count)]
    run.step = counts[random.integer(below: counts.count)] ?? 77
    run.elapsed = number(&random)
    let tags = [
      "rollout/ep_rew_mean", "eval/mean_reward", "eval/std_reward", "time/fps", "time/act", "time/learn",
      "train/critic_loss", "train/x", "train/residual", "train/bound", "odd", "",
      "a/very/long/tag/indeed/so/long/that/it/does/not/fit",
    ]
    for tag in tags where random.integer(below: 2) == 0 {
      for step in 0..<random.integer(below: 30) { run.append(tag, step: step * 10, value: number(&random)) }
    }
    if random.integer(below: 2) == 0 {
      run.scene = RunView.Scene(
        recordedAt: 1, position: 3, length: 2, returnSoFar: number(&random), totalReward: number(&random),
        drawing: drawing(&random))
    }
    run.solution = solution(&random)
    run.surface = surface(&random)
    run.scene?.path = (0..<random.integer(below: 9)).map { _ in .init(number(&random), number(&random)) }
    if random.integer(below: 2) == 0 {
      run.scene?.estimate = ValueEstimate(
        v: number(&random), q: (0..<random.integer(below: 12)).map { _ in number(&random) })
    }
    return run
  }

  private func surface(_ random: inout RandomStream) -> Surface? {
    let rows = random.integer(below: 3)
    guard rows > 0 else { return nil }
    let low = (0..<rows).map { _ in random.normal() }
    let v = (0..<rows * 3).map { _ in Float(random.integer(below: 4) == 0 ? 1e38 : random.normal()) }
    return Surface(low: low, high: low.map { $0 + 0.1 }, rows: rows, columns: 3, v: v)
  }

  private func solution(_ random: inout RandomStream) -> Solution? {
    guard random.integer(below: 2) == 0 else { return nil }
    let (states, actions) = (12, 4)
    func table(_ count: Int) -> [Double] { (0..<count).map { _ in number(&random) } }
    var solution = Solution(
      states: states, actions: actions, v: table(states), q: table(states * actions), policy: table(states * actions))
    let counts = [0, 1, 12_345, Int.max]
    if random.integer(below: 2) == 0 { solution.visits = (0..<states).map { _ in counts[random.integer(below: 4)] } }
    return solution
  }

  private func drawing(_ random: inout RandomStream) -> Drawing {
    if random.integer(below: 2) == 0 {
      let (rows, columns) = [(3, 4), (4, 3), (1, 12), (40, 90), (1, 1)][random.integer(below: 5)]
      let cells = (0..<rows * columns).map { _ in Drawing.Grid.Cell(rawValue: UInt8(random.integer(below: 7)))! }
      let agent = [nil, 0, rows * columns - 1, rows * columns + 5][random.integer(below: 4)]
      return Drawing(
        grid: .init(rows: rows, columns: columns, cells: cells, agent: agent, moves: GridPictureTests.cross))
    }
    func point() -> Drawing.Point { .init(number(&random), number(&random)) }
    let corners = [point(), point(), point(), point()]
    let (low, high) = (random.normal() * 10, random.uniform() * 20)
    return Drawing(
      bounds: .init(x: low...low + high, y: 0...(random.integer(below: 4) == 0 ? 0 : 1e308)),
      shapes: [
        .path(corners, .plain), .polygon(corners, filled: true, .body), .polygon([], filled: true, .bad),
        .circle(point(), radius: number(&random), filled: true, .good), .path([], .faint),
        .circle(point(), radius: number(&random), filled: false, .accent), .label("label", point(), .plain),
      ])
  }
}
