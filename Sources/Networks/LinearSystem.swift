import COpenBLAS

/// Solves A·x = b through LAPACK. `a` has shape `[n, n]`, column by column, and is overwritten; `b` becomes x.
/// `false` where A is singular.
public func solve(_ a: inout [Double], _ b: inout [Double]) -> Bool {
  var n = blasint(b.count)
  precondition(a.count == b.count * b.count, "a system of \(b.count) equations has a square of coefficients")
  var columns: blasint = 1
  var exchanges = [blasint](repeating: 0, count: b.count)
  var info: blasint = 0
  var stride = n
  var leftStride = n
  dgesv_(&n, &columns, &a, &leftStride, &exchanges, &b, &stride, &info)
  return info == 0
}
