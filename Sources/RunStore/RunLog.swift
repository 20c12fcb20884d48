import Foundation

/// A turn in a run's life, as `log.txt` tells it.
public enum RunEvent: Sendable, Equatable {
  case started
  case resumed(step: Int)
  case finished(step: Int)
  /// Stopped by a signal, after saving.
  case interrupted(step: Int)
  /// A person asked for it; so for going on.
  case paused(step: Int)
  case continued(step: Int)
  case failed(reason: String)
}

extension RunEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .started: "started"
    case .resumed(let step): "resumed at step \(step)"
    case .finished(let step): "finished at step \(step)"
    case .interrupted(let step): "interrupted at step \(step)"
    case .paused(let step): "paused at step \(step)"
    case .continued(let step): "continued at step \(step)"
    case .failed(let reason): "failed: \(reason)"
    }
  }

  /// The event that ``description`` spells, or `nil` for any other message.
  init?(message: Substring) {
    func step(after words: String) -> Int? { message.hasPrefix(words) ? Int(message.dropFirst(words.count)) : nil }
    if message == "started" {
      self = .started
    } else if let step = step(after: "resumed at step ") {
      self = .resumed(step: step)
    } else if let step = step(after: "finished at step ") {
      self = .finished(step: step)
    } else if let step = step(after: "interrupted at step ") {
      self = .interrupted(step: step)
    } else if let step = step(after: "paused at step ") {
      self = .paused(step: step)
    } else if let step = step(after: "continued at step ") {
      self = .continued(step: step)
    } else if message.hasPrefix("failed: ") {
      self = .failed(reason: String(message.dropFirst("failed: ".count)))
    } else {
      return nil
    }
  }
}

/// A setting that became another number in the middle of a run, as `log.txt` tells it: what an exact resume repeats.
public struct SettingChange: Sendable, Equatable {
  public let name: String
  public let value: Double
  /// The steps that were done then.
  public let step: Int

  public init(name: String, value: Double, step: Int) {
    self.name = name
    self.value = value
    self.step = step
  }
}

extension SettingChange: CustomStringConvertible {
  public var description: String { "set \(name)=\(value) at step \(step)" }

  /// The change that ``description`` spells, or `nil` for any other message.
  init?(message: Substring) {
    guard let match = message.wholeMatch(of: /set ([^=]+)=(\S+) at step (\d+)/), let value = Double(match.output.2),
      let step = Int(match.output.3)
    else { return nil }
    self.init(name: String(match.output.1), value: value, step: step)
  }
}

/// `log.txt`: one line an event or message, each with its time, `2026-01-31T12:00:00Z started`.
public struct RunLog: Sendable {
  private let url: URL

  public init(_ run: RunDirectory) { url = run.logURL }

  public func append(_ event: RunEvent) throws { try append("\(event)") }

  /// It is on the disk before anything is learnt by it.
  public func append(_ change: SettingChange) throws { try append("\(change)", isLasting: true) }

  /// Newlines become spaces, so that a message is one line.
  public func append(_ message: String) throws { try append(message, isLasting: false) }

  private func append(_ message: String, isLasting: Bool) throws {
    let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    let file = try OpenFile(
      url.path(percentEncoded: false), O_WRONLY | O_APPEND | O_CREAT, as: url.relativePath)
    try file.append(Array("\(Date().formatted(.iso8601)) \(text)\n".utf8))
    if isLasting { try file.sync() }
  }

  /// The last event; `nil` where there is none. Throws ``RunStoreError/system`` where the file cannot be read.
  public func lastEvent() throws -> RunEvent? { try messages().reversed().lazy.compactMap(RunEvent.init).first }

  /// What was changed, the oldest first. A sitting that began from an older checkpoint may have changed again what an
  /// earlier one changed later on: then that does not count any more. Throws as ``lastEvent()``.
  public func changes() throws -> [SettingChange] {
    try messages().compactMap(SettingChange.init).reduce(into: []) { changes, new in
      changes.removeAll { $0.name == new.name && $0.step >= new.step }
      changes.append(new)
    }
  }

  /// The lines without their times. A half-written last one is left out.
  private func messages() throws -> [Substring] {
    guard FileMark(url) != nil else { return [] }
    let lines = String(decoding: try readFile(url), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    return lines.dropLast().compactMap { line in line.firstIndex(of: " ").map { line[line.index(after: $0)...] } }
  }
}

/// The right to write to a run. The system gives it back when the process ends, however it ends.
public struct RunLock: ~Copyable {
  private let file: OpenFile

  /// Throws ``RunStoreError/runInUse`` where another trainer has it. Removes what a killed one left half written.
  public init(_ run: RunDirectory) throws {
    let url = run.logURL
    let file = try OpenFile(url.path(percentEncoded: false), O_RDWR | O_APPEND | O_CREAT, as: url.relativePath)
    // A reader that looks whether the run is live holds a shared lock for an instant: so try for a tenth of a second.
    for attempt in 1...10 {
      if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 { break }
      guard errno == EWOULDBLOCK else { throw RunStoreError.system("lock", url.relativePath) }
      if attempt == 10 { throw RunStoreError.runInUse(path: run.url.relativePath) }
      usleep(10_000)
    }
    run.removeUnfinishedFiles()
    self.file = file
  }

  /// Said, not left to closing: a process that is just being started elsewhere holds a copy of the file for an instant.
  deinit { flock(file.descriptor, LOCK_UN) }

  /// Whether a trainer, in this process or another, is at work on the run now.
  public static func isHeld(_ run: RunDirectory) -> Bool {
    let url = run.logURL
    guard let file = try? OpenFile(url.path(percentEncoded: false), O_RDONLY, as: url.relativePath) else {
      return false
    }
    guard flock(file.descriptor, LOCK_SH | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
    flock(file.descriptor, LOCK_UN)
    return false
  }
}
