import RLCore

/// Drive a car out of a valley with an engine that is weaker than gravity. Gymnasium's `MountainCar-v0`, whose episodes
/// are 200 steps: `TimeLimit(MountainCar(), limit: 200)`.
public struct MountainCar: Environment {
  /// The least velocity at the goal that counts as arriving.
  public var goalVelocity = 0.0
  public var random = RandomStream(seed: 0)
  @usableFromInline var motion = MountainCarMotion<Double>()

  @inlinable static var leftEnd: Double { -1.2 }
  @inlinable static var rightEnd: Double { 0.6 }
  @inlinable static var fastest: Double { 0.07 }
  @inlinable static var goal: Double { 0.5 }
  @inlinable static var force: Double { 0.001 }
  @inlinable static var gravity: Double { 0.0025 }

  public init() {}

  public var observationSpace: Space { MountainRoad.space }
  public var actionSpace: Space { .discrete(3) }
  /// Position, and velocity in positions a step. Shape `[2]`.
  public var state: [Double] { [motion.position, motion.velocity] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    motion = MountainCarMotion(startingUnder: goalVelocity, using: &random)
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout [Float]) -> Step {
    let (reward, hasArrived) = withUnsafePointer(to: action) { motion.step($0, under: goalVelocity) }
    observe(into: &observation)
    return Step(reward: reward, ending: hasArrived ? .terminated : .running)
  }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    observation.withUnsafeMutableBufferPointer { motion.observe(under: goalVelocity, into: $0.baseAddress!) }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    (motion.position, motion.velocity) = try MountainRoad.place(state)
    observe(into: &observation)
  }

  public func lanes(drawingFrom streams: [RandomStream]) -> any EnvironmentLanes<[Float], Int> {
    MotionLanes<MountainCarMotion<Double>, MountainCarMotion<Wide>>(
      goalVelocity, width: 2, actionWidth: 1, drawingFrom: streams)
  }

  public func drawing(of state: [Double]) -> Drawing { MountainRoad.drawing(position: state[0], goal: Self.goal) }
}

/// The valley that both mountain cars drive in: its height is 0.45 sin(3x) + 0.55 at position x.
enum MountainRoad {
  static var space: Space {
    let high = [Float(MountainCar.rightEnd), Float(MountainCar.fastest)]
    return .box(low: [Float(MountainCar.leftEnd), -high[1]], high: high)
  }

  static func place(_ state: [Double]) throws -> (position: Double, velocity: Double) {
    // The bounds are the observation space's, whose last places differ from the constants'.
    guard state.count == 2, state.allSatisfy(\.isFinite), state.map({ Float($0) }).lies(in: space) else {
      throw CoreError.badState(
        "\(state) is not a mountain car; expected [position in -1.2...0.6, velocity in -0.07...0.07]")
    }
    return (state[0], state[1])
  }

  static func height(_ x: Double) -> Double { sineCosine(3 * x).sine * 0.45 + 0.55 }

  static func drawing(position: Double, goal: Double) -> Drawing {
    let road = stride(from: MountainCar.leftEnd, through: MountainCar.rightEnd + 0.01, by: 0.04).map {
      Drawing.Point($0, height($0))
    }
    let foot = Drawing.Point(goal, height(goal))
    let flag = [(0.0, 0.2), (0.1, 0.16), (0.0, 0.12)].map { Drawing.Point(foot.x + $0.0, foot.y + $0.1) }
    return Drawing(
      bounds: Drawing.Bounds(x: -1.25...0.65, y: 0...1.3),
      shapes: [
        .path(road, .faint),
        .path([foot, flag[0]], .good),
        .polygon(flag, filled: true, .good),
        .circle(Drawing.Point(position, height(position) + 0.05), radius: 0.05, filled: true, .body),
      ])
  }
}

/// Position, and velocity in positions a step. The law that may be set is the velocity at the goal.
public struct MountainCarMotion<Number: Lane>: Motion {
  public typealias Action = Int

  @usableFromInline var position = Number(0)
  @usableFromInline var velocity = Number(0)

  @inlinable public init() {}

  @inlinable public init(startingUnder goalVelocity: Double, using random: inout RandomStream) {
    position = Number(random.uniform(-0.6, -0.4))
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: UnsafePointer<Int>, under goalVelocity: Double) -> (
    reward: Number, hasEnded: Number.Mask
  ) {
    typealias World = MountainCar
    let (zero, leftEnd) = (Number(0), Number(World.leftEnd))
    let push = Number.choose(
      Number.isAction(2, at: action), Number(World.force),
      Number.choose(Number.isAction(0, at: action), Number(-World.force), zero))
    let slope = sineCosine(Number(3) * position).cosine
    velocity = velocity + (push + slope * Number(-World.gravity))
    velocity = Number.clamp(velocity, Number(-World.fastest), Number(World.fastest))
    position = Number.clamp(position + velocity, leftEnd, Number(World.rightEnd))
    let isStopped = Number.both(Number.isAtMost(position, leftEnd), Number.isLess(velocity, zero))
    velocity = Number.choose(isStopped, zero, velocity)
    let hasArrived = Number.both(
      Number.isAtMost(Number(World.goal), position), Number.isAtMost(Number(goalVelocity), velocity))
    return (Number(-1), hasArrived)
  }

  @inlinable @inline(__always)
  public func observe(under goalVelocity: Double, into rows: UnsafeMutablePointer<Float>) {
    Number.writeRows(position.single, velocity.single, to: rows)
  }
}

extension MountainCar {
  public var documentation: Documentation {
    Documentation(
      summary: "drive out of a valley by rocking to and fro",
      action: "0 accelerates to the left, 1 does not, 2 accelerates to the right, by 0.001 positions a step².",
      observation: "The valley's floor is at −π/6 = −0.524, the goal at 0.5.",
      quantities: [.init("position"), .init("velocity", unit: "positions a step")],
      rewards: "−1 for every step, the last one included.",
      start: "Position uniform in [−0.6, −0.4), at rest.",
      end: "Terminates at position 0.5 or beyond, at goalVelocity or more.",
      knownReturn:
        "−119.5 on average over the test starts by pushing the way the car moves; solved, says Gymnasium, is −110.",
      // By dynamic programming on a fine grid, rolled out in the exact dynamics.
      nearOptimalReturn: goalVelocity == 0 ? -97.65 : nil,
      source: """
        Moore (1990), Efficient Memory-Based Learning for Robot Control, UCAM-CL-TR-209; Sutton and Barto, Reinforcement
        Learning, 2nd ed. (2018), example 10.1; as Gymnasium 1.4's MountainCar-v0, to the bit but for the last place of
        the cosine. Gravity 0.0025 cos 3x, semi-implicit Euler, one time unit a step; the left wall stops the car.
        """)
  }
}

extension MountainCar: Configurable {
  public static var settings: [Setting<Self>] {
    [.number("goalVelocity", \.goalVelocity, in: 0...0.07, "least velocity at the goal that counts as arriving")]
  }
}
