import RLCore

/// A point pushed about a square with three round obstacles: bring it to the goal.
public struct PointMass: Environment {
  public var reward = RewardKind.shaped
  /// Share of the velocity lost in a second, in 1/s.
  public var damping = 0.5
  public var random = RandomStream(seed: 0)
  @usableFromInline var position = SIMD2(-0.8, -0.8)
  @usableFromInline var velocity = SIMD2<Double>()
  @usableFromInline var goal = SIMD2(0.8, 0.8)

  /// Centre and radius of each obstacle, in metres.
  @usableFromInline static let obstacles: [(center: SIMD2<Double>, radius: Double)] = [
    (SIMD2(-0.35, 0.3), 0.25), (SIMD2(0.4, 0.35), 0.2), (SIMD2(0.05, -0.4), 0.3),
  ]
  /// Acceleration of each direction in m/s².
  @inlinable static var strongest: Double { 1 }
  @inlinable static var interval: Double { 0.05 }
  @inlinable static var substeps: Int { 2 }
  @inlinable static var goalRadius: Double { 0.1 }
  /// What separates a start and a goal from each other, in metres.
  @inlinable static var leastDistance: Double { 0.5 }

  public init() {}

  public var observationSpace: Space {
    let far = 2 * 2.0.squareRoot()
    let near = [Float](repeating: 0, count: Self.obstacles.count)
    return .box(
      low: [-1, -1, -.infinity, -.infinity, -2, -2] + near,
      high: [1, 1, .infinity, .infinity, 2, 2] + near.map { _ in Float(far) })
  }
  public var actionSpace: Space { .box(low: [-1, -1], high: [1, 1]) }
  /// Position in m, velocity in m/s and goal in m, x before y. Shape `[6]`.
  public var state: [Double] { [position.x, position.y, velocity.x, velocity.y, goal.x, goal.y] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    position = drawPlace()
    velocity = SIMD2()
    repeat { goal = drawPlace() } while length(goal - position) < Self.leastDistance
    observe(into: &observation)
  }

  /// Uniform over what is farther than a goal's radius from walls and obstacles.
  @inlinable
  mutating func drawPlace() -> SIMD2<Double> {
    let edge = 1 - Self.goalRadius
    while true {
      let place = SIMD2(random.uniform(-edge, edge), random.uniform(-edge, edge))
      if Self.obstacles.allSatisfy({ length(place - $0.center) > $0.radius + Self.goalRadius }) { return place }
    }
  }

  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let push = Self.strongest * SIMD2(clipped(action[0]), clipped(action[1]))
    let before = length(goal - position)
    let interval = Self.interval / Double(Self.substeps)
    for _ in 0..<Self.substeps {
      velocity += interval * (push - damping * velocity)
      position += interval * velocity
      collide()
    }
    let distance = observe(into: &observation)
    let arrival = distance < Self.goalRadius ? 1.0 : 0
    let pay = reward == .sparse ? arrival : before - distance - timeCost + arrival
    return Step(reward: pay, ending: arrival > 0 ? .terminated : .running)
  }

  /// Puts a point that is inside an obstacle or outside the square back onto the edge, and takes away the velocity that
  /// brought it there. Obstacles lie so far apart and from the walls that it touches one thing at a time.
  @inlinable @inline(__always)
  mutating func collide() {
    for (center, radius) in Self.obstacles {
      let offset = position - center
      let distance = length(offset)
      if distance < radius && distance > 0 {
        let outward = offset / distance
        position = center + radius * outward
        velocity -= min((velocity * outward).sum(), 0) * outward
      }
    }
    for i in 0..<2 where abs(position[i]) > 1 {
      position[i] = position[i] > 0 ? 1 : -1
      velocity[i] = 0
    }
  }

  /// Returns the distance to the goal in metres.
  @inlinable @inline(__always) @discardableResult
  func observe(into observation: inout [Float]) -> Double {
    let way = goal - position
    observation[0] = Float(position.x)
    observation[1] = Float(position.y)
    observation[2] = Float(velocity.x)
    observation[3] = Float(velocity.y)
    observation[4] = Float(way.x)
    observation[5] = Float(way.y)
    for i in Self.obstacles.indices {
      let (center, radius) = Self.obstacles[i]
      // On the edge rounding may leave a distance just below 0.
      observation[6 + i] = Float(max(length(position - center) - radius, 0))
    }
    return length(way)
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 6, state.allSatisfy(\.isFinite), Self.isFree(SIMD2(state[0], state[1])),
      abs(state[4]) <= 1, abs(state[5]) <= 1
    else {
      throw CoreError.badState(
        """
        \(state) is not a point and a goal; expected [x, y, velocity x, velocity y, goal x, goal y] in m and m/s, with \
        both places in the square -1...1 and the point outside the obstacles
        """)
    }
    position = SIMD2(state[0], state[1])
    velocity = SIMD2(state[2], state[3])
    goal = SIMD2(state[4], state[5])
    observe(into: &observation)
  }

  private static func isFree(_ place: SIMD2<Double>) -> Bool {
    abs(place.x) <= 1 && abs(place.y) <= 1 && obstacles.allSatisfy { length(place - $0.center) > $0.radius - 1e-9 }
  }

  public func drawing(of state: [Double]) -> Drawing {
    let corners: [Drawing.Point] = [.init(-1, -1), .init(1, -1), .init(1, 1), .init(-1, 1)]
    let obstacles = Self.obstacles.map {
      Drawing.Shape.circle(.init($0.center.x, $0.center.y), radius: $0.radius, filled: true, .body)
    }
    let point = Drawing.Point(state[0], state[1])
    let ahead = Drawing.Point(state[0] + 0.3 * state[2], state[1] + 0.3 * state[3])
    return Drawing(
      bounds: Drawing.Bounds(x: -1.1...1.1, y: -1.1...1.1),
      shapes: [.polygon(corners, filled: false, .faint)] + obstacles + [
        .circle(.init(state[4], state[5]), radius: Self.goalRadius, filled: false, .good),
        .path([point, ahead], .plain),
        .circle(point, radius: 0.04, filled: true, .accent),
      ])
  }
}

