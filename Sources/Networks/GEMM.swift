import COpenBLAS
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

  /// C ← C + op(A)·op(B).
  ///
  /// Products always add: OpenBLAS clears C in a pass of its own that took a tenth of a small update, so a layer
  /// fills C with its bias instead, and a gradient clears it with plain stores.
  public func add(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to c: UnsafeMutablePointer<Float>) {
    ProductClock.count {
      cblas_sgemm(
        CblasRowMajor, form == .leftTransposed ? CblasTrans : CblasNoTrans,
        form == .rightTransposed ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), blasint(inner), 1, a,
        blasint(leftStride), b, blasint(form == .rightTransposed ? inner : columns), 1, c, blasint(columns))
    }
  }

  /// C ← op(A)·op(B).
  public func set(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>) {
    c.update(repeating: 0, count: rows * columns)
    add(a, b, to: c)
  }
}

/// The BLAS library behind every product.
public enum BLAS {
  /// Threads that one product may use. Several seeds use several cores, so one is the default.
  public static func setThreads(_ count: Int) { openblas_set_num_threads(Int32(count)) }

  /// The kernels that OpenBLAS chose for this machine, such as "SkylakeX" or "Zen".
  public static var coreName: String { String(cString: openblas_get_corename()) }
}
