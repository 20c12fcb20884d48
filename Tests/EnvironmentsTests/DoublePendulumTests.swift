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

  @Test(arguments: [[0.5, -0.5, 0, 0], [2, 1, 1, -3], [2.5, 0.2, -2, 3]])
  func keepsItsEnergyWithoutDamping(state: [Double]) throws {
    var world = DoublePendulum()
    world.damping = 0
    func energy(_ world: DoublePendulum) -> Double { world.rods.energy(world.motion) }
    #expect(drift(try energies(of: world, from: state, action: [0], steps: 1000, energy)) < 5e-3)
    world.damping = 0.05
    let lossy = try energies(of: world, from: state, action: [0], steps: 1000, energy)
    #expect(zip(lossy, lossy.dropFirst()).allSatisfy { $1 <= $0 + 1e-6 } && lossy.last! < lossy[0] - 0.05)
  }

  /// A torque that always helps the elbow along drives it to the limit and not beyond.
  @Test func keepsItsSpeedLimit() throws {
    var world = DoublePendulum()
    var observation = world.emptyObservation()
    world.reset(seed: 0, into: &observation)
    let rates = (0..<500).map { _ in
      _ = world.step([world.motion.w < 0 ? -1 : 1], into: &observation)
      return max(abs(world.motion.z), abs(world.motion.w))
    }
    #expect(rates.max() == 30)
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

  @Test(arguments: [
    (DoublePendulum.Joint.elbow, "elbow shaped 740", "elbow sparse 600"),
    (.shoulder, "shoulder shaped 840", "shoulder sparse 700"),
  ])
  func isSwungUp(joint: DoublePendulum.Joint, shaped: String, sparse: String) throws {
    let world = Self.world(joint)
    let regulator = try Regulator(
      of: world, at: [.pi, 0, 0, 0], weights: SIMD4(1, 1, 0.1, 0.1), effort: joint == .elbow ? 10 : 0.1)
    let springs = joint == .elbow ? [1.7, 1.3, 2.3, 1.0, 2.0, 1.5, 0.8, 2.6, 1.2, 1.8, 3.0] : [1.3, 1.0, 1.6]
    try expectKnownReturn(of: world, limit: 1000, shaped: shaped, sparse: sparse, ahead: (400, 500)) { _ in
      var chosen: SwingUp?
      return { world in
        if chosen == nil {
          let all = springs.map { SwingUp(spring: $0, regulator: regulator) }
          chosen = all.first { $0.succeeds(in: world) } ?? all[0]
        }
        return chosen!.action(in: world)
      }
    }
  }

  /// Energy control with a spring at the motor's joint (Fantoni, Lozano and Spong 2000, doi:10.1109/9.847110), until a
  /// trial on a copy of the world says that a short push and then a linear regulator end upright.
  private struct SwingUp {
    var spring: Double
    var regulator: Regulator
    var time = 0
    /// The last push and the steps that are left of it; `nil` before the end is in sight.
    var push: (action: Float, left: Int)?

    static let pushes: [(Float, Int)] = [(0, 0)] + [4, 8, 12].flatMap { left in [-1, 0, 1].map { (Float($0), left) } }

    mutating func action(in world: DoublePendulum) -> [Float] {
      let motion = world.motion
      let offset = SIMD4(wrappedAngle(motion.x - .pi), wrappedAngle(motion.y), motion.z, motion.w)
      let isNear = abs(offset.x) < 1.4 && abs(offset.x + offset.y) < 2 && abs(offset.z) < 6
      if push == nil && isNear && time % 4 == 0 { push = Self.pushes.first { endsUpright(in: world, after: $0) } }
      time += 1
      if let (action, left) = push {
        if left == 0 { return regulator.action(offset) }
        push = (action, left - 1)
        return [action]
      }
      let missing = 2 * DoublePendulum.gravity - world.rods.energy(motion)
      let isElbow = world.joint == .elbow
      let (angle, rate) = isElbow ? (offset.y, offset.w) : (offset.x, offset.z)
      return [Float((isElbow ? 0.5 : 0.07) * missing * rate - spring * angle)]
    }

    /// Whether the end is in sight within 10 s.
    func succeeds(in world: DoublePendulum) -> Bool {
      var trial = self
      var world = world
      var observation = world.emptyObservation()
      for _ in 0..<500 where trial.push == nil { _ = world.step(trial.action(in: world), into: &observation) }
      return trial.push != nil
    }

    func endsUpright(in world: DoublePendulum, after push: (action: Float, left: Int)) -> Bool {
      var trial = self
      var world = world
      var observation = world.emptyObservation()
      trial.push = push
      world.reward = .shaped
      for t in 0..<(100 + push.left) {
        let reward = world.step(trial.action(in: world), into: &observation).reward
        if t > push.left && reward < 0.6 { return false }
      }
      return observation[0] < -0.999 && observation[2] > 0.999 && abs(observation[4]) + abs(observation[5]) < 0.3
    }
  }

  @Test(
    arguments: [
      ([Double.pi, 0, 0, 0], 1.0, 1.0), ([0, 0, 0, 0], 0, 0), ([Double.pi / 2, 0, 0, 0], 0.5, 0),
      ([Double.pi + 0.4, 0, 0, 0], 0.96, 0),
    ] as [([Double], Double, Double)])
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
