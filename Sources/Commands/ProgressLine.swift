import Foundation
import RunStore
import Terminal

/// Progress on standard error: on a terminal one line with a bar, written over as it grows, elsewhere a line every few
/// seconds.
struct ProgressLine {
  private var progress: PlainProgress
  private let isWrittenOver: Bool
  private var isOpen = false

  init(of runs: [RunDirectory]) {
    let term = ProcessInfo.processInfo.environment["TERM"] ?? ""
    isWrittenOver = isatty(STDERR_FILENO) == 1 && !["", "dumb"].contains(term)
    progress = PlainProgress(of: runs, every: isWrittenOver ? .milliseconds(500) : .seconds(3))
  }

  mutating func poll() {
    if let line = progress.poll() { show(line) }
  }

  /// The last word; without one where nothing was trained.
  mutating func end(hasBegun: Bool) {
    let line = progress.latest()
    if hasBegun, !line.isEmpty { show(line) }
    if isOpen { printError("") }
  }

  private mutating func show(_ line: String) {
    guard isWrittenOver else { return printError(line) }
    let bar = progress.bar
    let whole = String(
      (bar.isEmpty ? line : "\(bar) \(line)").prefix(max(terminalWidth(STDERR_FILENO, least: 1) - 1, 1)))
    // To the start of the line, and away with what is longer there.
    printError("\r\(whole)\u{1b}[K", terminator: "")
    isOpen = true
  }
}
