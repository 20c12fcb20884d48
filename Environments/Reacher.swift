import RLCore

/// An arm of two links on a table, with a motor at each joint: bring the fingertip to a target and keep it there.
public struct Reacher: Environment {
  public var reward = RewardKind.shaped
  /// Viscous friction of each joint in N·m·s/rad.
  public var damping = 0.05
  public var random = RandomStream(seed: 0)
  /// Both angles and both angular velocities.
  @usableFromInline var motion = SIMD4<Double>()
  @usableFromInline var target = SIMD2(0.5, 0)

  /// A link's length in metres.
  @inlinable static var link: Double { 0.5 }
  /// m l² in kg·m²: a link weighs 1 kg.
  @inlinable static var inertia: Double { 0.25 }
  @inlinable static var strongest: Double { 2 }
  @inlinable static var fastest: Double { 20 }
  @inlinable static var interval: Double { 0.02 }
  @inlinable static var substeps: Int { 4 }
  /// Distances from the shoulder between which targets lie, in metres.
  @inlinable static var nearest: Double { 0.2 }
  @inlinable static var farthest: Double { 0.95 }
  @inlinable static var closeEnough: Double { 0.05 }

  public init() {}

  public var observationSpace: Space {
    let fast = Float(Self.fastest)
    let high: [Float] = [1, 1, 1, 1, fast, fast, 1, 1, 2, 2]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .box(low: [-1, -1], high: [1, 1]) }
  /// The first link's angle and the second's from the first, in rad, counter-clockwise and not wrapped, their rates in
  /// rad/s, and the target in m. Shape `[6]`.
  public var state: [Double] { [motion.x, motion.y, motion.z, motion.w, target.x, target.y] }

  @inlinable var rods: TwoRods { TwoRods(gravity: 0, damping: damping / Self.inertia) }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    motion = SIMD4(random.uniform(-Double.pi, Double.pi), random.uniform(-Double.pi, Double.pi), 0, 0)
    // Uniform over the area between the two circles.
    let distance = random.uniform(Self.nearest * Self.nearest, Self.farthest * Self.farthest).squareRoot()
    let (sine, cosine) = sineCosine(random.uniform(-Double.pi, Double.pi))
    target = distance * SIMD2(cosine, sine)
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let effort = SIMD2(clipped(action[0]), clipped(action[1]))
    let torques = Self.strongest / Self.inertia * effort
    let rods = rods
    for _ in 0..<Self.substeps {
      motion = rungeKutta4(motion, over: Self.interval / Double(Self.substeps)) { rods.slope($0, torque: torques) }
      motion.z = min(max(motion.z, -Self.fastest), Self.fastest)
      motion.w = min(max(motion.w, -Self.fastest), Self.fastest)
    }
    let distance = observe(into: &observation)
    let pay = reward == .sparse ? (distance < Self.closeEnough ? 1 : 0) : -distance - 0.01 * (effort * effort).sum()
    return Step(reward: pay, ending: .running)
  }

  /// Returns the distance between fingertip and target in metres.
  @inlinable @inline(__always) @discardableResult
  func observe(into observation: inout [Float]) -> Double {
    let (sine1, cosine1) = sineCosine(motion.x)
    let (sine2, cosine2) = sineCosine(motion.y)
    let tip =
      Self.link * SIMD2(cosine1 + cosine1 * cosine2 - sine1 * sine2, sine1 + sine1 * cosine2 + cosine1 * sine2)
    let offset = target - tip
    observation[0] = Float(cosine1)
    observation[1] = Float(sine1)
    observation[2] = Float(cosine2)
    observation[3] = Float(sine2)
    observation[4] = Float(motion.z)
    observation[5] = Float(motion.w)
    observation[6] = Float(target.x)
    observation[7] = Float(target.y)
    observation[8] = Float(offset.x)
    observation[9] = Float(offset.y)
    return length(offset)
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 6, state.allSatisfy(\.isFinite), state[2...3].allSatisfy({ abs($0) <= Self.fastest }),
      length(SIMD2(state[4], state[5])) <= 1
    else {
      throw CoreError.badState(
        """
        \(state) is not an arm and a target; expected [first angle, second angle, their rates, target x, target y] in \
        rad, -20...20 rad/s and within 1 m of the shoulder
        """)
    }
    motion = SIMD4(state[0], state[1], state[2], state[3])
    target = SIMD2(state[4], state[5])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let (sine1, cosine1) = sineCosine(state[0])
    let (sine2, cosine2) = sineCosine(state[0] + state[1])
    let shoulder = Drawing.Point(0, 0)
    let elbow = Drawing.Point(Self.link * cosine1, Self.link * sine1)
    let tip = Drawing.Point(elbow.x + Self.link * cosine2, elbow.y + Self.link * sine2)
    let target = SIMD2(state[4], state[5])
    let isClose = length(target - SIMD2(tip.x, tip.y)) < Self.closeEnough
    return Drawing(
      bounds: Drawing.Bounds(x: -1.1...1.1, y: -1.1...1.1),
      shapes: [
        .circle(shoulder, radius: 1, filled: false, .faint),
        .circle(.init(target.x, target.y), radius: Self.closeEnough, filled: true, isClose ? .good : .bad),
        .path([shoulder, elbow], .body), .path([elbow, tip], .body),
        .circle(shoulder, radius: 0.05, filled: true, .plain),
        .circle(elbow, radius: 0.035, filled: true, .plain),
        .circle(tip, radius: 0.035, filled: true, .accent),
      ])
  }
}

extension Reacher {
  public var documentation: Documentation {
    Documentation(
      summary: "bring an arm's fingertip to a target",
      action: """
        The torques at shoulder and elbow as fractions of 2 N·m, counter-clockwise, each in [−1, 1]. They are clipped to
        the space.
        """,
      observation: """
        q₁ is the first link's angle from the x axis, q₂ the second's from the first, counter-clockwise. The last two
        numbers lead from the fingertip to the target. Both rates are kept within ±20 rad/s.
        """,
      quantities: [
        .init("cos q₁"), .init("sin q₁"), .init("cos q₂"), .init("sin q₂"), .init("first rate", unit: "rad/s"),
        .init("second rate", unit: "rad/s"), .init("target x", unit: "m"), .init("target y", unit: "m"),
        .init("x to the target", unit: "m"), .init("y to the target", unit: "m"),
      ],
      rewards: """
        Shaped: −d − 0.01 |a|², with d the distance to the target in metres after the step and a the clipped action;
        from −1.97 to 0. Sparse: 1 while d < 0.05 m, else 0.
        """,
      start: """
        At rest, both angles uniform in [−π, π). The target is uniform over the ring between 0.2 m and 0.95 m from the
        shoulder.
        """,
      end: "Never terminates. A step is 0.02 s.",
      knownReturn: """
        In 200 steps, on average over the starts of seeds 0…19, by inverse kinematics and a spring and a damper at each
        joint: shaped −31, sparse 140.
        """,
      source: """
        Spong (1995), doi:10.1109/37.341864, equations 1 and 2 without gravity and with a second motor; the task is that
        of Gymnasium's Reacher, with an arm of its own. Two uniform rods of 1 kg and 0.5 m, viscous friction 0.05
        N·m·s/rad at both joints. Runge-Kutta of fourth order, four steps of 0.005 s.
        """)
  }
}

extension Reacher: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .choice("reward", \.reward, "what a step pays: minus the distance and the effort, or 1 within 0.05 m"),
      .number("damping", \.damping, in: 0...1, "viscous friction of each joint in N·m·s/rad"),
    ]
  }
}
