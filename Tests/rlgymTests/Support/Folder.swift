import Foundation
import Testing

/// A folder for one test, gone when the test is over. Commands run in it.
final class Folder: Sendable {
  private let root: URL
  /// Where commands run.
  let url: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.appending(path: "rlgym-" + UUID().uuidString)
      .resolvingSymlinksInPath()
    url = root.appending(path: "work")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? discard() }

  func discard() throws { try FileManager.default.removeItem(at: root) }

  /// Runs `rlgym` to its end.
  @discardableResult func run(
    _ arguments: String..., input: String? = nil, environment: [String: String] = [:]
  ) throws -> Finished {
    try run(arguments, input: input, environment: environment)
  }

  func run(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) throws -> Finished {
    try start(arguments, input: input, environment: environment).finish()
  }

  /// Starts `rlgym`; with `shell`, after these commands of a shell.
  func start(
    _ arguments: [String], input: String? = nil, environment: [String: String] = [:], shell: String = ":",
    blocking: [Int32] = []
  ) throws -> Running {
    let inputURL = root.appending(path: UUID().uuidString)
    if let input { try Data(input.utf8).write(to: inputURL) }
    return try Running(
      arguments, input: input == nil ? nil : inputURL, environment: environment, in: url, after: shell, logs: root,
      blocking: blocking)
  }

  /// Runs another program quietly; the exit code.
  func run(program: String, _ arguments: String...) throws -> Int32? {
    try Child(program, arguments, environment: [:], in: url.path).wait(seconds: 30)
  }

  /// Writes a file into the folder.
  func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: self[path]) }

  func read(_ path: String) throws -> String { try String(contentsOf: self[path], encoding: .utf8) }

  func data(_ path: String) throws -> Data { try Data(contentsOf: self[path]) }

  func copy(_ path: String, to other: String) throws {
    try? FileManager.default.removeItem(at: self[other])
    try FileManager.default.copyItem(at: self[path], to: self[other])
  }

  func remove(_ path: String) throws { try FileManager.default.removeItem(at: self[path]) }

  func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: self[path].path) }

  /// The names in a folder, sorted; none where it is missing.
  func names(in path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: self[path].path)) ?? []).sorted()
  }

  /// The names of the runs.
  var runs: [String] { names(in: "Runs") }

  subscript(path: String) -> URL { url.appending(path: path) }

  /// Waits until something is so; gives up, as a failure, after half a minute.
  func wait(until isSo: () throws -> Bool, _ place: SourceLocation = #_sourceLocation) throws {
    let end = ContinuousClock.now + .seconds(30)
    while try !isSo() {
      try #require(ContinuousClock.now < end, "waited in vain", sourceLocation: place)
      usleep(1000)
    }
  }
}
