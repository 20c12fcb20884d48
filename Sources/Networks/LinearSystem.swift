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

/// The x of least ‖A·x − b‖ through LAPACK, the shortest where there are several, and the rank of A: the largest part of
/// it that is conditioned better than 1 / `tolerance`. `a` has shape `[b.count, columns]`, column by column.
public func leastSquares(_ a: [Double], columns: Int, _ b: [Double], tolerance: Double = 1e-13) -> (
  x: [Double], rank: Int
) {
  precondition(a.count == b.count * columns, "\(b.count) equations in \(columns) unknowns have a coefficient each")
  var a = a
  var x = b + [Double](repeating: 0, count: max(columns - b.count, 0))
  var (rows, unknowns, sides): (blasint, blasint, blasint) = (blasint(b.count), blasint(columns), 1)
  var (leftStride, rightStride) = (rows, blasint(x.count))
  var exchanges = [blasint](repeating: 0, count: columns)
  var (tolerance, rank, info): (Double, blasint, blasint) = (tolerance, 0, 0)
  var work = [Double](repeating: 0, count: 64 * (columns + b.count + 1))
  var workCount = blasint(work.count)
  dgelsy_(
    &rows, &unknowns, &sides, &a, &leftStride, &x, &rightStride, &exchanges, &tolerance, &rank, &work, &workCount, &info
  )
  return (Array(x[..<columns]), Int(rank))
}

/// The eigenvalues of a matrix of shape `[n, n]` through LAPACK, in ascending order of their real parts; `nil` where they
/// are not found.
public func eigenvalues(_ matrix: [Double], order: Int) -> [(real: Double, imaginary: Double)]? {
  precondition(matrix.count == order * order, "a matrix of order \(order) is a square")
  var a = matrix
  var n = blasint(order)
  var (stride, one, info): (blasint, blasint, blasint) = (n, 1, 0)
  var real = [Double](repeating: 0, count: order)
  var imaginary = real
  var vectors = [0.0]
  var rightVectors = [0.0]
  var rightStride: blasint = 1
  var work = [Double](repeating: 0, count: 64 * order)
  var workCount = blasint(work.count)
  var (left, right): (CChar, CChar) = (78, 78)  // "N": no eigenvectors
  dgeev_(
    &left, &right, &n, &a, &stride, &real, &imaginary, &vectors, &one, &rightVectors, &rightStride, &work, &workCount,
    &info, 1, 1)
  return info == 0 ? zip(real, imaginary).map { ($0, $1) }.sorted { $0.0 < $1.0 } : nil
}
