import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct PointMassTests {
  @Test(arguments: [0, 0.5])
  func keepsItsPromises(damping: Double) {
    var world = PointMass()
    world.damping = damping
    #expect(checkEnvironment(TimeLimit(world, limit: 200), steps: 100_000) == [])
  }

  private static func energy(_ world: PointMass) -> Double { 0.5 * (world.velocity * world.velocity).sum() }

  /// A thousand steps in the open, and a thousand among walls and obstacles, which only take energy away.
  @Test func keepsItsEnergyUntilItRunsIntoSomething() throws {
    var world = PointMass()
    world.damping = 0
    let free = try energies(
      of: world, from: [-0.9, 0.8, 0.03, -0.002, 0, 0], action: [0, 0], steps: 1000, Self.energy)
    #expect(drift(free) < 1e-15)
    let bumping = try energies(of: world, from: [-0.9, -0.9, 1, 0.9, 0, 0], action: [0, 0], steps: 1000, Self.energy)
    #expect(zip(bumping, bumping.dropFirst()).allSatisfy { $1 <= $0 + 1e-15 } && bumping.last! < bumping[0])
  }

  /// The velocity after n half-steps h of semi-implicit Euler is v₀ (1 − c h)ⁿ.
  @Test func dampingFollowsItsClosedForm() throws {
    let lossy = try energies(
      of: PointMass(), from: [-0.9, 0.8, 0.3, 0, 0, 0], action: [0, 0], steps: 100, Self.energy)
    for (n, energy) in lossy.enumerated() {
      #expect(abs(energy / (0.045 * pow(1 - 0.0125, 4 * Double(n))) - 1) < 1e-12)
    }
  }

  /// Head on, the point stops; at a slant it keeps the velocity along the edge.
  @Test func obstaclesTakeAwayTheVelocityIntoThem() throws {
    var world = PointMass()
    world.damping = 0
    var observation = world.emptyObservation()
    try world.restore(state: [0.05, -0.09, 0, -1, 0.8, 0.8], into: &observation)
    _ = world.step([0, 0], into: &observation)
    #expect(abs(world.position.y + 0.1) < 1e-12 && abs(world.velocity.y) < 1e-12 && observation[8] == 0)
    try world.restore(state: [0.99, -0.9, 1, 1, 0.8, 0.8], into: &observation)
    _ = world.step([0, 0], into: &observation)
    #expect(world.state[0] == 1 && world.velocity == SIMD2(0, 1))
  }

  /// Straight to the goal with a side-step before each obstacle in the way.
  @Test func isBroughtToTheGoal() throws {
    try expectKnownReturn(
      of: PointMass(), limit: 200, shaped: "shaped 2.0", sparse: "sparse 1", ahead: (1.5, 0.7)
    ) { _ in
      { world in
        let way = world.goal - world.position
        var aim = way / length(way)
        for (center, radius) in PointMass.obstacles {
          let along = ((center - world.position) * aim).sum()
          let off = center - world.position - along * aim
          if along > 0 && along < length(way) && length(off) < radius + 0.1 {
            aim -= off / max(length(off), 1e-9)
            aim /= length(aim)
            break
          }
        }
        let push = 3 * (1.5 * aim - world.velocity)
        return [Float(push.x), Float(push.y)]
      }
    }
  }

  @Test(arguments: [
    [], [0, 0, 0, 0, 0.8], [1.1, 0, 0, 0, 0, 0], [0.05, -0.4, 0, 0, 0, 0], [0, 0, .nan, 0, 0, 0], [0, 0, 0, 0, 2, 0],
  ])
  func refusesImpossibleStates(state: [Double]) {
    var world = PointMass()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }
}
