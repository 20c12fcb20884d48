import Foundation
import Testing

/// A terminal that a test types into and reads from: a tmux server of its own with a shell in it.
final class Terminal: Sendable {
  static let program = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/opt/homebrew/bin/tmux"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private let server: Child
  private let folder: Folder
  private let session = "test"

  /// Opens it with a shell in the folder, whose prompt is `$ `.
  init(in folder: Folder, width: Int = 80, height: Int = 24) throws {
    self.folder = folder
    // In the foreground, so that it is known when it is gone.
    server = try Self.start(["-S", folder["tmux"].path, "-f", "/dev/null", "-D"], in: folder)
    try folder.wait { try tmux("show-options", "-s").contains("exit-empty") }
    try tmux(
      "new-session", "-d", "-s", session, "-x", "\(width)", "-y", "\(height)", "-c", folder.url.path,
      "env", "PS1=$ ", "LC_ALL=C.UTF-8", "PATH=\(Program.url.deletingLastPathComponent().path):/usr/bin:/bin", "/bin/sh"
    )
    try wait { $0.contains("$") }
  }

  deinit { _ = try? tmux("kill-server") }

  /// Types the words and presses Enter.
  func type(_ line: String) throws {
    try tmux("send-keys", "-t", session, "-l", line)
    try press("Enter")
  }

  /// Presses keys by tmux's names: `q`, `Space`, `C-c`, `Left`.
  func press(_ keys: String...) throws {
    for key in keys { try tmux("send-keys", "-t", session, key) }
  }

  /// Presses the mouse's first button at a cell, so many times at once, as terminals tell it to a program that asks for it.
  func click(x: Int, y: Int, times: Int = 1) throws {
    let place = [x, y].map { String(33 + $0, radix: 16) }
    // The press, and the release without which another press is none.
    let bytes = ["20", "23"].flatMap { ["1b", "5b", "4d", $0] + place }
    try tmux(["send-keys", "-t", session, "-H"] + [[String]](repeating: bytes, count: times).joined())
  }

  func resize(width: Int, height: Int) throws {
    try tmux("resize-window", "-t", session, "-x", "\(width)", "-y", "\(height)")
  }

  /// What the screen shows.
  var screen: String { get throws { try tmux("capture-pane", "-p", "-t", session) } }

  /// The screen with its colours and attributes.
  var styledScreen: String { get throws { try tmux("capture-pane", "-p", "-e", "-t", session) } }

  /// `cursor_flag`: 0 while a program hides the cursor; `alternate_on`: 1 while it has the screen to itself.
  func flag(_ name: String) throws -> Bool {
    try tmux("display-message", "-p", "-t", session, "#{\(name)}").hasPrefix("1")
  }

  /// Waits until the screen is so; gives up, as a failure that shows the screen, after 20 seconds.
  @discardableResult func wait(_ place: SourceLocation = #_sourceLocation, until isSo: (String) throws -> Bool) throws
    -> String
  {
    let end = ContinuousClock.now + .seconds(20)
    while true {
      let text = try screen
      if try isSo(text) { return text }
      try #require(ContinuousClock.now < end, "waited in vain; the screen shows\n\(text)", sourceLocation: place)
      usleep(20_000)
    }
  }

  @discardableResult private func tmux(_ arguments: String...) throws -> String { try tmux(arguments) }

  @discardableResult private func tmux(_ arguments: [String]) throws -> String {
    let output = folder[UUID().uuidString + ".tmux"]
    defer { try? FileManager.default.removeItem(at: output) }
    _ = try Self.start(["-u", "-S", folder["tmux"].path] + arguments, in: folder, output: output).wait(seconds: 20)
    return try String(contentsOf: output, encoding: .utf8)
  }

  private static func start(_ arguments: [String], in folder: Folder, output: URL? = nil) throws -> Child {
    try Child(
      program ?? "/usr/bin/tmux", arguments,
      environment: ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "SHELL": "/bin/sh"],
      in: folder.url.path, output: output?.path ?? "/dev/null")
  }
}
