import CSIMD
import RLCore

/// A multilayer perceptron whose parameters are one flat buffer of the caller's, so that an optimiser step, a target's
/// tracking and a checkpoint are one pass each.
///
/// Layer l has weights `[sizes[l], sizes[l+1]]`, row-major, then biases `[sizes[l+1]]`; layers follow one another.
public struct MLP: Sendable, Equatable {
  /// Widths: input, hidden layers, output.
  public let sizes: [Int]
  public let hidden: Activation
  public let output: Activation
  /// First weight of each layer; one more entry closes the buffer.
  let offsets: [Int]

  /// Whether a layer goes through fused loops instead of a library product: narrow inputs, few rows, and where this
  /// build says so weights that fit the first-level cache.
  static func isSmall(rows: Int, inner: Int, n: Int) -> Bool {
    inner <= 8 || rows <= 4 || (RL_OWN_SMALL_PRODUCTS != 0 && inner * n <= 64 * 64)
  }

  /// Whether a layer has so few outputs that blocks go along its inputs.
  static func isNarrow(inner: Int, n: Int) -> Bool { n <= 4 && inner >= 16 }

  public init(_ sizes: [Int], hidden: Activation, output: Activation) {
    precondition(sizes.count >= 2 && sizes.allSatisfy { $0 > 0 }, "a network has an input and an output")
    self.sizes = sizes
    self.hidden = hidden
    self.output = output
    offsets = (1..<sizes.count).reduce(into: [0]) { $0.append($0.last! + (sizes[$1 - 1] + 1) * sizes[$1]) }
  }

  public var parameterCount: Int { offsets.last! }
  public var layerCount: Int { sizes.count - 1 }
  /// Where the weights of the output layer begin among the parameters.
  public var lastWeights: Int { offsets[layerCount - 1] }

  /// Parameters drawn uniformly from ±1/√fan-in, and from ±`outputRange` in the output layer, as Lillicrap et al.
  /// (2015, §7) do.
  public func initialParameters(outputRange: Float, using random: inout RandomStream) -> [Float] {
    var parameters: [Float] = []
    parameters.reserveCapacity(parameterCount)
    for l in 0..<layerCount {
      let range = l == layerCount - 1 ? Double(outputRange) : 1 / Double(sizes[l]).squareRoot()
      for _ in offsets[l]..<offsets[l + 1] { parameters.append(Float(random.uniform(-range, range))) }
    }
    return parameters
  }

  /// Orthogonal weights (Saxe et al. 2014, arXiv:1312.6120) of gain √2, of `outputGain` in the output layer, and no
  /// biases: as policy gradients usually begin (Huang et al. 2022, "The 37 Implementation Details of Proximal Policy
  /// Optimization", detail 2).
  public func orthogonalParameters(outputGain: Double, using random: inout RandomStream) -> [Float] {
    var parameters = [Float](repeating: 0, count: parameterCount)
    for l in 0..<layerCount {
      let gain = l == layerCount - 1 ? outputGain : 2.0.squareRoot()
      let (rows, columns) = (sizes[l], sizes[l + 1])
      // Unit vectors at right angles to one another, as many as the smaller side, as long as the larger.
      let (count, length) = (min(rows, columns), max(rows, columns))
      var basis: [[Double]] = []
      while basis.count < count {
        var vector = (0..<length).map { _ in random.normal() }
        for other in basis {
          let overlap = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
          for i in vector.indices { vector[i] -= overlap * other[i] }
        }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        basis.append(vector.map { $0 / norm })
      }
      for i in 0..<rows {
        for j in 0..<columns {
          parameters[offsets[l] + i * columns + j] = Float(gain * (rows < columns ? basis[i][j] : basis[j][i]))
        }
      }
    }
    return parameters
  }

  /// Outputs of all layers for up to `rows` samples, and room for their gradients.
  public struct Workspace: Sendable {
    public let rows: Int
    /// Layer outputs, each `[rows, sizes[l+1]]`.
    @usableFromInline var outputs: [Float]
    /// Gradients at the layers' outputs, laid out alike.
    @usableFromInline var gradients: [Float]
    /// First element of each layer's output; the last is the network's own.
    let starts: [Int]
    @usableFromInline let resultStart: Int
    /// Room for one transposed layer that is small enough for loops of our own.
    var transposed: [Float]

    /// Without `gradients` the workspace serves forward passes only.
    public init(for network: MLP, rows: Int, gradients wanted: Bool = true) {
      self.rows = rows
      starts = network.sizes[1..<network.layerCount].reduce(into: [0]) { $0.append($0.last! + $1 * rows) }
      resultStart = starts.last!
      let count = resultStart + rows * network.sizes.last!
      outputs = .init(repeating: 0, count: count)
      gradients = .init(repeating: 0, count: wanted ? count : 0)
      let small = zip(network.sizes, network.sizes.dropFirst()).filter { isSmall(rows: rows, inner: $1, n: $0) }
      transposed = .init(repeating: 0, count: wanted ? small.map(*).max() ?? 0 : 0)
    }

