import RLCore
import Testing

@testable import Environments

@Suite struct CartPoleSwingUpTests {
  @Test(arguments: [false, true])
  func keepsItsPromises(frictionless: Bool) {
    var world = CartPoleSwingUp()
    world.frictionless = frictionless
    #expect(checkEnvironment(TimeLimit(world, limit: 500), steps: 100_000) == [])
  }

  /// Without friction it is the cart and pole that Gymnasium's replays hold to the last digits.
  @Test(arguments: [[0, 0, 0.3, 0], [0.5, -1, 2, 4], [-2, 3, -3, -7]])
  func acceleratesAsTheCartPole(state: [Double]) throws {
    var reference = CartPole()
    var world = CartPoleSwingUp()
    world.frictionless = true
    var observation = reference.emptyObservation()
    try reference.restore(state: state, into: &observation)
    _ = reference.step(1, into: &observation)
    let slope = world.slope(SIMD4(state), force: 10)
    #expect(abs(slope.y - (reference.state[1] - state[1]) / 0.02) < 1e-9)
    #expect(abs(slope.w - (reference.state[3] - state[3]) / 0.02) < 1e-9)
  }

  @Test(arguments: [[0, 0, 0.5, 0], [0, 1, 3, 6], [1, 0, 1.5, -8]])
  func keepsItsEnergyWithoutFriction(state: [Double]) throws {
    var world = CartPoleSwingUp()
    world.frictionless = true
    #expect(drift(try energies(of: world, from: state, action: [0], steps: 1000, \.energy)) < 1e-4)
    world.frictionless = false
    let lossy = try energies(of: world, from: state, action: [0], steps: 1000, \.energy)
    #expect(zip(lossy, lossy.dropFirst()).allSatisfy { $1 <= $0 + 1e-7 } && lossy.last! < lossy[0] - 0.05)
  }

  /// Energy control (Åström and Furuta 2000, doi:10.1016/S0005-1098(99)00140-5), then a linear regulator.
  @Test(arguments: [false, true])
  func isSwungUp(frictionless: Bool) throws {
    var world = CartPoleSwingUp()
    world.frictionless = frictionless
    let regulator = try Regulator(of: world, at: [0, 0, 0, 0], weights: SIMD4(1, 0.1, 1, 0.1), effort: 0.1)
    try expectKnownReturn(of: world, limit: 500, shaped: "shaped 420", sparse: "sparse 415", ahead: (400, 400)) { _ in
      { world in
        var offset = world.motion
        offset.z = wrappedAngle(offset.z)
        if abs(offset.z) < 1.5 && abs(offset.w) < 5 { return regulator.action(offset) }
        let cosine = sineCosine(offset.z).cosine
        // Of the pole alone, relative to standing upright.
        let energy = 0.1 * offset.w * offset.w / 6 + 0.49 * (cosine - 1)
        let pump = min(max(4.3 * energy * offset.w * cosine, -0.9), 0.9)
        return [Float(pump - 0.28 * offset.x - 0.09 * offset.y)]
      }
    }
  }

  @Test(arguments: [(2.39, 0.0, false), (2.39, 1, true), (-2.39, -1, true), (-2.39, 1, false)])
  func endsWhereTheTrackEnds(position: Double, velocity: Double, isOver: Bool) throws {
    var world = CartPoleSwingUp()
    var observation = world.emptyObservation()
    try world.restore(state: [position, velocity, 0, 0], into: &observation)
    let step = world.step([0], into: &observation)
    #expect(step.ending == (isOver ? .terminated : .running))
    #expect((step.reward == 0) == isOver)
  }

  @Test(arguments: [[], [0, 0, 0], [0, 0, 0, 0, 0], [0, .nan, 0, 0], [.infinity, 0, 0, 0], [5, 0, 0, 0]])
  func refusesImpossibleStates(state: [Double]) {
    var world = CartPoleSwingUp()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }
}
