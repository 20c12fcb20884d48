import Foundation
import Networks
import RLCore

/// A multilayer perceptron in Double, one sum at a time: the definition, to hold the fast one against.
struct NaiveNetwork {
  let sizes: [Int]
  let hidden: Activation
  let output: Activation
  /// First weight of each layer in the flat buffer: weights `[in, out]`, then biases `[out]`.
  let offsets: [Int]

  init(_ sizes: [Int], _ hidden: Activation, _ output: Activation) {
    self.sizes = sizes
    self.hidden = hidden
    self.output = output
    var offsets = [0]
    for l in 1..<sizes.count { offsets.append(offsets[l - 1] + sizes[l - 1] * sizes[l] + sizes[l]) }
    self.offsets = offsets
  }

  var layerCount: Int { sizes.count - 1 }

  private func activation(_ l: Int) -> Activation { l == layerCount - 1 ? output : hidden }

  /// The output of every layer, the input first, and the smallest distance of a rectified unit from its kink.
  func forward(_ parameters: [Double], _ input: [Double], rows: Int) -> (layers: [[Double]], margin: Double) {
    var layers = [input]
    var margin = Double.infinity
    for l in 0..<layerCount {
      let (inner, n) = (sizes[l], sizes[l + 1])
      let (weight, bias) = (offsets[l], offsets[l] + inner * n)
      var y = [Double](repeating: 0, count: rows * n)
      for r in 0..<rows {
        for j in 0..<n {
          var z = parameters[bias + j]
          for k in 0..<inner { z += layers[l][r * inner + k] * parameters[weight + k * n + j] }
          switch activation(l) {
          case .identity: y[r * n + j] = z
          case .tanh: y[r * n + j] = tanh(z)
          case .relu:
            y[r * n + j] = max(0, z)
            margin = min(margin, abs(z))
          }
        }
      }
      layers.append(y)
    }
    return (layers, margin)
  }

  /// Σ slope · output: a loss whose gradient at the output is `slope`.
  func loss(_ parameters: [Double], _ input: [Double], rows: Int, slope: [Double]) -> Double {
    zip(forward(parameters, input, rows: rows).layers[layerCount], slope).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The gradients of ``loss(_:_:rows:slope:)`` with respect to parameters and input, by the chain rule.
  func gradients(
    _ parameters: [Double], _ input: [Double], rows: Int, slope: [Double]
  ) -> (parameters: [Double], input: [Double]) {
    let layers = forward(parameters, input, rows: rows).layers
    var gradient = [Double](repeating: 0, count: parameters.count)
    var dy = slope
    for l in (0..<layerCount).reversed() {
      let (inner, n) = (sizes[l], sizes[l + 1])
      let (weight, bias) = (offsets[l], offsets[l] + inner * n)
      var dx = [Double](repeating: 0, count: rows * inner)
      for r in 0..<rows {
        for j in 0..<n {
          let y = layers[l + 1][r * n + j]
          var dz = dy[r * n + j]
          if activation(l) == .tanh { dz *= 1 - y * y }
          if activation(l) == .relu && y <= 0 { dz = 0 }
          gradient[bias + j] += dz
          for k in 0..<inner {
            gradient[weight + k * n + j] += dz * layers[l][r * inner + k]
            dx[r * inner + k] += dz * parameters[weight + k * n + j]
          }
        }
      }
      dy = dx
    }
    return (gradient, dy)
  }
}

/// One network with parameters, input and a gradient at its output, in both precisions: the Double values are the
/// Float ones, so that only the arithmetic differs.
struct Case {
  let network: MLP
  let naive: NaiveNetwork
  let rows: Int
  /// Floats from one row of ``input`` to the next.
  let stride: Int
  let parameters: [Float]
  /// NaN wherever a row does not reach. Shape `[rows, stride]`.
  let input: [Float]
  /// Shape `[rows, outputs]`.
  let slope: [Float]

  init(_ sizes: [Int], _ hidden: Activation, _ output: Activation, rows: Int, gap: Int = 0, seed: UInt64 = 1) {
    network = MLP(sizes, hidden: hidden, output: output)
    naive = NaiveNetwork(sizes, hidden, output)
    self.rows = rows
    stride = sizes[0] + gap
    var random = RandomStream(seed: seed)
    parameters = network.initialParameters(outputRange: 0.5, using: &random)
    var input = [Float](repeating: .nan, count: rows * stride)
    for r in 0..<rows {
      for k in 0..<sizes[0] { input[r * stride + k] = Float(random.uniform(-2, 2)) }
    }
    self.input = input
    slope = (0..<rows * sizes.last!).map { _ in Float(random.uniform(-1, 1)) }
  }

  var doubles: (parameters: [Double], input: [Double], slope: [Double]) {
    let packed = (0..<rows).flatMap { r in (0..<naive.sizes[0]).map { Double(input[r * stride + $0]) } }
    return (parameters.map(Double.init), packed, slope.map(Double.init))
  }
}

/// The largest |a − b| in units of the largest |b|, or of `floor` where that is larger: sums of terms of order 1 may
/// cancel.
func distance(_ a: some Collection<Float>, _ b: some Collection<Double>, floor: Double = 0) -> Double {
  precondition(a.count == b.count)
  let scale = b.reduce(floor) { max($0, abs($1)) }
  // Not max, which would pass over a NaN.
  var worst = 0.0
  for (x, y) in zip(a, b) {
    let off = abs(Double(x) - y)
    if !(off <= worst) { worst = off }
  }
  return worst == 0 ? 0 : worst / scale
}

func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

/// The output `[rows, sizes.last]` of the last forward pass.
func outputs(_ workspace: MLP.Workspace, _ network: MLP, rows: Int) -> [Float] {
  (0..<rows * network.sizes.last!).map { workspace.output($0) }
}
