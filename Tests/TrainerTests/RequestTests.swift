import Foundation
import RLCore
import RunStore
import Testing

@testable import Trainer

/// What a person asks of a run while it is trained.
@Suite struct RequestTests {
  /// Trains a subject; `ask` is called at each look at the signals, with how many there were before.
  private func train(
    _ subject: Subject, in run: RunDirectory, ask: (Int) throws -> Bool
  ) throws -> (outcome: Trainer.Outcome, seconds: Double, clock: Int) {
    var trainer = try subject.trainer(in: run)
    var looks = 0
    let outcome = try trainer.train {
      defer { looks += 1 }
      do { return try ask(looks) } catch {
        Issue.record("\(error)")
        return true
      }
    }
    return (outcome, trainer.seconds, trainer.clock)
  }

  /// Apart from its own row and episode an evaluation leaves no trace, and a checkpoint none at all.
  @Test(arguments: Subject.allCases) func whatIsAskedForChangesNothingElse(_ subject: Subject) throws {
    let folder = try Folder()
    let plain = try folder.run("plain")
    #expect(try train(subject, in: plain) { _ in false }.outcome == .finished)
    let asked = try folder.run("asked")
    _ = try train(subject, in: asked) { look in
      if look == 3 { try RunRequests.send(.evaluate, to: asked) }
      if look == 5 { try RunRequests.send(.checkpoint, to: asked) }
      return false
    }
    let log = try readText(asked.logURL)
    #expect(log.contains(" saved a checkpoint at step ") && log.contains(", as asked"))
    let step = try #require(log.firstMatch(of: /evaluated at step (\d+), as asked/)).output.1
    var files = try asked.fingerprint()
    let rows = String(decoding: try #require(files["metrics.jsonl"]), as: UTF8.self).split(separator: "\n")
    let own = rows.filter { !$0.contains("eval/asked") }
    #expect(own.count == rows.count - 1)
    #expect(rows.contains { $0.hasPrefix("{\"step\":\(step),") && $0.contains("eval/asked") })
    files["metrics.jsonl"] = Data((own.joined(separator: "\n") + "\n").utf8)
    #expect(files.removeValue(forKey: "episodes/\(step)-0.safetensors") != nil)
    // Written for TensorBoard as well, in a form of its own.
    files["events"] = nil
    var expected = try plain.fingerprint()
    expected["events"] = nil
    #expect(differences(files, expected).isEmpty)
  }

  @Test func theBestIsChosenAmongItsOwnEvaluations() throws {
    let folder = try Folder()
    let run = try folder.run()
    // The steps of its own evaluations pay nothing; all others pay.
    var toy = Toy()
    toy.scores = (1...101).map { $0 == 101 ? 0 : 1 }
    var trainer = try Subject.toy.trainer(in: run, toy)
    var looks = 0
    _ = try trainer.train {
      looks += 1
      if looks == 2 { try? RunRequests.send(.evaluate, to: run) }
      return false
    }
    var reader = RunReader(run)
    reader.poll()
    let asked = try #require(reader.rows.first { $0.values[MetricsRow.askedTag] != nil })
    #expect(asked.values["eval/mean_reward"] == 1 && asked.step % 101 != 0)
    #expect(try Subject.toy.step(of: .best, in: run) != asked.step && reader.best?.step != asked.step)
  }

  /// A change counts from the step that the log has it at. Repeated from there, through any number of interruptions and
  /// from any checkpoint, the run is the same.
  @Test(arguments: [
    (Subject.qLearning, "epsilon", 0.9), (.ddpg, "actorLearningRate", 0.03), (.ppo, "learningRate", 0.02),
  ])
  func aChangeIsRepeatedByARunThatGoesOn(_ subject: Subject, _ name: String, _ value: Double) throws {
    let folder = try Folder()
    let plain = try folder.run("plain")
    _ = try train(subject, in: plain) { _ in false }
    let changed = try folder.run("changed")
    var early: Data?
    _ = try train(subject, in: changed) { look in
      if look == 5 { try RunRequests.send(.checkpoint, to: changed) }
      if look == 6 {
        // It is written on another thread.
        let end = ContinuousClock.now + .seconds(30)
        while early == nil && ContinuousClock.now < end {
          early = try? Data(contentsOf: changed.checkpointURL(.latest))
        }
      }
      if look == 8 { try RunRequests.send(.set(name: name, value: value), to: changed) }
      return false
    }
    let change = try #require(try RunLog(changed).changes().first)
    #expect(change.name == name && change.value == value && change.step > 0 && change.step < 1003)
    let whole = try changed.fingerprint()
    #expect(differences(whole, try plain.fingerprint()).contains("checkpoints/latest.safetensors"))

    // From a checkpoint before the change.
    try #require(early).write(to: changed.checkpointURL(.latest))
    var trainer = try subject.trainer(resuming: changed)
    #expect(trainer.clock < change.step)
    #expect(try trainer.train { false } == .finished)
    #expect(differences(try changed.fingerprint(), whole).isEmpty)
    _ = consume trainer

    // From the beginning, interrupted again and again.
    let parts = try folder.run("parts")
    try RunLog(parts).append(.started)
    try RunLog(parts).append(change)
    var random = RandomStream(seed: 4)
    var sittings = 0
    while true {
      var trainer = try subject.trainer(resuming: parts)
      var left = 1 + random.integer(below: 4)
      let outcome = try trainer.train {
        left -= 1
        return left < 0
      }
      sittings += 1
      if outcome == .finished { break }
      try #require(sittings < 1000)
    }
    #expect(sittings > 3)
    #expect(differences(try parts.fingerprint(), whole).isEmpty)
  }

  /// Taken up before a change, and changed to something else before that is reached.
  @Test func aNewerChangeTakesThePlaceOfOneAhead() throws {
    let folder = try Folder()
    let run = try folder.run()
    try RunLog(run).append(SettingChange(name: "epsilon", value: 1, step: 900))
    var trainer = try Subject.qLearning.trainer(resuming: run)
    var looks = 0
    _ = try trainer.train {
      looks += 1
      if looks == 3 { try? RunRequests.send(.set(name: "epsilon", value: 0), to: run) }
      return false
    }
    let changes = try RunLog(run).changes()
    #expect(changes.count == 1 && changes[0].value == 0 && changes[0].step < 900)
    // As if the first had never been.
    let other = try folder.run("other")
    try RunLog(other).append(changes[0])
    var again = try Subject.qLearning.trainer(resuming: other)
    _ = try again.train { false }
    #expect(differences(try run.fingerprint(), try other.fingerprint()).isEmpty)
  }

  @Test func whatCannotBeChangedIsSaidAndTheRunGoesOn() throws {
    let folder = try Folder()
    let plain = try folder.run("plain")
    _ = try train(.ddpg, in: plain) { _ in false }
    let run = try folder.run("asked")
    let wrong: [RunRequest] = [
      .set(name: "batch", value: 4), .set(name: "learningrate", value: 0.1), .set(name: "learningRate", value: -1),
      .set(name: "learningRate", value: 1e300),
    ]
    let result = try train(.ddpg, in: run) { look in
      if look < wrong.count { try RunRequests.send(wrong[look], to: run) }
      return false
    }
    #expect(result.outcome == .finished)
    let log = try readText(run.logURL)
    #expect(
      log.matches(
        of:
          /not changed at step \d+: '\w+' cannot change while a run goes on; expected one of learningRate, actorLearningRate, noiseScale\n/
      ).count == 2)
    #expect(log.matches(of: /learningRate: \S+ is not valid; expected a number in 0.0...10.0\n/).count == 2)
    #expect(try RunLog(run).changes().isEmpty)
    #expect(differences(try run.fingerprint(), try plain.fingerprint()).isEmpty)
  }

