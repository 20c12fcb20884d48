import Foundation

/// What a screen can show of a long stretch of `metrics.jsonl`: one pass over it, in pieces, keeps about 5,000 rows that
/// lie evenly in the file, as many of those with an evaluation, the last of both, and the best evaluation. Other lines are
/// never taken apart.
struct MetricsSample {
  /// Bytes from which a stretch is long.
  static let longest = 16 << 20
  private static let kept = 5000
  private static let pieceSize = 1 << 20
  private static let evaluation = "\"eval/mean_reward\":"
  /// ``MetricsRow/askedTag``
  private static let asked: StaticString = "\"eval/asked\":"

  /// Bytes from one kept row to the next.
  private let stride: Int
  /// Where the next row, and the next evaluation, may be kept.
  private var nextRow: Int
  private var nextEvaluation: Int
  private var rows: [(start: Int, row: MetricsRow)] = []
  private var best: (reward: Double, start: Int, line: [UInt8])?
  private var last: (start: Int, line: [UInt8])?
  private var lastEvaluation: (start: Int, line: [UInt8])?

  /// The sample of `file` from `offset` to the last whole line before `end`, and where that line ends.
  static func read(
    _ file: borrowing OpenFile, from offset: Int, to end: Int, tags: inout Set<String>
  ) throws -> (rows: [MetricsRow], end: Int) {
    var sample = MetricsSample(
      stride: max(1, (end - offset) / kept), nextRow: offset, nextEvaluation: offset)
    var piece = [UInt8](repeating: 0, count: pieceSize)
    // The start of a line that is not whole yet comes first.
    var (at, filled) = (offset, 0)
    while at + filled < end {
      let got = try piece.withUnsafeMutableBytes {
        let room = UnsafeMutableRawBufferPointer(rebasing: $0[filled..<min($0.count, end - at)])
        return try file.read(into: room, from: at + filled)
      }
      if got == 0 { break }
      filled += got
      let whole = piece.withUnsafeMutableBytes { bytes -> Int in
        guard let last = bytes[..<filled].lastIndex(of: 0x0a) else { return filled < bytes.count ? 0 : filled }
        // Where words are looked for, a zero ends the text.
        bytes[last] = 0
        sample.take(UnsafeRawBufferPointer(rebasing: bytes[..<last]), at: at, &tags)
        return last + 1
      }
      piece.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[whole..<filled])) }
      (at, filled) = (at + whole, filled - whole)
    }
    return (sample.inOrder(&tags), at)
  }

  /// Whole lines that begin at byte `place` of the file, but for the last newline, in whose place is a zero.
  private mutating func take(_ bytes: UnsafeRawBufferPointer, at place: Int, _ tags: inout Set<String>) {
    var at = 0
    var newest: UnsafeRawBufferPointer.SubSequence?
    while let found = bytes.find(Self.evaluation, from: at) {
      let start = bytes.startOfLine(at: found)
      let end = bytes.endOfLine(at: found)
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      let reward = line.number(from: found - start + Self.evaluation.utf8.count)
      if reward > best?.reward ?? -.infinity, !line.contains(Self.asked) {
        best = (reward, place + start, Array(line))
      }
      if place + start >= nextEvaluation {
        keep(line, place + start, &tags)
        nextEvaluation = place + start + stride
      }
      newest = bytes[start..<end]
      at = end
    }
    if let newest { lastEvaluation = (place + newest.startIndex, Array(newest)) }
    let start = bytes.startOfLine(at: bytes.count)
    last = (place + start, Array(bytes[start...]))
    while nextRow < place + bytes.count {
      // The first line that begins there or later.
      let start = nextRow <= place ? 0 : bytes.endOfLine(at: nextRow - place - 1) + 1
      if start >= bytes.count { break }
      let end = bytes.endOfLine(at: start)
      keep(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), place + start, &tags)
      nextRow = place + max(start + stride, end + 1)
    }
  }

  private mutating func keep(_ line: UnsafeRawBufferPointer, _ start: Int, _ tags: inout Set<String>) {
    if let row = MetricsRow(line: Array(line)[...], tags: &tags) { rows.append((start, row)) }
  }

  private func inOrder(_ tags: inout Set<String>) -> [MetricsRow] {
    var all = rows
    for (start, line) in [best.map { ($0.start, $0.line) }, last, lastEvaluation].compactMap(\.self) {
      if let row = MetricsRow(line: line[...], tags: &tags) { all.append((start, row)) }
    }
    all.sort { $0.start < $1.start }
    return all.indices.filter { $0 == 0 || all[$0].start != all[$0 - 1].start }.map { all[$0].row }
  }
}

extension UnsafeRawBufferPointer {
  /// Where a word begins, at `start` or later, in a text that a zero follows.
  fileprivate func find(_ word: String, from start: Int) -> Int? {
    var start = start
    while start < count {
      let text = (baseAddress! + start).assumingMemoryBound(to: CChar.self)
      if let found = strstr(text, word) { return start + (UnsafePointer(found) - text) }
      // A zero in the middle is rubbish.
      guard let zero = memchr(baseAddress! + start, 0, count - start) else { return nil }
      start = zero - UnsafeMutableRawPointer(mutating: baseAddress!) + 1
    }
    return nil
  }

  /// Whether a line has a word that begins with a quotation mark.
  fileprivate func contains(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    var at = 0
    while at + length <= count, let quote = memchr(baseAddress! + at, 0x22, count - at) {
      at = quote - UnsafeMutableRawPointer(mutating: baseAddress!)
      if at + length <= count && memcmp(quote, word.utf8Start, length) == 0 { return true }
      at += 1
    }
    return false
  }

  fileprivate func startOfLine(at place: Int) -> Int {
    var at = place
    while at > 0 && self[at - 1] != 0x0a { at -= 1 }
    return at
  }

  /// The newline at or after `place`, or the end.
  fileprivate func endOfLine(at place: Int) -> Int {
    guard let newline = memchr(baseAddress! + place, 0x0a, count - place) else { return count }
    return newline - UnsafeMutableRawPointer(mutating: baseAddress!)
  }

  /// The JSON number at `place`, to the last digits or so: enough to compare.
  fileprivate func number(from place: Int) -> Double {
    var at = place
    func digit() -> Double? {
      at < count && (0x30...0x39).contains(self[at]) ? Double(self[at] - 0x30) : nil
    }
    while at < count, self[at] == 0x20 { at += 1 }
    let isNegative = at < count && self[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    var (value, power) = (0.0, 0)
    while let next = digit() {
      value = value * 10 + next
      at += 1
    }
    if at < count, self[at] == UInt8(ascii: ".") {
      at += 1
      while let next = digit() {
        value = value * 10 + next
        power -= 1
        at += 1
      }
    }
    if at < count, self[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      let sign = at < count && self[at] == UInt8(ascii: "-") ? -1 : 1
      if at < count, !(0x30...0x39).contains(self[at]) { at += 1 }
      var exponent = 0
      while let next = digit(), exponent < 1000 {
        exponent = 10 * exponent + Int(next)
        at += 1
      }
      power += sign * exponent
    }
    if power != 0 { value *= pow(10, Double(power)) }
    return isNegative ? -value : value
  }
}
