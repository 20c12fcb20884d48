import Networks
import RLCore

/// A function of a vector that is moved along its gradient, one sample at a time, as the books' algorithms do: a network,
/// or without hidden layers a linear function, which over one-hot states is a table.
struct Approximator: Sendable {
  let network: MLP
  private(set) var theta: [Float]
  private var gradient: [Float]
  private var work: MLP.Workspace

  /// A network's outputs begin near 0. A linear function has no constant and begins at 0.
  init(inputs: Int, hidden: [Int], outputs: Int, from theta: [Float]? = nil, using random: inout RandomStream) {
    network = MLP([inputs] + hidden + [outputs], hidden: .tanh, output: .identity)
    let first = network.initialParameters(outputRange: 3e-3, using: &random)
    self.theta = theta ?? (hidden.isEmpty ? first.map { _ in 0 } : first)
    precondition(self.theta.count == network.parameterCount, "as many parameters as the function has")
    gradient = first
    work = MLP.Workspace(for: network, rows: 1)
  }

  var inputs: Int { network.sizes[0] }
  var outputs: Int { network.sizes[network.layerCount] }

  /// f(x), to be read by ``output(_:)``.
  mutating func evaluate(_ x: [Float]) {
    network.forward(theta, x, stride: inputs, rows: 1, into: &work)
  }

  func output(_ i: Int) -> Float { work.output(i) }

  /// f(x), for a look now and then.
  func outputs(of x: [Float]) -> [Float] { network.outputs(theta, of: x) }

  /// θ ← θ + Σ_i slopes_i ∇f_i(x), where x was evaluated last. `slopes`: shape `[outputs]`.
  mutating func move(_ x: [Float], along slopes: [Float]) {
    for i in 0..<outputs { work.setGradient(i, to: slopes[i]) }
    move(x)
  }

  /// θ ← θ + `step` ∇f_i(x), where x was evaluated last.
  mutating func move(_ x: [Float], by step: Float, output: Int = 0) {
    for i in 0..<outputs { work.setGradient(i, to: i == output ? step : 0) }
    move(x)
  }

  private mutating func move(_ x: [Float]) {
    network.backward(theta, x, stride: inputs, rows: 1, &work, into: &gradient)
    // The constants of a linear function, which come last, stay 0.
    let end = network.layerCount == 1 ? inputs * outputs : theta.count
    for i in 0..<end { theta[i] += gradient[i] }
  }

  /// ∂f_0/∂x over some columns of x, which was evaluated last.
  mutating func slopes(over columns: Range<Int>, into slopes: inout [Float]) {
    work.setGradient(0, to: 1)
    network.inputGradient(theta, columns: columns, rows: 1, &work, into: &slopes)
  }

  func save(to checkpoint: inout CheckpointWriter, as name: String) { checkpoint.add(name, theta) }

  mutating func restore(from checkpoint: CheckpointReader, as name: String) throws {
    theta = try checkpoint.floats(name, count: theta.count)
  }
}
