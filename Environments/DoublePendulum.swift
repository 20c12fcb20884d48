import RLCore

/// Two rods that hang from a pivot, with a motor at one of the two joints: swing both up and hold them there. With the
/// motor at the elbow it is the acrobot, at the shoulder the pendubot.
public struct DoublePendulum: Environment {
  public enum Joint: String, CaseIterable, Sendable { case elbow, shoulder }

  public var joint = Joint.elbow
  public var reward = RewardKind.shaped
  /// Viscous friction of each joint in N·m·s/rad.
  public var damping = 0.05
  public var random = RandomStream(seed: 0)
  /// Both angles and both angular velocities.
  @usableFromInline var motion = SIMD4<Double>()

  @inlinable static var gravity: Double { 9.8 }
  @inlinable static var strongest: Double { 10 }
  @inlinable static var fastest: Double { 30 }
  @inlinable static var interval: Double { 0.02 }
  @inlinable static var substeps: Int { 4 }
  /// The tip's height in metres above which a sparse reward is paid.
  @inlinable static var highEnough: Double { 1.9 }

  public init() {}

  public var observationSpace: Space {
    let high: [Float] = [1, 1, 1, 1, Float(Self.fastest), Float(Self.fastest)]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .box(low: [-1], high: [1]) }
  /// The first rod's angle from hanging and the second's from the first, in rad, counter-clockwise and not wrapped, and
  /// their rates in rad/s. Shape `[4]`.
  public var state: [Double] { [motion.x, motion.y, motion.z, motion.w] }

  /// The rods weigh 1 kg and are 1 m long, so that m l² is 1.
  @inlinable var rods: TwoRods { TwoRods(gravity: Self.gravity, damping: damping) }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    for i in 0..<4 { motion[i] = random.uniform(-0.1, 0.1) }
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let torque = Self.strongest * clipped(action[0])
    let torques = joint == .elbow ? SIMD2(0, torque) : SIMD2(torque, 0)
    let rods = rods
    for _ in 0..<Self.substeps {
      motion = rungeKutta4(motion, over: Self.interval / Double(Self.substeps)) { rods.slope($0, torque: torques) }
      motion.z = min(max(motion.z, -Self.fastest), Self.fastest)
      motion.w = min(max(motion.w, -Self.fastest), Self.fastest)
    }
    let height = observe(into: &observation)
    return Step(reward: reward == .sparse ? (height > Self.highEnough ? 1 : 0) : 0.25 * (2 + height), ending: .running)
  }

  /// Returns the tip's height over the pivot in metres.
  @inlinable @inline(__always) @discardableResult
  func observe(into observation: inout [Float]) -> Double {
    let (sine1, cosine1) = sineCosine(motion.x)
    let (sine2, cosine2) = sineCosine(motion.y)
    observation[0] = Float(cosine1)
    observation[1] = Float(sine1)
    observation[2] = Float(cosine2)
    observation[3] = Float(sine2)
    observation[4] = Float(motion.z)
    observation[5] = Float(motion.w)
    return sine1 * sine2 - cosine1 * cosine2 - cosine1
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 4, state.allSatisfy(\.isFinite), state[2...].allSatisfy({ abs($0) <= Self.fastest }) else {
      throw CoreError.badState(
        """
        \(state) is not a double pendulum; expected [first angle, second angle, their rates] in rad and -30...30 rad/s
        """)
    }
    motion = SIMD4(state[0], state[1], state[2], state[3])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let (sine1, cosine1) = sineCosine(state[0])
    let (sine2, cosine2) = sineCosine(state[0] + state[1])
    let pivot = Drawing.Point(0, 0)
    let elbow = Drawing.Point(sine1, -cosine1)
    let tip = Drawing.Point(elbow.x + sine2, elbow.y - cosine2)
    let ink: Drawing.Ink = tip.y > Self.highEnough ? .good : .accent
    return Drawing(
      bounds: Drawing.Bounds(x: -2.3...2.3, y: -2.3...2.3),
      shapes: [
        .path([.init(-2.2, Self.highEnough), .init(2.2, Self.highEnough)], .faint),
        .path([pivot, elbow], .body), .path([elbow, tip], ink),
        .circle(pivot, radius: 0.08, filled: joint == .shoulder, .plain),
        .circle(elbow, radius: 0.08, filled: joint == .elbow, .plain),
        .circle(tip, radius: 0.1, filled: true, ink),
      ])
  }
}

extension DoublePendulum {
  public var documentation: Documentation {
    Documentation(
      summary: "swing two rods up with one motor and hold them there",
      action: """
        The motor's torque as a fraction of 10 N·m, counter-clockwise, in [−1, 1]. It is clipped to the space. The motor
        is at the elbow (acrobot) or at the shoulder (pendubot).
        """,
      observation: """
        q₁ is the first rod's angle from hanging, q₂ the second's from the first, counter-clockwise. Both rates are kept
        within ±30 rad/s.
        """,
      quantities: [
        .init("cos q₁"), .init("sin q₁"), .init("cos q₂"), .init("sin q₂"), .init("first rate", unit: "rad/s"),
        .init("second rate", unit: "rad/s"),
      ],
      rewards: """
        Of the tip's height over the pivot after the step, h in [−2, 2] m. Shaped: (2 m + h) / 4 m, from 0 to 1. Sparse:
        1 while h > 1.9 m, else 0.
        """,
      start: "The rods hang: each of the four numbers of the state uniform in [−0.1, 0.1).",
      end: "Never terminates. A step is 0.02 s.",
      knownReturn: """
        In 1000 steps, on average over the starts of seeds 0…19, by energy control, trials on a copy and a linear
        regulator: elbow shaped 740, elbow sparse 600; shoulder shaped 840, shoulder sparse 700.
        """,
      source: """
        Spong (1995), doi:10.1109/37.341864, for the acrobot; Fantoni, Lozano and Spong (2000), doi:10.1109/9.847110,
        for the pendubot. Two uniform rods of 1 kg and 1 m, gravity 9.8 m/s², viscous friction 0.05 N·m·s/rad at both
        joints. Runge-Kutta of fourth order, four steps of 0.005 s.
        """)
  }
}

extension DoublePendulum: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .choice("joint", \.joint, "where the motor is: elbow (acrobot) or shoulder (pendubot)"),
      .choice("reward", \.reward, "what a step pays: the tip's height, or 1 while it is above 1.9 m"),
      .number("damping", \.damping, in: 0...10, "viscous friction of each joint in N·m·s/rad"),
    ]
  }
}
