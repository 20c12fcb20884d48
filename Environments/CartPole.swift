import RLCore

/// A pole hinged on a cart: keep it upright by pushing the cart to the left or to the right. Gymnasium's `CartPole-v1`,
/// whose episodes are 500 steps: `TimeLimit(CartPole(), limit: 500)`.
public struct CartPole: Environment {

  /// Whether steps pay 0 and failing −1, as in the original, instead of 1 for every step.
  public var suttonBartoReward = false
  public var random = RandomStream(seed: 0)
  @usableFromInline var motion = CartPoleMotion<Double>()

  @inlinable static var gravity: Double { 9.8 }
  @inlinable static var poleMass: Double { 0.1 }
  @inlinable static var totalMass: Double { 0.1 + 1.0 }
  /// Half the pole's length in metres.
  @inlinable static var length: Double { 0.5 }
  @inlinable static var force: Double { 10.0 }
  @inlinable static var interval: Double { 0.02 }
  @inlinable static var widestPosition: Double { 2.4 }
  /// 12°, written as Gymnasium computes it.
  @inlinable static var widestAngle: Double { 12 * 2 * Double.pi / 360 }

  public init() {}

  /// Twice the range in which an episode goes on, so that the failing observation lies in it.
  public var observationSpace: Space {
    let high = [Float(2 * Self.widestPosition), .infinity, Float(2 * Self.widestAngle), .infinity]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .discrete(2) }
  /// Position in m, velocity in m/s, angle in rad, angular velocity in rad/s. Shape `[4]`.
  public var state: [Double] { [motion.position, motion.velocity, motion.angle, motion.angularVelocity] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    motion = CartPoleMotion(startingUnder: suttonBartoReward, using: &random)
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout [Float]) -> Step {
    let (reward, hasFailed) = withUnsafePointer(to: action) { motion.step($0, under: suttonBartoReward) }
    observe(into: &observation)
    return Step(reward: reward, ending: hasFailed ? .terminated : .running)
  }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    observation.withUnsafeMutableBufferPointer { motion.observe(under: suttonBartoReward, into: $0.baseAddress!) }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 4, state.allSatisfy(\.isFinite) else {
      throw CoreError.badState(
        "\(state) is not a cart and pole; expected [position, velocity, angle, angular velocity] in m, m/s, rad, rad/s")
    }
    motion = CartPoleMotion(position: state[0], velocity: state[1], angle: state[2], angularVelocity: state[3])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let cart = state[0]
    let (sine, cosine) = sineCosine(state[2])
    let hinge = Drawing.Point(cart, 0)
    let tip = Drawing.Point(cart + 2 * Self.length * sine, 2 * Self.length * cosine)
    let corners = [(-0.25, -0.15), (0.25, -0.15), (0.25, 0.0), (-0.25, 0.0)]
    return Drawing(
      bounds: Drawing.Bounds(x: -2.6...2.6, y: -0.4...1.2),
      shapes: [
        .path([Drawing.Point(-Self.widestPosition, -0.15), Drawing.Point(Self.widestPosition, -0.15)], .faint),
        .polygon(corners.map { Drawing.Point(cart + $0.0, $0.1) }, filled: true, .body),
        .path([hinge, tip], .accent),
        .circle(tip, radius: 0.05, filled: true, .accent),
      ])
  }
}

/// Position in m, velocity in m/s, angle from upright in rad, angular velocity in rad/s.
public struct CartPoleMotion<Number: Lane>: Motion {
  @usableFromInline var position = Number(0)
  @usableFromInline var velocity = Number(0)
  @usableFromInline var angle = Number(0)
  @usableFromInline var angularVelocity = Number(0)

  public typealias Action = Int

  @inlinable public init() {}

  @inlinable init(position: Number, velocity: Number, angle: Number, angularVelocity: Number) {
    self.position = position
    self.velocity = velocity
    self.angle = angle
    self.angularVelocity = angularVelocity
  }

