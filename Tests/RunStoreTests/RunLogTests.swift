import Foundation
import Testing

@testable import RunStore

@Suite struct RunLogTests {
  private let run: RunDirectory
  private let folder: Folder

  init() throws {
    folder = try Folder()
    run = try folder.run()
  }

  @Test func linesCarryTheirTime() throws {
    let log = RunLog(run)
    try log.append(.started)
    try log.append("two\nlines")
    let lines = try readText(run.logURL).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasSuffix("Z started") && lines[1].hasSuffix("Z two lines"))
    let time = try Date(String(lines[0].prefix(20)), strategy: .iso8601)
    #expect(abs(time.timeIntervalSinceNow) < 60)
  }

  @Test(
    arguments: [
      .started, .resumed(step: 20), .finished(step: 3), .interrupted(step: 0), .failed(reason: "the disk: is full"),
    ] as [RunEvent])
  func theLastEventIsReadBack(_ event: RunEvent) throws {
    let log = RunLog(run)
    #expect(try log.lastEvent() == nil)
    try log.append(.started)
    try log.append(event)
    try log.append("something else")
    try log.append("finished at step x")
    #expect(try log.lastEvent() == event)
  }

  @Test func aHalfWrittenLastLineIsNoEvent() throws {
    try RunLog(run).append(.finished(step: 5))
    let handle = try FileHandle(forWritingTo: run.logURL)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("2026-01-31T12:0".utf8))
    #expect(try RunLog(run).lastEvent() == .finished(step: 5))
  }
}

@Suite struct SettingChangeTests {
  private let log: RunLog
  private let run: RunDirectory
  private let folder: Folder

  init() throws {
    folder = try Folder()
    run = try folder.run()
    log = RunLog(run)
  }

  @Test func changesAreReadBackAndAreNoTurnInTheRunsLife() throws {
    #expect(try log.changes().isEmpty)
    try log.append(.paused(step: 7))
    let changes = [("epsilon", 0.1, 7), ("alpha", 1.0 / 3, 7), ("epsilon", 1e-300, 900)].map {
      SettingChange(name: $0.0, value: $0.1, step: $0.2)
    }
    for change in changes { try log.append(change) }
    try log.append("not changed at step 8: beta: 7 is not valid")
    #expect(try log.changes() == changes && log.lastEvent() == .paused(step: 7))
    let file = try FileHandle(forWritingTo: run.logURL)
    try file.seekToEnd()
    try file.write(contentsOf: Data("2026-01-31T12:00:00Z set alpha=0.5 at step 12".utf8))
    #expect(try log.changes() == changes)
  }

  /// As where a run was killed, taken up before a change and changed again.
  @Test func aLaterSittingTakesTheFutureBack() throws {
    for (name, value, step) in [("a", 1.0, 100), ("a", 2, 300), ("b", 3, 400), ("a", 4, 200)] {
      try log.append(SettingChange(name: name, value: value, step: step))
    }
    #expect(try log.changes().map(\.value) == [1, 3, 4])
  }
}

@Suite struct RunLockTests {
  private let run: RunDirectory
  private let folder: Folder

  init() throws {
    folder = try Folder()
    run = try folder.run()
  }

  private func hold(_ body: () throws -> Void) throws {
    let lock = try RunLock(run)
    try body()
    _ = consume lock
  }

  @Test func aSecondTrainerIsRefusedAndTheLockGoesWithItsHolder() throws {
    #expect(!RunLock.isHeld(run))
    try hold {
      #expect(RunLock.isHeld(run))
      guard case .runInUse? = storeError({ _ = try RunLock(run) }) else {
        Issue.record("taken twice")
        return
      }
      try RunLog(run).append("the log can be written meanwhile")
      #expect(RunLock.isHeld(run))
    }
    #expect(!RunLock.isHeld(run))
    try hold {}
  }

  @Test func lookingDoesNotTakeIt() throws {
    try hold {}
    for _ in 0..<100 { #expect(!RunLock.isHeld(run)) }
    try hold { for _ in 0..<100 { #expect(RunLock.isHeld(run)) } }
  }

  @Test func whatAKilledTrainerLeftHalfWrittenGoes() throws {
    let left = run.url.appending(path: "checkpoints/.unfinished.latest.safetensors.1.1")
    try Data("half".utf8).write(to: left)
    try Data("whole".utf8).write(to: run.checkpointURL(.latest))
    try hold {}
    #expect(!FileManager.default.fileExists(atPath: left.path()))
    #expect(FileManager.default.fileExists(atPath: run.checkpointURL(.latest).path()))
  }
}
