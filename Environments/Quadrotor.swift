import RLCore

/// A quadrotor seen from the side, with two rotors: hover on the spot, or land on a pad.
public struct Quadrotor: Environment {
  public enum Task: String, CaseIterable, Sendable { case hover, landing }

  public var task = Task.hover
  public var reward = RewardKind.shaped
  /// Air resistance in N·s/m.
  public var drag = 0.1
  public var random = RandomStream(seed: 0)
  /// Place, tilt, velocity, angular velocity; the last two lanes stay 0.
  @usableFromInline var motion = SIMD8<Double>()

  @inlinable static var gravity: Double { 9.8 }
  @inlinable static var mass: Double { 1 }
  /// From the middle to a rotor, in metres.
  @inlinable static var arm: Double { 0.25 }
  /// Moment of inertia in kg·m².
  @inlinable static var inertia: Double { 0.05 }
  @inlinable static var interval: Double { 0.02 }
  /// How far from the target an episode goes on, in metres to either side, down (hover) and up (hover, landing).
  @inlinable static var edge: Double { 2 }
  @inlinable static var ceiling: Double { 3 }
  @inlinable static var widestTilt: Double { Double.pi / 2 }
  /// What counts as at the target: distance in metres.
  @inlinable static var closeEnough: Double { 0.1 }
  /// What counts as landed: metres from the pad's middle, tilt in radians, speed in m/s.
  @inlinable static var padHalf: Double { 0.3 }
  @inlinable static var levelEnough: Double { 0.2 }
  @inlinable static var slowEnough: Double { 0.5 }

  public init() {}

  public var observationSpace: Space {
    let high: [Float] = [.infinity, .infinity, 1, 1, .infinity, .infinity, .infinity]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .box(low: [-1, -1], high: [1, 1]) }
  /// Place in m, tilt in rad, counter-clockwise and not wrapped, velocity in m/s, angular velocity in rad/s.
  /// Shape `[6]`.
  public var state: [Double] { (0..<6).map { motion[$0] } }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    motion[0] = random.uniform(-1, 1)
    motion[1] = task == .hover ? random.uniform(-1, 1) : random.uniform(1, 2)
    for i in 2..<6 { motion[i] = random.uniform(-0.5, 0.5) }
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let before = distance
    // At action 0 the two thrusts carry the weight.
    let share = 0.5 * Self.mass * Self.gravity
    let thrusts = SIMD2(share * (1 + clipped(action[0])), share * (1 + clipped(action[1])))
    motion = rungeKutta4(motion, over: Self.interval) { slope($0, thrusts: thrusts) }
    observe(into: &observation)

