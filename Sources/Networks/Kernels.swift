import COpenBLAS

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
  var p = z * -2.760_768_477_423_55e-16 + 2.000_187_904_824_77e-13
  p = p * z - 8.604_671_522_137_35e-11
  p = p * z + 5.122_297_090_371_14e-08
  p = p * z + 1.485_722_357_179_79e-05
  p = p * z + 6.372_619_288_754_36e-04
  p = p * z + 4.893_524_558_917_86e-03
  var q = z * 1.198_258_394_667_02e-06 + 1.185_347_056_866_54e-04
  q = q * z + 2.268_434_632_439_00e-03
  q = q * z + 4.893_525_185_543_85e-03
  return x * p / q
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

/// Σₖ x[r, k]·w[k, 0 ..< 16] + start for every row r of x, handed to `store`. Element (r, k) of x lies at
/// r·rowStep + k·innerStep, rows of w are `step` apart.
///
/// Six rows at a time: their sums fill twelve of AVX2's sixteen registers, enough to hide a multiply-add's latency.
@inline(__always) private func strip(
  _ x: Source, rowStep: Int, innerStep: Int, rows: Int, inner: Int, _ w: Source, step: Int, start: Block,
  store: (Int, Block) -> Void
) {
  var r = 0
  // Eight rows are two fours: single rows would wait for each multiply-add.
  while r + 6 <= rows && r + 8 != rows {
    let x0 = x + r &* rowStep
    let (x1, x2, x3) = (x0 + rowStep, x0 + 2 &* rowStep, x0 + 3 &* rowStep)
    let (x4, x5) = (x0 + 4 &* rowStep, x0 + 5 &* rowStep)
    var (s0, s1, s2, s3, s4, s5) = (start, start, start, start, start, start)
    var (row, at) = (w, 0)
    for _ in 0..<inner {
      let values = row.block(0)
      s0 = multiplyAdd(x0[at], values, s0)
      s1 = multiplyAdd(x1[at], values, s1)
      s2 = multiplyAdd(x2[at], values, s2)
      s3 = multiplyAdd(x3[at], values, s3)
      s4 = multiplyAdd(x4[at], values, s4)
      s5 = multiplyAdd(x5[at], values, s5)
      row += step
      at &+= innerStep
    }
    store(r, s0)
    store(r &+ 1, s1)
    store(r &+ 2, s2)
    store(r &+ 3, s3)
    store(r &+ 4, s4)
    store(r &+ 5, s5)
    r &+= 6
  }
  while r + 4 <= rows {
    let x0 = x + r &* rowStep
    let (x1, x2, x3) = (x0 + rowStep, x0 + 2 &* rowStep, x0 + 3 &* rowStep)
    var (s0, s1, s2, s3) = (start, start, start, start)
    var (row, at) = (w, 0)
    for _ in 0..<inner {
      let values = row.block(0)
      s0 = multiplyAdd(x0[at], values, s0)
      s1 = multiplyAdd(x1[at], values, s1)
      s2 = multiplyAdd(x2[at], values, s2)
      s3 = multiplyAdd(x3[at], values, s3)
      row += step
      at &+= innerStep
    }
    store(r, s0)
    store(r &+ 1, s1)
    store(r &+ 2, s2)
    store(r &+ 3, s3)
    r &+= 4
  }
  while r < rows {
    let x0 = x + r &* rowStep
    var sum = start
    var (row, at) = (w, 0)
    for _ in 0..<inner {
      sum = multiplyAdd(x0[at], row.block(0), sum)
      row += step
      at &+= innerStep
    }
    store(r, sum)
    r &+= 1
  }
}

/// Calls `body` with a copy of `w`'s first `count` columns in rows of a whole block, zeros beyond.
@inline(__always) private func padded(
  _ w: Source, rows: Int, step: Int, count: Int, body: (Source) -> Void
) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * 16) { room in
    let wide = room.baseAddress!
    for k in 0..<rows { wide.set(16 &* k, Block(w + k &* step, count: count)) }
    body(wide)
  }
}

