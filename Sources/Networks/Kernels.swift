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
  @inline(__always) static func value(_ x: Block) -> Block { Block(repeating: 0).replacing(with: x, where: x .> 0) }
  @inline(__always) static func pullBack(_ gradient: Block, _ y: Block) -> Block {
    Block(repeating: 0).replacing(with: gradient, where: y .> 0)
  }
}

enum HyperbolicTangent: Nonlinearity {
  @inline(__always) static func value(_ x: Block) -> Block { vectorTanh(x) }
  @inline(__always) static func pullBack(_ gradient: Block, _ y: Block) -> Block { gradient * (1 - y * y) }
}

/// tanh to 4 units in the last place: an odd rational function of degree 13/6 on |x| ≤ 7.905, constant beyond.
/// The coefficients are Eigen's (Eigen/src/Core/MathFunctionsImpl.h).
@inline(__always) func vectorTanh(_ argument: Block) -> Block {
  let x = argument.clamped(lowerBound: Block(repeating: -7.905_311), upperBound: Block(repeating: 7.905_311))
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

/// y ← act(x·W + b) for a narrow input or a few rows, where a library product would spend its time on set-up:
/// the sums of a block stay in registers. W is `[inner, n]`, x has rows `stride` apart.
func affine(
  _ x: Source, stride: Int, rows: Int, inner: Int, _ w: Source, _ b: Source, n: Int, _ act: Activation, _ y: Target
) {
  switch act {
  case .identity: affineRows(x, stride, rows, inner, w, b, n, y, Identity.self)
  case .relu: affineRows(x, stride, rows, inner, w, b, n, y, Rectifier.self)
  case .tanh: affineRows(x, stride, rows, inner, w, b, n, y, HyperbolicTangent.self)
  }
}

@inline(__always) private func affineRows<F: Nonlinearity>(
  _ x: Source, _ stride: Int, _ rows: Int, _ inner: Int, _ w: Source, _ b: Source, _ n: Int, _ y: Target, _: F.Type
) {
  forEachBlock(of: n) { j in
    let bias = b.block(j)
    var r = 0
    while r + 4 <= rows {
      let x0 = x + r * stride
      var (s0, s1, s2, s3) = (bias, bias, bias, bias)
      for k in 0..<inner {
        let row = w.block(k * n + j)
        s0 += x0[k] * row
        s1 += x0[stride + k] * row
        s2 += x0[2 * stride + k] * row
        s3 += x0[3 * stride + k] * row
      }
      y.set(r * n + j, F.value(s0))
      y.set((r + 1) * n + j, F.value(s1))
      y.set((r + 2) * n + j, F.value(s2))
      y.set((r + 3) * n + j, F.value(s3))
      r += 4
    }
    while r < rows {
      var sum = bias
      for k in 0..<inner { sum += x[r * stride + k] * w.block(k * n + j) }
      y.set(r * n + j, F.value(sum))
      r += 1
    }
  } part: { j, count in
    let bias = Block(b + j, count: count)
    for r in 0..<rows {
      var sum = bias
      for k in 0..<inner { sum += x[r * stride + k] * Block(w + k * n + j, count: count) }
      F.value(sum).store(y + r * n + j, count: count)
    }
  }
}

/// y ← the bias in every row, for a product to add to.
func fill(_ y: Target, rows: Int, _ b: Source, n: Int) {
  for r in 0..<rows { (y + r * n).update(from: b, count: n) }
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
  forEachBlock(of: n) { j in
    var sum = Block(repeating: 0)
    for r in 0..<rows {
      let dz = F.pullBack(da.block(r * n + j), y.block(r * n + j))
      da.set(r * n + j, dz)
      sum += dz
    }
    db?.set(j, sum)
  } part: { j, count in
    var sum = Block(repeating: 0)
    for r in 0..<rows {
      let at = r * n + j
      let dz = F.pullBack(Block(da + at, count: count), Block(y + at, count: count))
      dz.store(da + at, count: count)
      sum += dz
    }
    if let db { sum.store(db + j, count: count) }
  }
}

/// The dot product of two rows of `n` floats.
@inline(__always) func dot(_ a: Source, _ b: Source, _ n: Int) -> Float {
  var sum = Block(repeating: 0)
  var rest: Float = 0
  forEachBlock(of: n) { j in
    sum += a.block(j) * b.block(j)
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
  forEachBlock(of: n) { j in
    let weight = w.block(j)
    var weightSum = Block(repeating: 0)
    var biasSum = Block(repeating: 0)
    for r in 0..<rows {
      let value = h.block(r * n + j)
      let gradient = F.pullBack(dy[r] * weight, value)
      dz.set(r * n + j, gradient)
      weightSum += dy[r] * value
      biasSum += gradient
    }
    gradients?.dw.set(j, weightSum)
    gradients?.db.set(j, biasSum)
  } part: { j, count in
    let weight = Block(w + j, count: count)
    var weightSum = Block(repeating: 0)
    var biasSum = Block(repeating: 0)
    for r in 0..<rows {
      let value = Block(h + r * n + j, count: count)
      let gradient = F.pullBack(dy[r] * weight, value)
      gradient.store(dz + r * n + j, count: count)
      weightSum += dy[r] * value
      biasSum += gradient
    }
    if let gradients {
      weightSum.store(gradients.dw + j, count: count)
      biasSum.store(gradients.db + j, count: count)
    }
  }
}

/// dw ← xᵀ·dz for a narrow input x `[rows, inner]` with rows `stride` apart: two rows of dw at a time in registers.
func narrowWeightGradient(
  _ x: Source, stride: Int, rows: Int, inner: Int, _ dz: Source, n: Int, _ dw: Target
) {
  for k in Swift.stride(from: 0, to: inner, by: 2) {
    let isPair = k + 1 < inner
    forEachBlock(of: n) { j in
      var (first, second) = (Block(repeating: 0), Block(repeating: 0))
      if isPair {
        for r in 0..<rows {
          let row = dz.block(r * n + j)
          first += x[r * stride + k] * row
          second += x[r * stride + k + 1] * row
        }
        dw.set((k + 1) * n + j, second)
      } else {
        for r in 0..<rows { first += x[r * stride + k] * dz.block(r * n + j) }
      }
      dw.set(k * n + j, first)
    } part: { j, count in
      var (first, second) = (Block(repeating: 0), Block(repeating: 0))
      for r in 0..<rows {
        let row = Block(dz + r * n + j, count: count)
        first += x[r * stride + k] * row
        if isPair { second += x[r * stride + k + 1] * row }
      }
      first.store(dw + k * n + j, count: count)
      if isPair { second.store(dw + (k + 1) * n + j, count: count) }
    }
  }
}