    let x = motion[0]
    let y = motion[1]
    let isOver = abs(motion[2]) > Self.widestTilt
    if task == .hover {
      if isOver || max(abs(x), abs(y)) > Self.edge { return Step(reward: -1, ending: .terminated) }
      let pay = reward == .sparse ? (distance < Self.closeEnough ? 1 : 0) : 1 / (1 + 4 * distance * distance)
      return Step(reward: pay, ending: .running)
    }
    let hasLanded =
      y <= 0 && abs(x) < Self.padHalf && abs(motion[2]) < Self.levelEnough
      && length(SIMD2(motion[3], motion[4])) < Self.slowEnough
    let hasFailed = !hasLanded && (isOver || y <= 0 || y > Self.ceiling || abs(x) > Self.edge)
    let outcome: Double = hasLanded ? 1 : hasFailed ? -1 : 0
    let pay = reward == .sparse ? outcome : before - distance - timeCost + outcome
    return Step(reward: pay, ending: hasLanded || hasFailed ? .terminated : .running)
  }

  /// From the target, which is the origin in both tasks, in metres.
  @inlinable @inline(__always)
  var distance: Double { length(SIMD2(motion[0], motion[1])) }

  // Newton's and Euler's equations with the thrusts T₁ (left) and T₂ (right), both along the craft's own axis:
  //   m ẍ = −(T₁ + T₂) sin φ − c ẋ,   m ÿ = (T₁ + T₂) cos φ − c ẏ − m g,   J φ̈ = r (T₂ − T₁)
  @inlinable @inline(__always)
  func slope(_ s: SIMD8<Double>, thrusts: SIMD2<Double>) -> SIMD8<Double> {
    let (sine, cosine) = sineCosine(s[2])
    let lift = (thrusts.x + thrusts.y) / Self.mass
    let loss = drag / Self.mass
    return SIMD8(
      s[3], s[4], s[5], -lift * sine - loss * s[3], lift * cosine - loss * s[4] - Self.gravity,
      Self.arm * (thrusts.y - thrusts.x) / Self.inertia, 0, 0)
  }

  /// Kinetic and potential energy in J; the potential is 0 at the target's height.
  var energy: Double {
    0.5 * Self.mass * (motion[3] * motion[3] + motion[4] * motion[4]) + 0.5 * Self.inertia * motion[5] * motion[5]
      + Self.mass * Self.gravity * motion[1]
  }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    let (sine, cosine) = sineCosine(motion[2])
    observation[0] = Float(motion[0])
    observation[1] = Float(motion[1])
    observation[2] = Float(cosine)
    observation[3] = Float(sine)
    observation[4] = Float(motion[3])
    observation[5] = Float(motion[4])
    observation[6] = Float(motion[5])
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 6, state.allSatisfy(\.isFinite) else {
      throw CoreError.badState(
        "\(state) is not a quadrotor; expected [x, y, tilt, velocity x, velocity y, angular velocity] in m, rad and s")
    }
    for i in 0..<6 { motion[i] = state[i] }
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let (sine, cosine) = sineCosine(state[2])
    func placed(_ along: Double, _ above: Double) -> Drawing.Point {
      .init(state[0] + cosine * along - sine * above, state[1] + sine * along + cosine * above)
    }
    let arm = Self.arm
    let craft: [Drawing.Shape] = [
      .path([placed(-arm, 0), placed(arm, 0)], .body),
      .path([placed(-arm, 0), placed(-arm, 0.1)], .body), .path([placed(arm, 0), placed(arm, 0.1)], .body),
      .path([placed(-arm - 0.15, 0.1), placed(-arm + 0.15, 0.1)], .accent),
      .path([placed(arm - 0.15, 0.1), placed(arm + 0.15, 0.1)], .accent),
      .circle(placed(0, 0), radius: 0.07, filled: true, .body),
    ]
    if task == .hover {
      let target = Drawing.Point(0, 0)
      return Drawing(
        bounds: Drawing.Bounds(x: -2.2...2.2, y: -2.2...2.2),
        shapes: [
          .circle(target, radius: Self.closeEnough, filled: false, .good),
          .path([.init(-0.2, 0), .init(0.2, 0)], .good), .path([.init(0, -0.2), .init(0, 0.2)], .good),
        ] + craft)
    }
    return Drawing(
      bounds: Drawing.Bounds(x: -2.2...2.2, y: -0.3...3.1),
      shapes: [
        .path([.init(-Self.edge, 0), .init(Self.edge, 0)], .faint),
        .polygon(
          [.init(-Self.padHalf, -0.1), .init(Self.padHalf, -0.1), .init(Self.padHalf, 0), .init(-Self.padHalf, 0)],
          filled: true, .good),
      ] + craft)
  }
}

extension Quadrotor {
  public var documentation: Documentation {
    Documentation(
      summary: "hover with two rotors, or land with them",
      action: """
        The thrust of the left and of the right rotor, each in [−1, 1]: from none over half the weight at 0 to the whole
        weight of 9.8 N at 1. They are clipped to the space.
        """,
      observation: """
        The place is measured from the target, which is a point in the air (hover) or the middle of the pad (landing). φ
        is the tilt, counter-clockwise.
        """,
      quantities: [
        .init("x", unit: "m"), .init("y", unit: "m"), .init("cos φ"), .init("sin φ"),
        .init("x velocity", unit: "m/s"), .init("y velocity", unit: "m/s"), .init("angular velocity", unit: "rad/s"),
      ],
      rewards: """
        With d the distance to the target in metres after the step. Hover: shaped 1 / (1 + 4 d²), from 0.03 to 1; sparse
        1 while d < 0.1 m, else 0; a failure −1. Landing: 1, a failure −1; shaped, each step also pays the decrease of
        d, less 0.002.
        """,
      start: """
        x uniform in [−1, 1) m; y uniform in [−1, 1) m (hover) or [1, 2) m (landing); tilt, both velocities and the
        angular velocity uniform in [−0.5, 0.5).
        """,
      end: """
        Terminates in a failure when tilted by more than a quarter turn, more than 2 m to either side, or more than 2 m
        above or below (hover) or 3 m above the target (landing). Landing ends at the ground: well within 0.3 m of the
        pad's middle, tilted by less than 0.2 rad and slower than 0.5 m/s; else in a failure. A step is 0.02 s.
        """,
      knownReturn: """
        In at most 500 steps, on average over the starts of seeds 0…19, by nested proportional loops: hover shaped 470,
        hover sparse 440; landing shaped 2.3, landing sparse 1.
        """,
      source: """
        Mahony, Kumar and Corke (2012), doi:10.1109/MRA.2012.2206474, equations of motion restricted to a vertical
        plane. Mass 1 kg, arms 0.25 m, moment of inertia 0.05 kg·m², air resistance 0.1 N·s/m, gravity 9.8 m/s².
        Runge-Kutta of fourth order, one step of 0.02 s.
        """)
  }
}

extension Quadrotor: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .choice("task", \.task, "hover at a point, or land on a pad"),
      .choice("reward", \.reward, "what a step pays: closeness or progress, or success alone"),
      .number("drag", \.drag, in: 0...10, "air resistance in N·s/m"),
    ]
  }
}
