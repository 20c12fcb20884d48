import COpenBLAS
import CSIMD
import RLCore

/// One product C ← op(A)·op(B), single precision and row-major, with C of shape `[rows, columns]`.
///
/// Layers call ``add(_:_:to:)`` and ``set(_:_:_:)``; benchmarks run the same shapes alone to learn what part of an update they are.
public struct GEMM: Sendable, Equatable {
  public enum Form: Sendable {
    /// A·B, as in a layer's forward pass.
    case plain
    /// Aᵀ·B, as in a weight gradient.
    case leftTransposed
    /// A·Bᵀ, as in an input gradient.
    case rightTransposed
  }

  public let form: Form
  public let rows: Int
  public let columns: Int
  public let inner: Int
  /// Floats from one row of A, as stored, to the next.
  public let leftStride: Int

  public init(_ form: Form, rows: Int, columns: Int, inner: Int, leftStride: Int? = nil) {
    self.form = form
    self.rows = rows
    self.columns = columns
    self.inner = inner
    self.leftStride = leftStride ?? (form == .leftTransposed ? rows : inner)
  }

  /// Multiplies and adds, counted as two.
  public var flops: Int { 2 * rows * columns * inner }

  private static let hasTiles = rl_has_products()

  /// Whether our own tiles beat the library: while A is small enough to be read once for every tile's columns. They
  /// give the bits of its AVX-512 kernels, but for some of few rows.
  private var isOwn: Bool {
    Self.hasTiles && columns % 16 == 0 && inner <= RL_PRODUCT_INNER && rows * inner <= 1 << 15
      && (form != .rightTransposed || inner % 16 == 0)
  }

  /// C ← C + op(A)·op(B).
  public func add(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to c: UnsafeMutablePointer<Float>) {
    ProductClock.count { if isOwn { tiles(a, b, c, adds: true) } else { library(a, b, c) } }
  }

  /// C ← op(A)·op(B).
  public func set(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
    if isOwn {
      ProductClock.count { tiles(a, b, c, adds: false) }
    } else {
      // OpenBLAS would clear C in a pass of its own that took a tenth of a small update.
      c.update(repeating: 0, count: rows * columns)
      ProductClock.count { library(a, b, c) }
    }
  }

  private func tiles(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    rl_product(
      a, leftStride, form == .leftTransposed, b, form == .rightTransposed, c, rows, columns, inner, adds)
  }

  private func library(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
    cblas_sgemm(
      CblasRowMajor, form == .leftTransposed ? CblasTrans : CblasNoTrans,
      form == .rightTransposed ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), blasint(inner), 1, a,
      blasint(leftStride), b, blasint(form == .rightTransposed ? inner : columns), 1, c, blasint(columns))
  }
}

/// The BLAS library behind the products that our own loops do not take.
public enum BLAS {
  /// Threads that one product may use. Several seeds use several cores, so one is the default.
  public static func setThreads(_ count: Int) { openblas_set_num_threads(Int32(count)) }

  /// The kernels that OpenBLAS chose for this machine, such as "SkylakeX" or "Zen".
  public static var coreName: String { String(cString: openblas_get_corename()) }
}