  @Test func aLogThatSaysWhatCannotBeIsRefused() throws {
    let folder = try Folder()
    let run = try folder.run()
    try RunLog(run).append(SettingChange(name: "batch", value: 4, step: 0))
    #expect(throws: RunStoreError.self) { _ = try Subject.ddpg.trainer(resuming: run) }
  }

  @Test func aPauseLastsUntilItIsLifted() throws {
    let folder = try Folder()
    let run = try folder.run("paused")
    var statuses: [RunStatus] = []
    let began = ContinuousClock.now
    let result = try train(.qLearning, in: run) { look in
      if look == 2 { try RunRequests.send(.pause, to: run) }
      // While it is paused, each look is a wait of a twentieth of a second.
      if (3...8).contains(look) { statuses.append(try RunStatus(of: run)) }
      if look == 8 { try RunRequests.send(.resume, to: run) }
      return false
    }
    #expect(result.outcome == .finished)
    #expect(statuses == .init(repeating: .paused, count: 6))
    let waited = (ContinuousClock.now - began) / .seconds(1)
    #expect(waited > 0.25 && result.seconds < waited - 0.2)
    let log = try readText(run.logURL)
    let steps = log.matches(of: /(?:paused|continued) at step (\d+)/).map(\.output.1)
    #expect(steps.count == 2 && steps[0] == steps[1])
    let plain = try folder.run("plain")
    _ = try train(.qLearning, in: plain) { _ in false }
    #expect(differences(try run.fingerprint(), try plain.fingerprint()).isEmpty)
  }

  @Test func stoppedItIsSavedAndCanGoOn() throws {
    let folder = try Folder()
    let whole = try folder.run("whole")
    _ = try train(.ddpg, in: whole) { _ in false }
    for pauses in [false, true] {
      let run = try folder.run("stopped-\(pauses)")
      let result = try train(.ddpg, in: run) { look in
        if look == 2 && pauses { try RunRequests.send(.pause, to: run) }
        if look == 4 { try RunRequests.send(.stop, to: run) }
        return false
      }
      #expect(result.outcome == .interrupted && result.clock < 1003)
      #expect(try RunStatus(of: run) == .interrupted && Subject.ddpg.step(of: .latest, in: run) == result.clock)
      var trainer = try Subject.ddpg.trainer(resuming: run)
      #expect(try trainer.train { false } == .finished)
      #expect(differences(try run.fingerprint(), try whole.fingerprint()).isEmpty)
    }
  }

  @Test func aSignalEndsAPause() throws {
    let folder = try Folder()
    let run = try folder.run()
    let result = try train(.toy, in: run) { look in
      if look == 1 { try RunRequests.send(.pause, to: run) }
      return look > 4
    }
    #expect(result.outcome == .interrupted)
  }
}
