import RLCore
import Testing

@Suite struct NoiseTests {
  private func draws(_ noise: inout ExplorationNoise, _ count: Int, _ random: inout RandomStream) -> [Float] {
    (0..<count).map { _ in
      var action: [Float] = [1]
      noise.perturb(&action, using: &random)
      return action[0] - 1
    }
  }

  @Test func gaussianDrawsAreIndependent() {
    var noise = ExplorationNoise(.gaussian, scale: 0.5, size: 1)
    var random = RandomStream(seed: 2)
    let drawn = draws(&noise, 20_000, &random).map(Double.init)
    let variance = drawn.reduce(0) { $0 + $1 * $1 } / 20_000
    let covariance = zip(drawn, drawn.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / 20_000
    #expect(abs(variance - 0.25) < 0.01 && abs(covariance) < 0.01)
  }

  @Test(arguments: [nil, 0.3]) func theProcessReverts(_ reversion: Double?) {
    var noise =
      reversion.map { ExplorationNoise(.ornsteinUhlenbeck, scale: 0.5, reversion: $0, size: 1) }
      ?? ExplorationNoise(.ornsteinUhlenbeck, scale: 0.5, size: 1)
    var random = RandomStream(seed: 2)
    let drawn = draws(&noise, 100_000, &random).map(Double.init)
    // x' = k x + 0.5 N: variance 0.25 / (1 - k²), correlation k from one step to the next.
    let k = 1 - (reversion ?? 0.15)
    let variance = drawn.reduce(0) { $0 + $1 * $1 } / 100_000
    let covariance = zip(drawn, drawn.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / 100_000
    #expect(abs(variance - 0.25 / (1 - k * k)) < 0.05)
    #expect(abs(covariance / variance - k) < 0.01)
  }

  @Test(arguments: ExplorationNoise.Kind.allCases)
  func savedAndRestoredItGoesOnTheSame(_ kind: ExplorationNoise.Kind) throws {
    var noise = ExplorationNoise(kind, scale: 0.5, size: 1)
    var random = RandomStream(seed: 2)
    _ = draws(&noise, 10, &random)
    var restored = ExplorationNoise(kind, scale: 0.5, size: 1)
    try restored.restore(from: reader(noise.save))
    var copy = random
    #expect(draws(&restored, 10, &copy) == draws(&noise, 10, &random))
    var other = ExplorationNoise(kind, scale: 0.5, size: 2)
    #expect(coreError { try other.restore(from: reader(noise.save)) } != nil)
  }

  @Test func aResetForgets() {
    var noise = ExplorationNoise(.ornsteinUhlenbeck, scale: 0.5, size: 1)
    var random = RandomStream(seed: 2)
    let first = draws(&noise, 5, &random)
    noise.reset()
    random = RandomStream(seed: 2)
    #expect(draws(&noise, 5, &random) == first)
  }
}
