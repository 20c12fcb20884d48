import RLCore
import Testing

@testable import Environments

/// A policy of a continuous environment, which may look at the whole world. One is made for each episode.
typealias Policy<World> = (World) -> [Float]

/// An environment that the controllers of these tests can act in.
typealias Controllable = Environment<[Float], [Float]> & Configurable

/// The return of one episode of at most `limit` steps.
func episodeReturn<World: Controllable>(
  of world: World, limit: Int, seed: UInt64, _ policy: Policy<World>
) -> Double {
  var world = world
  var observation = world.emptyObservation()
  var total = 0.0
  world.reset(seed: seed, into: &observation)
  for _ in 0..<limit {
    let step = world.step(policy(world), into: &observation)
    total += step.reward
    if step.ending != .running { break }
  }
  return total
}

/// Plays the starts of seeds 0…19 with a controller, which must reach on average what the documentation says in the
/// words `shaped` and `sparse`, and be `ahead` of standing idle and of random actions.
func expectKnownReturn<World: Controllable>(
  of world: World, limit: Int, shaped: String, sparse: String, ahead: (shaped: Double, sparse: Double),
  _ controller: (World) -> Policy<World>
) throws {
  for (kind, words, lead) in [("shaped", shaped, ahead.shaped), ("sparse", sparse, ahead.sparse)] {
    var world = world
    try world.set("reward", to: .text(kind))
    #expect(world.documentation.knownReturn.contains(words))
    let known = try #require(Double(words.split(separator: " ").last!.replacing("−", with: "-")))
    func mean(_ policy: (UInt64) -> Policy<World>) -> Double {
      (0..<20).reduce(0) { $0 + episodeReturn(of: world, limit: limit, seed: $1, policy($1)) } / 20
    }
    #expect(mean { _ in controller(world) } >= known)
    #expect(mean { _ in { $0.emptyAction() } } < known - lead)
    #expect(mean { randomPolicy(seed: $0) } < known - lead)
  }
}

private func randomPolicy<World: Controllable>(seed: UInt64) -> Policy<World> {
  var random = RandomStream(seed: seed + 1000)
  return { world in
    var action = world.emptyAction()
    action.sample(from: world.actionSpace, using: &random)
    return action
  }
}

/// The energies of `world` at first and after each of `steps` steps of one action, whatever ends meanwhile.
func energies<World: Controllable>(
  of world: World, from state: [Double], action: [Float], steps: Int, _ energy: (World) -> Double
) throws -> [Double] {
  var world = world
  var observation = world.emptyObservation()
  try world.restore(state: state, into: &observation)
  return [energy(world)]
    + (0..<steps).map { _ in
      _ = world.step(action, into: &observation)
      return energy(world)
    }
}

/// The largest difference from the first.
func drift(_ values: [Double]) -> Double { values.map { abs($0 - values[0]) }.max()! }

/// The linear-quadratic regulator of a world with one action and four numbers of state about a state of rest, from
/// differences and the discrete Riccati equation (Bertsekas, Dynamic Programming and Optimal Control I, section 3.1).
struct Regulator {
  var gains = SIMD4<Double>()

  init<World: Controllable>(of world: World, at rest: [Double], weights: SIMD4<Double>, effort: Double) throws {
    func next(_ change: (index: Int, amount: Double)?, _ action: Float) throws -> SIMD4<Double> {
      var world = world
      var observation = world.emptyObservation()
      var state = rest
      if let change { state[change.index] += change.amount }
      try world.restore(state: state, into: &observation)
      _ = world.step([action], into: &observation)
      return SIMD4(world.state)
    }
    let small = 1e-5
    let columns = try (0..<4).map { try (next(($0, small), 0) - next(($0, -small), 0)) / (2 * small) }
    let push = try (next(nil, 0x1p-10) - next(nil, -0x1p-10)) * 0x1p9
    var value = (0..<4).map { i in SIMD4((0..<4).map { $0 == i ? weights[i] : 0 }) }
    let costs = value
    for _ in 0..<2000 {
      func times(_ v: SIMD4<Double>) -> SIMD4<Double> { SIMD4(value.map { ($0 * v).sum() }) }
      let pushed = times(push)
      let scale = effort + (push * pushed).sum()
      gains = SIMD4(columns.map { ($0 * pushed).sum() / scale })
      let moved = columns.map(times)
      let updated = (0..<4).map { i in
        SIMD4((0..<4).map { costs[i][$0] + (columns[i] * moved[$0]).sum() - gains[i] * scale * gains[$0] })
      }
      // Rounding would make the matrix less and less symmetric.
      value = (0..<4).map { i in SIMD4((0..<4).map { 0.5 * (updated[i][$0] + updated[$0][i]) }) }
    }
  }

  func action(_ offset: SIMD4<Double>) -> [Float] { [Float(-(gains * offset).sum())] }
}
