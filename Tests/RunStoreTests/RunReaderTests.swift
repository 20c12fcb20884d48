import Foundation
import RLCore
import Testing

@testable import RunStore

@Suite struct RunReaderTests {
  private let folder: Folder
  private let run: RunDirectory

  init() throws {
    folder = try Folder()
    run = try folder.run()
  }

  private func polled() -> RunReader {
    var reader = RunReader(run)
    reader.poll()
    return reader
  }

  private func saveEpisode(step: Int, index: Int = 0) throws {
    let data = EpisodeFile.encode(.toy, agent: "toy", environment: "Toy-v0", step: step)
    try writeAtomically(data, to: run.episodeURL(step: step, index: index))
  }

  @Test func anEmptyRunIsBorne() {
    let reader = polled()
    #expect(reader.config == nil && reader.rows.isEmpty && reader.latestEpisode == nil && reader.solution == nil)
    #expect(reader.status == .stopped && reader.best == nil && reader.problem == nil)
  }

  @Test func statusFollowsTheLockAndTheLog() throws {
    let log = RunLog(run)
    func trained() throws {
      let lock = try RunLock(run)
      try log.append(.started)
      #expect(polled().status == .running)
      _ = consume lock
    }
    try trained()
    #expect(polled().status == .stopped, "killed: no lock and no last word")
    try log.append(.interrupted(step: 3))
    #expect(polled().status == .interrupted)
    try log.append(.failed(reason: "the disk is full"))
    #expect(polled().status == .failed("the disk is full"))
    try log.append(.resumed(step: 3))
    #expect(polled().status == .stopped)
    try log.append(.finished(step: 9))
    #expect(polled().status == .finished)
  }

  @Test func everythingNewIsSeen() throws {
    var reader = RunReader(run)
    reader.poll()
    let config = RunConfig(version: "1", command: [], agent: "toy", environment: "Toy-v0", seed: 1, created: .now)
    try config.write(to: run)
    var writer = try MetricsWriter(appendingTo: run.metricsURL, keepingStepsUpTo: nil)
    try writer.append(MetricsRow(step: 1, time: 1, values: ["eval/mean_reward": -5]))
    try saveEpisode(step: 900)
    reader.poll()
    #expect(reader.config == config && reader.rows.map(\.step) == [1])
    #expect(reader.latestEpisode?.step == 900 && reader.latestEpisode?.episode == .toy)

    try saveEpisode(step: 1000)
    let solution = Solution(greedyWith: [1, 2], states: 1, actions: 2)
    try writeAtomically(SolutionFile.encode(solution), to: run.solutionURL)
    try writer.append(MetricsRow(step: 2, time: 1, values: ["eval/mean_reward": -3]))
    try writer.append(MetricsRow(step: 3, time: 1, values: ["eval/mean_reward": -4]))
    reader.poll()
    #expect(reader.latestEpisode?.step == 1000 && reader.solution == solution)
    #expect(reader.best.map { [$0.step] } == [2] && reader.best?.reward == -3)
    #expect(reader.problem == nil)
  }

  @Test func aResumedRunForgetsWhatWasDropped() throws {
    var writer = try MetricsWriter(appendingTo: run.metricsURL, keepingStepsUpTo: nil)
    for step in 1...5 {
      try writer.append(MetricsRow(step: step, time: 0, values: ["eval/mean_reward": Double(step)]))
    }
    var reader = RunReader(run)
    reader.poll()
    #expect(reader.best?.step == 5)
    _ = try MetricsWriter(appendingTo: run.metricsURL, keepingStepsUpTo: 3)
    reader.poll()
    #expect(reader.rows.map(\.step) == [1, 2, 3] && reader.best?.step == 3)
  }

  @Test func aBrokenFileIsNamedUntilItIsWell() throws {
    try saveEpisode(step: 1)
    var reader = polled()
    try Data("rubbish".utf8).write(to: run.episodeURL(step: 2, index: 0))
    for _ in 0..<3 {
      reader.poll()
      #expect(reader.problem?.contains("2-0.safetensors") == true)
      #expect(reader.latestEpisode?.step == 1, "the last good one stays")
    }
    try saveEpisode(step: 2)
    reader.poll()
    #expect(reader.latestEpisode?.step == 2 && reader.problem == nil)
  }

  @Test func aLongRunIsThinned() throws {
    let count = RunReader.rowLimit * 3
    var text = ""
    for step in 0..<count {
      let values: OrderedDictionary<String, Double> = step % 10 == 1 ? ["eval/mean_reward": Double(-step)] : ["x": 0]
      text += MetricsRow(step: step, time: 0, values: values).line
    }
    try Data(text.utf8).write(to: run.metricsURL)
    let reader = polled()
    #expect((RunReader.rowLimit / 2...RunReader.rowLimit).contains(reader.rows.count))
    #expect(reader.rows.first?.step == 0 && reader.rows.last?.step == count - 1)
    let steps = reader.rows.map(\.step)
    #expect(steps == steps.sorted())
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $1 - $0 <= 32 }, "no part of the run is lost")
    let evaluations = reader.rows.count { $0.values["eval/mean_reward"] != nil }
    #expect(abs(Double(evaluations) / Double(reader.rows.count) - 0.1) < 0.02, "nor a kind of row")
    #expect(reader.best?.step == 1)
  }
}
