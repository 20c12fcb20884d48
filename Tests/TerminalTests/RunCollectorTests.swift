import Foundation
import RLCore
import RunStore
import Testing

@testable import Terminal

/// A run in a temporary folder, written as a trainer writes it.
final class TemporaryRun {
  let root: URL
  let run: RunDirectory

  init(steps: Int = 10_000) throws {
    root = FileManager.default.temporaryDirectory.appending(path: "rlgym-terminal-\(UUID().uuidString)")
    run = try RunDirectory.create(
      in: root, environment: "Pendulum-v1", agent: "ddpg", seed: 3, name: nil, at: Date())
    try RunConfig(
      version: "1", command: ["rlgym", "train"], agent: "ddpg", environment: "Pendulum-v1", seed: 3, created: Date(),
      agentSettings: ["learningRate": .number(0.001)], trainingSettings: ["steps": .integer(steps)]
    ).write(to: run)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func write(_ rows: [MetricsRow], after step: Int? = nil) throws {
    var writer = try MetricsWriter(appendingTo: run.metricsURL, keepingStepsUpTo: step)
    for row in rows { try writer.append(row) }
  }

  static func row(_ step: Int) -> MetricsRow {
    MetricsRow(
      step: step, time: Double(step) / 1000,
      values: [
        "rollout/ep_rew_mean": -312.44, "eval/mean_reward": -151.2, "eval/std_reward": 80.14, "time/fps": 29_310,
      ])
  }

  static func episode(_ length: Int) -> Episode {
    Episode(
      observations: Tensor(shape: [length + 1, 1], values: .float32(.init(repeating: 0.5, count: length + 1))),
      actions: Tensor(shape: [length, 1], values: .float32(.init(repeating: 1, count: length))),
      rewards: .init(repeating: -1, count: length), terminations: .init(repeating: false, count: length),
      truncations: (0..<length).map { $0 == length - 1 },
      states: Tensor(shape: [length + 1, 1], values: .float64((0...length).map(Double.init))), seed: 3)
  }

  func save(_ episode: Episode, step: Int) throws {
    try EpisodeFile.encode(episode, agent: "ddpg", environment: "Pendulum-v1", step: step)
      .write(to: run.episodeURL(step: step, index: 0))
  }
}

/// A picture that tells its state.
func dot(_ state: [Double]) -> Drawing {
  Drawing(
    bounds: .init(x: 0...10, y: 0...1), shapes: [.circle(.init(state[0], 0.5), radius: 0.2, filled: true, .body)])
}

@Suite struct RunCollectorTests {
  @Test func rowsBecomeCurves() throws {
    let files = try TemporaryRun()
    var collector = RunCollector(files.run, drawing: dot)
    var isNew = collector.poll()
    #expect(isNew)
    #expect(collector.view.agent == "ddpg" && collector.view.seed == "3" && collector.view.budget == 10_000)
    try files.write([TemporaryRun.row(1000), TemporaryRun.row(2000)])
    isNew = collector.poll()
    #expect(isNew)
    isNew = collector.poll()
    #expect(!isNew)
    try files.write([TemporaryRun.row(3000)], after: 2000)
    isNew = collector.poll()
    #expect(isNew)
    #expect(collector.view.step == 3000 && collector.view.elapsed == 3)
    #expect(collector.view.series["eval/mean_reward"]?.points.map(\.x) == [1000, 2000, 3000])
  }

  @Test func changesStandWithTheirSchedules() throws {
    let files = try TemporaryRun()
    let schedules = ["learningRate", "other"].map { RunSchedule(name: $0, range: 0...1) }
    var collector = RunCollector(files.run, drawing: dot, schedules: schedules)
    _ = collector.poll()
    #expect(collector.view.schedules.map(\.value) == ["0.001", "unknown"])
    try RunLog(files.run).append(SettingChange(name: "learningRate", value: 0.5, step: 30))
    let isNew = collector.poll()
    #expect(isNew && collector.view.schedules[0].value == "0.5" && collector.view.changes.map(\.step) == [30])
  }

  /// A resumed run goes back to its checkpoint: the rows after it are gone.
  /// What follows a line has a curve of its own; what is constant has one only once it has been changed.
  @Test func schedulesHaveCurves() throws {
    let files = try TemporaryRun()
    try RunConfig(
      version: "1", command: [], agent: "ppo", environment: "CartPole-v1", seed: 3, created: Date(),
      agentSettings: [
        "learningRate": .list([.number(0.5), .number(0), .integer(4000)]), "clip": .number(0.2),
        "entropy": .number(0.01), "rate": .text("1/n"), "lanes": .integer(8), "horizon": .integer(128),
      ], trainingSettings: ["steps": .integer(9000)]
    ).write(to: files.run)
    let schedules = ["learningRate", "clip", "entropy", "rate"].map { RunSchedule(name: $0, range: 0...1) }
    var collector = RunCollector(files.run, drawing: dot, schedules: schedules, nearOptimal: 500)
    try RunLog(files.run).append(SettingChange(name: "clip", value: 0.1, step: 2000))
    try files.write([1000, 2000, 3000].map(TemporaryRun.row))
    _ = collector.poll()
    let view = collector.view
    #expect(view.series["schedule/learningRate"]?.points.map(\.y) == [0.375, 0.25, 0.125])
    #expect(view.series["schedule/clip"]?.points.map(\.y) == [0.2, 0.1, 0.1])
    #expect(view.series["schedule/entropy"] == nil && view.series["schedule/rate"] == nil)
    #expect(view.metrics == ["schedule/learningRate", "schedule/clip"])
    #expect(view.rolloutSize == 1024 && view.nearOptimal == 500 && view.fill?.held == 3000 - 2048)
  }

