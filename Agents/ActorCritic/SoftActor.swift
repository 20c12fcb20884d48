import Foundation
import Networks
import RLCore

/// The policy of SAC and its kin, a squashed Gaussian, with the temperature α that pays it for its entropy.
struct SoftActor: Sendable {
  /// Means and logarithms of deviations: the shape; parameters are a flat buffer beside it.
  let network: MLP
  private(set) var phi: [Float]
  private var gradient: [Float]
  private var optimiser: Adam
  /// log α, alone in its buffer.
  private var logAlpha: [Float]
  private var alphaGradient: [Float] = [0]
  private var alphaOptimiser = Adam(parameterCount: 1)

  private let rows: Int
  private var work: MLP.Workspace
  private var actingWork: MLP.Workspace
  private var acting: SquashedGaussian
  private var actingStream: RandomStream
  /// Of the last batch.
  private(set) var drawn: SquashedGaussian

  init(
    hidden: [Int], observationSize: Int, actionSize: Int, rows: Int, temperature: Double, acting stream: RandomStream,
    using random: inout RandomStream
  ) {
    network = MLP([observationSize] + hidden + [2 * actionSize], hidden: .relu, output: .identity)
    phi = network.initialParameters(outputRange: 3e-3, using: &random)
    gradient = phi
    optimiser = Adam(parameterCount: network.parameterCount)
    logAlpha = [Float(log(temperature))]
    self.rows = rows
    work = MLP.Workspace(for: network, rows: rows)
    actingWork = MLP.Workspace(for: network, rows: 1, gradients: false)
    acting = SquashedGaussian(size: actionSize, rows: 1)
    actingStream = stream
    drawn = SquashedGaussian(size: actionSize, rows: rows)
  }

  /// α.
  var temperature: Float { exp(logAlpha[0]) }
  /// The entropy that α is learned for: −dim A, as in the paper's appendix D.
  var targetEntropy: Float { -Float(drawn.size) }
  /// The mean of −log π(a|s) over the last batch.
  var entropy: Float { -drawn.logProbabilities.reduce(0, +) / Float(rows) }

  /// The share of the numbers in the last batch's modes, in −1 … 1, that lie next to a bound, where tanh has hardly a slope.
  var saturation: Double {
    // |tanh μ| > 0.99
    let farthest: Float = 2.646_652_4
    var saturated = 0
    for r in 0..<rows {
      for j in 0..<drawn.size where abs(work.output(2 * drawn.size * r + j)) > farthest { saturated += 1 }
    }
    return Double(saturated) / Double(max(rows * drawn.size, 1))
  }

  /// An action for one observation, in −1 … 1.
  mutating func act(_ observation: [Float]) -> [Float] {
    network.forward(phi, observation, stride: observation.count, rows: 1, into: &actingWork)
    acting.sample(actingWork, rows: 1, using: &actingStream)
    return acting.actions
  }

  /// The mode before it is squashed, squashed: what the policy does without noise.
  func mode(_ observation: [Float]) -> [Float] {
    network.outputs(phi, of: observation).prefix(drawn.size).map { tanh($0) }
  }

  /// Draws an action for the observation of each of `pairs` and writes it beside.
  mutating func draw(_ pairs: inout [Float], using random: inout RandomStream) {
    let (o, a) = (network.sizes[0], drawn.size)
    network.forward(phi, pairs, stride: o + a, rows: rows, into: &work)
    drawn.sample(work, rows: rows, using: &random)
    drawn.copyActions(to: &pairs, column: o, stride: o + a, rows: rows)
  }

  /// One step down the mean of α log π(a|s) − Q(s, a) for the actions just drawn into `pairs`, at which the gradient of the
  /// mean of −Q is `actionGradient`.
  mutating func descend(_ pairs: [Float], _ actionGradient: [Float], rate: Double) {
    let stride = network.sizes[0] + drawn.size
    drawn.setGradient(
      actions: actionGradient, logProbabilities: temperature / Float(rows), rows: rows, in: &work)
    network.backward(phi, pairs, stride: stride, rows: rows, &work, into: &gradient)
    optimiser.step(&phi, gradient, rate: rate)
  }

  /// One step of log α down −log α · (mean log π + target entropy).
  mutating func adjustTemperature(rate: Double) {
    alphaGradient[0] = entropy - targetEntropy
    alphaOptimiser.step(&logAlpha, alphaGradient, rate: rate)
  }

  /// The library products of ``draw(_:using:)``.
  var drawProducts: [GEMM] { network.forwardProducts(rows: rows) }
  /// Those of ``descend(_:_:rate:)``.
  var descendProducts: [GEMM] { network.backwardProducts(rows: rows, keepingGradients: true) }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("actor", phi)
    optimiser.save(as: "optimiser/actor", to: &checkpoint)
    checkpoint.add("temperature", logAlpha)
    alphaOptimiser.save(as: "optimiser/temperature", to: &checkpoint)
    checkpoint.add("random/action", actingStream)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    phi = try checkpoint.floats("actor", count: network.parameterCount)
    try optimiser.restore("optimiser/actor", from: checkpoint)
    logAlpha = try checkpoint.floats("temperature", count: 1)
    try alphaOptimiser.restore("optimiser/temperature", from: checkpoint)
    actingStream = try checkpoint.random("random/action")
  }
}

/// A squashed Gaussian policy, frozen: tanh of the mean, or a draw where it samples.
public struct SoftPolicy: Policy {
  private var actor: FrozenNetwork
  private let range: ActionRange
  private var distribution: SquashedGaussian
  /// Where the policy samples.
  private var random: RandomStream?
  private var unit: [Float]

  init(_ actor: SoftActor, _ range: ActionRange, sampledWith seed: UInt64?) {
    self.actor = FrozenNetwork(actor.network, actor.phi)
    self.range = range
    distribution = SquashedGaussian(size: actor.drawn.size, rows: Evaluation.lanes)
    random = seed.map { RandomStream(SeedSequence($0).spawn(0)) }
    unit = .init(repeating: 0, count: actor.drawn.size)
  }

  public mutating func act(_ observations: [[Float]], into actions: inout [[Float]]) {
    let size = unit.count
    actor.forward(observations)
    if random != nil { distribution.sample(actor.work, rows: observations.count, using: &random!) }
    for lane in observations.indices {
      for j in 0..<size {
        unit[j] =
          random == nil ? tanh(actor.output(lane * 2 * size + j)) : distribution.actions[lane * size + j]
      }
      range.scale(unit, into: &actions[lane])
    }
  }
}