  @inlinable
  public init(startingUnder laws: Bool, using random: inout RandomStream) {
    position = Number(random.uniform(-0.05, 0.05))
    velocity = Number(random.uniform(-0.05, 0.05))
    angle = Number(random.uniform(-0.05, 0.05))
    angularVelocity = Number(random.uniform(-0.05, 0.05))
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: UnsafePointer<Int>, under suttonBartoReward: Bool) -> (
    reward: Number, hasEnded: Number.Mask
  ) {
    typealias World = CartPole
    let totalMass = Number(World.totalMass)
    let force = Number.choose(Number.isAction(1, at: action), Number(World.force), Number(-World.force))
    let (sine, cosine) = sineCosine(angle)
    let poleMassLength = Number(World.poleMass * World.length)
    let push = (force + poleMassLength * (angularVelocity * angularVelocity) * sine) / totalMass
    let inertia =
      Number(World.length) * (Number(4.0 / 3.0) - Number(World.poleMass) * (cosine * cosine) / totalMass)
    let angularAcceleration = (Number(World.gravity) * sine - cosine * push) / inertia
    let acceleration = push - poleMassLength * angularAcceleration * cosine / totalMass

    let interval = Number(World.interval)
    position = position + interval * velocity
    velocity = velocity + interval * acceleration
    angle = angle + interval * angularVelocity
    angularVelocity = angularVelocity + interval * angularAcceleration

    let hasFailed = Number.either(
      Number.isLess(Number(World.widestPosition), position.magnitude),
      Number.isLess(Number(World.widestAngle), angle.magnitude))
    let (running, failing) = suttonBartoReward ? (0.0, -1.0) : (1.0, 1.0)
    return (Number.choose(hasFailed, Number(failing), Number(running)), hasFailed)
  }

  @inlinable @inline(__always)
  public func observe(under suttonBartoReward: Bool, into rows: UnsafeMutablePointer<Float>) {
    Number.writeRows(position.single, velocity.single, angle.single, angularVelocity.single, to: rows)
  }
}

extension CartPole {
  public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<[Float], Int> {
    MotionLanes<CartPoleMotion<Double>, CartPoleMotion<Wide>>(
      suttonBartoReward, width: 4, actionWidth: 1, drawingFrom: streams)
  }
}

extension CartPole {
  public var documentation: Documentation {
    Documentation(
      summary: "balance a pole on a cart",
      action: "0 pushes the cart to the left, 1 to the right, with 10 N.",
      observation: """
        The pole's angle is measured from upright, clockwise. The bounds are twice those within which an episode goes
        on, so that the failing observation lies in the space.
        """,
      quantities: [
        .init("cart position", unit: "m"), .init("cart velocity", unit: "m/s"), .init("pole angle", unit: "rad"),
        .init("pole angular velocity", unit: "rad/s"),
      ],
      rewards: "1 for every step, the failing one included. With suttonBartoReward 0, and −1 for the failing step.",
      start: "Each of the four numbers uniform in [−0.05, 0.05).",
      end: "Terminates when the cart is beyond ±2.4 m or the pole beyond ±12°. A step is 0.02 s.",
      knownReturn: "500, balanced to the time limit.", nearOptimalReturn: suttonBartoReward ? nil : 500,
      source: """
        Barto, Sutton and Anderson (1983), doi:10.1109/TSMC.1983.6313077, as Gymnasium 1.4's CartPole-v1, to the bit but
        for the last place of sine and cosine. Cart 1 kg, pole 0.1 kg and 1 m long, gravity 9.8 m/s², explicit Euler.
        """)
  }
}

extension CartPole: Configurable {
  public static var settings: [Setting<Self>] {
    [.flag("suttonBartoReward", \.suttonBartoReward, "pay 0 a step and -1 for failing, instead of 1 a step")]
  }
}