    /// Element `i` of the network's output `[rows, sizes.last]` after the last forward pass.
    @inlinable public func output(_ i: Int) -> Float { outputs[resultStart + i] }

    /// The network's output `[rows, sizes.last]`, to read.
    public func withOutput<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
      outputs.withUnsafeBufferPointer { body($0.baseAddress! + resultStart) }
    }

    /// The network's output `[rows, sizes.last]`, to bring into another form. A backward pass does not look at it where
    /// the output layer is the identity.
    public mutating func withMutableOutput(_ body: (UnsafeMutablePointer<Float>) -> Void) {
      outputs.withUnsafeMutableBufferPointer { body($0.baseAddress! + resultStart) }
    }

    /// The network's output, and the gradient of the loss there, to write. Both `[rows, sizes.last]`.
    public mutating func withOutputAndGradient<Result>(
      _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Result
    ) -> Result {
      let start = resultStart
      return outputs.withUnsafeBufferPointer { outputs in
        gradients.withUnsafeMutableBufferPointer { body(outputs.baseAddress! + start, $0.baseAddress! + start) }
      }
    }

    /// Copies the output `[rows, width]` into `matrix`, whose rows are `stride` floats apart, from column `column` on.
    public func copyOutput(_ width: Int, to matrix: inout [Float], column: Int, stride: Int, rows: Int) {
      for r in 0..<rows {
        for j in 0..<width { matrix[r * stride + column + j] = outputs[resultStart + r * width + j] }
      }
    }

    /// Sets the gradient of the loss at element `i` of the output, from which a backward pass starts.
    @inlinable public mutating func setGradient(_ i: Int, to value: Float) { gradients[resultStart + i] = value }

    /// Adds to the gradient of the loss at element `i` of the output.
    @inlinable public mutating func addGradient(_ i: Int, _ value: Float) { gradients[resultStart + i] += value }
  }

  /// Runs `rows` samples through the network; the result is in the workspace. What follows the network's parameters in
  /// their buffer is somebody else's.
  /// The input has rows `stride` floats apart, of which the first `sizes[0]` count.
  public func forward(
    _ parameters: [Float], _ input: [Float], stride: Int, rows: Int, into workspace: inout Workspace
  ) {
    precondition(
      parameters.count >= parameterCount && rows <= workspace.rows && stride >= sizes[0]
        && input.count >= (rows - 1) * stride + sizes[0], "input, parameters and workspace fit the network")
    parameters.withUnsafeBufferPointer { parameters in
      input.withUnsafeBufferPointer { input in
        workspace.outputs.withUnsafeMutableBufferPointer { outputs in
          var x = Source(input.baseAddress!)
          var xStride = stride
          for l in 0..<layerCount {
            let y = outputs.baseAddress! + workspace.starts[l]
            layer(l, parameters.baseAddress!, x, xStride, rows, y)
            x = Source(y)
            xStride = sizes[l + 1]
          }
        }
      }
    }
  }

  /// The outputs for one input, in room of their own: for a look now and then.
  public func outputs(_ parameters: [Float], of input: [Float]) -> [Float] {
    var work = Workspace(for: self, rows: 1, gradients: false)
    forward(parameters, input, stride: input.count, rows: 1, into: &work)
    return (0..<sizes[layerCount]).map { work.output($0) }
  }

  private func layer(_ l: Int, _ parameters: Source, _ x: Source, _ stride: Int, _ rows: Int, _ y: Target) {
    let (inner, n) = (sizes[l], sizes[l + 1])
    let w = parameters + offsets[l]
    let b = w + inner * n
    let act = l == layerCount - 1 ? output : hidden
    if n == 1 {
      dots(x, stride: stride, rows: rows, w, n: inner, bias: b[0], y, step: 1)
      activate(y, count: rows, act)
    } else if Self.isNarrow(inner: inner, n: n) {
      affineNarrow(x, stride: stride, rows: rows, inner: inner, w, b, n: n, act, y)
    } else if Self.isSmall(rows: rows, inner: inner, n: n) {
      affine(x, stride: stride, rows: rows, inner: inner, w, b, n: n, act, y)
    } else {
      fill(y, rows: rows, b, n: n)
      GEMM(.plain, rows: rows, columns: n, inner: inner, leftStride: stride).add(x, w, to: y)
      activate(y, count: rows * n, act)
    }
  }
}
