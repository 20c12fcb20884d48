import Foundation
import Synchronization

/// A process that a test starts and waits for by its id.
///
/// Not Foundation's `Process`: on Linux that learns of an end by a file which other children may have inherited, and
/// one that lives on, as a terminal's server does, keeps it from ever being told.
final class Child: Sendable {
  let id: pid_t
  private let status = Mutex<Int32?>(nil)

  /// Starts a program in a folder, after these commands of a shell, with its three standard files, and with these
  /// signals blocked, as a parent may leave them.
  init(
    _ program: String, _ arguments: [String], environment: [String: String], in folder: String,
    after shell: String = ":",
    input: String = "/dev/null", output: String = "/dev/null", errors: String = "/dev/null", blocking: [Int32] = []
  ) throws {
    #if canImport(Darwin)
      var files: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var files = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&files)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&files)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    posix_spawn_file_actions_addopen(&files, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o666)

    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in blocking { sigaddset(&mask, signal) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

    // The shell becomes the program, with the same id.
    let command = ["/bin/sh", "-c", "cd \"$0\"; \(shell); exec \"$@\"", folder, program] + arguments
    var words = command.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for word in words + variables { free(word) } }
    var id = pid_t()
    let code = posix_spawn(&id, command[0], &files, &attributes, &words, &variables)
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
    self.id = id
  }

  /// A test that fails half-way leaves nothing running.
  deinit {
    if poll() == nil {
      kill(id, SIGKILL)
      waitpid(id, nil, 0)
    }
  }

  func send(_ signal: Int32) { if poll() == nil { kill(id, signal) } }

  /// The exit code, or 128 + the signal that ended it; `nil` while it runs.
  func poll() -> Int32? {
    status.withLock { status in
      var word: Int32 = 0
      if status == nil, waitpid(id, &word, WNOHANG) == id {
        let signal = word & 0x7f
        status = signal == 0 ? word >> 8 & 0xff : 128 + signal
      }
      return status
    }
  }

  /// Waits for the end; `nil` where it does not come in time.
  func wait(seconds: Double) -> Int32? {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      if let code = poll() { return code }
      if ContinuousClock.now > end { return nil }
      usleep(1000)
    }
  }
}
