import RLCore

/// Three states in a row, the middle one reversed, which look all alike to the book's agent. Sutton and Barto's example
/// 13.1.
public struct ShortCorridor: FiniteMDP {
  public var discount = 1.0

  static let end = 3

  public init() {}

  public var stateCount: Int { 4 }
  public var actionCount: Int { 2 }
  public var initial: [Double] { [1, 0, 0, 0] }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    if state == Self.end { return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)] }
    let goesRight = (action == 1) != (state == 1)
    let next = max(state + (goesRight ? 1 : -1), 0)
    return [Outcome(probability: 1, next: next, reward: -1, isTerminal: next == Self.end)]
  }

  public func drawing(ofState state: Int) -> Drawing {
    Drawing(
      nodes: [.init("", 0, 0), .init("rev", 1.5, 0), .init("", 3, 0), .init("G", 4.5, 0, isEnd: true)],
      arrows: [
        (from: 0, to: 0), (from: 0, to: 1), (from: 1, to: 0), (from: 1, to: 2), (from: 2, to: 1), (from: 2, to: 3),
      ], agent: state)
  }
}

extension ShortCorridor {
  public var documentation: Documentation {
    Documentation(
      summary: "leave a corridor whose middle reverses left and right",
      action: "0 left, 1 right; in the middle state 0 goes right and 1 left. Left of the first state is a wall.",
      observation: "The state, 0 to 2 from left to right, 3 for the end.",
      rewards: "−1 for every step.",
      start: "The leftmost state.",
      end: "Terminates to the right of the third state.",
      knownReturn: """
        −3 for one who sees the state. The best policy that does not goes right with probability 2 − √2 = 0.5858 and
        returns −11.657.
        """,
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), example 13.1, undiscounted. There all states have the
        same features, so that a policy is one probability of going right: give an agent one feature to see it so.
        """)
  }
}

extension ShortCorridor: Configurable {
  public static var settings: [Setting<Self>] {
    [.number("discount", \.discount, in: 0...1, "discount of a step")]
  }
}
