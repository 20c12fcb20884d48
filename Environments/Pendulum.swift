import RLCore

/// A pendulum on a motor that is too weak to lift it at once: swing it up and hold it upright. Gymnasium's
/// `Pendulum-v1`, whose episodes are 200 steps: `TimeLimit(Pendulum(), limit: 200)`.
public struct Pendulum: Environment {

  /// Acceleration of gravity in m/s².
  public var gravity = 10.0
  public var random = RandomStream(seed: 0)
  @usableFromInline var motion = PendulumMotion<Double>()

  @inlinable static var fastest: Double { 8.0 }
  @inlinable static var strongest: Float { 2 }
  @inlinable static var interval: Double { 0.05 }

  public init() {}

  public var observationSpace: Space { .box(low: [-1, -1, -8], high: [1, 1, 8]) }
  public var actionSpace: Space { .box(low: [-Self.strongest], high: [Self.strongest]) }
  /// θ in radians, not wrapped, and θ̇ in rad/s. Shape `[2]`.
  public var state: [Double] { [motion.angle, motion.velocity] }
  public var stateSpace: Space? { .box(low: [-.pi, Float(-Self.fastest)], high: [.pi, Float(Self.fastest)]) }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    motion = PendulumMotion(startingUnder: gravity, using: &random)
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let (reward, _) = action.withUnsafeBufferPointer { motion.step($0.baseAddress!, under: gravity) }
    observe(into: &observation)
    return Step(reward: reward, ending: .running)
  }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    observation.withUnsafeMutableBufferPointer { motion.observe(under: gravity, into: $0.baseAddress!) }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 2, state[0].isFinite, abs(state[1]) <= Self.fastest else {
      throw CoreError.badState("\(state) is not a pendulum; expected [angle in rad, velocity in -8...8 rad/s]")
    }
    motion = PendulumMotion(angle: state[0], velocity: state[1])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let (sine, cosine) = sineCosine(state[0])
    let pivot = Drawing.Point(0, 0)
    let bob = Drawing.Point(-sine, cosine)
    return Drawing(
      bounds: Drawing.Bounds(x: -1.3...1.3, y: -1.3...1.3),
      shapes: [
        .path([pivot, bob], .body),
        .circle(pivot, radius: 0.04, filled: true, .faint),
        .circle(bob, radius: 0.12, filled: true, .accent),
      ])
  }
}

/// Angle from upright in rad, counter-clockwise, not wrapped, and angular velocity in rad/s.
public struct PendulumMotion<Number: Lane>: Motion {
  @usableFromInline var angle = Number(0)
  @usableFromInline var velocity = Number(0)
  // Of the angle, kept from one step's observation for the next step.
  @usableFromInline var sine = Number(0)
  @usableFromInline var cosine = Number(1)

  public typealias Action = [Float]

  @inlinable public init() {}

  @inlinable init(angle: Number, velocity: Number) {
    self.angle = angle
    self.velocity = velocity
    (sine, cosine) = sineCosine(angle)
  }

  @inlinable
  public init(startingUnder gravity: Double, using random: inout RandomStream) {
    let angle = random.uniform(-Double.pi, Double.pi)
    self.init(angle: Number(angle), velocity: Number(random.uniform(-1, 1)))
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: UnsafePointer<Float>, under gravity: Double) -> (
    reward: Number, hasEnded: Number.Mask
  ) {
    typealias Single = Number.Single
    let strongest = Number(Double(Pendulum.strongest))
    let torque = Number.clamp(Number(Single(rows: action)), -strongest, strongest).single
    let tilt = wrappedAngle(angle)
    // Gymnasium's torque is a float32, and NumPy 2 keeps its square and its products with Python numbers in float32.
    let effort = Number(Single(0.001) * (torque * torque))
    let cost = tilt * tilt + Number(0.1) * (velocity * velocity) + effort
    let acceleration = Number(3 * gravity / 2) * sine + Number(Single(3) * torque)
    let fastest = Number(Pendulum.fastest)
    velocity = Number.clamp(velocity + acceleration * Number(Pendulum.interval), -fastest, fastest)
    angle = angle + velocity * Number(Pendulum.interval)
    (sine, cosine) = sineCosine(angle)
    return (-cost, Number.isLess(Number(1), Number(0)))
  }

  @inlinable @inline(__always)
  public func observe(under gravity: Double, into rows: UnsafeMutablePointer<Float>) {
    Number.writeRows(cosine.single, sine.single, velocity.single, to: rows)
  }
}

extension Pendulum {
  public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<[Float], [Float]> {
    MotionLanes<PendulumMotion<Double>, PendulumMotion<Wide>>(gravity, width: 3, actionWidth: 1, drawingFrom: streams)
  }
}

extension Pendulum {
  public var documentation: Documentation {
    Documentation(
      summary: "swing a pendulum up and hold it upright",
      action: """
        A torque in N·m, positive counter-clockwise. It is clipped to the space. The motor is too weak to lift the
        pendulum at once.
        """,
      observation: "θ is the angle from upright, counter-clockwise.",
      quantities: [.init("cos θ"), .init("sin θ"), .init("angular velocity", unit: "rad/s")],
      rewards: "−(θ² + 0.1 θ̇² + 0.001 τ²) of the state before the step, θ in [−π, π): from −16.27 to 0.",
      start: "θ uniform in [−π, π), θ̇ uniform in [−1, 1).",
      end: "Never terminates. A step is 0.05 s.",
      knownReturn: "−137.8 on average over the test starts, by dynamic programming on a fine grid.",
      nearOptimalReturn: gravity == 10 ? -137.8 : nil,
      source: """
        Gymnasium 1.4, Pendulum-v1, to the bit but for the last place of sine and cosine. Mass 1 kg, length 1 m,
        semi-implicit Euler.
        """)
  }
}

extension Pendulum: Configurable {
  public static var settings: [Setting<Self>] {
    [.number("gravity", \.gravity, in: 0...1000, "acceleration of gravity in m/s²")]
  }
}