extension PointMass {
  public var documentation: Documentation {
    Documentation(
      summary: "push a point around obstacles to a goal",
      action: """
        The accelerations in x and y as fractions of 1 m/s², each in [−1, 1]. They are clipped to the space.
        """,
      observation: """
        The square reaches from −1 m to 1 m. Obstacles are circles about (−0.35, 0.3), (0.4, 0.35) and (0.05, −0.4) with
        radii 0.25, 0.2 and 0.3 m; distances are to their edges.
        """,
      quantities: [
        .init("x", unit: "m"), .init("y", unit: "m"), .init("x velocity", unit: "m/s"),
        .init("y velocity", unit: "m/s"), .init("x to the goal", unit: "m"), .init("y to the goal", unit: "m"),
        .init("distance to the first obstacle", unit: "m"), .init("distance to the second obstacle", unit: "m"),
        .init("distance to the third obstacle", unit: "m"),
      ],
      rewards: """
        Shaped: the metres by which the step came nearer to the goal, less 0.002, and 1 more at the goal. Sparse: 1 at
        the goal, else 0.
        """,
      start: """
        At rest. Place and goal are uniform over what is more than 0.1 m from walls and obstacles, at least 0.5 m apart.
        """,
      end: """
        Terminates within 0.1 m of the goal, at any speed. Walls and obstacles end nothing: they take away the velocity
        into them, and the point slides on. A step is 0.05 s.
        """,
      knownReturn: """
        In at most 200 steps, on average over the starts of seeds 0…19, by steering around the obstacles: shaped 2.0,
        sparse 1.
        """,
      source: """
        Rao and Bernstein, Naive control of the double integrator (2001), doi:10.1109/37.954521, in two dimensions; the
        shaped reward is the difference of a potential (Ng, Harada and Russell 1999, section 3). Viscous damping 0.5
        1/s. Semi-implicit Euler, two steps of 0.025 s.
        """)
  }
}

extension PointMass: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .choice("reward", \.reward, "what a step pays: progress and 1 at the goal, or only the latter"),
      .number("damping", \.damping, in: 0...10, "share of the velocity lost in a second, in 1/s"),
    ]
  }
}
