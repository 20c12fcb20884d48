import Networks
import RLCore

/// What the last layer of a Q-network means: for each action one value or several quantiles of the return, with or
/// without a value stream of its own.
///
/// Dueling (Wang et al. 2016, arXiv:1511.06581, equation 9): Q(s, a) = V(s) + A(s, a) − mean_a′ A(s, a′). The streams
/// have one half of the last hidden layer each.
struct QHead: Sendable {
  let actions: Int
  /// Quantiles N of an action's return; 1 where it is a mean alone.
  let quantiles: Int
  let isDueling: Bool

  /// Outputs of the network: `[actions, quantiles]`, then those of V.
  var outputs: Int { (actions + (isDueling ? 1 : 0)) * quantiles }

  /// Q of one row of a network's outputs, an action's quantiles averaged. `q`: shape `[actions]`.
  @inline(__always)
  func means(_ output: (Int) -> Float, into q: inout [Float]) {
    for a in 0..<actions { q[a] = quantile(a, 0, output) }
    guard quantiles > 1 else { return }
    for a in 0..<actions {
      for k in 1..<quantiles { q[a] += quantile(a, k, output) }
      q[a] /= Float(quantiles)
    }
  }

  /// Quantile `k` of an action's return, from one row of a network's outputs.
  @inline(__always)
  func quantile(_ a: Int, _ k: Int, _ output: (Int) -> Float) -> Float {
    let advantage = output(a &* quantiles &+ k)
    if !isDueling { return advantage }
    var sum: Float = 0
    for b in 0..<actions { sum += output(b &* quantiles &+ k) }
    return output(actions &* quantiles &+ k) + advantage - sum / Float(actions)
  }

  /// Carries the gradient of a loss at quantile `k` of action `a` to the outputs of its row, which it adds to.
  @inline(__always)
  func pullBack(_ gradient: Float, _ a: Int, _ k: Int, add: (Int, Float) -> Void) {
    add(a &* quantiles &+ k, gradient)
    guard isDueling else { return }
    add(actions &* quantiles &+ k, gradient)
    for b in 0..<actions { add(b &* quantiles &+ k, -gradient / Float(actions)) }
  }

  /// Clears what would join the two streams, in parameters or a gradient: weights from V's half of the last hidden
  /// layer to the advantages, and from the other half to V.
  func separateStreams(_ parameters: inout [Float], of network: MLP) {
    guard isDueling else { return }
    let (first, inner) = (network.lastWeights, network.sizes[network.layerCount - 1])
    let advantages = actions * quantiles
    for i in 0..<inner {
      for j in 0..<outputs where (i < inner / 2) != (j >= advantages) { parameters[first + i * outputs + j] = 0 }
    }
  }
}

/// A Q-network, frozen: greedy, the lowest among equal actions, or ε-greedy where it samples.
public struct QPolicy: Policy {
  private var network: QNetwork
  private let parameters: [Float]
  private var work: MLP.Workspace
  /// Observations side by side. Shape `[lanes, observationSize]`.
  private var rows: [Float]
  private let head: QHead
  private let epsilon: Double
  private var random: RandomStream
  private var q: [Float]

  init(_ network: QNetwork, _ parameters: [Float], _ head: QHead, epsilon: Double, sampledWith seed: UInt64?) {
    (self.network, self.parameters, self.head) = (network, parameters, head)
    work = network.workspace(rows: Evaluation.lanes, gradients: false)
    rows = .init(repeating: 0, count: Evaluation.lanes * network.observationSize)
    self.epsilon = seed == nil ? 0 : epsilon
    random = RandomStream(SeedSequence(seed ?? 0).spawn(0))
    q = .init(repeating: 0, count: head.actions)
  }

  public mutating func act(_ observations: [[Float]], into actions: inout [Int]) {
    let width = network.observationSize
    for (lane, observation) in observations.enumerated() {
      for j in 0..<width { rows[lane * width + j] = observation[j] }
    }
    network.forward(parameters, rows, stride: width, rows: observations.count, into: &work)
    for lane in observations.indices {
      if epsilon > 0, random.uniform() < epsilon {
        actions[lane] = random.integer(below: head.actions)
      } else {
        head.means({ work.output(lane * head.outputs + $0) }, into: &q)
        actions[lane] = q.firstMaximum()
      }
    }
  }
}

extension [Float] {
  /// The place of the greatest, the first among equals.
  func firstMaximum() -> Int {
    var best = 0
    for i in 1..<Swift.max(count, 1) where self[i] > self[best] { best = i }
    return best
  }
}
