import Networks
import RLCore

/// The bounded box that a policy's outputs in −1 … 1 are stretched to.
struct ActionRange: Sendable {
  private let centre: [Float]
  private let half: [Float]

  init(_ space: Space) {
    guard case .box(let low, let high) = space else { preconditionFailure("a deterministic actor needs a box") }
    centre = zip(low, high).map { ($0 + $1) / 2 }
    half = zip(low, high).map { ($1 - $0) / 2 }
  }

  func scale(_ unit: [Float], into action: inout [Float]) {
    for i in unit.indices { action[i] = centre[i] + half[i] * unit[i] }
  }
}

extension MLP.Workspace {
  /// The share of the first `count` outputs, in −1 … 1, that lie next to a bound, where tanh has hardly a slope.
  func saturation(_ count: Int) -> Double {
    var saturated = 0
    for i in 0..<count where abs(output(i)) > 0.99 { saturated += 1 }
    return Double(saturated) / Double(max(count, 1))
  }
}

/// A deterministic actor network, frozen; with noise where it samples.
public struct ActorPolicy: Policy {
  private var actor: FrozenNetwork
  private let range: ActionRange
  /// One process a lane where the policy samples; none where it does not.
  private var noise: [ExplorationNoise]
  private var random: RandomStream
  private var unit: [Float]

  init(
    _ network: MLP, _ parameters: [Float], _ range: ActionRange, noise: ExplorationNoise, sampledWith seed: UInt64?
  ) {
    actor = FrozenNetwork(network, parameters)
    self.range = range
    self.noise = seed == nil ? [] : .init(repeating: noise, count: Evaluation.lanes)
    random = RandomStream(SeedSequence(seed ?? 0).spawn(0))
    unit = .init(repeating: 0, count: network.sizes.last!)
  }

  public mutating func act(_ observations: [[Float]], into actions: inout [[Float]]) {
    actor.forward(observations)
    for lane in observations.indices {
      for j in unit.indices { unit[j] = actor.output(lane * unit.count + j) }
      if !noise.isEmpty { noise[lane].perturb(&unit, using: &random) }
      for j in unit.indices { unit[j] = max(-1, min(1, unit[j])) }
      range.scale(unit, into: &actions[lane])
    }
  }
}
