import Foundation

/// Writes one JSON object on a line of standard output. Its numbers must be finite: JSON has no word for others.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
  try printOut(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// Writes a line to standard output. A reader that has left, such as `head`, is no error: it has seen enough.
func printOut(_ line: String) throws {
  let code = write(line + "\n", to: STDOUT_FILENO)
  if code == EPIPE { exit(0) }
  if code != 0 { throw OutputError(description: "cannot write the output: \(String(cString: strerror(code)))") }
}

/// Writes a line to standard error. Where nobody can be told anything, the work still goes on.
func printError(_ line: String, terminator: String = "\n") { _ = write(line + terminator, to: STDERR_FILENO) }

/// 0, or the system's error.
private func write(_ text: String, to file: Int32) -> Int32 {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
    if count < 0 && errno != EINTR { return errno }
    rest = rest.dropFirst(max(0, count))
  }
  return 0
}

struct OutputError: Error, CustomStringConvertible {
  let description: String
}

/// What `train` and `evaluate` report of an evaluation.
struct EvaluationSummary: Encodable, Sendable {
  var meanReward: Double
  var stdReward: Double
  var episodes: Int
}

/// Columns of text, padded to the widest.
func table(_ rows: [[String]]) -> [String] {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
  return rows.map { row in
    let cells = row.enumerated().map { $1.padding(toLength: widths[$0], withPad: " ", startingAt: 0) }
    return cells.joined(separator: "  ").trimmingTrailingSpaces
  }
}

/// Text in lines of `width` characters or fewer, broken at spaces; line breaks of its own count as spaces.
func wrapped(_ text: String, to width: Int) -> [String] {
  wrapped(text.split(whereSeparator: \.isWhitespace).map(String.init), to: width)
}

/// Words in lines of `width` characters or fewer.
func wrapped(_ words: [String], to width: Int) -> [String] {
  var lines: [String] = []
  for word in words {
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] = last + " " + word
    } else {
      lines.append(word)
    }
  }
  return lines
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    guard let last = lastIndex(where: { $0 != " " }) else { return "" }
    return String(self[...last])
  }
}
