import Foundation
import Testing

/// A run that was stopped and taken up again is the run that was never stopped, to the byte (times aside).
@Suite struct ResumeTests {
  /// Long enough to be stopped somewhere in it.
  private static let qLearning = [
    "train", "--agent", "q-learning", "--env", "FrozenLake-v1", "--steps", "300000", "--set", "train.logEvery=7000",
    "--set", "train.evaluateEvery=21000", "--set", "train.checkpointEvery=10000", "--set",
    "train.evaluationEpisodes=500",
  ]

  private static let valueIteration = [
    "train", "--agent", "value-iteration", "--env", "FrozenLake-v1", "--set", "discount=0.9999", "--set",
    "train.logEvery=1", "--set", "train.evaluateEvery=20", "--set", "train.checkpointEvery=30",
  ]

  static let commands = [Quick.ddpg, qLearning, valueIteration]

  private func rows(_ folder: Folder, _ run: String) -> Int {
    let text = (try? folder.read("Runs/\(run)/metrics.jsonl")) ?? ""
    return text.count { $0 == "\n" }
  }

  /// Starts the command and waits until it has written so many rows, and a little longer.
  private func begin(_ command: [String], in folder: Folder, rows wanted: Int, andMicroseconds: UInt32 = 0) throws
    -> Running
  {
    let running = try folder.start(command + ["--name", "run"])
    try folder.wait {
      !running.isRunning || (folder.has("Runs/run/config.yaml") && rows(folder, "run") >= wanted)
    }
    usleep(andMicroseconds)
    return running
  }

  @Test(arguments: commands) func killedAtAnyMoment(command: [String]) throws {
    let folder = try Folder()
    #expect(try folder.run(command + ["--name", "whole"]).code == 0)
    let total = rows(folder, "whole")
    // Before the first checkpoint, then anywhere.
    let moments = [(0, 0)] + (0..<4).map { _ in (Int.random(in: 0..<total), UInt32.random(in: 0..<20_000)) }
    for (row, pause) in moments {
      let running = try begin(command, in: folder, rows: row, andMicroseconds: pause)
      running.send(SIGKILL)
      _ = try running.finish()
      let resumed = try folder.run("train", "--resume", "run")
      #expect(resumed.code == 0, "killed after row \(row) and \(pause) µs: \(resumed.errors)")
      try expectSame(folder, "Runs/whole", "Runs/run")
      try folder.remove("Runs/run")
    }
  }

  @Test func killedAgainAndAgain() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--name", "whole"]).code == 0)
    let first = try begin(Quick.ddpg, in: folder, rows: 3)
    first.send(SIGKILL)
    _ = try first.finish()
    for row in [5, 8, 10] {
      let running = try folder.start(["train", "--resume", "run"])
      try folder.wait { !running.isRunning || rows(folder, "run") >= row }
      running.send(row == 8 ? SIGTERM : SIGKILL)
      _ = try running.finish()
    }
    #expect(try folder.run("train", "--resume", "run").code == 0)
    try expectSame(folder, "Runs/whole", "Runs/run")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func aSignalSavesAndSaysHowToGoOn(signal: Int32) throws {
    let folder = try Folder()
    let command = Quick.ddpg + ["--steps", "20000"]
    #expect(try folder.run(command + ["--name", "whole"]).code == 0)
    let running = try begin(command + ["--json"], in: folder, rows: 2, andMicroseconds: 3000)
    running.send(signal)
    let stopped = try running.finish()
    #expect(stopped.code == 130)
    let report = try stopped.json(as: TrainReport.self)
    #expect(report.steps < 20000)
    let last = try #require(stopped.errorLines.last)
    #expect(last == "stopped and saved at step \(report.steps); go on with: rlgym train --resume Runs/run")
    #expect(try folder.read("Runs/run/log.txt").contains("interrupted at step \(report.steps)"))
    #expect(try folder.run("list", "runs").output.contains("interrupted"))
    // The words of the message, as a person would copy them.
    let words = last.split(separator: "rlgym ").last.map { $0.split(separator: " ").map(String.init) } ?? []
    #expect(try folder.run(words).code == 0)
    try expectSame(folder, "Runs/whole", "Runs/run")
  }

  @Test(arguments: [qLearning, valueIteration]) func aSignalToOthers(command: [String]) throws {
    let folder = try Folder()
    #expect(try folder.run(command + ["--name", "whole"]).code == 0)
    let running = try begin(command, in: folder, rows: 4)
    running.send(SIGINT)
    let code = try running.finish().code
    // It may have been over already.
    #expect(code == 130 || code == 0)
    #expect(try folder.run("train", "--resume", "run").code == 0)
    try expectSame(folder, "Runs/whole", "Runs/run")
  }

  /// The report of a run that was stopped before its first evaluation has all its keys.
  @Test func stoppedBeforeAnyEvaluation() throws {
    let folder = try Folder()
    let command = Quick.ddpg + ["--set", "train.evaluateEvery=100000", "--steps", "100000", "--json"]
    let running = try begin(command, in: folder, rows: 1)
    running.send(SIGTERM)
    let stopped = try running.finish()
    #expect(stopped.code == 130)
    #expect(try stopped.keys().count == 8)
    #expect(try stopped.json(as: TrainReport.self).eval == nil)
  }

