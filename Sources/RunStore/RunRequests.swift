import Foundation

/// What a person may ask of a run while it is trained.
public enum RunRequest: Sendable, Equatable {
  case pause
  /// To go on after a pause.
  case resume
  /// To save a checkpoint now.
  case checkpoint
  /// To evaluate now; which policy is the best stays with the evaluations of the run's own cadence.
  case evaluate
  /// To save and stop, as by a signal.
  case stop
  /// To make a setting that is a schedule one number from now on.
  case set(name: String, value: Double)
}

/// As it is typed: `pause`, or `set learningRate=0.0005`.
extension RunRequest: CustomStringConvertible {
  private static let plain: [RunRequest] = [.pause, .resume, .checkpoint, .evaluate, .stop]

  public var description: String {
    if case .set(let name, let value) = self { return "set \(name)=\(value)" }
    return command
  }

  /// Throws ``RunStoreError/badRequest`` with what there is to ask for.
  public init(_ text: String) throws {
    let words = text.split(separator: " ", maxSplits: 1)
    if words.count == 2, words[0] == "set" {
      let parts = words[1].split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, let value = Double(parts[1]) else { throw Self.bad(text) }
      self = .set(name: String(parts[0]), value: value)
    } else {
      guard let request = Self.plain.first(where: { $0.command == text }) else { throw Self.bad(text) }
      self = request
    }
  }

  private static func bad(_ text: String) -> RunStoreError {
    .badRequest(text, expected: plain.map(\.command).joined(separator: ", ") + ", or set NAME=NUMBER")
  }
}

/// As it stands in a file: `{"command":"pause"}`, or `{"command":"set","name":"learningRate","value":0.0005}`.
extension RunRequest: Codable {
  private enum Key: CodingKey { case command, name, value }

  private var command: String {
    switch self {
    case .pause: "pause"
    case .resume: "resume"
    case .checkpoint: "checkpoint"
    case .evaluate: "evaluate"
    case .stop: "stop"
    case .set: "set"
    }
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    let command = try fields.decode(String.self, forKey: .command)
    if command == "set" {
      self = .set(
        name: try fields.decode(String.self, forKey: .name), value: try fields.decode(Double.self, forKey: .value))
    } else {
      try self.init(command)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(command, forKey: .command)
    guard case .set(let name, let value) = self else { return }
    try fields.encode(name, forKey: .name)
    try fields.encode(value, forKey: .value)
  }
}

/// `commands.jsonl`: requests to the trainer of a run, one a line, appended by any process that may write there. The trainer
/// follows what comes while it is at work.
public struct RunRequests: Sendable {
  /// Longer lines are no requests, and files that grow faster than this between two looks are not read.
  private static let longest = 1 << 16

  private let url: URL
  private let run: RunDirectory
  private var offset: Int

  /// From now on: what was asked of an earlier sitting is over.
  public init(of run: RunDirectory) {
    self.run = run
    url = run.commandsURL
    offset = FileMark(url)?.size ?? 0
  }

  /// Asks the trainer of a run. Throws ``RunStoreError/runNotLive`` where none is at work, ``RunStoreError/cannotEncode``
  /// of a value that is no number, ``RunStoreError/system``.
  public static func send(_ request: RunRequest, to run: RunDirectory) throws {
    guard RunLock.isHeld(run) else { throw RunStoreError.runNotLive(path: run.url.relativePath) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(request) else {
      throw RunStoreError.cannotEncode(what: "\(request)", reason: "expected a finite number")
    }
    let url = run.commandsURL
    let file = try OpenFile(url.path(percentEncoded: false), O_WRONLY | O_APPEND | O_CREAT, as: url.relativePath)
    try file.append(line + Data("\n".utf8))
  }

  /// What has been asked since the last call, in order, and the lines that ask for nothing. A half-written last line
  /// waits.
  public mutating func poll() -> (requests: [RunRequest], others: Int) {
    guard let size = FileMark(url)?.size, size != offset else { return ([], 0) }
    // A file that was cut short or grew by what nobody typed begins anew at its end.
    guard size > offset, size - offset <= Self.longest,
      let file = try? OpenFile(url.path(percentEncoded: false), O_RDONLY, as: url.relativePath),
      let data = try? file.read(from: offset)
    else {
      offset = size
      return ([], 1)
    }
    var requests: [RunRequest] = []
    var others = 0
    for line in data.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast() {
      offset += line.count + 1
      if let request = try? JSONDecoder().decode(RunRequest.self, from: line) {
        requests.append(request)
      } else if !line.isEmpty {
        others += 1
      }
    }
    return (requests, others)
  }
}
