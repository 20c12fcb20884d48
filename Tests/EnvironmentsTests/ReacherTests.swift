import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct ReacherTests {
  @Test func keepsItsPromises() {
    #expect(checkEnvironment(TimeLimit(Reacher(), limit: 200), steps: 100_000) == [])
  }

  @Test(arguments: [[0.3, -0.7, 3, -4, 0.5, 0], [1, 2, -2, 8, 0, 0.5]])
  func keepsItsEnergyWithoutDamping(state: [Double]) throws {
    var world = Reacher()
    world.damping = 0
    func energy(_ world: Reacher) -> Double { Reacher.inertia * world.rods.energy(world.motion) }
    #expect(drift(try energies(of: world, from: state, action: [0, 0], steps: 1000, energy)) < 1e-4)
    world.damping = 0.05
    let lossy = try energies(of: world, from: state, action: [0, 0], steps: 1000, energy)
    #expect(zip(lossy, lossy.dropFirst()).allSatisfy { $1 <= $0 + 1e-12 } && lossy.last! < 0.2 * lossy[0])
  }

  /// Inverse kinematics, the nearer of both elbows, then a spring and a damper at each joint.
  @Test func isReached() throws {
    try expectKnownReturn(
      of: Reacher(), limit: 200, shaped: "shaped −31", sparse: "sparse 140", ahead: (100, 100)
    ) { _ in
      { world in
        let target = world.target
        let motion = world.motion
        let elbow = acos(min(max(2 * (target * target).sum() - 1, -1), 1))
        var error = SIMD2<Double>()
        var least = Double.infinity
        for second in [elbow, -elbow] {
          let first = atan2(target.y, target.x) - second / 2
          let way = SIMD2(wrappedAngle(first - motion.x), wrappedAngle(second - motion.y))
          let cost = abs(way.x + 0.3 * motion.z) + abs(way.y + 0.3 * motion.w)
          if cost < least { (error, least) = (way, cost) }
        }
        return [Float(6 * error.x - 2 * motion.z), Float(3 * error.y - 0.8 * motion.w)]
      }
    }
  }

  /// With the elbow bent by a quarter turn the fingertip is at (½, ½) m.
  @Test func theLastNumbersLeadToTheTarget() throws {
    var world = Reacher()
    var observation = world.emptyObservation()
    try world.restore(state: [0, .pi / 2, 0, 0, 0.2, -0.3], into: &observation)
    #expect(abs(observation[8] + 0.3) < 1e-6 && abs(observation[9] + 0.8) < 1e-6)
    let tip = world.drawing(of: world.state).shapes.last
    guard case .circle(let center, _, _, _) = tip else {
      Issue.record("the fingertip is not a circle")
      return
    }
    #expect(abs(center.x - 0.5) < 1e-12 && abs(center.y - 0.5) < 1e-12)
  }

  @Test func targetsFillTheRing() {
    var world = Reacher()
    var observation = world.emptyObservation()
    world.reset(seed: 1, into: &observation)
    let distances = (0..<2000).map { _ in
      world.reset(seed: nil, into: &observation)
      return length(world.target)
    }
    #expect(distances.allSatisfy { (0.2...0.95).contains($0) })
    // Half of the area is within the radius √((0.2² + 0.95²) / 2).
    let inner = distances.count { $0 < 0.6864 }
    #expect(abs(inner - 1000) < 5 * 23)
  }

  @Test(arguments: [[], [0, 0, 0, 0, 0.5], [0, 0, 21, 0, 0.5, 0], [0, 0, 0, 0, 0.9, 0.9], [0, .nan, 0, 0, 0.5, 0]])
  func refusesImpossibleStates(state: [Double]) {
    var world = Reacher()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }
}