  @Test func seedsAreStoppedTogether() throws {
    let folder = try Folder()
    let command = Quick.ddpg + ["--steps", "4000"]
    let running = try folder.start(command + ["--seeds", "3"])
    try folder.wait { folder.runs.contains { rows(folder, $0) >= 2 } }
    running.send(SIGTERM)
    #expect(try running.finish().code == 130)
    #expect(folder.runs.count == 3)
    for (seed, run) in folder.runs.enumerated() {
      #expect(try folder.run("train", "--resume", run).code == 0)
      #expect(try folder.run(command + ["--seed", "\(seed)", "--runs", "whole", "--name", "\(seed)"]).code == 0)
      try expectSame(folder, "whole/\(seed)", "Runs/\(run)")
    }
  }

  @Test(arguments: commands) func aFinishedRunStaysAsItIs(command: [String]) throws {
    let folder = try Folder()
    let trained = try folder.run(command + ["--name", "run", "--json"])
    try folder.copy("Runs/run", to: "before")
    let resumed = try folder.run("train", "--resume", "run", "--json")
    #expect(resumed.code == 0)
    #expect(try folder.data("before/metrics.jsonl") == folder.data("Runs/run/metrics.jsonl"))
    try expectSame(folder, "before", "Runs/run")
    let (before, after) = (try trained.json(as: TrainReport.self), try resumed.json(as: TrainReport.self))
    #expect((before.steps, before.eval) == (after.steps, after.eval))
  }

  @Test func aFinishedRunGoesOnWithMoreSteps() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--name", "whole"]).code == 0)
    #expect(try folder.run(Quick.ddpg + ["--steps", "3000", "--name", "run"]).code == 0)
    #expect(try folder.run("train", "--resume", "Runs/run", "--steps", "6000").code == 0)
    try expectSame(folder, "Runs/whole", "Runs/run")
    #expect(try folder.read("Runs/run/config.yaml").contains("  steps: 6000\n"))
    let config = try folder.data("Runs/run/config.yaml")
    let fewer = try folder.run("train", "--resume", "run", "--steps", "100")
    #expect((fewer.code, fewer.output) == (64, ""))
    #expect(fewer.errors == "rlgym: --steps 100: run has 6000 already; expected more\n")
    #expect(try folder.data("Runs/run/config.yaml") == config)
  }

  @Test func onlyOneTrainsARun() throws {
    let folder = try Folder()
    let running = try begin(Quick.ddpg + ["--steps", "1000000"], in: folder, rows: 1)
    let config = try folder.data("Runs/run/config.yaml")
    for more in [[], ["--steps", "2000000"]] {
      let second = try folder.run(["train", "--resume", "run"] + more)
      #expect((second.code, second.output, second.errorLines.count) == (64, "", 1))
      #expect(second.errors.contains("run is being trained by another process; wait for it or stop it first"))
    }
    #expect(try folder.data("Runs/run/config.yaml") == config)
    running.send(SIGTERM)
    #expect(try running.finish().code == 130)
    #expect(try folder.read("Runs/run/log.txt").contains("resumed") == false)
  }

  /// What a crash of the whole machine may leave: half a row, half a file.
  @Test func leftoversAreCleared() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--name", "whole"]).code == 0)
    let running = try begin(Quick.ddpg, in: folder, rows: 6)
    running.send(SIGKILL)
    _ = try running.finish()
    let file = try FileHandle(forWritingTo: folder["Runs/run/metrics.jsonl"])
    try file.seekToEnd()
    try file.write(contentsOf: Data("{\"step\":123456,\"ti".utf8))
    try file.close()
    try folder.write("half", to: "Runs/run/checkpoints/.unfinished.latest.safetensors.1.1")
    #expect(try folder.run("train", "--resume", "run").code == 0)
    try expectSame(folder, "Runs/whole", "Runs/run")
  }

  @Test func otherCommandsEndAtOnce() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--steps", "500", "--name", "run"]).code == 0)
    let running = try folder.start(["evaluate", "run", "--episodes", "10000000"])
    usleep(100_000)
    running.send(SIGINT)
    #expect(try running.finish().code == 128 + SIGINT)
  }

  /// As a parent whose threads take no signals leaves them.
  @Test func blockedSignalsAreHeard() throws {
    let folder = try Folder()
    let running = try folder.start(
      Quick.ddpg + ["--steps", "1000000", "--name", "run"], blocking: [SIGINT, SIGTERM, SIGHUP])
    try folder.wait { rows(folder, "run") >= 1 }
    running.send(SIGTERM)
    #expect(try running.finish().code == 130)
  }

  @Test func nohupOutlivesItsTerminal() throws {
    let folder = try Folder()
    let running = try folder.start(
      Quick.ddpg + ["--steps", "1000000", "--name", "run"], shell: "trap '' HUP")
    try folder.wait { rows(folder, "run") >= 1 }
    running.send(SIGHUP)
    let before = rows(folder, "run")
    try folder.wait { rows(folder, "run") > before + 1 }
    running.send(SIGTERM)
    #expect(try running.finish().code == 130)
  }
}
