import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Full disks, folders that cannot be written, numbers that leave the finite.
@Suite struct FailureTests {
  /// Expects exit code 1 and, last on standard error, a line that says why.
  private func expectFailure(_ finished: Finished, _ fragments: String..., place: SourceLocation = #_sourceLocation) {
    #expect(finished.code == 1, "\(finished.errors)", sourceLocation: place)
    #expect(finished.output == "", sourceLocation: place)
    let complaints = finished.errorLines.filter { $0.hasPrefix("rlgym: ") }
    #expect(
      complaints.count == 1 && complaints.last == finished.errorLines.last, "\(finished.errors)", sourceLocation: place)
    for fragment in fragments {
      #expect(complaints.first?.contains(fragment) == true, "\(finished.errors)", sourceLocation: place)
    }
  }

  @Test func aFileInPlaceOfTheFolderOfRuns() throws {
    let folder = try Folder()
    try folder.write("x", to: "Runs")
    expectFailure(try folder.run(Quick.ddpg), "cannot create Runs/", "Not a directory")
    #expect(try folder.read("Runs") == "x")
  }

  @Test(arguments: ["/proc/runs", "/dev/null/runs", "/dev/null"]) func unwritableFolders(runs: String) throws {
    let folder = try Folder()
    for command in [Quick.ddpg, Quick.qLearning + ["--name", "x"], Quick.valueIteration + ["--seeds", "2"]] {
      expectFailure(try folder.run(command + ["--runs", runs]), "cannot create /")
    }
    #expect(folder.names(in: ".") == [])
  }

  /// A limit on the size of files stands for a disk that becomes full in the middle.
  @Test func filesThatMayNotGrow() throws {
    let folder = try Folder()
    // An evaluation with every second checkpoint, so that it is never the best one that has become too large.
    let command = Quick.ddpg + ["--set", "train.evaluateEvery=1000", "--set", "train.checkpointEvery=500"]
    #expect(try folder.run(command + ["--name", "whole"]).code == 0)
    let finished = try folder.start(command + ["--name", "run", "--json"], shell: "ulimit -f 120").finish()
    expectFailure(finished, "cannot write ", "checkpoints/latest.safetensors: File too large")
    #expect(try folder.read("Runs/run/log.txt").contains("failed: cannot write "))
    #expect(try folder.run("list", "runs").output.contains("failed"))
    #expect(try folder.run("evaluate", "run", "--episodes", "2").code == 0)
    // With room again, it goes on as if nothing had been.
    #expect(try folder.run("train", "--resume", "run").code == 0)
    try expectSame(folder, "Runs/whole", "Runs/run")
  }

  /// Whether this user may mount a small disk.
  private static let canMount = geteuid() == 0 && FileManager.default.fileExists(atPath: "/proc/mounts")

  private func withDisk(_ options: String, in folder: Folder, _ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(at: folder["disk"], withIntermediateDirectories: true)
    // A container may forbid it even to root.
    guard try folder.run(program: "/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", folder["disk"].path) == 0 else {
      return
    }
    defer { _ = try? folder.run(program: "/bin/umount", "-l", folder["disk"].path) }
    try body()
  }

  @Test(.enabled(if: canMount)) func aDiskThatFillsUp() throws {
    let folder = try Folder()
    try withDisk("size=260k", in: folder) {
      let finished = try folder.run(Quick.ddpg + ["--runs", "disk", "--name", "run", "--json"])
      expectFailure(finished, "cannot write ", "No space left on device")
      let evaluated = try folder.run("evaluate", "run", "--runs", "disk", "--episodes", "2", "--json")
      #expect(evaluated.code == 0)
      expectFailure(try folder.run("train", "--runs", "disk", "--resume", "run"), "No space left on device")
      #expect(
        try folder.run("evaluate", "run", "--runs", "disk", "--episodes", "2", "--json").output == evaluated.output)
    }
  }

  @Test(.enabled(if: canMount), arguments: ["size=4k", "size=8k", "size=1m,nr_inodes=4"])
  func aDiskThatIsFullAtOnce(options: String) throws {
    let folder = try Folder()
    try withDisk(options, in: folder) {
      let finished = try folder.run(Quick.ddpg + ["--runs", "disk", "--name", "run"])
      expectFailure(finished, "No space left on device")
      #expect(folder.names(in: "disk") == [])
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"))) func aFullDiskForTheOutput() throws {
    let folder = try Folder()
    for command in [["list", "agents"], ["rollout", "--env", "Pendulum-v1", "--json"], ["describe", "ddpg"]] {
      let finished = try folder.start(command, shell: "exec >/dev/full").finish()
      expectFailure(finished, "cannot write the output: No space left on device")
    }
  }

  /// A target that pays 10³⁰⁵ again and again: learning is fine until the episode's return overflows.
  private static let richWorld = """
    map: |
      S.T
    rewards: { target: 1.0e+305 }
    target: continue
    """

  @Test func aReturnThatOverflows() throws {
    let folder = try Folder()
    try folder.write(Self.richWorld, to: "rich.yaml")
    let finished = try folder.run(
      "train", "--agent", "q-learning", "--env", "rich.yaml", "--name", "run", "--json", "--set",
      "train.checkpointEvery=500", "--set", "train.evaluateEvery=500", "--set", "train.evaluationEpisodes=1")
    expectFailure(finished, "Runs/run: the reward is not a finite number at step ", "the last good checkpoint is kept")
    #expect(try folder.read("Runs/run/log.txt").contains("failed: the reward is not a finite number"))
    #expect(folder.names(in: "Runs/run/checkpoints") == ["best.safetensors", "latest.safetensors"])
    for checkpoint in ["best", "latest"] {
      let evaluated = try folder.run("evaluate", "run", "--episodes", "1", "--checkpoint", checkpoint, "--json")
      #expect(evaluated.code == 0)
      #expect(try evaluated.json(as: EvaluateTests.Report.self).meanReward > 1e307)
    }
    // The same again from there.
    expectFailure(try folder.run("train", "--resume", "run"), "the reward is not a finite number at step ")
  }

  @Test func valuesThatOverflow() throws {
    let folder = try Folder()
    try folder.write("map: |\n  S..\nrewards: { step: -1.7e+308 }\ndiscount: 0.999\n", to: "world.yaml")
    for agent in ["q-learning", "value-iteration"] {
      let finished = try folder.run("train", "--agent", agent, "--env", "world.yaml", "--name", agent)
      expectFailure(finished, "Runs/\(agent): ", "is not a finite number at step ")
    }
  }

  @Test func anEvaluationThatOverflowsIsNoNumber() throws {
    let folder = try Folder()
    try folder.write(Self.richWorld, to: "rich.yaml")
    let trained = try folder.run(
      "train", "--agent", "q-learning", "--env", "rich.yaml", "--name", "run", "--steps", "500", "--set",
      "train.evaluationEpisodes=1")
    #expect(trained.code == 0)
    for flags in [[], ["--json"]] {
      // The spread of returns near the largest number is beyond it.
      let finished = try folder.run(["evaluate", "run", "--episodes", "20", "--sample"] + flags)
      expectFailure(finished, "the returns of run are beyond the largest number; expected smaller rewards")
    }
  }
}
