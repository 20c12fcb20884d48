import RLCore

/// Drive a car out of a valley on little fuel, with an engine that is weaker than gravity. Gymnasium's
/// `MountainCarContinuous-v0`, whose episodes are 999 steps: `TimeLimit(MountainCarContinuous(), limit: 999)`.
public struct MountainCarContinuous: Environment {
  /// The least velocity at the goal that counts as arriving.
  public var goalVelocity = 0.0
  public var random = RandomStream(seed: 0)
  @usableFromInline var position = 0.0
  @usableFromInline var velocity = 0.0

  @inlinable static var goal: Double { 0.45 }
  @inlinable static var power: Double { 0.0015 }

  public init() {}

  public var observationSpace: Space { MountainRoad.space }
  public var actionSpace: Space { .box(low: [-1], high: [1]) }
  /// Position, and velocity in positions a step. Shape `[2]`.
  public var state: [Double] { [position, velocity] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    position = random.uniform(-0.6, -0.4)
    velocity = 0
    observe(into: &observation)
  }

  /// Gymnasium keeps a float64 state until the first step and a float32 one from then on, and NumPy 2 computes with
  /// Python's numbers in the state's precision. So does this, by whether the state is a pair of float32.
  @inlinable
  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let isSingle = Self.single(position) == position && Self.single(velocity) == velocity
    func round(_ x: Double) -> Double { isSingle ? Self.single(x) : x }

    let slope = 0.0025 * sineCosine(round(3 * position)).cosine
    let force = action[0]
    // Only a clipped force is a Python number, and only then is the sum a float64.
    let change =
      abs(force) > 1
      ? Double(force < 0 ? -1 : 1) * Self.power - slope
      : Double(force * Float(Self.power) - Float(slope))
    let fastest = round(MountainCar.fastest)
    velocity = min(max(round(velocity + round(change)), -fastest), fastest)
    position = min(
      max(round(position + velocity), round(MountainCar.leftEnd)), round(MountainCar.rightEnd))
    if position == round(MountainCar.leftEnd) && velocity < 0 { velocity = 0 }
    let hasArrived = position >= round(Self.goal) && velocity >= round(goalVelocity)
    position = Self.single(position)
    velocity = Self.single(velocity)
    observe(into: &observation)

    let fuel = Double(force) * Double(force) * 0.1
    return Step(reward: (hasArrived ? 100 : 0) - fuel, ending: hasArrived ? .terminated : .running)
  }

  @inlinable @inline(__always)
  static func single(_ x: Double) -> Double { Double(Float(x)) }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    observation[0] = Float(position)
    observation[1] = Float(velocity)
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    (position, velocity) = try MountainRoad.place(state)
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing { MountainRoad.drawing(position: state[0], goal: Self.goal) }
}

extension MountainCarContinuous {
  public var documentation: Documentation {
    Documentation(
      summary: "drive out of a valley by rocking to and fro, on little fuel",
      action: """
        The engine's force in −1…1, times 0.0015 positions a step². A force outside drives as if clipped, but is paid
        for as it is.
        """,
      observation: "The valley's floor is at −π/6 = −0.524, the goal at 0.45.",
      quantities: [.init("position"), .init("velocity", unit: "positions a step")],
      rewards: "−0.1 a² for every step with the action a before clipping, and 100 more for arriving.",
      start: "Position uniform in [−0.6, −0.4), at rest.",
      end: "Terminates at position 0.45 or beyond, at goalVelocity or more.",
      knownReturn:
        "89.3 on average over the test starts by pushing the way the car moves; solved, says Gymnasium, is 90.",
      // By dynamic programming on a fine grid, rolled out in the exact dynamics.
      nearOptimalReturn: goalVelocity == 0 ? 99.65 : nil,
      source: """
        Moore (1990), Efficient Memory-Based Learning for Robot Control, UCAM-CL-TR-209, as Gymnasium 1.4's
        MountainCarContinuous-v0, to the bit but for the last place of the cosine: the state is rounded to float32 at
        every step. Gravity 0.0025 cos 3x, semi-implicit Euler, one time unit a step; the left wall stops the car.
        """)
  }
}

extension MountainCarContinuous: Configurable {
  public static var settings: [Setting<Self>] {
    [.number("goalVelocity", \.goalVelocity, in: 0...0.07, "least velocity at the goal that counts as arriving")]
  }
}
