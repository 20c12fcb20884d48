import Foundation
import Testing

@testable import RunStore

@Suite struct RunDirectoryTests {
  private let folder: Folder
  private let date = Date(timeIntervalSince1970: 1_700_000_000)

  init() throws { folder = try Folder() }

  private func create(
    _ environment: String = "CartPole-v1", agent: String = "dqn", seed: UInt64 = 7, name: String? = nil,
    in root: URL? = nil
  ) throws -> RunDirectory {
    try RunDirectory.create(
      in: root ?? folder.url, environment: environment, agent: agent, seed: seed, name: name, at: date)
  }

  /// A run with a `config.yaml` that was last written so many seconds ago.
  private func finished(_ name: String, secondsAgo: Double) throws -> RunDirectory {
    let run = try create(name: name)
    try Data().write(to: run.configURL)
    let time = Date(timeIntervalSinceNow: -secondsAgo)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: run.configURL.path())
    return run
  }

  @Test func theNameTellsWhatRan() throws {
    let run = try create()
    let parts = run.name.components(separatedBy: "__")
    #expect(parts.prefix(3) == ["CartPole-v1", "dqn", "s7"])
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyyMMdd-HHmmss"
    #expect(parts.last == format.string(from: date))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: run.url.path()).sorted() == ["checkpoints", "episodes"])
  }

  @Test(arguments: [
    ("Worlds/my maze.yaml", "my-maze"), ("/abs/a.yml", "a"), ("Taxi-v4", "Taxi-v4"), (".yaml", ""), ("..", "-.."),
  ])
  func aWorldsFileGivesItsName(_ environment: String, _ expected: String) throws {
    #expect(try create(environment).name.hasPrefix(expected + "__dqn__"))
  }

  @Test func aRunIsNeverOverwritten() throws {
    let names = try (0..<4).map { _ in try create().name }
    #expect(names == [names[0], names[0] + "-2", names[0] + "-3", names[0] + "-4"])
    _ = try create(name: "mine")
    let error = storeError { _ = try create(name: "mine") }
    #expect(error?.description.contains("mine exists already") == true)
  }

  @Test func twentyAtOnceGetTwentyFolders() async throws {
    let names = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<20 { group.addTask { try create().name } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(names.count == 20)
  }

  @Test(arguments: ["", "a/b", ".hidden", "..", "a\nb"])
  func badNamesAreRefused(_ name: String) {
    #expect(storeError { _ = try create(name: name) } == .badName(name))
  }

  @Test func aRootThatCannotBeIsNamed() throws {
    try Data().write(to: folder["file"])
    let error = storeError { _ = try create(in: folder["file/runs"]) }
    #expect(error?.description.hasPrefix("cannot create ") == true)
    #expect(error?.description.hasSuffix(": Not a directory") == true)
    #expect(storeError { _ = try create(in: folder["file"]) } != nil)
  }

  @Test func theNewestComesFirst() throws {
    _ = try finished("old", secondsAgo: 300)
    _ = try finished("new", secondsAgo: 100)
    let resumed = try finished("resumed", secondsAgo: 500)
    _ = try create(name: "empty")
    #expect(RunDirectory.all(in: folder.url).map(\.name) == ["new", "old", "resumed"])
    try Data().write(to: resumed.metricsURL)
    #expect(RunDirectory.all(in: folder.url).map(\.name) == ["resumed", "new", "old"])
    #expect(try RunDirectory.find(nil, in: folder.url).name == "resumed")
    #expect(RunDirectory.all(in: folder["nowhere"]).isEmpty)
  }

  @Test func foundByNameAndByPath() throws {
    let run = try finished("CartPole-a", secondsAgo: 1)
    #expect(try RunDirectory.find("CartPole-a", in: folder.url).name == "CartPole-a")
    let path = run.url.path()
    #expect(try RunDirectory.find(path, in: folder["elsewhere"]).configURL.path() == run.configURL.path())
  }

  @Test func notFoundSaysWhatThereIs() throws {
    let none = storeError { _ = try RunDirectory.find(nil, in: folder.url) }
    #expect(none?.description.contains("make one with: rlgym train") == true)
    #expect(storeError { _ = try RunDirectory.find("x", in: folder.url) } == none)
    for name in ["alpha", "beta", "alpine"] { _ = try finished(name, secondsAgo: 1) }
    let error = storeError { _ = try RunDirectory.find("alpa", in: folder.url) }
    #expect(error?.description.contains("'alpa'") == true)
    #expect(error?.description.contains("nearest: alpha") == true)
    #expect(storeError { _ = try RunDirectory.find("", in: folder.url) } != nil)
    _ = try create(name: "empty")
    #expect(storeError { _ = try RunDirectory.find("empty", in: folder.url) } == .notARun(path: "empty"))
  }

  @Test func episodesInOrder() throws {
    let run = try create()
    for name in [
      "1000-0", "200-1", "200-0", "30-10", "30-9", "x-1", "5", "1-2-3", "-1-0",
    ] { try Data().write(to: run.url.appending(path: "episodes/\(name).safetensors")) }
    try Data().write(to: run.url.appending(path: "episodes/7-7.txt"))
    try Data().write(to: run.url.appending(path: "episodes/.unfinished.7-7.safetensors.1.2"))
    #expect(run.episodes().map { [$0.step, $0.index] } == [[30, 9], [30, 10], [200, 0], [200, 1], [1000, 0]])
    #expect(run.episodes()[0].url == run.episodeURL(step: 30, index: 9))
    #expect(run.checkpointURL(.best).lastPathComponent == "best.safetensors")
  }
}
