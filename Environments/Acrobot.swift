import RLCore

/// Swing the tip of two hanging links up over a line by a motor at the joint between them. Gymnasium's `Acrobot-v1`,
/// whose episodes are 500 steps: `TimeLimit(Acrobot(), limit: 500)`.
public struct Acrobot: Environment {
  /// The equations of motion: the book's, or the first paper's, which lack the inner link's centrifugal term.
  public enum Dynamics: String, CaseIterable, Sendable { case book, nips }

  public var dynamics = Dynamics.book
  /// Uniform noise of up to so many N·m is added to the torque.
  public var torqueNoise = 0.0
  public var random = RandomStream(seed: 0)
  @usableFromInline var motion = AcrobotMotion<Double>()

  @inlinable static var interval: Double { 0.2 }
  @inlinable static var gravity: Double { 9.8 }
  @inlinable static var mass: Double { 1 }
  @inlinable static var length: Double { 1 }
  /// From a link's joint to its centre of mass, in metres.
  @inlinable static var centre: Double { 0.5 }
  @inlinable static var inertia: Double { 1 }
  @inlinable static var fastestInner: Double { 4 * Double.pi }
  @inlinable static var fastestOuter: Double { 9 * Double.pi }

  public init() {}

  public var observationSpace: Space {
    let high = [1, 1, 1, 1, Float(Self.fastestInner), Float(Self.fastestOuter)]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .discrete(3) }
  /// θ₁ and θ₂ in rad, within ±π, and their velocities in rad/s. Shape `[4]`.
  public var state: [Double] { [motion.inner, motion.outer, motion.innerVelocity, motion.outerVelocity] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    motion = AcrobotMotion(startingUnder: dynamics, using: &random)
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout [Float]) -> Step {
    var torque = Double(action - 1)
    if torqueNoise > 0 { torque += random.uniform(-torqueNoise, torqueNoise) }
    let hasEnded = motion.advance(torque, under: dynamics)
    observe(into: &observation)
    return hasEnded ? Step(reward: 0, ending: .terminated) : Step(reward: -1, ending: .running)
  }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    observation.withUnsafeMutableBufferPointer { motion.observe(under: dynamics, into: $0.baseAddress!) }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    let bounds = [Double.pi, Double.pi, Self.fastestInner, Self.fastestOuter]
    guard state.count == 4, zip(state, bounds).allSatisfy({ abs($0) <= $1 }) else {
      throw CoreError.badState(
        "\(state) is not an acrobot; expected two angles within ±π rad and velocities within ±4π and ±9π rad/s")
    }
    motion = AcrobotMotion(inner: state[0], outer: state[1], innerVelocity: state[2], outerVelocity: state[3])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let inner = sineCosine(state[0])
    let outer = sineCosine(state[0] + state[1])
    let pivot = Drawing.Point(0, 0)
    let joint = Drawing.Point(inner.sine, -inner.cosine)
    let tip = Drawing.Point(joint.x + outer.sine, joint.y - outer.cosine)
    return Drawing(
      bounds: Drawing.Bounds(x: -2.2...2.2, y: -2.2...2.2),
      shapes: [
        .path([Drawing.Point(-2.2, 1), Drawing.Point(2.2, 1)], .good),
        .path([pivot, joint, tip], .body),
        .circle(pivot, radius: 0.06, filled: true, .faint),
        .circle(joint, radius: 0.08, filled: true, .accent),
        .circle(tip, radius: 0.06, filled: true, .plain),
      ])
  }
}

extension Acrobot {
  /// Noise draws from a lane's stream at every step, which a motion does not.
  public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<[Float], Int> {
    if torqueNoise > 0 { return SeparateLanes(self, drawingFrom: streams) }
    return MotionLanes<AcrobotMotion<Double>, AcrobotMotion<Wide>>(
      dynamics, width: 6, actionWidth: 1, drawingFrom: streams)
  }
}

/// Angles in rad, the outer one from the inner link's direction, and angular velocities in rad/s; or their rates.
public struct AcrobotMotion<Number: Lane>: Motion {
  public typealias Action = Int

  @usableFromInline var inner = Number(0)
  @usableFromInline var outer = Number(0)
  @usableFromInline var innerVelocity = Number(0)
  @usableFromInline var outerVelocity = Number(0)

  @inlinable public init() {}

  @inlinable init(inner: Number, outer: Number, innerVelocity: Number, outerVelocity: Number) {
    self.inner = inner
    self.outer = outer
    self.innerVelocity = innerVelocity
    self.outerVelocity = outerVelocity
  }

  @inlinable public init(startingUnder dynamics: Acrobot.Dynamics, using random: inout RandomStream) {
    // Gymnasium rounds the first state to float32.
    inner = Number(Double(Float(random.uniform(-0.1, 0.1))))
    outer = Number(Double(Float(random.uniform(-0.1, 0.1))))
    innerVelocity = Number(Double(Float(random.uniform(-0.1, 0.1))))
    outerVelocity = Number(Double(Float(random.uniform(-0.1, 0.1))))
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: UnsafePointer<Int>, under dynamics: Acrobot.Dynamics) -> (
    reward: Number, hasEnded: Number.Mask
  ) {
    let (zero, one) = (Number(0), Number(1))
    let torque = Number.choose(
      Number.isAction(2, at: action), one, Number.choose(Number.isAction(0, at: action), -one, zero))
    let hasEnded = advance(torque, under: dynamics)
    return (Number.choose(hasEnded, zero, -one), hasEnded)
  }

