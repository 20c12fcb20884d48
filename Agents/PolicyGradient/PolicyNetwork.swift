import Foundation
import Networks
import RLCore

/// A stochastic policy: a network, what its outputs mean, and the parameters of both in one buffer.
struct PolicyNetwork<Head: PolicyHead>: Sendable {
  let head: Head
  let network: MLP
  /// The network's parameters, then the head's free ones.
  var theta: [Float]

  /// Outputs begin near 0, so that the first policy is nearly the same everywhere.
  init(
    _ head: Head, observationSize: Int, hidden: [Int], activation: Activation, using random: inout RandomStream
  ) {
    self.head = head
    network = MLP([observationSize] + hidden + [head.outputs], hidden: activation, output: .identity)
    theta = network.orthogonalParameters(outputGain: 0.01, using: &random) + head.freeParameters
  }

  func workspace(rows: Int, gradients: Bool) -> MLP.Workspace {
    MLP.Workspace(for: network, rows: rows, gradients: gradients)
  }

  /// The probability of each action at one observation; none where there are not finitely many.
  func probabilities(of observation: [Float]) -> [Double] {
    guard Head.Action.self == Int.self else { return [] }
    var work = workspace(rows: 1, gradients: false)
    network.forward(theta, observation, stride: observation.count, rows: 1, into: &work)
    return work.withOutput { outputs in
      withFree { free in
        (0..<head.outputs).compactMap { $0 as? Head.Scalar }.map { action in
          withUnsafePointer(to: action) { exp(Double(head.logProbability(of: $0, outputs, free))) }
        }
      }
    }
  }

  /// Draws an action for each of `rows` observations. Writes log-probabilities too.
  func sample(
    _ observations: [Float], rows: Int, _ work: inout MLP.Workspace, into actions: inout [Head.Scalar],
    _ logProbabilities: inout [Float], using random: inout RandomStream
  ) {
    network.forward(theta, observations, stride: network.sizes[0], rows: rows, into: &work)
    work.withOutput { outputs in
      withFree { free in
        actions.withUnsafeMutableBufferPointer { actions in
          for row in 0..<rows {
            logProbabilities[row] = head.sample(
              outputs + row * head.outputs, free, into: actions.baseAddress! + row * head.actionSize, using: &random)
          }
        }
      }
    }
  }

  /// Sets `gradient` to that of a loss that is a sum over `rows` samples.
  ///
  /// `loss` sets the gradient of one sample's part at the outputs and adds it to that of the free parameters; its
  /// arguments are the sample's place, its action, the outputs, the free parameters, and the two gradients.
  func setGradient(
    on observations: [Float], _ actions: [Head.Scalar], rows: Int, _ work: inout MLP.Workspace,
    into gradient: inout [Float],
    loss: (
      Int, UnsafePointer<Head.Scalar>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>
    ) -> Void
  ) {
    let width = network.sizes[0]
    network.forward(theta, observations, stride: width, rows: rows, into: &work)
    for i in network.parameterCount..<gradient.count { gradient[i] = 0 }
    gradient.withUnsafeMutableBufferPointer { gradient in
      let freeGradient = gradient.baseAddress! + network.parameterCount
      work.withOutputAndGradient { outputs, slopes in
        actions.withUnsafeBufferPointer { actions in
          withFree { free in
            for i in 0..<rows {
              loss(
                i, actions.baseAddress! + i * head.actionSize, outputs + i * head.outputs, free,
                slopes + i * head.outputs, freeGradient)
            }
          }
        }
      }
    }
    network.backward(theta, observations, stride: width, rows: rows, &work, into: &gradient)
  }

  /// A frozen copy: deterministic, or sampling where `seed` is given.
  func frozen(_ normalizer: RowNormalizer = .off, sampledWith seed: UInt64?) -> StochasticPolicy<Head> {
    StochasticPolicy(
      head, network, theta, free: Array(theta[network.parameterCount...]), normalizer: normalizer, sampledWith: seed)
  }

  /// Calls `body` with the head's free parameters.
  func withFree<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
    theta.withUnsafeBufferPointer { body($0.baseAddress! + network.parameterCount) }
  }
}
