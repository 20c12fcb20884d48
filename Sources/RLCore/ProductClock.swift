import Dispatch
import Foundation

/// How long a thread spends in library products, while somebody asks.
///
/// One product of seven is timed and stands for all: a clock around each would slow small ones, and seven meets those of
/// an update, which come in turn, evenly.
public enum ProductClock {
  private static let period = 7

  private struct Tally {
    var isRunning = false
    var count = 0
    var nanoseconds: UInt64 = 0
  }

  /// Each thread has a tally of its own, made when it first asks.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    #if canImport(Darwin)
      pthread_key_create(&key) { $0.deallocate() }
    #else
      pthread_key_create(&key) { $0?.deallocate() }
    #endif
    return key
  }()

  private static var tally: UnsafeMutablePointer<Tally>? {
    pthread_getspecific(key)?.assumingMemoryBound(to: Tally.self)
  }

  /// From here on this thread's products count.
  public static func start() {
    guard let tally else {
      let tally = UnsafeMutablePointer<Tally>.allocate(capacity: 1)
      tally.initialize(to: Tally(isRunning: true))
      pthread_setspecific(key, tally)
      return
    }
    tally.pointee.isRunning = true
    tally.pointee.nanoseconds = 0
  }

  /// The seconds in products since ``start()``, about.
  public static func stop() -> Double {
    guard let tally else { return 0 }
    tally.pointee.isRunning = false
    return Double(tally.pointee.nanoseconds) * 1e-9
  }

  /// Runs a product.
  @inline(__always)
  public static func count(_ product: () -> Void) {
    guard let tally, tally.pointee.isRunning else { return product() }
    tally.pointee.count = (tally.pointee.count + 1) % period
    guard tally.pointee.count == 0 else { return product() }
    let start = DispatchTime.now().uptimeNanoseconds
    product()
    tally.pointee.nanoseconds += UInt64(period) * (DispatchTime.now().uptimeNanoseconds - start)
  }
}
