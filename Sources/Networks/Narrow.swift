// Layers with a handful of outputs, such as one for each action: blocks along a row of weights would be mostly empty, so
// blocks go along the inputs instead.

/// y ← act(x·W + b) for a narrow W `[inner, n]`; x has rows `stride` apart.
func affineNarrow(
  _ x: Source, stride: Int, rows: Int, inner: Int, _ w: Source, _ b: Source, n: Int, _ act: Activation, _ y: Target
) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: inner * n) { room in
    let columns = room.baseAddress!
    for k in 0..<inner {
      for j in 0..<n { columns[j &* inner &+ k] = w[k &* n &+ j] }
    }
    for j in 0..<n { dots(x, stride: stride, rows: rows, columns + j &* inner, n: inner, bias: b[j], y + j, step: n) }
  }
  activate(y, count: rows * n, act)
}

/// dw ← xᵀ·dz `[inner, n]` for a narrow dz `[rows, n]`; x has rows `stride` apart.
func weightGradientNarrow(
  _ x: Source, stride: Int, rows: Int, inner: Int, _ dz: Source, n: Int, _ dw: Target
) {
  let zero = Block(repeating: 0)
  for j in 0..<n {
    // Two blocks of sums hide a multiply-add's latency, and stay in registers.
    var k = 0
    while k + 32 <= inner {
      var (first, second) = (zero, zero)
      var row = x + k
      for r in 0..<rows {
        let slope = dz[r &* n &+ j]
        first = multiplyAdd(slope, row.block(0), first)
        second = multiplyAdd(slope, row.block(16), second)
        row += stride
      }
      for i in 0..<16 {
        dw[(k &+ i) &* n &+ j] = first[i]
        dw[(k &+ 16 &+ i) &* n &+ j] = second[i]
      }
      k &+= 32
    }
    forEachBlock(of: inner - k) { i in
      var sum = zero
      for r in 0..<rows { sum = multiplyAdd(dz[r &* n &+ j], x.block(r &* stride &+ k &+ i), sum) }
      for lane in 0..<16 { dw[(k &+ i &+ lane) &* n &+ j] = sum[lane] }
    } part: { i, count in
      for lane in k + i..<k + i + count {
        var sum: Float = 0
        for r in 0..<rows { sum += dz[r &* n &+ j] * x[r &* stride &+ lane] }
        dw[lane &* n &+ j] = sum
      }
    }
  }
}
