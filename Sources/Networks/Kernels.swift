import CSIMD

// One pass over memory each. Rows are samples; `n` is the width of a row; everything is contiguous unless a stride is
// given. Blocks of 16 floats are one AVX-512 register or two AVX2 registers.

typealias Source = UnsafePointer<Float>
typealias Target = UnsafeMutablePointer<Float>
typealias Block = SIMD16<Float>

extension UnsafePointer where Pointee == Float {
  @inline(__always) func block(_ i: Int) -> Block { UnsafeRawPointer(self + i).loadUnaligned(as: Block.self) }
}

extension UnsafeMutablePointer where Pointee == Float {
  @inline(__always) func block(_ i: Int) -> Block { UnsafeRawPointer(self + i).loadUnaligned(as: Block.self) }
  @inline(__always) func set(_ i: Int, _ value: Block) {
    UnsafeMutableRawPointer(self + i).storeBytes(of: value, as: Block.self)
  }
}

/// scale·row + sum.
@inline(__always) func multiplyAdd(_ scale: Float, _ row: Block, _ sum: Block) -> Block {
  rl_multiply_add(Block(repeating: scale), row, sum)
}

/// The non-linearity after a layer.
public enum Activation: String, Sendable, CaseIterable { case identity, relu, tanh }

/// An ``Activation`` as a type, so that a kernel's loop is compiled for each.
protocol Nonlinearity {
  static func value(_ x: Block) -> Block
  /// `gradient` times the slope, which follows from the activation's own output `y`.
  static func pullBack(_ gradient: Block, _ y: Block) -> Block
}

enum Identity: Nonlinearity {
  @inline(__always) static func value(_ x: Block) -> Block { x }
  @inline(__always) static func pullBack(_ gradient: Block, _ y: Block) -> Block { gradient }
}

enum Rectifier: Nonlinearity {
  // This way round a NaN passes: it must reach the loss, which is where training looks for it.
  @inline(__always) static func value(_ x: Block) -> Block { x.replacing(with: 0, where: x .< 0) }
  @inline(__always) static func pullBack(_ gradient: Block, _ y: Block) -> Block {
    Block(repeating: 0).replacing(with: gradient, where: y .> 0)
  }
}

enum HyperbolicTangent: Nonlinearity {
  @inline(__always) static func value(_ x: Block) -> Block { vectorTanh(x) }
  @inline(__always) static func pullBack(_ gradient: Block, _ y: Block) -> Block { gradient * (1 - y * y) }
}

/// tanh to 8 units in the last place where |x| > 1e-35: an odd rational function of degree 13/6 on |x| ≤ 7.905,
/// constant beyond.
/// The coefficients are Eigen's (Eigen/src/Core/MathFunctionsImpl.h).
@inline(__always) func vectorTanh(_ argument: Block) -> Block {
  // Not `clamped`, which makes a bound of a NaN.
  var x = argument.replacing(with: -7.905_311, where: argument .< -7.905_311)
  x.replace(with: 7.905_311, where: x .> 7.905_311)
  let z = x * x
  var p = horner(z, Block(repeating: -2.760_768_477_423_55e-16), 2.000_187_904_824_77e-13)
  p = horner(z, p, -8.604_671_522_137_35e-11)
  p = horner(z, p, 5.122_297_090_371_14e-08)
  p = horner(z, p, 1.485_722_357_179_79e-05)
  p = horner(z, p, 6.372_619_288_754_36e-04)
  p = horner(z, p, 4.893_524_558_917_86e-03)
  var q = horner(z, Block(repeating: 1.198_258_394_667_02e-06), 1.185_347_056_866_54e-04)
  q = horner(z, q, 2.268_434_632_439_00e-03)
  q = horner(z, q, 4.893_525_185_543_85e-03)
  return x * p / q
}

/// p·z + c.
@inline(__always) private func horner(_ z: Block, _ p: Block, _ c: Float) -> Block {
  rl_multiply_add(p, z, Block(repeating: c))
}

