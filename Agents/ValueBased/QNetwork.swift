import Networks
import RLCore

/// The network behind Q: observations go in and the values of all actions come out; or an observation and an action go in
/// and the value of the pair comes out (Riedmiller 2005, doi:10.1007/11564096_32; Zhao, §8.5), action after action, so
/// that the outputs of a batch lie alike.
struct QNetwork: Sendable {
  let mlp: MLP
  let observationSize: Int
  /// Actions that each observation is asked with; 0 where the network does not read them.
  private let asked: Int
  /// Observations with each action, which goes from −1 to 1. Shape `[rows · actions, observationSize + 1]`.
  private var pairs: [Float]

  /// `rows`: observations that go in at once at most.
  init(_ head: QHead, observationSize: Int, hidden: [Int], _ activation: Activation, readsActions: Bool, rows: Int) {
    self.observationSize = observationSize
    asked = readsActions ? head.actions : 0
    let (inputs, outputs) = readsActions ? (observationSize + 1, head.quantiles) : (observationSize, head.outputs)
    mlp = MLP([inputs] + hidden + [outputs], hidden: activation, output: .identity)
    pairs = .init(repeating: 0, count: rows * asked * (observationSize + 1))
  }

  /// As ``MLP/initialParameters(outputRange:using:)``, those of the first layer multiplied: the larger they are, the
  /// quicker the values may change with the observation.
  func initialParameters(gain: Float, using random: inout RandomStream) -> [Float] {
    var parameters = mlp.initialParameters(outputRange: 3e-3, using: &random)
    for i in 0..<(mlp.sizes[0] + 1) * mlp.sizes[1] where mlp.layerCount > 1 { parameters[i] *= gain }
    return parameters
  }

  /// Rows that so many observations are for the network.
  func rows(_ count: Int) -> Int { count * max(asked, 1) }

  func workspace(rows count: Int, gradients: Bool = true) -> MLP.Workspace {
    MLP.Workspace(for: mlp, rows: rows(count), gradients: gradients)
  }

  /// As ``MLP/forward(_:_:stride:rows:into:)``; output `[i, a, …]` is of observation i and action a.
  mutating func forward(
    _ parameters: [Float], _ input: [Float], stride: Int, rows count: Int, into work: inout MLP.Workspace
  ) {
    if asked == 0 { return mlp.forward(parameters, input, stride: stride, rows: count, into: &work) }
    let step = asked > 1 ? 2 / Float(asked - 1) : 0
    var at = 0
    for i in 0..<count {
      for a in 0..<asked {
        for j in 0..<observationSize { pairs[at &+ j] = input[i &* stride &+ j] }
        pairs[at &+ observationSize] = Float(a) * step - 1
        at += observationSize + 1
      }
    }
    mlp.forward(parameters, pairs, stride: observationSize + 1, rows: rows(count), into: &work)
  }

  /// As ``MLP/backward(_:_:stride:rows:_:into:)``, after a forward pass of the same input.
  func backward(
    _ parameters: [Float], _ input: [Float], stride: Int, rows count: Int, _ work: inout MLP.Workspace,
    into gradient: inout [Float]
  ) {
    if asked == 0 { return mlp.backward(parameters, input, stride: stride, rows: count, &work, into: &gradient) }
    mlp.backward(parameters, pairs, stride: observationSize + 1, rows: rows(count), &work, into: &gradient)
  }
}
