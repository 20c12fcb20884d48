import RLCore

/// A network with parameters that stay as they are, for a policy that acts on several observations at once.
public struct FrozenNetwork: Sendable {
  private let network: MLP
  private let parameters: [Float]
  public private(set) var work: MLP.Workspace
  /// Observations side by side. Shape `[lanes, inputs]`.
  private var rows: [Float]

  public init(_ network: MLP, _ parameters: [Float], lanes: Int = Evaluation.lanes) {
    self.network = network
    self.parameters = parameters
    work = MLP.Workspace(for: network, rows: lanes, gradients: false)
    rows = .init(repeating: 0, count: lanes * network.sizes[0])
  }

  /// `prepare` may change the observations, side by side, before the network sees them.
  public mutating func forward(_ observations: [[Float]], prepare: (inout [Float]) -> Void = { _ in }) {
    let width = network.sizes[0]
    for (lane, observation) in observations.enumerated() {
      for j in 0..<width { rows[lane * width + j] = observation[j] }
    }
    prepare(&rows)
    network.forward(parameters, rows, stride: width, rows: observations.count, into: &work)
  }

  /// Element `i` of the outputs `[lanes, outputs]` of the last forward pass.
  public func output(_ i: Int) -> Float { work.output(i) }
}
