extension MLP {
  /// The gradient of the loss with respect to the parameters, from the gradient that was set at the workspace's output.
  /// Overwrites `gradient`, which is laid out as the parameters, as far as the network's go. `input` is the forward pass's, unchanged.
  public func backward(
    _ parameters: [Float], _ input: [Float], stride: Int, rows: Int, _ workspace: inout Workspace,
    into gradient: inout [Float]
  ) {
    precondition(gradient.count >= parameterCount && parameters.count >= parameterCount, "a gradient per parameter")
    parameters.withUnsafeBufferPointer { parameters in
      input.withUnsafeBufferPointer { input in
        gradient.withUnsafeMutableBufferPointer { gradient in
          let dz = propagate(parameters.baseAddress!, rows, &workspace, into: gradient.baseAddress!)
          weightProduct(input.baseAddress!, stride, rows, sizes[0], dz, sizes[1], gradient.baseAddress!)
        }
      }
    }
  }

  /// The gradient of the loss with respect to input columns `columns`, from the gradient that was set at the
  /// workspace's output; parameters stay out of it. Writes `result`, shape `[rows, columns.count]`.
  public func inputGradient(
    _ parameters: [Float], columns: Range<Int>, rows: Int, _ workspace: inout Workspace, into result: inout [Float]
  ) {
    precondition(result.count >= rows * columns.count && columns.upperBound <= sizes[0], "the columns are inputs")
    parameters.withUnsafeBufferPointer { parameters in
      let dz = propagate(parameters.baseAddress!, rows, &workspace, into: nil)
      let n = sizes[1]
      for r in 0..<rows {
        for (i, column) in columns.enumerated() {
          result[r * columns.count + i] = dot(dz + r * n, parameters.baseAddress! + column * n, n)
        }
      }
    }
  }

  /// Carries the gradient from the output down to the first layer's pre-activations, which it returns; writes all
  /// parameter gradients but the first layer's weights.
  private func propagate(_ parameters: Source, _ rows: Int, _ workspace: inout Workspace, into gradient: Target?)
    -> Source
  {
    let starts = workspace.starts
    return workspace.outputs.withUnsafeBufferPointer { outputs in
      workspace.gradients.withUnsafeMutableBufferPointer { gradients in
        workspace.transposed.withUnsafeMutableBufferPointer { room in
          var dz = gradients.baseAddress! + starts[layerCount - 1]
          finishOutput(
            dz, outputs.baseAddress! + starts[layerCount - 1], rows, gradient.map { $0 + biasOffset(layerCount - 1) })
          for l in (1..<layerCount).reversed() {
            let h = outputs.baseAddress! + starts[l - 1]
            let dh = gradients.baseAddress! + starts[l - 1]
            step(down: l, parameters, dz, h, dh, rows, room, into: gradient)
            dz = dh
          }
          return Source(dz)
        }
      }
    }
  }

  /// From the gradient at layer l's pre-activations, dz, to that at the layer's below, dh, whose outputs are h.
  private func step(
    down l: Int, _ parameters: Source, _ dz: Target, _ h: Source, _ dh: Target, _ rows: Int,
    _ room: UnsafeMutableBufferPointer<Float>, into gradient: Target?
  ) {
    let (inner, n) = (sizes[l], sizes[l + 1])
    let w = parameters + offsets[l]
    let db = gradient.map { $0 + biasOffset(l - 1) }
    if n == 1 {
      backwardThroughSingleOutput(
        dz, h, rows: rows, n: inner, w, hidden, dh, keeping: gradient.map { ($0 + offsets[l], db!) })
      return
    }
    if let gradient { weightProduct(h, inner, rows, inner, dz, n, gradient + offsets[l]) }
    // A workspace for many rows has no room for a wide layer, though these rows may be few.
    if Self.isSmall(rows: rows, inner: n, n: inner), let turned = room.baseAddress, room.count >= inner * n {
      transpose(w, rows: inner, columns: n, turned)
      affineBackward(dz, rows: rows, inner: n, turned, n: inner, h, hidden, dh, db)
    } else {
      GEMM(.rightTransposed, rows: rows, columns: inner, inner: n).set(dz, w, dh)
      maskAndSum(dh, h, rows: rows, n: inner, hidden, db)
    }
  }

  /// dw ← xᵀ·dz.
  private func weightProduct(
    _ x: Source, _ stride: Int, _ rows: Int, _ inner: Int, _ dz: Source, _ n: Int, _ dw: Target
  ) {
    if Self.isNarrow(inner: inner, n: n) {
      weightGradientNarrow(x, stride: stride, rows: rows, inner: inner, dz, n: n, dw)
    } else if Self.isSmall(rows: rows, inner: inner, n: n) {
      weightGradient(x, stride: stride, rows: rows, inner: inner, dz, n: n, dw)
    } else {
      GEMM(.leftTransposed, rows: inner, columns: n, inner: rows, leftStride: stride).set(x, dz, dw)
    }
  }

  private func finishOutput(_ dz: Target, _ y: Source, _ rows: Int, _ db: Target?) {
    let n = sizes[layerCount]
    if n == 1 {
      if output != .identity { maskAndSum(dz, y, rows: 1, n: rows, output, nil) }
      db?.pointee = (0..<rows).reduce(Float(0)) { $0 + dz[$1] }
    } else {
      maskAndSum(dz, y, rows: rows, n: n, output, db)
    }
  }

  private func biasOffset(_ l: Int) -> Int { offsets[l] + sizes[l] * sizes[l + 1] }

  /// The products of one forward pass over `rows` samples, but for those too thin to be worth a library's call.
  public func forwardProducts(rows: Int) -> [GEMM] {
    (0..<layerCount).filter(isProduct).map { GEMM(.plain, rows: rows, columns: sizes[$0 + 1], inner: sizes[$0]) }
  }

  /// The products of one backward pass, with or without parameter gradients.
  public func backwardProducts(rows: Int, keepingGradients: Bool) -> [GEMM] {
    (0..<layerCount).reversed().filter(isProduct).flatMap { l -> [GEMM] in
      let weights = GEMM(.leftTransposed, rows: sizes[l], columns: sizes[l + 1], inner: rows)
      let inputs = GEMM(.rightTransposed, rows: rows, columns: sizes[l], inner: sizes[l + 1])
      return (keepingGradients ? [weights] : []) + (l > 0 ? [inputs] : [])
    }
  }

  private func isProduct(_ l: Int) -> Bool {
    sizes[l + 1] > 1 && sizes[l] > 8 && !Self.isNarrow(inner: sizes[l], n: sizes[l + 1])
  }
}
