import RLCore

/// A ball on a string under a cup: move the cup so that the ball flies up and falls into it.
public struct BallInCup: Environment {
  public var reward = RewardKind.shaped
  /// Air resistance of the ball over its mass, in 1/s.
  public var drag = 0.05
  public var random = RandomStream(seed: 0)
  @usableFromInline var cup = SIMD2<Double>()
  @usableFromInline var cupVelocity = SIMD2<Double>()
  /// Place and velocity of the ball as seen from the cup.
  @usableFromInline var ball = SIMD4(0, -0.35, 0, 0)

  @inlinable static var gravity: Double { 9.8 }
  @inlinable static var string: Double { 0.35 }
  /// Of the cup, whose bottom holds the string, in metres.
  @inlinable static var halfWidth: Double { 0.06 }
  @inlinable static var height: Double { 0.1 }
  /// How far the cup moves from the middle, in metres.
  @inlinable static var reach: Double { 0.5 }
  @inlinable static var strongest: Double { 10 }
  @inlinable static var interval: Double { 0.02 }
  @inlinable static var substeps: Int { 10 }

  public init() {}

  public var observationSpace: Space {
    let high: [Float] = [0.5, 0.5, .infinity, .infinity, 0.36, 0.36, .infinity, .infinity]
    return .box(low: high.map { -$0 }, high: high)
  }
  public var actionSpace: Space { .box(low: [-1, -1], high: [1, 1]) }
  /// Place and velocity of the cup, place and velocity of the ball as seen from the cup, x before y, in m and m/s.
  /// Shape `[8]`.
  public var state: [Double] {
    [cup.x, cup.y, cupVelocity.x, cupVelocity.y, ball.x, ball.y, ball.z, ball.w]
  }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    cup = SIMD2()
    cupVelocity = SIMD2()
    let (sine, cosine) = sineCosine(random.uniform(-0.2, 0.2))
    ball = SIMD4(Self.string * sine, -Self.string * cosine, 0, 0)
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let push = Self.strongest * SIMD2(clipped(action[0]), clipped(action[1]))
    let before = distance
    var isCaught = false
    var left = Self.substeps
    while left > 0 && !isCaught {
      isCaught = advance(push, by: Self.interval / Double(Self.substeps))
      left -= 1
    }
    observe(into: &observation)
    let success = isCaught ? 1.0 : 0
    let pay = reward == .sparse ? success : (before - distance) / Self.string - timeCost + success
    return Step(reward: pay, ending: isCaught ? .terminated : .running)
  }

  /// Moves cup and ball on under the cup's acceleration; returns whether the ball is in the cup.
  @inlinable @inline(__always)
  mutating func advance(_ push: SIMD2<Double>, by interval: Double) -> Bool {
    var acceleration = push
    for i in 0..<2 {
      let next = cup[i] + interval * (cupVelocity[i] + 0.5 * interval * push[i])
      if abs(next) > Self.reach {
        // The end of the rail stops the cup at once, and the ball goes on.
        cup[i] = next > 0 ? Self.reach : -Self.reach
        ball[2 + i] += cupVelocity[i]
        cupVelocity[i] = 0
        acceleration[i] = 0
      } else {
        cup[i] = next
        cupVelocity[i] += interval * push[i]
      }
    }
    let wasAbove = ball.y >= Self.height || isInside
    let isTaut = isTaut(under: acceleration)
    ball = rungeKutta4(ball, over: interval) { slope($0, acceleration, isTaut: isTaut) }
    tighten(isTaut)
    if isInside {
      if wasAbove { return true }
      pushOut()
    }
    return false
  }

  // As seen from the cup, whose acceleration is a, the ball's place r has r̈ = −λ r + f, with f = −g e_y − a less the
  // air's resistance. While the string is taut |r| = L, so r · r̈ + ṙ² = 0 and λ = (ṙ² + r · f) / L²; it pulls, λ > 0,
  // or it is slack.
  @inlinable @inline(__always)
  func slope(_ s: SIMD4<Double>, _ acceleration: SIMD2<Double>, isTaut: Bool) -> SIMD4<Double> {
    let place = s.lowHalf
    let velocity = s.highHalf
    var force = -acceleration - drag * (velocity + cupVelocity)
    force.y -= Self.gravity
    if isTaut { force -= ((velocity * velocity).sum() + (place * force).sum()) / (place * place).sum() * place }
    return SIMD4(lowHalf: velocity, highHalf: force)
  }

  /// Whether the string is stretched, the ball does not come nearer, and the string has to pull to keep it so.
  @inlinable @inline(__always)
  func isTaut(under acceleration: SIMD2<Double>) -> Bool {
    let place = ball.lowHalf
    let velocity = ball.highHalf
    if length(place) < Self.string * (1 - 1e-9) || (place * velocity).sum() < -1e-9 { return false }
    let force = slope(ball, acceleration, isTaut: false).highHalf
    return (velocity * velocity).sum() + (place * force).sum() > 0
  }

  /// Puts the ball back onto the circle that the string allows: after a taut step because of rounding, after a slack
  /// one because the string has become taut, which takes the velocity away from the cup at once.
  @inlinable @inline(__always)
  mutating func tighten(_ wasTaut: Bool) {
    let distance = length(ball.lowHalf)
    if !wasTaut && distance <= Self.string { return }
    let outward = ball.lowHalf / distance
    let speed = (ball.highHalf * outward).sum()
    ball.lowHalf = Self.string * outward
    if wasTaut || speed > 0 { ball.highHalf -= speed * outward }
  }

  @inlinable @inline(__always)
  var isInside: Bool { abs(ball.x) < Self.halfWidth && ball.y > 0 && ball.y < Self.height }

  /// Puts a ball that has run into a side or the bottom back onto it, and takes away the velocity into the cup.
  @inlinable @inline(__always)
  mutating func pushOut() {
    if ball.y < Self.halfWidth - abs(ball.x) {
      ball.y = 0
      ball.w = min(ball.w, 0)
    } else {
      let side: Double = ball.x < 0 ? -1 : 1
      ball.x = side * Self.halfWidth
      ball.z = side * max(side * ball.z, 0)
    }
  }

  /// From the ball to the middle of the cup's mouth, in metres.
  @inlinable @inline(__always)
  var distance: Double { length(ball.lowHalf - SIMD2(0, Self.height)) }

  /// Kinetic and potential energy of the ball over its mass, in J/kg, for a cup at rest; 0 at the cup's height.
  var energy: Double { 0.5 * (ball.highHalf * ball.highHalf).sum() + Self.gravity * ball.y }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    for i in 0..<2 {
      observation[i] = Float(cup[i])
      observation[2 + i] = Float(cupVelocity[i])
    }
    for i in 0..<4 { observation[4 + i] = Float(ball[i]) }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 8, state.allSatisfy(\.isFinite), state[..<2].allSatisfy({ abs($0) <= Self.reach }),
      length(SIMD2(state[4], state[5])) <= Self.string * (1 + 1e-9)
    else {
      throw CoreError.badState(
        """
        \(state) is not a cup and a ball; expected [cup x, cup y, its velocity, ball x, ball y, its velocity], the cup \
        within 0.5 m of the middle, the ball within 0.35 m of the cup
        """)
    }
    cup = SIMD2(state[0], state[1])
    cupVelocity = SIMD2(state[2], state[3])
    ball = SIMD4(state[4], state[5], state[6], state[7])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let bottom = Drawing.Point(state[0], state[1])
    let ball = Drawing.Point(state[0] + state[4], state[1] + state[5])
    let wall = [
      (-Self.halfWidth, Self.height), (-Self.halfWidth, 0), (Self.halfWidth, 0), (Self.halfWidth, Self.height),
    ]
    let reach = Self.reach
    return Drawing(
      bounds: Drawing.Bounds(x: -0.9...0.9, y: -0.9...0.9),
      shapes: [
        .polygon(
          [.init(-reach, -reach), .init(reach, -reach), .init(reach, reach), .init(-reach, reach)], filled: false,
          .faint),
        .path(string(from: bottom, to: ball), .plain),
        .path(wall.map { .init(bottom.x + $0.0, bottom.y + $0.1) }, .body),
        .circle(ball, radius: 0.03, filled: true, .accent),
      ])
  }

  /// A slack string sags along a parabola, about as far as its length asks for.
  private func string(from cup: Drawing.Point, to ball: Drawing.Point) -> [Drawing.Point] {
    let span = SIMD2(ball.x - cup.x, ball.y - cup.y)
    let sag = (0.375 * max(Self.string * Self.string - (span * span).sum(), 0)).squareRoot()
    return (0...8).map { i in
      let t = Double(i) / 8
      return .init(cup.x + t * span.x, cup.y + t * span.y - 4 * t * (1 - t) * sag)
    }
  }
}

