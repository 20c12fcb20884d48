import RLCore

/// Stake on heads until there are 100 dollars or none. Sutton and Barto's example 4.3.
public struct Gambler: FiniteMDP {
  public var heads = 0.4
  public var discount = 1.0

  static let goal = 100

  public init() {}

  public var stateCount: Int { Self.goal + 1 }
  /// More than half of the goal is never worth staking: it would reach beyond.
  public var actionCount: Int { Self.goal / 2 }
  public var initial: [Double] {
    (0...Self.goal).map { $0 == 0 || $0 == Self.goal ? 0 : 1 / Double(Self.goal - 1) }
  }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    if state == 0 || state == Self.goal { return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)] }
    let stake = min(action + 1, state, Self.goal - state)
    let won = state + stake
    let lost = state - stake
    return [
      Outcome(probability: heads, next: won, reward: won == Self.goal ? 1 : 0, isTerminal: won == Self.goal),
      Outcome(probability: 1 - heads, next: lost, reward: 0, isTerminal: lost == 0),
    ]
  }

  public func drawing(ofState state: Int) -> Drawing {
    func box(_ width: Int) -> [Drawing.Point] {
      [.init(0, 0), .init(Double(width), 0), .init(Double(width), 10), .init(0, 10)]
    }
    return Drawing(
      bounds: .init(x: -2...102, y: -8...18),
      shapes: [
        .polygon(box(state), filled: true, .accent), .polygon(box(Self.goal), filled: false, .faint),
        .label("\(state) of \(Self.goal)", .init(50, 15), .plain),
      ])
  }
}

extension Gambler {
  public var documentation: Documentation {
    Documentation(
      summary: "stake on a coin until 100 dollars are won or all is lost",
      action: """
        The stake in dollars less one: 0 stakes 1, 49 stakes 50. A stake of more than the gambler has, or needs, is cut
        to that.
        """,
      observation: "The capital in dollars, 0 to 100.",
      rewards: "1 for reaching 100 dollars, else 0: the value is the probability of winning.",
      start: "1 to 99 dollars, each as likely.",
      end: "Terminates at 0 and at 100 dollars.",
      knownReturn: """
        From 50 dollars a game of bad odds is won with probability heads, from 25 with heads². With heads 0.55 the
        smallest stakes are best: 0.99996 from 50 dollars.
        """,
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), example 4.3, undiscounted; exercise 4.9 has heads 0.25
        and 0.55. The book also allows a stake of 0, which changes no value.
        """)
  }
}

extension Gambler: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .number("heads", \.heads, in: 0...1, "probability that the coin comes up heads and the stake is won"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
