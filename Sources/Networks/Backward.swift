extension MLP {
  /// The gradient of the loss with respect to the parameters, from the gradient that was set at the workspace's output.
  /// Overwrites `gradient`, which is laid out as the parameters. `input` is the forward pass's, unchanged.
  public func backward(
    _ parameters: [Float], _ input: [Float], stride: Int, rows: Int, _ workspace: inout Workspace,
    into gradient: inout [Float]
  ) {
    precondition(gradient.count == parameterCount && parameters.count == parameterCount, "a gradient per parameter")
    parameters.withUnsafeBufferPointer { parameters in
      input.withUnsafeBufferPointer { input in
        gradient.withUnsafeMutableBufferPointer { gradient in
          let dz = propagate(parameters.baseAddress!, rows, &workspace, into: gradient.baseAddress!)
          let (inner, n) = (sizes[0], sizes[1])
          if inner <= Self.narrow {
            narrowWeightGradient(
              input.baseAddress!, stride: stride, rows: rows, inner: inner, dz, n: n, gradient.baseAddress!)
          } else {
            GEMM(.leftTransposed, rows: inner, columns: n, inner: rows, leftStride: stride)
              .set(input.baseAddress!, dz, gradient.baseAddress!)
          }
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
        var l = layerCount - 1
        var dz = gradients.baseAddress! + starts[l]
        finishOutput(dz, outputs.baseAddress! + starts[l], rows, gradient.map { $0 + biasOffset(l) })
        while l > 0 {
          let (inner, n) = (sizes[l], sizes[l + 1])
          let w = parameters + offsets[l]
          let h = outputs.baseAddress! + starts[l - 1]
          let dh = gradients.baseAddress! + starts[l - 1]
          let db = gradient.map { $0 + biasOffset(l - 1) }
          if n == 1 {
            backwardThroughSingleOutput(
              dz, h, rows: rows, n: inner, w, hidden, dh, keeping: gradient.map { ($0 + offsets[l], db!) })
          } else {
            if let gradient {
              GEMM(.leftTransposed, rows: inner, columns: n, inner: rows).set(h, dz, gradient + offsets[l])
            }
            GEMM(.rightTransposed, rows: rows, columns: inner, inner: n).set(dz, w, dh)
            maskAndSum(dh, h, rows: rows, n: inner, hidden, db)
          }
          dz = dh
          l -= 1
        }
        return Source(dz)
      }
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

  /// The library products of one forward pass over `rows` samples.
  public func forwardProducts(rows: Int) -> [GEMM] {
    (0..<layerCount).compactMap { l in
      sizes[l + 1] == 1 || rows <= Self.few || sizes[l] <= Self.narrow
        ? nil : GEMM(.plain, rows: rows, columns: sizes[l + 1], inner: sizes[l])
    }
  }

  /// The library products of one backward pass, with or without parameter gradients.
  public func backwardProducts(rows: Int, keepingGradients: Bool) -> [GEMM] {
    var products: [GEMM] = []
    for l in (1..<layerCount).reversed() where sizes[l + 1] > 1 {
      if keepingGradients {
        products.append(GEMM(.leftTransposed, rows: sizes[l], columns: sizes[l + 1], inner: rows))
      }
      products.append(GEMM(.rightTransposed, rows: rows, columns: sizes[l], inner: sizes[l + 1]))
    }
    if keepingGradients, sizes[0] > Self.narrow {
      products.append(GEMM(.leftTransposed, rows: sizes[0], columns: sizes[1], inner: rows))
    }
    return products
  }
}