extension Block {
  /// The first `count` floats at `p`, zeros beyond.
  @inline(__always) init(_ p: Source, count: Int) {
    self.init(repeating: 0)
    for i in 0..<count { self[i] = p[i] }
  }

  @inline(__always) func store(_ p: Target, count: Int) {
    for i in 0..<count { p[i] = self[i] }
  }
}

/// Calls `whole` at every full block of 0 ..< n and `part` with the rest, if there is one.
@inline(__always) func forEachBlock(of n: Int, whole: (Int) -> Void, part: (Int, Int) -> Void) {
  var j = 0
  while j + 16 <= n {
    whole(j)
    j += 16
  }
  if j < n { part(j, n - j) }
}

/// y ← the bias in every row, for a product to add to.
func fill(_ y: Target, rows: Int, _ b: Source, n: Int) {
  var row = y
  for _ in 0..<rows {
    forEachBlock(of: n) { j in
      row.set(j, b.block(j))
    } part: { j, count in
      for i in j..<j + count { row[i] = b[i] }
    }
    row += n
  }
}

/// y ← act(y).
func activate(_ y: Target, count: Int, _ act: Activation) {
  switch act {
  case .identity: break
  case .relu: activateAll(y, count, Rectifier.self)
  case .tanh: activateAll(y, count, HyperbolicTangent.self)
  }
}

@inline(__always) private func activateAll<F: Nonlinearity>(_ y: Target, _ count: Int, _: F.Type) {
  forEachBlock(of: count) { j in
    y.set(j, F.value(y.block(j)))
  } part: { j, rest in
    F.value(Block(y + j, count: rest)).store(y + j, count: rest)
  }
}

/// dz ← da ⊙ act′(y) in place, and db ← the column sums of dz: one pass.
func maskAndSum(_ da: Target, _ y: Source, rows: Int, n: Int, _ act: Activation, _ db: Target?) {
  switch act {
  case .identity: maskRows(da, y, rows, n, db, Identity.self)
  case .relu: maskRows(da, y, rows, n, db, Rectifier.self)
  case .tanh: maskRows(da, y, rows, n, db, HyperbolicTangent.self)
  }
}

@inline(__always) private func maskRows<F: Nonlinearity>(
  _ da: Target, _ y: Source, _ rows: Int, _ n: Int, _ db: Target?, _: F.Type
) {
  db?.update(repeating: 0, count: n)
  var (slope, value) = (da, y)
  for _ in 0..<rows {
    forEachBlock(of: n) { j in
      let dz = F.pullBack(slope.block(j), value.block(j))
      slope.set(j, dz)
      if let db { db.set(j, db.block(j) + dz) }
    } part: { j, count in
      let dz = F.pullBack(Block(slope + j, count: count), Block(value + j, count: count))
      dz.store(slope + j, count: count)
      if let db { (Block(db + j, count: count) + dz).store(db + j, count: count) }
    }
    slope += n
    value += n
  }
}

/// The dot product of two rows of `n` floats.
@inline(__always) func dot(_ a: Source, _ b: Source, _ n: Int) -> Float {
  var sum = Block(repeating: 0)
  var rest: Float = 0
  forEachBlock(of: n) { j in
    sum = rl_multiply_add(a.block(j), b.block(j), sum)
  } part: { j, count in
    for i in j..<j + count { rest += a[i] * b[i] }
  }
  return sum.sum() + rest
}

/// y[r·step] ← bias + the dot product of row r of x with w, both `n` long; rows are `stride` apart. Sixteen rows at a time:
/// summing up a register one by one took longer than filling it. The sums are those of ``dot(_:_:_:)``, to the bit.
func dots(_ x: Source, stride: Int, rows: Int, _ w: Source, n: Int, bias: Float, _ y: Target, step: Int) {
  let whole = n & ~15
  var r = 0
  while r + 16 <= rows {
    let first = x + r &* stride
    var sums = rl_dots(first, stride, w, whole)
    if whole < n {
      var rest = Block(repeating: 0)
      for lane in 0..<16 {
        for i in whole..<n { rest[lane] += first[lane &* stride &+ i] * w[i] }
      }
      sums += rest
    }
    sums += bias
    for lane in 0..<16 { y[(r &+ lane) &* step] = sums[lane] }
    r &+= 16
  }
  while r < rows {
    y[r &* step] = bias + dot(x + r &* stride, w, n)
    r &+= 1
  }
}

