import Foundation
import RLCore
import RunStore
import Synchronization
import Testing

@testable import Trainer

@Suite struct ResumeTests {
  private func uninterrupted(_ subject: Subject, in folder: Folder) throws -> [String: Data] {
    let run = try folder.run("whole")
    var trainer = try subject.trainer(in: run)
    #expect(try trainer.train { false } == .finished)
    return try run.fingerprint()
  }

  @Test(arguments: Subject.allCases) func aRunLeavesItsFiles(_ subject: Subject) throws {
    let folder = try Folder()
    let files = try uninterrupted(subject, in: folder)
    var expected = ["checkpoints/best.safetensors", "checkpoints/latest.safetensors", "events", "metrics.jsonl"]
    let steps = subject.settings.steps
    expected += (Array(stride(from: 101, to: steps, by: 101)) + [steps]).map { "episodes/\($0)-0.safetensors" }
    if subject == .qLearning || subject == .valueIteration { expected.append("solution.json") }
    if subject == .ddpg || subject == .ppo { expected.append("surface.json") }
    #expect(files.keys.sorted() == expected.sorted())
    // The comparison below has something to compare: rows, steps and values are there, times are not.
    let metrics = String(decoding: try #require(files["metrics.jsonl"]), as: UTF8.self)
    #expect(metrics.hasPrefix("{\"step\":37,") || metrics.hasPrefix("{\"step\":37"))
    #expect(metrics.contains("eval/mean_reward") && !metrics.contains("time"))
    let events = String(decoding: try #require(files["events"]), as: UTF8.self)
    #expect(events.contains("eval/mean_reward") && !events.contains("time/"))
  }

  @Test(arguments: Subject.allCases) func interruptedManyTimesItIsTheSameRun(_ subject: Subject) throws {
    let folder = try Folder()
    let whole = try uninterrupted(subject, in: folder)
    for seed in UInt64(1)...3 {
      var random = RandomStream(seed: seed)
      let run = try folder.run("parts-\(seed)")
      var sittings = 0
      var isOver = false
      while !isOver {
        var trainer = try sittings == 0 ? subject.trainer(in: run) : subject.trainer(resuming: run)
        // Slices end at every 37th, 83rd and 101st step, and somewhere after the 64 that a sitting begins with.
        var left = random.integer(below: 5)
        let outcome = try trainer.train {
          left -= 1
          return left < 0
        }
        isOver = outcome == .finished
        #expect(
          try RunLog(run).lastEvent() == (isOver ? .finished(step: trainer.clock) : .interrupted(step: trainer.clock)))
        #expect(try subject.step(of: .latest, in: run) == trainer.clock)
        sittings += 1
        try #require(sittings < 1000)
      }
      #expect(sittings > 3)
      #expect(differences(try run.fingerprint(), whole).isEmpty)
    }
  }

  /// What a process leaves that is killed at this moment: the files that are written in order, the last ones perhaps
  /// not yet; beside them a file that was not renamed any more, and lines cut short.
  private static func snapshot(_ run: RunDirectory, to copy: RunDirectory) throws {
    let manager = FileManager.default
    func copyFile(_ path: String) throws {
      // Read at once: a rename puts a whole file in its place.
      guard let data = manager.contents(atPath: run.url.appending(path: path).path()) else { return }
      try data.write(to: copy.url.appending(path: path))
    }
    // Against the order of writing, so that nothing is in the copy that was written after something that is not.
    try copyFile("checkpoints/latest.safetensors")
    try copyFile("checkpoints/best.safetensors")
    try copyFile("solution.json")
    try copyFile("surface.json")
    for name in try manager.contentsOfDirectory(atPath: run.url.appending(path: "episodes").path())
    where !name.hasPrefix(".") {
      try copyFile("episodes/" + name)
    }
    for name in try manager.contentsOfDirectory(atPath: run.url.path())
    where name == "metrics.jsonl" || name == "log.txt" || name.hasPrefix("events") {
      try copyFile(name)
      guard name != "log.txt" else { continue }
      let file = try FileHandle(forWritingTo: copy.url.appending(path: name))
      try file.seekToEnd()
      try file.write(contentsOf: Data("{\"step\":9".utf8))
      try file.close()
    }
    try Data("half".utf8).write(to: copy.url.appending(path: "checkpoints/.unfinished.latest.safetensors.1.1"))
  }

  @Test(arguments: Subject.allCases) func killedAtAnyMomentItIsTheSameRun(_ subject: Subject) throws {
    let folder = try Folder()
    let whole = try uninterrupted(subject, in: folder)
    let run = try folder.run("killed")
    let copies = Mutex<[RunDirectory]>([])
    let random = Mutex(RandomStream(seed: 9))
    let learner = Watched(learner: try subject.learner()) { moment, clock in
      // Before some evaluations, and right after rows and checkpoints were handed over for writing.
      guard random.withLock({ $0.uniform() }) < (moment == .evaluation ? 0.3 : 0.15) || clock == 0 else { return }
      copies.withLock { copies in
        do {
          let copy = try folder.run("copy-\(copies.count)")
          try Self.snapshot(run, to: copy)
          copies.append(copy)
        } catch {
          Issue.record("no copy at \(clock): \(error)")
        }
      }
    }
    do {
      var trainer = try subject.trainer(in: run, learner)
      #expect(try trainer.train { false } == .finished)
    }
    #expect(differences(try run.fingerprint(), whole).isEmpty)
    let killed = copies.withLock { $0 }
    #expect(killed.count >= 4)
    for copy in killed {
      var trainer = try subject.trainer(resuming: copy)
      let start = trainer.clock
      #expect(try trainer.train { false } == .finished)
      #expect(differences(try copy.fingerprint(), whole).isEmpty, "\(copy.name), resumed at \(start)")
    }
  }

  /// A checkpoint that is older than everything else, as where a disk was slow.
  @Test(arguments: Subject.allCases) func anOlderCheckpointLeadsToTheSameRun(_ subject: Subject) throws {
    let folder = try Folder()
    let whole = try uninterrupted(subject, in: folder)
    let run = try folder.run("slow")
    var old: Data?
    do {
      var trainer = try subject.trainer(in: run)
      var calls = 0
      _ = try trainer.train {
        calls += 1
        return calls > 3
      }
      old = try Data(contentsOf: run.checkpointURL(.latest))
    }
    do {
      var trainer = try subject.trainer(resuming: run)
      #expect(try trainer.train { false } == .finished)
    }
    try #require(old).write(to: run.checkpointURL(.latest))
    var trainer = try subject.trainer(resuming: run)
    #expect(trainer.clock < subject.settings.steps)
    #expect(try trainer.train { false } == .finished)
    #expect(differences(try run.fingerprint(), whole).isEmpty)
  }

  @Test func besideOthersItIsTheSameRun() throws {
    let folder = try Folder()
    let whole = try uninterrupted(.ddpg, in: folder)
    let found = Mutex<[[String: Data]]>([])
    DispatchQueue.concurrentPerform(iterations: 3) { i in
      do {
        let run = try folder.run("beside-\(i)")
        var trainer = try Subject.ddpg.trainer(in: run)
        _ = try trainer.train { false }
        let files = try run.fingerprint()
        found.withLock { $0.append(files) }
      } catch {
        Issue.record("\(error)")
      }
    }
    found.withLock { found in
      #expect(found.count == 3)
      for files in found { #expect(differences(files, whole).isEmpty) }
    }
  }

  @Test func aFinishedRunStaysAsItIs() throws {
    let folder = try Folder()
    let run = try folder.run()
    do {
      var trainer = try Subject.qLearning.trainer(in: run)
      _ = try trainer.train { false }
    }
    let before = try run.fingerprint()
    let rows = run.rows()
    var trainer = try Subject.qLearning.trainer(resuming: run)
    #expect(trainer.clock == 1003 && trainer.seconds >= rows.last!.time)
    #expect(try trainer.train { false } == .finished)
    #expect(differences(try run.fingerprint(), before).isEmpty && run.rows() == rows)
  }

  @Test func aLongerBudgetGoesOn() throws {
    let folder = try Folder()
    let run = try folder.run()
    do {
      var trainer = try Subject.ddpg.trainer(in: run)
      _ = try trainer.train { false }
    }
    let earlier = run.rows()
    var settings = Subject.ddpg.settings
    settings.steps = 1500
    var trainer = try Trainer(resuming: run, settings: settings, as: Subject.ddpg.metadata) {
      try Subject.ddpg.learner(with: $0)
    }
    #expect(try trainer.train { false } == .finished)
    let rows = run.rows()
    #expect(Array(rows.prefix(earlier.count)) == earlier && rows.last?.step == 1500)
    #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.step < $1.step && $0.time <= $1.time })
  }

  @Test func anothersCheckpointIsRefused() throws {
    let folder = try Folder()
    let run = try folder.run()
    do {
      var trainer = try Subject.toy.trainer(in: run)
      _ = try trainer.train { false }
    }
    let before = try run.fingerprint()
    #expect(throws: RunStoreError.self) { _ = try Subject.ddpg.trainer(resuming: run) }
    // One of the same name that holds something else.
    #expect(throws: CoreError.self) {
      _ = try Trainer(resuming: run, settings: Subject.toy.settings, as: Subject.toy.metadata) {
        try Subject.ddpg.learner(with: $0)
      }
    }
    try Data(contentsOf: run.checkpointURL(.latest)).dropLast(5).write(to: run.checkpointURL(.latest))
    #expect(throws: RunStoreError.self) { _ = try Subject.toy.trainer(resuming: run) }
    var after = try run.fingerprint()
    after["checkpoints/latest.safetensors"] = before["checkpoints/latest.safetensors"]
    #expect(differences(after, before).isEmpty, "nothing else was touched")
  }
}
