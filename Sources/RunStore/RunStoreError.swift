import Foundation

/// What can go wrong with the files of a run, each as one line for the person who reads it.
public enum RunStoreError: Error, Equatable, CustomStringConvertible {
  /// The system refused: a full disk, missing permission, a missing file.
  case system(action: String, path: String, reason: String)
  case badName(String)
  case runExists(path: String)
  case runInUse(path: String)
  case runNotLive(path: String)
  case badRequest(String, expected: String)
  case noRuns(root: String)
  case unknownRun(name: String, root: String, nearest: [String])
  case notARun(path: String)
  /// A file that is truncated, foreign or malformed; `line` counts from 1.
  case badFile(path: String, line: Int?, reason: String)
  /// A value that a file format cannot hold.
  case cannotEncode(what: String, reason: String)

  /// One line, whatever a damaged or foreign file puts into a name.
  public var description: String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.isWhitespace || isControl($0) ? " " : $0 }))
  }

  private func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

  private var text: String {
    switch self {
    case .system(let action, let path, let reason): "cannot \(action) \(path): \(reason)"
    case .badName(let name):
      "'\(name)' cannot name a run; expected a file name without '/' that does not begin with '.'"
    case .runExists(let path): "\(path) exists already, and no run is ever overwritten; choose another name"
    case .runInUse(let path): "\(path) is being trained by another process; wait for it or stop it first"
    case .runNotLive(let path): "\(path) is not being trained; go on with: rlgym train --resume \(path)"
    case .badRequest(let text, let expected): "'\(text)' cannot be asked of a run; expected \(expected)"
    case .noRuns(let root): "there are no runs in \(root) yet; make one with: rlgym train --agent ddpg"
    case .unknownRun(let name, let root, let nearest):
      "there is no run '\(name)' in \(root)"
        + (nearest.isEmpty ? "; rlgym list runs shows them" : "; nearest: " + nearest.joined(separator: ", "))
    case .notARun(let path): "\(path) is not a run: it has no config.yaml"
    case .badFile(let path, let line, let reason): path + (line.map { ":\($0)" } ?? "") + ": " + reason
    case .cannotEncode(let what, let reason): "\(what) cannot be saved: \(reason)"
    }
  }
}

extension RunStoreError {
  /// The present `errno` as words.
  static func system(_ action: String, _ path: String, code: Int32 = errno) -> RunStoreError {
    .system(action: action, path: path, reason: String(cString: strerror(code)))
  }
}
