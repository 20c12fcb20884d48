import RLCore
import Testing

@testable import Networks

@Suite struct MLPTests {
  /// Inputs narrower, as wide and wider than the 8 that part the two paths; widths around the 16 of a block; one output
  /// and several; none to five hidden layers.
  static let shapes: [[Int]] = [
    [3, 1], [9, 1], [4, 7], [3, 5, 1], [7, 16, 3], [8, 17, 1], [9, 31, 2], [20, 33, 5], [3, 64, 65, 1], [4, 48, 1, 3],
    [11, 37, 29, 1], [17, 15, 16, 18, 4], [5, 12, 1, 20, 9, 2], [2, 10, 11, 12, 13, 14, 1],
  ]
  static let pairs: [(Activation, Activation)] = [
    (.relu, .identity), (.tanh, .identity), (.relu, .tanh), (.tanh, .tanh), (.identity, .relu),
  ]
  static let batches = [1, 3, 4, 5, 64, 67]

  /// Every combination for one shape.
  private func cases(_ sizes: [Int]) -> [Case] {
    Self.pairs.flatMap { hidden, output in
      Self.batches.map { Case(sizes, hidden, output, rows: $0, gap: $0 % 3, seed: UInt64($0)) }
    }
  }

  @Test(arguments: shapes.filter { $0 != [3, 64, 65, 1] })
  func theNaiveGradientIsTheFiniteDifference(_ sizes: [Int]) {
    // A step of 1e-5 has a truncation error near 1e-10 and a rounding error near 1e-11.
    let h = 1e-5
    for (hidden, output) in Self.pairs {
      let c = Case(sizes, hidden, output, rows: 3)
      let (parameters, input, slope) = c.doubles
      let exact = c.naive.gradients(parameters, input, rows: 3, slope: slope)
      func differences(_ values: [Double], _ loss: ([Double]) -> Double) -> [Float] {
        values.indices.map { i in
          var (up, down) = (values, values)
          up[i] += h
          down[i] -= h
          return Float((loss(up) - loss(down)) / (2 * h))
        }
      }
      let slopes = differences(parameters) { c.naive.loss($0, input, rows: 3, slope: slope) }
      let inputSlopes = differences(input) { c.naive.loss(parameters, $0, rows: 3, slope: slope) }
      #expect(distance(slopes, exact.parameters) < 2e-7, "\(sizes) \(hidden) \(output)")
      #expect(distance(inputSlopes, exact.input) < 2e-7, "\(sizes) \(hidden) \(output)")
    }
  }

  @Test(arguments: shapes) func forwardIsTheNaiveOne(_ sizes: [Int]) {
    for c in cases(sizes) {
      var workspace = MLP.Workspace(for: c.network, rows: c.rows)
      c.network.forward(c.parameters, c.input, stride: c.stride, rows: c.rows, into: &workspace)
      let (parameters, input, _) = c.doubles
      let expected = c.naive.forward(parameters, input, rows: c.rows).layers.last!
      #expect(distance(outputs(workspace, c.network, rows: c.rows), expected) < 1e-5, "\(c)")
    }
  }

  @Test(arguments: shapes) func parameterGradientsAreTheNaiveOnes(_ sizes: [Int]) {
    for c in cases(sizes) {
      let (parameters, input, slope) = c.doubles
      // On a kink the two precisions may rightly disagree.
      #expect(c.naive.forward(parameters, input, rows: c.rows).margin > 1e-6, "choose another seed for \(c)")
      var workspace = MLP.Workspace(for: c.network, rows: c.rows)
      c.network.forward(c.parameters, c.input, stride: c.stride, rows: c.rows, into: &workspace)
      for (i, value) in c.slope.enumerated() { workspace.setGradient(i, to: value) }
      // It is overwritten, whatever is there.
      var gradient = [Float](repeating: .nan, count: c.network.parameterCount)
      c.network.backward(c.parameters, c.input, stride: c.stride, rows: c.rows, &workspace, into: &gradient)
      let expected = c.naive.gradients(parameters, input, rows: c.rows, slope: slope).parameters
      // Layer by layer, weights and biases apart: a layer's gradient is not to hide in a larger one.
      let offsets = c.naive.offsets
      for l in 0..<c.naive.layerCount {
        let bias = offsets[l] + sizes[l] * sizes[l + 1]
        for range in [offsets[l]..<bias, bias..<offsets[l + 1]] {
          // Some hundred roundings of 6e-8 in a sum; more, relatively, where it all but cancels.
          #expect(distance(gradient[range], expected[range]) < 5e-5, "\(sizes) \(c.rows) \(l)")
        }
      }
    }
  }

  @Test(arguments: shapes) func inputGradientsAreTheNaiveOnes(_ sizes: [Int]) {
    for c in cases(sizes) {
      let (parameters, input, slope) = c.doubles
      let expected = c.naive.gradients(parameters, input, rows: c.rows, slope: slope).input
      for columns in [0..<sizes[0], sizes[0] / 2..<sizes[0], 0..<1] {
        var workspace = MLP.Workspace(for: c.network, rows: c.rows)
        c.network.forward(c.parameters, c.input, stride: c.stride, rows: c.rows, into: &workspace)
        for (i, value) in c.slope.enumerated() { workspace.setGradient(i, to: value) }
        let count = c.rows * columns.count
        var result = [Float](repeating: 42, count: count + 5)
        c.network.inputGradient(c.parameters, columns: columns, rows: c.rows, &workspace, into: &result)
        let part = (0..<c.rows).flatMap { r in columns.map { expected[r * sizes[0] + $0] } }
        #expect(distance(result[..<count], part) < 5e-5, "\(sizes) \(c.rows) \(columns)")
        #expect(result[count...].allSatisfy { $0 == 42 })
      }
    }
  }

