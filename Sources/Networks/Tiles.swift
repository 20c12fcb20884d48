// Products in tiles of our own, whose sums stay in registers: for narrow inputs, few rows or small matrices, where a library
// would spend its time on set-up.

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
  let wide = rows == 1 ? affineRow(x, inner, w, b, n, y, F.self) : 0
  forEachBlock(of: n - wide) { j in
    let j = wide + j
    strip(x, rowStep: stride, innerStep: 1, rows: rows, inner: inner, w + j, step: n, start: b.block(j)) { r, sum in
      y.set(r &* n &+ j, F.value(sum))
    }
  } part: { j, count in
    let j = wide + j
    padded(w + j, rows: inner, step: n, count: count) { w in
      strip(
        x, rowStep: stride, innerStep: 1, rows: rows, inner: inner, w, step: 16, start: Block(b + j, count: count)
      ) { r, sum in
        F.value(sum).store(y + (r &* n &+ j), count: count)
      }
    }
  }
}

/// The same for one row, four blocks of columns at a time, so that a sum need not wait for the one before it. Returns how
/// many columns that were; the sums are those of ``strip``, to the bit.
@inline(__always) private func affineRow<F: Nonlinearity>(
  _ x: Source, _ inner: Int, _ w: Source, _ b: Source, _ n: Int, _ y: Target, _: F.Type
) -> Int {
  var j = 0
  while j + 64 <= n {
    var (s0, s1, s2, s3) = (b.block(j), b.block(j + 16), b.block(j + 32), b.block(j + 48))
    var row = w + j
    for k in 0..<inner {
      s0 = multiplyAdd(x[k], row.block(0), s0)
      s1 = multiplyAdd(x[k], row.block(16), s1)
      s2 = multiplyAdd(x[k], row.block(32), s2)
      s3 = multiplyAdd(x[k], row.block(48), s3)
      row += n
    }
    y.set(j, F.value(s0))
    y.set(j + 16, F.value(s1))
    y.set(j + 32, F.value(s2))
    y.set(j + 48, F.value(s3))
    j += 64
  }
  return j
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
