import Dispatch
import Foundation
import Synchronization

/// Writes files in the background, in order, each with ``writeAtomically(_:to:)``: training does not wait for a disk to
/// sync unless it gets two files ahead of it.
public final class DiskWriter: Sendable {
  private static let depth = 2
  private let queue = DispatchQueue(label: "rlgym.disk-writer")
  private let room = DispatchSemaphore(value: depth)
  private let firstFailure = Mutex<(any Error)?>(nil)

  public init() {}

  /// Takes the data and returns; waits only while two earlier files are not written yet.
  public func write(_ data: Data, to url: URL) {
    room.wait()
    queue.async { [self] in
      defer { room.signal() }
      do {
        try writeAtomically(data, to: url)
      } catch {
        firstFailure.withLock { $0 = $0 ?? error }
      }
    }
  }

  /// Waits until everything is on the disk. Throws the first error there was.
  public func flush() throws {
    queue.sync {}
    if let failure { throw failure }
  }

  /// The first error there was. Cheap enough to ask after every write.
  public var failure: (any Error)? { firstFailure.withLock { $0 } }
}