  @Test(arguments: shapes) func aLargerWorkspaceIsOnlyTouchedInItsRows(_ sizes: [Int]) {
    for c in cases(sizes) where c.rows != 64 {
      let room = c.rows + 3
      var workspace = MLP.Workspace(for: c.network, rows: room)
      for i in workspace.outputs.indices {
        workspace.outputs[i] = 42
        workspace.gradients[i] = 42
      }
      c.network.forward(c.parameters, c.input, stride: c.stride, rows: c.rows, into: &workspace)
      for (i, value) in c.slope.enumerated() { workspace.setGradient(i, to: value) }
      var gradient = [Float](repeating: 0, count: c.network.parameterCount)
      c.network.backward(c.parameters, c.input, stride: c.stride, rows: c.rows, &workspace, into: &gradient)
      for (l, start) in workspace.starts.enumerated() {
        let unused = start + c.rows * sizes[l + 1]..<start + room * sizes[l + 1]
        #expect(workspace.outputs[unused].allSatisfy { $0 == 42 }, "\(sizes) \(c.rows) \(l)")
        #expect(workspace.gradients[unused].allSatisfy { $0 == 42 }, "\(sizes) \(c.rows) \(l)")
      }
    }
  }

  @Test(arguments: shapes) func theSameCallGivesTheSameBits(_ sizes: [Int]) {
    for c in cases(sizes) {
      var first: [[UInt32]]?
      for _ in 0..<2 {
        var workspace = MLP.Workspace(for: c.network, rows: c.rows)
        c.network.forward(c.parameters, c.input, stride: c.stride, rows: c.rows, into: &workspace)
        for (i, value) in c.slope.enumerated() { workspace.setGradient(i, to: value) }
        var gradient = [Float](repeating: 0, count: c.network.parameterCount)
        c.network.backward(c.parameters, c.input, stride: c.stride, rows: c.rows, &workspace, into: &gradient)
        let now = [bits(outputs(workspace, c.network, rows: c.rows)), bits(gradient)]
        #expect(now == first ?? now)
        first = now
      }
    }
  }

  /// Evaluation depends on it: an episode's result may not depend on what is played beside it.
  @Test(arguments: shapes) func aRowDoesNotSeeTheOthers(_ sizes: [Int]) {
    for c in cases(sizes) where c.rows > 1 {
      let n = sizes.last!
      var workspace = MLP.Workspace(for: c.network, rows: c.rows)
      c.network.forward(c.parameters, c.input, stride: c.stride, rows: c.rows, into: &workspace)
      let together = bits(outputs(workspace, c.network, rows: c.rows))
      for kept in [0, c.rows / 2, c.rows - 1] {
        var input = [Float](repeating: .nan, count: c.input.count)
        let row = kept * c.stride..<kept * c.stride + sizes[0]
        input.replaceSubrange(row, with: c.input[row])
        c.network.forward(c.parameters, input, stride: c.stride, rows: c.rows, into: &workspace)
        let alone = bits(outputs(workspace, c.network, rows: c.rows))
        #expect(alone[kept * n..<(kept + 1) * n] == together[kept * n..<(kept + 1) * n], "\(sizes) \(c.rows) \(kept)")
      }
    }
  }

  /// A run stops when a loss is not finite: so a broken parameter must reach the loss.
  @Test(arguments: shapes) func whatIsNotANumberReachesTheOutput(_ sizes: [Int]) {
    for c in cases(sizes) {
      for offset in c.naive.offsets.dropLast() {
        var parameters = c.parameters
        parameters[offset] = .nan
        var workspace = MLP.Workspace(for: c.network, rows: c.rows)
        c.network.forward(parameters, c.input, stride: c.stride, rows: c.rows, into: &workspace)
        let isBroken = outputs(workspace, c.network, rows: c.rows).contains { $0.isNaN }
        #expect(isBroken, "\(c.network) from \(offset)")
      }
    }
  }

  @Test func initialParametersFillTheRangesOfThePaper() {
    let network = MLP([25, 400, 9, 4], hidden: .relu, output: .tanh)
    var random = RandomStream(seed: 3)
    let parameters = network.initialParameters(outputRange: 3e-3, using: &random)
    #expect(parameters.count == network.parameterCount && parameters.count == 26 * 400 + 401 * 9 + 10 * 4)
    var start = 0
    for (l, range) in [Float(0.2), 0.05, 3e-3].enumerated() {
      let layer = parameters[start..<start + (network.sizes[l] + 1) * network.sizes[l + 1]]
      start = layer.endIndex
      #expect(layer.allSatisfy { abs($0) <= range })
      // Uniform: the extremes come near the bounds, and the mean square is a third of theirs.
      #expect(layer.max()! > 0.8 * range && layer.min()! < -0.8 * range)
      let square = layer.reduce(0) { $0 + $1 * $1 } / Float(layer.count)
      #expect(abs(square / (range * range) - 1 / 3) < 0.6 / Float(layer.count).squareRoot())
    }
  }
}
