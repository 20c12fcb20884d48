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

/// y ← act(x·W + b), in tiles of four rows and a block of columns whose sums stay in registers: for narrow inputs, few
/// rows or small products, where a library would spend its time on set-up. W is `[inner, n]`, x has rows `stride`
/// apart; without `b` the sums start from 0.
func affine(
  _ x: Source, stride: Int, rows: Int, inner: Int, _ w: Source, _ b: Source?, n: Int, _ act: Activation, _ y: Target
) {
  switch act {
  case .identity: affineTiles(x, stride, rows, inner, w, b, n, y, Identity.self)
  case .relu: affineTiles(x, stride, rows, inner, w, b, n, y, Rectifier.self)
  case .tanh: affineTiles(x, stride, rows, inner, w, b, n, y, HyperbolicTangent.self)
  }
}

@inline(__always) private func affineTiles<F: Nonlinearity>(
  _ x: Source, _ stride: Int, _ rows: Int, _ inner: Int, _ w: Source, _ b: Source?, _ n: Int, _ y: Target, _: F.Type
) {
  var x0 = x
  var out = y
  for _ in 0..<rows / 4 {
    let x1 = x0 + stride
    let x2 = x1 + stride
    let x3 = x2 + stride
    forEachBlock(of: n) { j in
      let bias = b?.block(j) ?? Block(repeating: 0)
      var (s0, s1, s2, s3) = (bias, bias, bias, bias)
      var column = w + j
      for k in 0..<inner {
        let row = column.block(0)
        s0 = multiplyAdd(x0[k], row, s0)
        s1 = multiplyAdd(x1[k], row, s1)
        s2 = multiplyAdd(x2[k], row, s2)
        s3 = multiplyAdd(x3[k], row, s3)
        column += n
      }
      out.set(j, F.value(s0))
      (out + n).set(j, F.value(s1))
      (out + 2 &* n).set(j, F.value(s2))
      (out + 3 &* n).set(j, F.value(s3))
    } part: { j, count in
      for r in 0..<4 {
        affineRest(x0 + r * stride, inner, w + j, b.map { $0 + j }, n, count, out + r * n + j, F.self)
      }
    }
    x0 = x3 + stride
    out += 4 &* n
  }
  for _ in 0..<rows % 4 {
    forEachBlock(of: n) { j in
      var sum = b?.block(j) ?? Block(repeating: 0)
      var column = w + j
      for k in 0..<inner {
        sum = multiplyAdd(x0[k], column.block(0), sum)
        column += n
      }
      out.set(j, F.value(sum))
    } part: { j, count in
      affineRest(x0, inner, w + j, b.map { $0 + j }, n, count, out + j, F.self)
    }
    x0 += stride
    out += n
  }
}

/// The last `count` columns of one row, where they do not fill a block.
@inline(never) private func affineRest<F: Nonlinearity>(
  _ x: Source, _ inner: Int, _ w: Source, _ b: Source?, _ n: Int, _ count: Int, _ y: Target, _: F.Type
) {
  var sum = b.map { Block($0, count: count) } ?? Block(repeating: 0)
  for k in 0..<inner { sum = multiplyAdd(x[k], Block(w + k * n, count: count), sum) }
  F.value(sum).store(y, count: count)
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
  gradients?.dw.update(repeating: 0, count: n)
  gradients?.db.update(repeating: 0, count: n)
  var (value, out) = (h, dz)
  for r in 0..<rows {
    let slope = dy[r]
    forEachBlock(of: n) { j in
      let y = value.block(j)
      let gradient = F.pullBack(slope * w.block(j), y)
      out.set(j, gradient)
      if let (dw, db) = gradients {
        dw.set(j, multiplyAdd(slope, y, dw.block(j)))
        db.set(j, db.block(j) + gradient)
      }
    } part: { j, count in
      let y = Block(value + j, count: count)
      let gradient = F.pullBack(slope * Block(w + j, count: count), y)
      gradient.store(out + j, count: count)
      if let (dw, db) = gradients {
        multiplyAdd(slope, y, Block(dw + j, count: count)).store(dw + j, count: count)
        (Block(db + j, count: count) + gradient).store(db + j, count: count)
      }
    }
    value += n
    out += n
  }
}

/// dw ← xᵀ·dz `[inner, n]` for a narrow or small x `[rows, inner]` with rows `stride` apart, in tiles of four rows of
/// dw and a block of columns.
func weightGradient(_ x: Source, stride: Int, rows: Int, inner: Int, _ dz: Source, n: Int, _ dw: Target) {
  forEachBlock(of: n) { j in
    var out = dw + j
    for tile in 0..<inner / 4 {
      let zero = Block(repeating: 0)
      var (s0, s1, s2, s3) = (zero, zero, zero, zero)
      var sample = x + 4 &* tile
      var slope = dz + j
      for _ in 0..<rows {
        let row = slope.block(0)
        s0 = multiplyAdd(sample[0], row, s0)
        s1 = multiplyAdd(sample[1], row, s1)
        s2 = multiplyAdd(sample[2], row, s2)
        s3 = multiplyAdd(sample[3], row, s3)
        sample += stride
        slope += n
      }
      out.set(0, s0)
      (out + n).set(0, s1)
      (out + n + n).set(0, s2)
      (out + n + n + n).set(0, s3)
      out += 4 &* n
    }
    for k in inner - inner % 4..<inner {
      var sum = Block(repeating: 0)
      for r in 0..<rows { sum = multiplyAdd(x[r &* stride &+ k], dz.block(r &* n &+ j), sum) }
      out.set(0, sum)
      out += n
    }
  } part: { j, count in
    for k in 0..<inner {
      var sum = Block(repeating: 0)
      for r in 0..<rows { sum = multiplyAdd(x[r * stride + k], Block(dz + r * n + j, count: count), sum) }
      sum.store(dw + k * n + j, count: count)
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
