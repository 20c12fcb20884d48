import RLCore

/// A pole that hangs from a cart: swing it up and hold it upright by pushing the cart, without leaving the track.
public struct CartPoleSwingUp: Environment {
  public var reward = RewardKind.shaped
  /// Whether neither the cart nor the hinge is slowed down.
  public var frictionless = false
  public var random = RandomStream(seed: 0)
  /// Position, velocity, angle, angular velocity.
  @usableFromInline var motion = SIMD4(0, 0, Double.pi, 0)

  @inlinable static var gravity: Double { 9.8 }
  @inlinable static var poleMass: Double { 0.1 }
  @inlinable static var totalMass: Double { 0.1 + 1.0 }
  /// Half the pole's length in metres.
  @inlinable static var length: Double { 0.5 }
  @inlinable static var strongest: Double { 10.0 }
  @inlinable static var interval: Double { 0.02 }
  @inlinable static var widestPosition: Double { 2.4 }
  /// Viscous friction of the cart in N·s/m.
  @inlinable static var cartFriction: Double { 0.1 }
  /// Viscous friction of the hinge in N·m·s/rad.
  @inlinable static var hingeFriction: Double { 0.001 }
  /// Cosine of 12°.
  @inlinable static var upright: Double { 0.9781476007338057 }

  public init() {}

  /// Twice the track, so that the observation that ends an episode lies in it.
  public var observationSpace: Space {
    let high = [Float(2 * Self.widestPosition), .infinity, 1, 1, .infinity]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .box(low: [-1], high: [1]) }
  /// Position in m, velocity in m/s, angle from upright in rad, clockwise and not wrapped, and its rate in rad/s.
  /// Shape `[4]`.
  public var state: [Double] { [motion.x, motion.y, motion.z, motion.w] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    for i in 0..<4 { motion[i] = random.uniform(-0.05, 0.05) }
    motion.z += Double.pi
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let force = Self.strongest * clipped(action[0])
    motion = rungeKutta4(motion, over: Self.interval) { slope($0, force: force) }
    let cosine = observe(into: &observation)

    if abs(motion.x) > Self.widestPosition { return Step(reward: 0, ending: .terminated) }
    let offset = motion.x / Self.widestPosition
    let pay = reward == .sparse ? (cosine > Self.upright ? 1 : 0) : 0.5 * (1 + cosine) * (1 - offset * offset)
    return Step(reward: pay, ending: .running)
  }

  // Lagrange's equations for the cart's position x and the angle θ, with M for both masses and m for the pole's:
  //   M ẍ + m l cos θ θ̈ = F − b ẋ + m l θ̇² sin θ
  //   m l cos θ ẍ + 4/3 m l² θ̈ = m g l sin θ − c θ̇
  @inlinable @inline(__always)
  func slope(_ s: SIMD4<Double>, force: Double) -> SIMD4<Double> {
    let (sine, cosine) = sineCosine(s.z)
    let moment = Self.poleMass * Self.length
    let drag = frictionless ? 0 : Self.cartFriction * s.y
    let hingeDrag = frictionless ? 0 : Self.hingeFriction * s.w
    let right1 = force - drag + moment * (s.w * s.w) * sine
    let right2 = moment * Self.gravity * sine - hingeDrag
    let coupling = moment * cosine
    let inertia = 4.0 / 3 * moment * Self.length
    let determinant = Self.totalMass * inertia - coupling * coupling
    return SIMD4(
      s.y, (inertia * right1 - coupling * right2) / determinant,
      s.w, (Self.totalMass * right2 - coupling * right1) / determinant)
  }

  /// Kinetic and potential energy in J; the potential is 0 with the pole level.
  var energy: Double {
    let cosine = sineCosine(motion.z).cosine
    let moment = Self.poleMass * Self.length
    let kinetic =
      0.5 * Self.totalMass * motion.y * motion.y + moment * cosine * motion.y * motion.w
      + 2.0 / 3 * moment * Self.length * motion.w * motion.w
    return kinetic + moment * Self.gravity * cosine
  }

