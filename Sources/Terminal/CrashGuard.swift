import Foundation

/// Gives the terminal back when the program dies on the spot, where no `deinit` runs. What else would be done of such a
/// signal is done after it.
enum CrashGuard {
  private static let signals = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
  // Touched by a signal handler, which may neither allocate nor wait: all of it is made before one can come.
  nonisolated(unsafe) private static var modes = termios()
  private static let room = 256
  nonisolated(unsafe) private static let farewell = UnsafeMutablePointer<CChar>.allocate(capacity: room)
  nonisolated(unsafe) private static var length = 0
  nonisolated(unsafe) private static let before = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)

  /// From here on a crash writes `words` to the terminal and sets it to `modes`.
  static func arm(_ modes: termios, saying words: [String]) {
    self.modes = modes
    let bytes = words.joined().utf8CString.dropLast()
    length = min(bytes.count, room)
    for (index, byte) in bytes.prefix(room).enumerated() { farewell[index] = byte }
    for number in signals {
      var action = sigaction()
      action.sa_flags = Int32(SA_ONSTACK)
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = { CrashGuard.restore($0) }
      #else
        action.__sigaction_handler.sa_handler = { CrashGuard.restore($0) }
      #endif
      sigaction(number, &action, before + Int(number))
    }
  }

  static func disarm() {
    for number in signals { sigaction(number, before + Int(number), nil) }
  }

  private static func restore(_ number: Int32) {
    _ = write(STDOUT_FILENO, farewell, length)
    tcsetattr(STDIN_FILENO, TCSANOW, &modes)
    sigaction(number, before + Int(number), nil)
    // It waits until this handler has returned.
    raise(number)
  }
}
