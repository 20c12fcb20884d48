import RLCore

/// A small car that cannot move sideways: park it in the middle of a lot, facing to the right.
public struct Parking: Environment {
  public var reward = RewardKind.shaped
  /// Whether the car has a reverse gear; without one it is Dubins' car.
  public var reverse = true
  public var random = RandomStream(seed: 0)
  /// Place of the rear axle's middle, heading, speed.
  @usableFromInline var motion = SIMD4(-1.0, 0, 0, 0)

  /// Between the axles, in metres.
  @inlinable static var wheelbase: Double { 0.3 }
  @inlinable static var widestSteering: Double { 0.5 }
  @inlinable static var strongest: Double { 2 }
  @inlinable static var fastest: Double { 1 }
  @inlinable static var interval: Double { 0.05 }
  /// Half the lot's side, and half that of the square of starts, in metres.
  @inlinable static var edge: Double { 2.5 }
  @inlinable static var startEdge: Double { 1.5 }
  /// What counts as parked: distance in metres, heading in radians, speed in m/s.
  @inlinable static var closeEnough: Double { 0.1 }
  @inlinable static var straightEnough: Double { 0.2 }
  @inlinable static var slowEnough: Double { 0.2 }
  /// Metres that a radian of heading counts for in the shaped reward.
  @inlinable static var headingWeight: Double { 0.2 }

  public init() {}

  public var observationSpace: Space {
    // The step that leaves the lot is no longer than 0.05 m.
    let wide = Float(Self.edge + Self.fastest * Self.interval)
    let high: [Float] = [wide, wide, 1, 1, Float(Self.fastest)]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .box(low: [-1, -1], high: [1, 1]) }
  /// Place of the rear axle's middle in m, heading in rad, counter-clockwise from the x axis and not wrapped, and speed
  /// in m/s. Shape `[4]`.
  public var state: [Double] { [motion.x, motion.y, motion.z, motion.w] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    repeat {
      motion = SIMD4(
        random.uniform(-Self.startEdge, Self.startEdge), random.uniform(-Self.startEdge, Self.startEdge),
        random.uniform(-Double.pi, Double.pi), 0)
    } while length(motion.lowHalf) < 0.5
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let before = distanceToGo
    let (sine, cosine) = sineCosine(Self.widestSteering * clipped(action[0]))
    let curvature = sine / cosine / Self.wheelbase
    // The acceleration that the limits of speed leave.
    let wanted = motion.w + Self.interval * Self.strongest * clipped(action[1])
    let speed = min(max(wanted, reverse ? -Self.fastest : 0), Self.fastest)
    let acceleration = (speed - motion.w) / Self.interval
    motion = rungeKutta4(motion, over: Self.interval) {
      Self.slope($0, curvature: curvature, acceleration: acceleration)
    }
    motion.w = speed
    observe(into: &observation)

    let isParked =
      length(motion.lowHalf) < Self.closeEnough && abs(wrappedAngle(motion.z)) < Self.straightEnough
      && abs(motion.w) < Self.slowEnough
    let hasLeft = max(abs(motion.x), abs(motion.y)) > Self.edge
    let outcome: Double = isParked ? 1 : hasLeft ? -1 : 0
    let pay = reward == .sparse ? outcome : before - distanceToGo - timeCost + outcome
    return Step(reward: pay, ending: isParked || hasLeft ? .terminated : .running)
  }

  /// The rate of change of (x, y, θ, v): the rear wheels roll along the heading, the front wheels bend the path.
  @inlinable @inline(__always)
  static func slope(_ s: SIMD4<Double>, curvature: Double, acceleration: Double) -> SIMD4<Double> {
    let (sine, cosine) = sineCosine(s.z)
    return SIMD4(s.w * cosine, s.w * sine, s.w * curvature, acceleration)
  }

