import Foundation
import Testing

/// Runs whose files were damaged, lost or mixed up.
@Suite struct BrokenRunTests {
  /// A folder with a deep run and a tabular one, made once.
  private static let whole: Result<Folder, any Error> = Result {
    let folder = try Folder()
    // What is static has no deinit.
    atexit { try? BrokenRunTests.whole.get().discard() }
    #expect(try folder.run(Quick.ddpg + ["--steps", "1000", "--name", "deep"]).code == 0)
    #expect(try folder.run("train", "--agent", "q-learning", "--steps", "1000", "--name", "cliff").code == 0)
    return folder
  }

  /// A copy of them to break.
  private func folder() throws -> Folder {
    let folder = try Folder()
    try FileManager.default.copyItem(at: Self.whole.get()["Runs"], to: folder["Runs"])
    return folder
  }

  private func cut(_ folder: Folder, _ path: String, to size: Int) throws {
    try folder.data(path).prefix(size).write(to: folder[path])
  }

  /// Expects the command to be refused with exit code 1 and a line that names the file.
  private func expectRefusal(
    _ folder: Folder, _ arguments: [String], _ fragments: String..., code: Int32 = 1,
    place: SourceLocation = #_sourceLocation
  ) throws {
    let finished = try folder.run(arguments)
    #expect(finished.code == code, "\(finished.errors)", sourceLocation: place)
    #expect(finished.output == "", sourceLocation: place)
    #expect(finished.errorLines.count == 1, "\(finished.errors)", sourceLocation: place)
    for fragment in ["rlgym: "] + fragments {
      #expect(finished.errors.contains(fragment), "\(finished.errors)", sourceLocation: place)
    }
  }

  private static let resumptions = [["train", "--resume", "deep"], ["train", "--resume", "deep", "--steps", "5000"]]