/// y ← act(x·W + b): for narrow inputs, few rows or small products, where a library would spend its time on set-up.
/// W is `[inner, n]`, x has rows `stride` apart.
func affine(
  _ x: Source, stride: Int, rows: Int, inner: Int, _ w: Source, _ b: Source, n: Int, _ act: Activation, _ y: Target
) {
  switch act {
  case .identity: affineStrips(x, stride, rows, inner, w, b, n, y, Identity.self)
  case .relu: affineStrips(x, stride, rows, inner, w, b, n, y, Rectifier.self)
  case .tanh: affineStrips(x, stride, rows, inner, w, b, n, y, HyperbolicTangent.self)
  }
}

@inline(__always) private func affineStrips<F: Nonlinearity>(
  _ x: Source, _ stride: Int, _ rows: Int, _ inner: Int, _ w: Source, _ b: Source, _ n: Int, _ y: Target, _: F.Type
) {
  forEachBlock(of: n) { j in
    strip(x, rowStep: stride, innerStep: 1, rows: rows, inner: inner, w + j, step: n, start: b.block(j)) { r, sum in
      y.set(r &* n &+ j, F.value(sum))
    }
  } part: { j, count in
    padded(w + j, rows: inner, step: n, count: count) { w in
      strip(
        x, rowStep: stride, innerStep: 1, rows: rows, inner: inner, w, step: 16, start: Block(b + j, count: count)
      ) { r, sum in
        F.value(sum).store(y + (r &* n &+ j), count: count)
      }
    }
  }
}

/// dz ← (dy·W) ⊙ act′(h) and db ← the column sums of dz, for a small W `[inner, n]` (a layer's weights, transposed), in
/// one pass over h and dz `[rows, n]`.
func affineBackward(
  _ dy: Source, rows: Int, inner: Int, _ w: Source, n: Int, _ h: Source, _ act: Activation, _ dz: Target, _ db: Target?
) {
  switch act {
  case .identity: backwardStrips(dy, rows, inner, w, n, h, dz, db, Identity.self)
  case .relu: backwardStrips(dy, rows, inner, w, n, h, dz, db, Rectifier.self)
  case .tanh: backwardStrips(dy, rows, inner, w, n, h, dz, db, HyperbolicTangent.self)
  }
}

@inline(__always) private func backwardStrips<F: Nonlinearity>(
  _ dy: Source, _ rows: Int, _ inner: Int, _ w: Source, _ n: Int, _ h: Source, _ dz: Target, _ db: Target?, _: F.Type
) {
  let zero = Block(repeating: 0)
  forEachBlock(of: n) { j in
    var total = zero
    strip(dy, rowStep: inner, innerStep: 1, rows: rows, inner: inner, w + j, step: n, start: zero) { r, sum in
      let slope = F.pullBack(sum, h.block(r &* n &+ j))
      dz.set(r &* n &+ j, slope)
      total += slope
    }
    db?.set(j, total)
  } part: { j, count in
    var total = zero
    padded(w + j, rows: inner, step: n, count: count) { w in
      strip(dy, rowStep: inner, innerStep: 1, rows: rows, inner: inner, w, step: 16, start: zero) { r, sum in
        let slope = F.pullBack(sum, Block(h + (r &* n &+ j), count: count))
        slope.store(dz + (r &* n &+ j), count: count)
        total += slope
      }
    }
    if let db { total.store(db + j, count: count) }
  }
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

/// dw ← xᵀ·dz `[inner, n]` for a narrow or small x `[rows, inner]` with rows `stride` apart.
func weightGradient(_ x: Source, stride: Int, rows: Int, inner: Int, _ dz: Source, n: Int, _ dw: Target) {
  let zero = Block(repeating: 0)
  forEachBlock(of: n) { j in
    strip(x, rowStep: 1, innerStep: stride, rows: inner, inner: rows, dz + j, step: n, start: zero) { k, sum in
      dw.set(k &* n &+ j, sum)
    }
  } part: { j, count in
    padded(dz + j, rows: rows, step: n, count: count) { dz in
      strip(x, rowStep: 1, innerStep: stride, rows: inner, inner: rows, dz, step: 16, start: zero) { k, sum in
        sum.store(dw + (k &* n &+ j), count: count)
      }
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
