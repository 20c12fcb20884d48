import RLCore

/// A hot-air balloon that is to hover 50 m above the ground.
public struct Balloon: Environment {
  public var wind = 0.5
  public var random = RandomStream(seed: 0)
  private var height = 50.0
  private var climb = 0.0

  public init() {}

  public var observationSpace: Space { .box(low: [-1, -1], high: [1, 1]) }
  public var actionSpace: Space { .box(low: [-1], high: [1]) }
  public var state: [Double] { [height, climb] }

  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    (height, climb) = (random.uniform(10, 90), 0)
    observe(into: &observation)
  }

  public mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    let burner = Double(max(-1, min(1, action[0])))
    climb = max(-10, min(10, 0.95 * climb + burner + wind * random.uniform(-1, 1)))
    height = max(0, min(100, height + 0.5 * climb))
    observe(into: &observation)
    let error = Double(observation[0])
    return Step(reward: -error * error, ending: .running)
  }

  private func observe(into observation: inout [Float]) {
    observation[0] = Float(height / 50 - 1)
    observation[1] = Float(climb / 10)
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 2, (0...100).contains(state[0]), abs(state[1]) <= 10 else {
      throw CoreError.badState("\(state) is no balloon; expected [height in 0...100 m, climb in -10...10 m/s]")
    }
    (height, climb) = (state[0], state[1])
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let basket = Drawing.Point(50, state[0])
    return Drawing(
      bounds: .init(x: 0...100, y: 0...125),
      shapes: [
        .path([.init(0, 50), .init(100, 50)], .faint), .path([basket, .init(50, state[0] + 8)], .body),
        .circle(.init(50, state[0] + 16), radius: 9, filled: true, .accent),
      ])
  }

  public var documentation: Documentation {
    Documentation(
      summary: "hover in a hot-air balloon", action: "The burner: −1 vents, 1 burns. It is clipped to the space.",
      observation: "Where the balloon is.",
      quantities: [.init("height above 50 m", unit: "50 m"), .init("climb", unit: "10 m/s")],
      rewards: "−((height − 50)/50)²: from −1 to 0.", start: "A height between 10 and 90 m, at rest.",
      end: "Never terminates. A step is half a second.", source: "An example of rlgym's.")
  }
}

extension Balloon: Configurable {
  public static var settings: [Setting<Self>] { [.number("wind", \.wind, in: 0...10, "strength of gusts in m/s")] }
}