  /// Returns the angle's cosine.
  @inlinable @inline(__always) @discardableResult
  func observe(into observation: inout [Float]) -> Double {
    let (sine, cosine) = sineCosine(motion.z)
    observation[0] = Float(motion.x)
    observation[1] = Float(motion.y)
    observation[2] = Float(cosine)
    observation[3] = Float(sine)
    observation[4] = Float(motion.w)
    return cosine
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 4, state.allSatisfy(\.isFinite), abs(state[0]) <= 2 * Self.widestPosition else {
      throw CoreError.badState(
        """
        \(state) is not a cart and pole; expected [position in -4.8...4.8 m, velocity in m/s, angle in rad, angular \
        velocity in rad/s]
        """)
    }
    motion = SIMD4(state[0], state[1], state[2], state[3])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let cart = state[0]
    let (sine, cosine) = sineCosine(state[2])
    let hinge = Drawing.Point(cart, 0)
    let tip = Drawing.Point(cart + 2 * Self.length * sine, 2 * Self.length * cosine)
    let corners = [(-0.25, -0.12), (0.25, -0.12), (0.25, 0.12), (-0.25, 0.12)]
    let edge = Self.widestPosition
    return Drawing(
      bounds: Drawing.Bounds(x: -2.7...2.7, y: -1.2...1.2),
      shapes: [
        .path([.init(-edge, 0), .init(edge, 0)], .faint),
        .path([.init(-edge, -0.1), .init(-edge, 0.1)], .bad),
        .path([.init(edge, -0.1), .init(edge, 0.1)], .bad),
        .polygon(corners.map { .init(cart + $0.0, $0.1) }, filled: true, .body),
        .path([hinge, tip], cosine > Self.upright ? .good : .accent),
        .circle(tip, radius: 0.06, filled: true, cosine > Self.upright ? .good : .accent),
      ])
  }
}

extension CartPoleSwingUp {
  public var documentation: Documentation {
    Documentation(
      summary: "swing a pole up on a cart and hold it there",
      action: "A push to the right as a fraction of 10 N, in [−1, 1]. It is clipped to the space.",
      observation: """
        θ is the pole's angle from upright, clockwise. The bound of the position is twice the track's, so that the
        observation that ends an episode lies in the space.
        """,
      quantities: [
        .init("cart position", unit: "m"), .init("cart velocity", unit: "m/s"), .init("cos θ"), .init("sin θ"),
        .init("pole angular velocity", unit: "rad/s"),
      ],
      rewards: """
        Of the state after the step. Shaped: ½ (1 + cos θ) (1 − (x / 2.4 m)²), from 0 to 1. Sparse: 1 while the pole is
        within 12° of upright, else 0. Leaving the track pays 0.
        """,
      start: "The pole hangs: θ uniform in π ± 0.05, the other three numbers uniform in [−0.05, 0.05).",
      end: "Terminates when the cart is beyond ±2.4 m. A step is 0.02 s.",
      knownReturn: """
        In 500 steps, on average over the starts of seeds 0…19, by energy control and a linear regulator, with friction
        and without: shaped 420, sparse 415.
        """,
      source: """
        The task is Doya's (2000, doi:10.1162/089976600300015961), the cart and pole Barto, Sutton and Anderson's (1983,
        doi:10.1109/TSMC.1983.6313077), with Lagrange's equations and viscous friction: 0.1 N·s/m at the cart and 0.001
        N·m·s/rad at the hinge, or none where it is frictionless. Cart 1 kg, pole 0.1 kg and 1 m long, a uniform rod,
        gravity 9.8 m/s². Runge-Kutta of fourth order, one step of 0.02 s.
        """)
  }
}

extension CartPoleSwingUp: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .choice("reward", \.reward, "what a step pays: how upright and centred it is, or 1 while upright"),
      .flag("frictionless", \.frictionless, "leave out the friction of cart and hinge"),
    ]
  }
}
