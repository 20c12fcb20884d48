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
  @usableFromInline var links = Links()

  @inlinable static var interval: Double { 0.2 }
  @inlinable static var gravity: Double { 9.8 }
  @inlinable static var mass: Double { 1 }
  @inlinable static var length: Double { 1 }
  /// From a link's joint to its centre of mass, in metres.
  @inlinable static var centre: Double { 0.5 }
  @inlinable static var inertia: Double { 1 }
  @inlinable static var fastestInner: Double { 4 * Double.pi }
  @inlinable static var fastestOuter: Double { 9 * Double.pi }

  /// Two angles in rad and their velocities in rad/s; or the rates at which the four change.
  @usableFromInline struct Links: Sendable {
    @usableFromInline var inner = 0.0
    @usableFromInline var outer = 0.0
    @usableFromInline var innerVelocity = 0.0
    @usableFromInline var outerVelocity = 0.0

    @inlinable init() {}

    /// After `time` seconds at these rates.
    @inlinable @inline(__always)
    func advanced(by rates: Links, for time: Double) -> Links {
      var links = self
      links.inner += time * rates.inner
      links.outer += time * rates.outer
      links.innerVelocity += time * rates.innerVelocity
      links.outerVelocity += time * rates.outerVelocity
      return links
    }
  }

  public init() {}

  public var observationSpace: Space {
    let high = [1, 1, 1, 1, Float(Self.fastestInner), Float(Self.fastestOuter)]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .discrete(3) }
  /// θ₁ and θ₂ in rad, within ±π, and their velocities in rad/s. Shape `[4]`.
  public var state: [Double] { [links.inner, links.outer, links.innerVelocity, links.outerVelocity] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    // Gymnasium rounds the first state to float32.
    links.inner = Double(Float(random.uniform(-0.1, 0.1)))
    links.outer = Double(Float(random.uniform(-0.1, 0.1)))
    links.innerVelocity = Double(Float(random.uniform(-0.1, 0.1)))
    links.outerVelocity = Double(Float(random.uniform(-0.1, 0.1)))
    observe(into: &observation)
  }

  /// One step of the classical Runge–Kutta method, with the torque held.
  @inlinable
  public mutating func step(_ action: Int, into observation: inout [Float]) -> Step {
    var torque = Double(action - 1)
    if torqueNoise > 0 { torque += random.uniform(-torqueNoise, torqueNoise) }
    let half = Self.interval / 2
    let k1 = rates(of: links, torque)
    let k2 = rates(of: links.advanced(by: k1, for: half), torque)
    let k3 = rates(of: links.advanced(by: k2, for: half), torque)
    let k4 = rates(of: links.advanced(by: k3, for: Self.interval), torque)
    var sum = k1.advanced(by: k2, for: 2).advanced(by: k3, for: 2).advanced(by: k4, for: 1)
    sum = links.advanced(by: sum, for: Self.interval / 6)

    links.inner = Self.wrapped(sum.inner)
    links.outer = Self.wrapped(sum.outer)
    links.innerVelocity = min(max(sum.innerVelocity, -Self.fastestInner), Self.fastestInner)
    links.outerVelocity = min(max(sum.outerVelocity, -Self.fastestOuter), Self.fastestOuter)
    observe(into: &observation)

    let height = -sineCosine(links.inner).cosine - sineCosine(links.outer + links.inner).cosine
    return height > 1 ? Step(reward: 0, ending: .terminated) : Step(reward: -1, ending: .running)
  }

  @inlinable @inline(__always)
  func rates(of links: Links, _ torque: Double) -> Links {
    let (sine, cosine) = sineCosine(links.outer)
    let reach = Self.length * Self.centre
    let square = Self.centre * Self.centre
    let innerSpeed = links.innerVelocity
    let outerSpeed = links.outerVelocity
    // The book's d₁, d₂, φ₁ and φ₂, in Gymnasium's order of operations.
    let d1 =
      Self.mass * square + Self.mass * (Self.length * Self.length + square + 2 * reach * cosine) + Self.inertia
      + Self.inertia
    let d2 = Self.mass * (square + reach * cosine) + Self.inertia
    let quarter = Double.pi / 2
    let phi2 =
      Self.mass * Self.centre * Self.gravity * sineCosine(links.inner + links.outer - quarter).cosine
    let phi1 =
      -Self.mass * reach * (outerSpeed * outerSpeed) * sine
      - 2 * Self.mass * reach * outerSpeed * innerSpeed * sine
      + (Self.mass * Self.centre + Self.mass * Self.length) * Self.gravity * sineCosine(links.inner - quarter).cosine
      + phi2
    var push = torque + d2 / d1 * phi1
    if dynamics == .book { push -= Self.mass * reach * (innerSpeed * innerSpeed) * sine }
    var rates = Links()
    rates.inner = innerSpeed
    rates.outer = outerSpeed
    rates.outerVelocity = (push - phi2) / (Self.mass * square + Self.inertia - d2 * d2 / d1)
    rates.innerVelocity = -(d2 * rates.outerVelocity + phi1) / d1
    return rates
  }

  /// `x` radians brought into ±π by whole turns.
  @inlinable @inline(__always)
  static func wrapped(_ x: Double) -> Double {
    var x = x
    while x > Double.pi { x -= 2 * Double.pi }
    while x < -Double.pi { x += 2 * Double.pi }
    return x
  }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    let inner = sineCosine(links.inner)
    let outer = sineCosine(links.outer)
    observation[0] = Float(inner.cosine)
    observation[1] = Float(inner.sine)
    observation[2] = Float(outer.cosine)
    observation[3] = Float(outer.sine)
    observation[4] = Float(links.innerVelocity)
    observation[5] = Float(links.outerVelocity)
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    let bounds = [Double.pi, Double.pi, Self.fastestInner, Self.fastestOuter]
    guard state.count == 4, zip(state, bounds).allSatisfy({ abs($0) <= $1 }) else {
      throw CoreError.badState(
        "\(state) is not an acrobot; expected two angles within ±π rad and velocities within ±4π and ±9π rad/s")
    }
    links.inner = state[0]
    links.outer = state[1]
    links.innerVelocity = state[2]
    links.outerVelocity = state[3]
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
