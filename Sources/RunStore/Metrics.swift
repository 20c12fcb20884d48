import Foundation

/// One line of `metrics.jsonl`.
public struct MetricsRow: Sendable, Equatable {
  /// The learner's clock: environment steps, sweeps or updates.
  public var step: Int
  /// Seconds of training so far, on the wall clock.
  public var time: Double
  /// Values by tag, in the order they are written. What is not finite is left out of the file: JSON has no word for it.
  public var values: OrderedDictionary<String, Double>

  /// Of a run's first evaluation: what a policy that always does the same earns over its starts.
  public static let idleTag = "eval/idle_reward"
  /// Marks an evaluation that a person asked for: it is none of the run's own, from which the best is chosen.
  public static let askedTag = "eval/asked"

  public init(step: Int, time: Double, values: OrderedDictionary<String, Double>) {
    self.step = step
    self.time = time
    self.values = values
  }

  /// The row as one line of JSON, newline included; numbers in the shortest form that reads back as the same.
  var line: String {
    var json = "{\"step\":\(step),\"time\":\(time.isFinite ? time : 0)"
    for (tag, value) in values where value.isFinite { json += ",\(jsonString(tag)):\(value)" }
    return json + "}\n"
  }

  /// `nil` where the line is not one of ours. `tags` keeps one copy of each name for all rows.
  init?(line: ArraySlice<UInt8>, tags: inout Set<String>) {
    var reader = FlatJSONReader(line)
    guard let pairs = reader.pairs() else { return nil }
    var step: Int?
    var time: Double?
    values = [:]
    for (key, number) in pairs {
      guard let value = Double(number), value.isFinite else { return nil }
      switch key {
      case "step": step = Int(number)
      case "time": time = value
      default: values[tags.insert(key).memberAfterInsert] = value
      }
    }
    guard let step, let time else { return nil }
    self.step = step
    self.time = time
  }
}

/// Appends rows to `metrics.jsonl`, each with one system call, so that a reader sees whole lines.
public struct MetricsWriter: ~Copyable {
  private let file: OpenFile

  /// Begins a new file, or with `step` goes on with an old one: rows after that step and a half-written last line are
  /// dropped, by writing the rest beside and renaming.
  ///
  /// Throws ``RunStoreError/runExists`` where a new file is wanted and there is one, ``RunStoreError/badFile`` with the
  /// line where a row to be kept cannot be read.
  public init(appendingTo url: URL, keepingStepsUpTo step: Int?) throws {
    let path = url.path(percentEncoded: false)
    let name = url.relativePath
    guard let step else {
      if FileMark(url) != nil { throw RunStoreError.runExists(path: name) }
      file = try OpenFile(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, as: name)
      return
    }
    if let mark = FileMark(url) {
      let data = try readFile(url)
      let kept = try Self.sizeKept(of: [UInt8](data), upTo: step, name: name)
      if kept < mark.size { try writeAtomically(data.prefix(kept), to: url) }
    }
    file = try OpenFile(path, O_WRONLY | O_APPEND | O_CREAT, as: name)
  }

  public mutating func append(_ row: MetricsRow) throws { try file.append(Array(row.line.utf8)) }

  /// Returns once all rows are on the disk.
  public func sync() throws { try file.sync() }

  /// The size of the rows up to `step`, which must all be readable.
  private static func sizeKept(of bytes: [UInt8], upTo step: Int, name: String) throws -> Int {
    var tags: Set<String> = []
    var kept = 0
    var number = 0
    var unreadable: Int?
    var isBroken = false
    forEachLine(in: bytes[...]) { line in
      number += 1
      guard let row = MetricsRow(line: line, tags: &tags) else {
        unreadable = unreadable ?? number
        return true
      }
      isBroken = unreadable != nil && row.step <= step
      if isBroken || row.step > step { return false }
      kept = line.endIndex + 1
      return true
    }
    // Rubbish at the end is what a power cut leaves; before a good row it means that something else wrote here.
    if isBroken {
      throw RunStoreError.badFile(path: name, line: unreadable, reason: "expected a row of metrics in JSON")
    }
    return kept
  }
}

/// Reads a growing `metrics.jsonl` piece by piece. It bears a missing file, a half-written last line, and a file that
/// is replaced or cut short, as a resumed run does.
public struct MetricsTail: Sendable {
  private let url: URL
  /// Bytes from which what is new is sampled; `nil` where it never is.
  private let longest: Int?
  private var offset = 0
  private var mark: FileMark?
  private var tags: Set<String> = []
  /// Whether the last ``poll()`` began anew: then its rows are all there are, and earlier ones no longer count.
  public private(set) var didRestart = false

  /// `sampling`: whether a sample of what is long will do, as for a screen.
  public init(_ url: URL, sampling: Bool = false) { self.init(url, longest: sampling ? MetricsSample.longest : nil) }

  init(_ url: URL, longest: Int?) {
    self.url = url
    self.longest = longest
  }

  /// The rows that have been added since the last call. A line that is no row is passed over: nothing that a screen
  /// shows is worth stopping for.
  public mutating func poll() -> [MetricsRow] {
    didRestart = false
    let now = FileMark(url)
    if let mark, now?.inode != mark.inode || now?.device != mark.device || now!.size < offset {
      didRestart = true
      offset = 0
    }
    mark = now
    guard let now, now.size > offset else { return [] }
    // Another process may be replacing the file at this moment; the next poll sees it.
    guard let file = try? OpenFile(url.path(percentEncoded: false), O_RDONLY, as: url.relativePath) else { return [] }
    if let longest, now.size - offset > longest {
      guard let sample = try? MetricsSample.read(file, from: offset, to: now.size, tags: &tags) else { return [] }
      offset = sample.end
      return sample.rows
    }
    guard let data = try? file.read(from: offset) else { return [] }
    var rows: [MetricsRow] = []
    let bytes = [UInt8](data)
    var end = 0
    forEachLine(in: bytes[...]) { line in
      if let row = MetricsRow(line: line, tags: &tags) { rows.append(row) }
      end = line.endIndex + 1
      return true
    }
    offset += end
    return rows
  }
}

/// Calls `body` with each complete line, without its newline, until it returns `false`.
private func forEachLine(in bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Bool) {
  var start = bytes.startIndex
  while let end = bytes[start...].firstIndex(of: 0x0a) {
    guard body(bytes[start..<end]) else { return }
    start = end + 1
  }
}
