import RLCore

// Two worlds on which semi-gradient methods diverge: small models, and the features that make them hard.

/// Baird's star of seven states, on which off-policy learning with features diverges. Sutton and Barto, section 11.2.
public struct BairdStar: FiniteMDP {
  public var discount = 0.99

  /// The features of the states: v(s) = x(s) · w, with 2wₛ + w₈ for the six upper states and w₇ + 2w₈ for the seventh.
  /// Shape `[7, 8]`.
  public static let features: [[Double]] = (0..<7).map { s in
    (0..<8).map { i in i == s ? (s < 6 ? 2 : 1) : i == 7 ? (s < 6 ? 1 : 2) : 0 }
  }

  public init() {}

  public var stateCount: Int { 7 }
  public var actionCount: Int { 2 }
  public var initial: [Double] { [Double](repeating: 1.0 / 7, count: 7) }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    if action == 1 { return [Outcome(probability: 1, next: 6, reward: 0, isTerminal: false)] }
    return (0..<6).map { Outcome(probability: 1.0 / 6, next: $0, reward: 0, isTerminal: false) }
  }

  public func drawing(ofState state: Int) -> Drawing {
    let upper = (0..<6).map { Drawing.Node("\($0 + 1)", Double($0), 2) }
    return Drawing(
      nodes: upper + [.init("7", 2.5, 0)], arrows: (0..<7).map { (from: $0, to: 6) }, agent: state)
  }
}

extension BairdStar {
  public var documentation: Documentation {
    Documentation(
      summary: "estimate values that are all zero, with features that make off-policy learning diverge",
      action: "0 dashed, to any of the six upper states with equal probability; 1 solid, to the seventh.",
      observation: "The state, 0 to 6; 6 is the seventh.",
      rewards: "Always 0.",
      start: "Any state, each as likely.",
      end: "Never terminates.",
      knownReturn: "0 from everywhere, whatever the policy.",
      source: """
        Baird (1995), doi:10.1016/B978-1-55860-377-6.50013-X, as Sutton and Barto, Reinforcement Learning, 2nd ed.
        (2018), section 11.2, have it. Behaviour takes dashed with probability 6/7, the target policy always solid; the
        eight features of a state are BairdStar.features, and the weights begin at 1, 1, 1, 1, 1, 1, 10, 1.
        """)
  }
}

extension BairdStar: Configurable {
  public static var settings: [Setting<Self>] {
    [.number("discount", \.discount, in: 0...1, "discount of a step")]
  }
}

/// Two states whose values are w and 2w, on which least-squares dynamic programming diverges. Sutton and Barto, example
/// 11.1.
public struct TsitsiklisVanRoy: FiniteMDP {
  /// Probability that the second state ends the episode.
  public var epsilon = 0.1
  public var discount = 0.99

  /// The feature of each state, the end last. Shape `[3, 1]`.
  public static let features: [[Double]] = [[1], [2], [0]]

  public init() {}

  public var stateCount: Int { 3 }
  public var actionCount: Int { 1 }
  public var initial: [Double] { [1, 0, 0] }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    switch state {
    case 0: [Outcome(probability: 1, next: 1, reward: 0, isTerminal: false)]
    case 1:
      [
        Outcome(probability: 1 - epsilon, next: 1, reward: 0, isTerminal: false),
        Outcome(probability: epsilon, next: 2, reward: 0, isTerminal: true),
      ]
    default: [Outcome(probability: 1, next: 2, reward: 0, isTerminal: true)]
    }
  }

  public func drawing(ofState state: Int) -> Drawing {
    Drawing(
      nodes: [.init("w", 0, 0), .init("2w", 1.5, 0), .init("", 3, 0, isEnd: true)],
      arrows: [(from: 0, to: 1), (from: 1, to: 1), (from: 1, to: 2)], agent: state)
  }
}

extension TsitsiklisVanRoy {
  public var documentation: Documentation {
    Documentation(
      summary: "estimate values that are zero, with one weight that grows without bound",
      action: "0, the only one: from the first state to the second, which stays or, with probability epsilon, ends.",
      observation: "The state: 0, 1, or 2 for the end.",
      rewards: "Always 0.",
      start: "The first state.",
      end: "Terminates from the second state with probability epsilon a step.",
      knownReturn: """
        0. Fitted to its own targets by least squares the weight grows by a factor of discount · (6 − 4 epsilon) / 5 a
        sweep: 1.1088 as it is set here.
        """,
      source: """
        Tsitsiklis and Van Roy (1996), doi:10.1007/BF00114724, as Sutton and Barto, Reinforcement Learning, 2nd ed.
        (2018), example 11.1, have it. The features of the states are TsitsiklisVanRoy.features.
        """)
  }
}

extension TsitsiklisVanRoy: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .number("epsilon", \.epsilon, in: 0...1, "probability that the second state ends the episode"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
