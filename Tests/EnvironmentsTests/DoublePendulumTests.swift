import RLCore
import Testing

@testable import Environments

@Suite struct DoublePendulumTests {
  private static func world(_ joint: DoublePendulum.Joint) -> DoublePendulum {
    var world = DoublePendulum()
    world.joint = joint
    return world
  }

  @Test(arguments: DoublePendulum.Joint.allCases)
  func keepsItsPromises(joint: DoublePendulum.Joint) {
    #expect(checkEnvironment(TimeLimit(Self.world(joint), limit: 1000), steps: 100_000) == [])
  }

  @Test(arguments: [[0.5, -0.5, 0, 0], [2, 1, 1, -3], [3, 0.2, -4, 6]])
  func keepsItsEnergyWithoutDamping(state: [Double]) throws {
    var world = DoublePendulum()
    world.damping = 0
    func energy(_ world: DoublePendulum) -> Double { world.rods.energy(world.motion) }
    #expect(drift(try energies(of: world, from: state, action: [0], steps: 1000, energy)) < 1e-3)
    world.damping = 0.05
    let lossy = try energies(of: world, from: state, action: [0], steps: 1000, energy)
    #expect(zip(lossy, lossy.dropFirst()).allSatisfy { $1 <= $0 + 1e-6 } && lossy.last! < lossy[0] - 0.05)
  }

  /// From rest the motor's joint is the one that the torque bends its way.
  @Test(arguments: DoublePendulum.Joint.allCases)
  func theMotorIsAtItsJoint(joint: DoublePendulum.Joint) throws {
    var world = Self.world(joint)
    var observation = world.emptyObservation()
    try world.restore(state: [0, 0, 0, 0], into: &observation)
    let torque = joint == .elbow ? SIMD2(0, 10.0) : SIMD2(10.0, 0)
    let slope = world.rods.slope(SIMD4(), torque: torque)
    _ = world.step([1], into: &observation)
    #expect(abs(world.motion.z / slope.z - 0.02) < 1e-3 && abs(world.motion.w / slope.w - 0.02) < 1e-3)
  }

  /// Energy control with a spring at the motor's joint (Fantoni, Lozano and Spong 2000, doi:10.1109/9.847110), until a
  /// trial on a copy of the world says that a short push and then a linear regulator end upright.
  @Test(arguments: [
    (DoublePendulum.Joint.elbow, 0.49, 1.71, 0.0048, "elbow shaped 740", "elbow sparse 550"),
    (.shoulder, 0.07, 1.27, 0.0094, "shoulder shaped 845", "shoulder sparse 700"),
  ])
  func isSwungUp(
    joint: DoublePendulum.Joint, pump: Double, spring: Double, damper: Double, shaped: String, sparse: String
  ) throws {
    let world = Self.world(joint)
    let effort = joint == .elbow ? 10 : 0.1
    let regulator = try Regulator(
      of: world, at: [.pi, 0, 0, 0], weights: SIMD4(1, 1, 0.1, 0.1), effort: effort)
    try expectKnownReturn(of: world, limit: 1000, shaped: shaped, sparse: sparse, ahead: (400, 400)) { _ in
      var plan: Plan?
      var time = 0
      return { world in
        let motion = world.motion
        let first = wrappedAngle(motion.x - .pi)
        let second = wrappedAngle(motion.y)
        time += 1
        if plan == nil && time % 4 == 0 && abs(first) < 1.4 && abs(first + second) < 2 && abs(motion.z) < 6 {
          plan = Plan.candidates.first { $0.endsUpright(in: world, with: regulator) }
        }
        if plan != nil { return plan!.next(in: world, with: regulator) }
        let missing = 2 * DoublePendulum.gravity - world.rods.energy(motion)
        let (angle, rate) = joint == .elbow ? (second, motion.w) : (first, motion.z)
        return [Float((pump * missing - damper) * rate - spring * angle)]
      }
    }
  }

  /// A push held for some steps, then the regulator.
  private struct Plan {
    var push: Float
    var hold: Int

    static let candidates =
      [Plan(push: 0, hold: 0)] + [4, 8, 12].flatMap { hold in [-1, 0, 1].map { Plan(push: $0, hold: hold) } }

    mutating func next(in world: DoublePendulum, with regulator: Regulator) -> [Float] {
      if hold > 0 {
        hold -= 1
        return [push]
      }
      let motion = world.motion
      return regulator.action(SIMD4(wrappedAngle(motion.x - .pi), wrappedAngle(motion.y), motion.z, motion.w))
    }

    func endsUpright(in world: DoublePendulum, with regulator: Regulator) -> Bool {
      var plan = self
      var world = world
      var observation = world.emptyObservation()
      world.reward = .shaped
      for t in 0..<(100 + hold) {
        let reward = world.step(plan.next(in: world, with: regulator), into: &observation).reward
        if t > hold && reward < 0.6 { return false }
      }
      return observation[0] < -0.999 && observation[2] > 0.999 && abs(observation[4]) + abs(observation[5]) < 0.3
    }
  }

  @Test(arguments: [
    ([Double.pi, 0, 0, 0], 1.0, 1.0), ([0, 0, 0, 0], 0, 0), ([.pi / 2, 0, 0, 0], 0.5, 0),
    ([.pi + 0.4, 0, 0, 0], 0.96, 0),
  ])
  func paysForHeight(state: [Double], shaped: Double, sparse: Double) throws {
    var world = DoublePendulum()
    var observation = world.emptyObservation()
    for (kind, pay) in [(RewardKind.shaped, shaped), (.sparse, sparse)] {
      world.reward = kind
      try world.restore(state: state, into: &observation)
      #expect(abs(world.step([0], into: &observation).reward - pay) < 0.005)
    }
  }

  @Test(arguments: [[], [0, 0, 0], [0, 0, 31, 0], [0, .infinity, 0, 0], [0, 0, 0, .nan]])
  func refusesImpossibleStates(state: [Double]) {
    var world = DoublePendulum()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }
}