  @Test func aResumedRunStartsItsCurvesAnew() throws {
    let files = try TemporaryRun()
    var collector = RunCollector(files.run, drawing: dot)
    try files.write([1000, 2000, 3000, 4000].map(TemporaryRun.row))
    _ = collector.poll()
    try files.write([TemporaryRun.row(2500)], after: 2000)
    let isNew = collector.poll()
    #expect(isNew)
    #expect(collector.view.series["eval/mean_reward"]?.points.map(\.x) == [1000, 2000, 2500])
    #expect(collector.view.step == 2500)
  }

  @Test func theNewestEpisodePlaysWhenTheOneBeforeIsOver() throws {
    let files = try TemporaryRun()
    var collector = RunCollector(files.run, drawing: dot)
    var moved = collector.play(seconds: 1, speed: 1)
    #expect(!moved)
    try files.save(TemporaryRun.episode(10), step: 1000)
    _ = collector.poll()
    moved = collector.play(seconds: 0, speed: 1)
    #expect(moved)
    #expect(collector.view.scene?.position == 0 && collector.view.scene?.recordedAt == 1000)
    moved = collector.play(seconds: 0.01, speed: 1)
    #expect(!moved)
    moved = collector.play(seconds: 0.1, speed: 2)
    #expect(moved)
    #expect(collector.view.scene?.position == 4 && collector.view.scene?.returnSoFar == -4)
    #expect(collector.view.scene?.drawing == dot([4]))

    try files.save(TemporaryRun.episode(5), step: 2000)
    _ = collector.poll()
    moved = collector.play(seconds: 0.4, speed: 1)
    #expect(moved)
    #expect(collector.view.scene?.position == 10 && collector.view.scene?.recordedAt == 1000)
    // It rests at the end for a second.
    moved = collector.play(seconds: 0.5, speed: 1)
    #expect(!moved)
    moved = collector.play(seconds: 0.6, speed: 1)
    #expect(moved)
    #expect(collector.view.scene?.position == 0 && collector.view.scene?.recordedAt == 2000)
  }
}

@Suite struct PlainProgressTests {
  @Test func oneLineSaysItAll() throws {
    let files = try TemporaryRun()
    try files.write([1000, 2000, 4000].map(TemporaryRun.row))
    let lock = try RunLock(files.run)
    try RunLog(files.run).append(.started)
    var progress = PlainProgress(of: [files.run])
    let line = progress.latest()
    #expect(
      line == "step 4000/10000 (40%)  return -312.4  eval -151.2 ± 80.1  29,310 steps/s  ETA 0:00")
    _ = consume lock
  }

  @Test func linesComeInTheirTimeAndOnlyWhenSomethingIsNew() throws {
    let files = try TemporaryRun()
    let start = ContinuousClock.now
    var progress = PlainProgress(of: [files.run], every: .seconds(3), from: start)
    let early = [1, 3].map { progress.poll(now: start + .seconds($0)) }
    #expect(early == [nil, nil])
    try files.write([TemporaryRun.row(4000)])
    let lines = [5, 6, 60].map { progress.poll(now: start + .seconds($0)) }
    #expect(lines[0] == nil && lines[2] == nil)
    #expect(lines[1]?.hasPrefix("step 4000/10000 (40%)") == true && lines[1]?.contains("ETA") == false)
    try files.write([TemporaryRun.row(10_000)], after: 4000)
    let last = progress.poll(now: start + .seconds(90))
    #expect(last?.contains("(100%)") == true)
  }

  @Test func severalRunsAreSummed() {
    let runs = (0..<4).map { Sample.run(seed: $0) }
    let line = progressLine(runs)
    #expect(line.hasPrefix("4 runs  step 20000/40000 (50%)  return -"))
    #expect(!line.contains("±"))
  }

  @Test func withoutABudgetOrValues() {
    var run = RunView()
    #expect(progressLine([run]) == "")
    run.step = 5
    #expect(progressLine([run]) == "step 5")
    run.append("rollout/ep_rew_mean", step: 5, value: .nan)
    #expect(progressLine([run]) == "step 5  return nan")
  }
}