  /// One step; whether the tip is over the line then.
  @inlinable @inline(__always)
  mutating func advance(_ torque: Number, under dynamics: Acrobot.Dynamics) -> Number.Mask {
    let (half, whole) = (Number(Acrobot.interval / 2), Number(Acrobot.interval))
    let k1 = rates(torque, dynamics)
    let k2 = moved(by: k1, for: half).rates(torque, dynamics)
    let k3 = moved(by: k2, for: half).rates(torque, dynamics)
    let k4 = moved(by: k3, for: whole).rates(torque, dynamics)
    let sum = k1.moved(by: k2, for: Number(2)).moved(by: k3, for: Number(2)).moved(by: k4, for: Number(1))
    let next = moved(by: sum, for: Number(Acrobot.interval / 6))

    inner = Self.wrapped(next.inner)
    outer = Self.wrapped(next.outer)
    let (fastestInner, fastestOuter) = (Number(Acrobot.fastestInner), Number(Acrobot.fastestOuter))
    innerVelocity = Number.clamp(next.innerVelocity, -fastestInner, fastestInner)
    outerVelocity = Number.clamp(next.outerVelocity, -fastestOuter, fastestOuter)
    let height = -sineCosine(inner).cosine - sineCosine(outer + inner).cosine
    return Number.isLess(Number(1), height)
  }

  @inlinable @inline(__always)
  func moved(by rates: Self, for time: Number) -> Self {
    Self(
      inner: inner + time * rates.inner, outer: outer + time * rates.outer,
      innerVelocity: innerVelocity + time * rates.innerVelocity,
      outerVelocity: outerVelocity + time * rates.outerVelocity)
  }

  /// The rates of the four numbers.
  @inlinable @inline(__always)
  func rates(_ torque: Number, _ dynamics: Acrobot.Dynamics) -> Self {
    typealias World = Acrobot
    let (sine, cosine) = sineCosine(outer)
    let reach = World.length * World.centre
    let square = World.centre * World.centre
    let pull = World.mass * reach
    let (mass, twice) = (Number(World.mass), Number(2 * reach))
    // The book's d₁, d₂, φ₁ and φ₂, in Gymnasium's order of operations.
    let spread = Number(World.length * World.length + square) + twice * cosine
    let d1 = Number(World.mass * square) + mass * spread + Number(World.inertia) + Number(World.inertia)
    let d2 = mass * (Number(square) + Number(reach) * cosine) + Number(World.inertia)
    let quarter = Number(Double.pi / 2)
    let phi2 = Number(World.mass * World.centre * World.gravity) * sineCosine(inner + outer - quarter).cosine
    let weight = Number((World.mass * World.centre + World.mass * World.length) * World.gravity)
    let phi1 =
      Number(-pull) * (outerVelocity * outerVelocity) * sine
      - Number(2 * pull) * outerVelocity * innerVelocity * sine
      + weight * sineCosine(inner - quarter).cosine + phi2
    var push = torque + d2 / d1 * phi1
    if dynamics == .book { push = push - Number(pull) * (innerVelocity * innerVelocity) * sine }
    let outerRate = (push - phi2) / (Number(World.mass * square + World.inertia) - d2 * d2 / d1)
    return Self(
      inner: innerVelocity, outer: outerVelocity, innerVelocity: -(d2 * outerRate + phi1) / d1,
      outerVelocity: outerRate)
  }

  @inlinable @inline(__always)
  static func wrapped(_ angle: Number) -> Number {
    let (half, turn) = (Number(Double.pi), Number(2 * Double.pi))
    var x = angle
    while Number.isAny(Number.isLess(half, x)) { x = Number.choose(Number.isLess(half, x), x - turn, x) }
    while Number.isAny(Number.isLess(x, -half)) { x = Number.choose(Number.isLess(x, -half), x + turn, x) }
    return x
  }

  @inlinable @inline(__always)
  public func observe(under dynamics: Acrobot.Dynamics, into rows: UnsafeMutablePointer<Float>) {
    let (one, two) = (sineCosine(inner), sineCosine(outer))
    Number.writeRows(
      one.cosine.single, one.sine.single, two.cosine.single, two.sine.single, innerVelocity.single,
      outerVelocity.single, to: rows)
  }
}

extension Acrobot {
  public var documentation: Documentation {
    Documentation(
      summary: "swing the tip of two links up over a line",
      action: "A torque on the joint between the links: 0 is −1 N·m, 1 none, 2 is 1 N·m, counter-clockwise.",
      observation: """
        θ₁ is the inner link's angle from hanging down, θ₂ the outer link's from the inner one's direction, both
        counter-clockwise.
        """,
      quantities: [
        .init("cos θ₁"), .init("sin θ₁"), .init("cos θ₂"), .init("sin θ₂"),
        .init("inner angular velocity", unit: "rad/s"), .init("outer angular velocity", unit: "rad/s"),
      ],
      rewards: "−1 for every step, 0 for the one that brings the tip over the line.",
      start: "Each of the four numbers uniform in [−0.1, 0.1).",
      end: "Terminates when the tip is more than one link's length above the pivot. A step is 0.2 s.",
      knownReturn:
        "−88.2 on average over the test starts by pushing the way θ₂ moves; solved, says Gymnasium, is −100.",
      source: """
        Sutton (1996), Generalization in Reinforcement Learning, NIPS 8; Sutton and Barto, Reinforcement Learning
        (1998), section 11.3; as Gymnasium 1.4's Acrobot-v1, to the bit but for the last place of sine and cosine. Links
        of 1 kg, 1 m and 1 kg·m², gravity 9.8 m/s², classical Runge–Kutta, one step of 0.2 s; velocities are clipped to
        ±4π and ±9π rad/s.
        """)
  }
}

extension Acrobot: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .choice("dynamics", \.dynamics, "equations of motion: the book's, or those printed in the first paper"),
      .number("torqueNoise", \.torqueNoise, in: 0...100, "uniform noise on the torque, up to so many N·m"),
    ]
  }
}