/// Backward through a layer with one output, in one pass over its input h `[rows, n]`:
/// dw ← Σ h·dy, dz ← (dy·w) ⊙ act′(h), db ← the column sums of dz. Without gradients to keep, only dz.
func backwardThroughSingleOutput(
  _ dy: Source, _ h: Source, rows: Int, n: Int, _ w: Source, _ act: Activation, _ dz: Target,
  keeping gradients: (dw: Target, db: Target)?
) {
  switch act {
  case .identity: singleOutputRows(dy, h, rows, n, w, dz, gradients, Identity.self)
  case .relu: singleOutputRows(dy, h, rows, n, w, dz, gradients, Rectifier.self)
  case .tanh: singleOutputRows(dy, h, rows, n, w, dz, gradients, HyperbolicTangent.self)
  }
}

@inline(__always) private func singleOutputRows<F: Nonlinearity>(
  _ dy: Source, _ h: Source, _ rows: Int, _ n: Int, _ w: Source, _ dz: Target,
  _ gradients: (dw: Target, db: Target)?, _: F.Type
) {
  let zero = Block(repeating: 0)
  // A block of columns at a time, so that its sums stay in registers.
  forEachBlock(of: n) { j in
    let weights = w.block(j)
    var (dw, db) = (zero, zero)
    var (value, out) = (h + j, dz + j)
    for r in 0..<rows {
      let y = value.block(0)
      let gradient = F.pullBack(dy[r] * weights, y)
      out.set(0, gradient)
      dw = multiplyAdd(dy[r], y, dw)
      db += gradient
      value += n
      out += n
    }
    gradients?.dw.set(j, dw)
    gradients?.db.set(j, db)
  } part: { j, count in
    let weights = Block(w + j, count: count)
    var (dw, db) = (zero, zero)
    for r in 0..<rows {
      let y = Block(h + (r &* n &+ j), count: count)
      let gradient = F.pullBack(dy[r] * weights, y)
      gradient.store(dz + (r &* n &+ j), count: count)
      dw = multiplyAdd(dy[r], y, dw)
      db += gradient
    }
    if let gradients {
      dw.store(gradients.dw + j, count: count)
      db.store(gradients.db + j, count: count)
    }
  }
}

/// t ← wᵀ for w `[rows, columns]`, in squares of four.
func transpose(_ w: Source, rows: Int, columns: Int, _ t: Target) {
  typealias Four = SIMD4<Float>
  let (whole, wide) = (rows & ~3, columns & ~3)
  for i in stride(from: 0, to: whole, by: 4) {
    for j in stride(from: 0, to: wide, by: 4) {
      let from = UnsafeRawPointer(w + i &* columns + j)
      let line = columns &* 4
      let square = Block(
        lowHalf: .init(
          lowHalf: from.loadUnaligned(as: Four.self), highHalf: (from + line).loadUnaligned(as: Four.self)),
        highHalf: .init(
          lowHalf: (from + 2 &* line).loadUnaligned(as: Four.self),
          highHalf: (from + 3 &* line).loadUnaligned(as: Four.self)))
      let to = UnsafeMutableRawPointer(t + j &* rows + i)
      let column = rows &* 4
      to.storeBytes(of: square.evenHalf.evenHalf, as: Four.self)
      (to + column).storeBytes(of: square.oddHalf.evenHalf, as: Four.self)
      (to + 2 &* column).storeBytes(of: square.evenHalf.oddHalf, as: Four.self)
      (to + 3 &* column).storeBytes(of: square.oddHalf.oddHalf, as: Four.self)
    }
  }
  for i in 0..<rows {
    for j in (i < whole ? wide : 0)..<columns { t[j &* rows &+ i] = w[i &* columns &+ j] }
  }
}
