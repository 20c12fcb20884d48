import Foundation
import RLCore
import RunStore
import Testing

/// A folder that goes away with the test.
final class Folder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "rlgym-tests-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  subscript(name: String) -> URL { url.appending(path: name) }

  /// The names of its files, hidden ones included.
  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path()).sorted()) ?? [] }

  func write(_ data: Data, to name: String) throws -> URL {
    try data.write(to: self[name])
    return self[name]
  }

  func run(_ seed: UInt64 = 1) throws -> RunDirectory {
    try RunDirectory.create(in: url, environment: "Toy-v0", agent: "toy", seed: seed, name: nil, at: Date())
  }
}

/// The error that `body` throws as a ``RunStoreError``, or `nil`. Errors of another kind are a failure: they would
/// reach people as more than one line.
func storeError(_ body: () throws -> Void, _ place: SourceLocation = #_sourceLocation) -> RunStoreError? {
  do {
    try body()
    return nil
  } catch let error as RunStoreError {
    #expect(!"\(error)".contains("\n"), sourceLocation: place)
    return error
  } catch {
    Issue.record("not a RunStoreError: \(error)", sourceLocation: place)
    return nil
  }
}

/// The interpreter in RLGYM_PYTHON, or `python3`.
enum Python {
  static func run(_ script: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let interpreter = ProcessInfo.processInfo.environment["RLGYM_PYTHON"] ?? "python3"
    process.arguments = [interpreter, "-c", script] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  static func has(_ packages: String...) -> Bool {
    let script = "import sys, importlib.util as u; sys.exit(not all(u.find_spec(p) for p in sys.argv[1:]))"
    return (try? run(script, packages))?.status == 0
  }

  static let hasSafetensors = has("numpy", "safetensors")
  static let hasTensorBoard = has("tensorboard")
}

extension Episode {
  /// Three steps of a toy with two-number observations.
  static let toy = Episode(
    observations: Tensor(shape: [4, 2], values: .float32([0, 1, 2, 3, 4, 5, 6, 7])),
    actions: Tensor(shape: [3], values: .int64([1, 0, 1])), rewards: [0.5, -1, 0.1],
    terminations: [false, false, false], truncations: [false, false, true],
    states: Tensor(shape: [4, 1], values: .float64([0.25, 0.5, 0.75, 1])), seed: .max)
}