  /// What the shaped reward pays for diminishing, in metres.
  @inlinable @inline(__always)
  var distanceToGo: Double { length(motion.lowHalf) + Self.headingWeight * abs(wrappedAngle(motion.z)) }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    let (sine, cosine) = sineCosine(motion.z)
    observation[0] = Float(motion.x)
    observation[1] = Float(motion.y)
    observation[2] = Float(cosine)
    observation[3] = Float(sine)
    observation[4] = Float(motion.w)
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    let widest = Self.edge + Self.fastest * Self.interval
    guard state.count == 4, state.allSatisfy(\.isFinite), state[..<2].allSatisfy({ abs($0) <= widest }),
      (reverse ? -Self.fastest...Self.fastest : 0...Self.fastest).contains(state[3])
    else {
      throw CoreError.badState(
        """
        \(state) is not a car; expected [x, y, heading, speed] in -2.55...2.55 m, rad and \(reverse ? -1 : 0)...1 m/s
        """)
    }
    motion = SIMD4(state[0], state[1], state[2], state[3])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let edge = Self.edge
    let lot: [Drawing.Point] = [.init(-edge, -edge), .init(edge, -edge), .init(edge, edge), .init(-edge, edge)]
    let car = [(-0.1, -0.1), (0.4, -0.1), (0.4, 0.1), (-0.1, 0.1)]
    let slot = [(-0.16, -0.16), (0.46, -0.16), (0.46, 0.16), (-0.16, 0.16)]
    let (sine, cosine) = sineCosine(state[2])
    func placed(_ point: (Double, Double)) -> Drawing.Point {
      .init(state[0] + cosine * point.0 - sine * point.1, state[1] + sine * point.0 + cosine * point.1)
    }
    return Drawing(
      bounds: Drawing.Bounds(x: -2.6...2.6, y: -2.6...2.6),
      shapes: [
        .polygon(lot, filled: false, .faint),
        .polygon(slot.map { .init($0.0, $0.1) }, filled: false, .good),
        .polygon(car.map(placed), filled: true, .body),
        .path([placed((0.4, -0.1)), placed((0.5, 0)), placed((0.4, 0.1))], .accent),
      ])
  }
}

extension Parking {
  public var documentation: Documentation {
    Documentation(
      summary: "park a car in a given place and heading",
      action: """
        The front wheels' angle as a fraction of 0.5 rad, positive to the left, and the acceleration as a fraction of 2
        m/s², each in [−1, 1]. They are clipped to the space. The speed stays within ±1 m/s, or from 0 to 1 m/s without
        a reverse gear.
        """,
      observation: """
        The place of the rear axle's middle, measured from where it is to be parked, and the heading θ,
        counter-clockwise from the one wanted. The bounds are 0.05 m beyond the lot, so that the observation that ends
        an episode lies in the space.
        """,
      quantities: [
        .init("x", unit: "m"), .init("y", unit: "m"), .init("cos θ"), .init("sin θ"), .init("speed", unit: "m/s"),
      ],
      rewards: """
        Parked, 1; leaving the lot, −1; shaped, each step also pays the decrease of d + 0.2 m/rad · |θ|, d the distance
        in metres and θ in [−π, π), less 0.002.
        """,
      start: """
        At rest, any heading. The place is uniform over the square of ±1.5 m, but at least 0.5 m from the middle.
        """,
      end: """
        Terminates when the car is parked, within 0.1 m and 0.2 rad and slower than 0.2 m/s, and when it leaves the lot
        of ±2.5 m. A step is 0.05 s.
        """,
      knownReturn: """
        In at most 300 steps, on average over the starts of seeds 0…19, along Dubins' shortest path: shaped 2.3,
        sparse 1.
        """,
      source: """
        LaValle, Planning Algorithms (2006), section 13.1.2.1, equation 13.15, with the acceleration as an input; Dubins
        (1957), doi:10.2307/2372560, for the car without a reverse gear. The shaped reward is the difference of a
        potential (Ng, Harada and Russell 1999, section 3). Wheelbase 0.3 m, so that the tightest circle has a radius of
        0.55 m. Runge-Kutta of fourth order, one step of 0.05 s.
        """)
  }
}

extension Parking: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .choice("reward", \.reward, "what a step pays: progress and the outcome, or only the outcome"),
      .flag("reverse", \.reverse, "give the car a reverse gear"),
    ]
  }
}