  /// Everything in the run but the log.
  private func contents(_ folder: Folder) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in FileManager.default.enumerator(atPath: folder["Runs/deep"].path)?.compactMap({ $0 as? String }) ?? [] {
      if name != "log.txt", let data = try? folder.data("Runs/deep/\(name)") { contents[name] = data }
    }
    return contents
  }

  @Test(arguments: [0, 1, 100, 3000, -1]) func truncatedCheckpoints(size: Int) throws {
    let folder = try folder()
    for name in ["best", "latest"] {
      let path = "Runs/deep/checkpoints/\(name).safetensors"
      try cut(folder, path, to: size < 0 ? folder.data(path).count - 1 : size)
    }
    let before = try contents(folder)
    let message = "checkpoints/best.safetensors: it is truncated"
    for command in [["evaluate", "deep"], ["evaluate", "deep", "--json"], ["rollout", "--agent", "deep"]] {
      try expectRefusal(folder, command, message)
    }
    for command in Self.resumptions {
      try expectRefusal(folder, command, "checkpoints/latest.safetensors: it is truncated")
    }
    #expect(try contents(folder) == before)
  }

  @Test func foreignCheckpoints() throws {
    let folder = try folder()
    for name in ["best", "latest"] {
      try folder.copy("Runs/cliff/checkpoints/\(name).safetensors", to: "Runs/deep/checkpoints/\(name).safetensors")
    }
    let message = "it belongs to the agent q-learning; expected ddpg"
    try expectRefusal(folder, ["evaluate", "deep"], "best.safetensors: " + message)
    for command in Self.resumptions { try expectRefusal(folder, command, "latest.safetensors: " + message) }
    // The same agent in another world.
    #expect(try folder.run(Quick.qLearning + ["--steps", "5000", "--name", "lake"]).code == 0)
    try folder.copy("Runs/lake/checkpoints/best.safetensors", to: "Runs/cliff/checkpoints/best.safetensors")
    try expectRefusal(
      folder, ["evaluate", "cliff"], "it belongs to the environment FrozenLake-v1; expected CliffWalking-v1")
    // The same agent and world with other networks.
    #expect(try folder.run(Quick.ddpg + ["--steps", "1000", "--set", "hidden=[4]", "--name", "small"]).code == 0)
    for name in ["best", "latest"] {
      try folder.copy("Runs/small/checkpoints/\(name).safetensors", to: "Runs/deep/checkpoints/\(name).safetensors")
    }
    try expectRefusal(folder, ["evaluate", "deep"], "best.safetensors", "the checkpoint does not fit", "expected")
    try expectRefusal(folder, ["train", "--resume", "deep"], "deep", "the checkpoint does not fit", "expected")
    // Something else altogether.
    for text in ["", "hello", "{\"a\": 1}", String(repeating: "x", count: 10_000)] {
      try folder.write(text, to: "Runs/deep/checkpoints/latest.safetensors")
      try expectRefusal(folder, ["train", "--resume", "deep"], "checkpoints/latest.safetensors: it is")
    }
    try folder.copy("Runs/deep/episodes/1000-0.safetensors", to: "Runs/deep/checkpoints/latest.safetensors")
    try expectRefusal(folder, ["train", "--resume", "deep"], "latest.safetensors: ", "rlgym-episode-1; expected")
  }

  @Test func lostCheckpoints() throws {
    let folder = try folder()
    try folder.copy("Runs/deep", to: "whole")
    try folder.remove("Runs/deep/checkpoints/best.safetensors")
    try expectRefusal(
      folder, ["evaluate", "deep"], "deep has no best checkpoint yet; go on with: rlgym train --resume Runs/deep",
      code: 64)
    #expect(try folder.run("evaluate", "deep", "--checkpoint", "latest").code == 0)
    try folder.remove("Runs/deep/checkpoints/latest.safetensors")
    try expectRefusal(folder, ["evaluate", "deep", "--checkpoint", "latest"], "no latest checkpoint", code: 64)
    // It begins anew, and becomes the same.
    #expect(try folder.run("train", "--resume", "deep").code == 0)
    try expectSame(folder, "whole", "Runs/deep")
  }

  @Test func damagedEpisodes() throws {
    let folder = try folder()
    let path = "Runs/deep/episodes/1000-0.safetensors"
    for size in [0, 5, 200, 4000] {
      try cut(folder, path, to: size)
      try expectRefusal(folder, ["replay", "deep"], "episodes/1000-0.safetensors: it is truncated")
    }
    #expect(try folder.run("replay", "deep", "--episode", "500").code == 0)
    // A screen passes over what it cannot read.
    #expect(try folder.run("watch", "deep").code == 0)
    try folder.copy("Runs/deep/checkpoints/best.safetensors", to: path)
    try expectRefusal(folder, ["replay", "deep"], "rlgym-checkpoint-1; expected rlgym-episode-1")
    try folder.copy("Runs/cliff/episodes/1000-0.safetensors", to: path)
    try expectRefusal(
      folder, ["replay", "deep"], "it belongs to the environment CliffWalking-v1; expected Pendulum-v1")
    #expect(try folder.run("watch", "deep").code == 0)
    #expect(try folder.run("describe", "deep").code == 0)
  }

  @Test(arguments: ["nonsense", "-1", "750", "1e3", ""]) func unknownEpisodes(episode: String) throws {
    let folder = try folder()
    try expectRefusal(
      folder, ["replay", "deep", "--episode", episode],
      "--episode \(episode): expected best, last, or one of 500, 1000",
      code: 64)
  }

  @Test func noEpisodesYet() throws {
    let folder = try folder()
    try folder.remove("Runs/deep/episodes")
    try expectRefusal(folder, ["replay", "deep"], "deep has no saved episodes yet", code: 64)
    try folder.remove("Runs/deep/metrics.jsonl")
    try expectRefusal(folder, ["replay", "deep", "--episode", "best"], "deep has no saved episodes yet", code: 64)
  }

  private static let configurations: [(String, String, String)] = [
    ("discount: 0.99", "discount: 2", "config.yaml: agentSettings: discount: 2 is not valid; expected a number"),
    ("discount: 0.99", "discoun: 1", "config.yaml: agentSettings: there is no setting 'discoun'; nearest: discount"),
    ("gravity: 10.0", "gravity: x", "config.yaml: environmentSettings: gravity: x is not valid; expected"),
    ("  steps: 1000", "  steps: 0", "config.yaml: trainingSettings: steps: 0 is not valid; expected"),
    ("agent: ddpg", "agent: ddgp", "config.yaml: there is no agent 'ddgp'; nearest: ddpg"),
    ("environment: P", "environment: Q", "config.yaml: there is no environment 'Qendulum-v1'; nearest: Pendulum-v1"),
    ("seed: 0", "seed: -1", "config.yaml:6: seed: expected an integer in 0..."),
    ("agentSettings:", "agentSettings: [", "config.yaml:9: it is not YAML"),
    ("version:", "verzion:", "config.yaml:1: there is no property 'verzion'; nearest: version"),
  ]

  @Test(arguments: configurations)
  func brokenConfiguration(text: String, broken: String, message: String) throws {
    let folder = try folder()
    let config = try folder.read("Runs/deep/config.yaml")
    try #require(config.contains(text), "\(config)")
    try folder.write(config.replacingOccurrences(of: text, with: broken), to: "Runs/deep/config.yaml")
    for command in [["evaluate", "deep"], ["train", "--resume", "deep"], ["replay", "deep"], ["watch", "deep"]] {
      try expectRefusal(folder, command, "Runs/deep/" + message)
    }
    #expect(try folder.run("list", "runs").outputLines.count == 2)
  }

  @Test func emptyAndBinaryConfiguration() throws {
    let folder = try folder()
    for data in [Data(), Data([0xff, 0xfe, 0x00, 0x80])] {
      try data.write(to: folder["Runs/deep/config.yaml"])
      for command in ["evaluate", "replay", "watch", "describe"] {
        try expectRefusal(folder, [command, "deep"], "Runs/deep/config.yaml")
      }
    }
  }

  @Test func foldersThatAreNoRuns() throws {
    let folder = try folder()
    try FileManager.default.createDirectory(at: folder["Runs/empty"], withIntermediateDirectories: true)
    for command in [["evaluate", "empty"], ["watch", "empty"], ["train", "--resume", "empty"]] {
      try expectRefusal(folder, command, "empty is not a run: it has no config.yaml", code: 64)
    }
    try expectRefusal(folder, ["evaluate", "dep"], "there is no run 'dep' in Runs; nearest: deep", code: 64)
    try expectRefusal(folder, ["train", "--resume", "xyzzy"], "there is no run 'xyzzy' in Runs", code: 64)
    try expectRefusal(
      folder, ["rollout", "--agent", "deep", "--env", "CartPole-v1"], "trained in Pendulum-v1, not in CartPole-v1",
      code: 64)
    try expectRefusal(
      folder, ["train", "--agent", "ddpg", "--name", "deep"], "Runs/deep exists already", "choose another name",
      code: 64)
    #expect(folder.runs == ["cliff", "deep", "empty"])
  }
}
