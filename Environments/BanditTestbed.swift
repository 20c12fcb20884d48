import RLCore

/// A bandit of ten arms whose values are drawn anew in every episode. Sutton and Barto's section 2.3; its episodes are
/// 1000 steps: `TimeLimit(BanditTestbed(), limit: 1000)`.
public struct BanditTestbed: FiniteEnvironment {
  public var arms = 10 {
    didSet { values = [Double](repeating: 0, count: arms) }
  }
  /// The mean of the arms' values.
  public var mean = 0.0
  /// Whether the values stay, instead of walking by chance from all the same.
  public var stationary = true
  /// No pull tells of the next.
  public var discount = 0.0
  public var random = RandomStream(seed: 0)
  /// The mean reward of each arm. Shape `[arms]`.
  @usableFromInline var values = [Double](repeating: 0, count: 10)

  /// Standard deviation of a step of a walking value.
  @inlinable static var stride: Double { 0.01 }

  public init() {}

  public var observationSpace: Space { .discrete(1) }
  public var actionSpace: Space { .discrete(arms) }
  public var state: [Double] { values }
  /// The arm of the highest value at present, the first among equals.
  public var bestArm: Int { (1..<arms).reduce(0) { values[$1] > values[$0] ? $1 : $0 } }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let seed { random = RandomStream(seed: seed) }
    for arm in values.indices { values[arm] = stationary ? mean + random.normal() : mean }
    observation = 0
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout Int) -> Step {
    let reward = values[action] + random.normal()
    if !stationary {
      for arm in values.indices { values[arm] += Self.stride * random.normal() }
    }
    observation = 0
    return Step(reward: reward, ending: .running)
  }

  public mutating func restore(state: [Double], into observation: inout Int) throws {
    guard state.count == arms, state.allSatisfy(\.isFinite) else {
      throw CoreError.badState("\(state) is not a bandit; expected the mean rewards of \(arms) arms")
    }
    values = state
    observation = 0
  }

  /// As the book's figure 2.1: what an arm pays lies mostly within two standard deviations of its mean.
  public func drawing(of state: [Double]) -> Drawing {
    let best = state.max()!
    let low = state.min()! - 2.5
    var shapes: [Drawing.Shape] = [.path([.init(-0.5, 0), .init(Double(state.count) - 0.5, 0)], .faint)]
    for (arm, value) in state.enumerated() {
      let x = Double(arm)
      shapes.append(.path([.init(x, value - 2), .init(x, value + 2)], .body))
      shapes.append(.circle(.init(x, value), radius: 0.2, filled: true, value == best ? .good : .accent))
      shapes.append(.label("\(arm)", .init(x, low), .plain))
    }
    return Drawing(bounds: .init(x: -1...Double(state.count), y: low - 0.5...best + 2.5), shapes: shapes)
  }
}

extension BanditTestbed {
  public var documentation: Documentation {
    Documentation(
      summary: "find the best of ten arms by pulling them",
      action: "The arm to pull, 0 to \(arms - 1).",
      observation: "0, always: a bandit has one state.",
      rewards: "Normal with the arm's value as mean and variance 1.",
      start: """
        The arms' values are drawn anew from a normal distribution with the setting mean and variance 1; where they are
        not stationary all begin at the mean.
        """,
      end: "Never terminates.",
      knownReturn: """
        1539 on average over 1000 steps for one who knows the best of ten arms, 1.5388 a step: the mean of the largest
        of ten standard normal numbers.
        """,
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), section 2.3; section 2.8 has values around 4; exercise
        2.5 has values that all begin the same and take a normal step of standard deviation 0.01 after every pull.
        """)
  }
}

extension BanditTestbed: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .integer("arms", \.arms, in: 1...1000, "number of arms"),
      .number("mean", \.mean, in: -1e6...1e6, "mean of the arms' values"),
      .flag("stationary", \.stationary, "keep the arms' values for an episode, instead of letting them walk"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