extension BallInCup {
  public var documentation: Documentation {
    Documentation(
      summary: "swing a ball on a string up into a cup",
      action: """
        The cup's accelerations in x and y as fractions of 10 m/s², each in [−1, 1]. They are clipped to the space. The
        cup always stays upright.
        """,
      observation: """
        The cup's place, at its bottom, and velocity; the ball's place and velocity as seen from there. Bounds of the
        ball are those of the string, a little widened.
        """,
      quantities: [
        .init("cup x", unit: "m"), .init("cup y", unit: "m"), .init("cup x velocity", unit: "m/s"),
        .init("cup y velocity", unit: "m/s"), .init("ball x", unit: "m"), .init("ball y", unit: "m"),
        .init("ball x velocity", unit: "m/s"), .init("ball y velocity", unit: "m/s"),
      ],
      rewards: """
        Shaped: by how many lengths of the string the step brought the ball nearer to the middle of the cup's mouth,
        less 0.002, and 1 more in the cup. Sparse: 1 in the cup, else 0.
        """,
      start: """
        The cup rests in the middle, the ball hangs at rest at the stretched string, at an angle uniform in ±0.2 rad.
        """,
      end: """
        Terminates when the ball has fallen into the cup through its mouth. The cup is stopped at ±0.5 m, which ends
        nothing. A step is 0.02 s.
        """,
      knownReturn: """
        In at most 250 steps, on average over the starts of seeds 0…19, by pumping the swing and predicting the fall:
        shaped 2.1, sparse 1.
        """,
      source: """
        The task is Kober and Peters's (2011, doi:10.1007/s10994-010-5223-6) in a plane; tension and slackness are those
        of an inextensible string (Brogliato, Nonsmooth Mechanics, 3rd ed., 2016, doi:10.1007/978-3-319-28664-8, chapter
        1): it pulls but does not push, and what stretches it is lost. A point on a string of 0.35 m at the bottom of a
        cup 0.12 m wide and 0.1 m deep, whose sides and bottom take away the velocity into them; the string passes
        through the cup. Air resistance 0.05 1/s, gravity 9.8 m/s². The shaped reward is the difference of a potential
        (Ng, Harada and Russell 1999, section 3). Runge-Kutta of fourth order, ten steps of 0.002 s.
        """)
  }
}

extension BallInCup: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .choice("reward", \.reward, "what a step pays: progress and 1 in the cup, or only the latter"),
      .number("drag", \.drag, in: 0...10, "air resistance of the ball over its mass, in 1/s"),
    ]
  }
}
