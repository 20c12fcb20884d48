import Foundation

/// What a person may ask of a run while it is trained.
public enum RunRequest: String, CaseIterable, Sendable, Codable {
  case pause
  /// To go on after a pause.
  case resume
  /// To save a checkpoint now.
  case checkpoint
  /// To evaluate now; which policy is the best stays with the evaluations of the run's own cadence.
  case evaluate
  /// To save and stop, as by a signal.
  case stop
}

/// `commands.jsonl`: requests to the trainer of a run, one `{"command": "pause"}` a line, appended by any process that may
/// write there. The trainer follows what comes while it is at work.
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

  /// Asks the trainer of a run. Throws ``RunStoreError/runNotLive`` where none is at work, ``RunStoreError/system``.
  public static func send(_ request: RunRequest, to run: RunDirectory) throws {
    guard RunLock.isHeld(run) else { throw RunStoreError.runNotLive(path: run.url.relativePath) }
    let url = run.commandsURL
    let file = try OpenFile(url.path(percentEncoded: false), O_WRONLY | O_APPEND | O_CREAT, as: url.relativePath)
    try file.append(Array("{\"command\":\"\(request.rawValue)\"}\n".utf8))
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
      if let fields = try? JSONDecoder().decode([String: RunRequest].self, from: line), let request = fields["command"]
      {
        requests.append(request)
      } else if !line.isEmpty {
        others += 1
      }
    }
    return (requests, others)
  }
}
