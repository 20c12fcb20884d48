import Foundation
import Synchronization

/// Whether SIGINT or SIGTERM has asked the process to save and stop. A second one ends it at once.
enum Interruption {
  private static let flag = Atomic<Bool>(false)

  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  static func listen() {
    // The flag is made before a handler may touch it.
    _ = isRequested
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        Interruption.flag.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
    // A file that may not grow and a reader that has left are errors of a write, not ends of the process.
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
  }
}
