import Foundation
import Testing

/// The `rlgym` that was built beside these tests, run as people run it.
enum Program {
  private final class Marker {}

  /// The folder of products is the tests' own, or the nearest one above it that has the executable.
  static let url: URL = {
    var folder = Bundle(for: Marker.self).bundleURL.appending(path: "here")
    while folder.pathComponents.count > 1 {
      folder.deleteLastPathComponent()
      let candidate = folder.appending(path: "rlgym")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
        return candidate
      }
    }
    preconditionFailure("there is no rlgym beside the tests")
  }()
}

/// What a command left behind.
struct Finished {
  /// The exit code, or 128 + the signal that ended it.
  let code: Int32
  let output: String
  let errors: String

  var outputLines: [String] { lines(output) }
  var errorLines: [String] { lines(errors) }

  private func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast { $0.isEmpty }
  }

  /// The last line of standard output, decoded.
  func json<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(#require(outputLines.last).utf8))
  }

  /// The keys of the object on the last line of standard output.
  func keys() throws -> Set<String> { Set(try JSONObject(#require(outputLines.last)).fields.keys) }
}

extension Array {
  /// Without the last element, where it is as said.
  fileprivate func dropLast(where isUnwanted: (Element) -> Bool) -> [Element] {
    last.map(isUnwanted) == true ? dropLast() : self
  }
}

/// An object of JSON whose values are not looked at.
struct JSONObject: Decodable {
  let fields: [String: Anything]

  struct Anything: Decodable {
    init(from decoder: any Decoder) throws {}
  }

  init(_ text: String) throws { self = try JSONDecoder().decode(JSONObject.self, from: Data(text.utf8)) }

  init(from decoder: any Decoder) throws { fields = try [String: Anything](from: decoder) }
}

/// A command at work.
final class Running: Sendable {
  private let child: Child
  private let arguments: [String]
  private let outputs: (URL, URL)

  init(
    _ arguments: [String], input: URL?, environment: [String: String], in folder: URL, after shell: String, logs: URL,
    blocking: [Int32]
  ) throws {
    let name = UUID().uuidString
    outputs = (logs.appending(path: name + ".out"), logs.appending(path: name + ".err"))
    self.arguments = arguments
    let inherited = ProcessInfo.processInfo.environment
    let always = ["PATH": inherited["PATH"] ?? "/usr/bin:/bin", "HOME": logs.path, "LC_ALL": "C.UTF-8"]
    // Files, not pipes: nothing waits for a reader.
    child = try Child(
      Program.url.path, arguments, environment: always.merging(environment) { $1 }, in: folder.path, after: shell,
      input: input?.path ?? "/dev/null", output: outputs.0.path, errors: outputs.1.path, blocking: blocking)
  }

  func send(_ signal: Int32) { child.send(signal) }

  var isRunning: Bool { child.poll() == nil }

  /// Waits for the end; a command that takes longer than a minute is killed, and that is a failure.
  func finish() throws -> Finished {
    if child.wait(seconds: 60) == nil {
      child.send(SIGKILL)
      Issue.record("rlgym \(arguments.joined(separator: " ")) did not end within a minute")
    }
    return Finished(
      code: child.wait(seconds: 10) ?? -1, output: try String(contentsOf: outputs.0, encoding: .utf8),
      errors: try String(contentsOf: outputs.1, encoding: .utf8))
  }
}
