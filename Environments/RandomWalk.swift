import RLCore

/// A walk by chance along a row of states, to be predicted, not controlled. Sutton and Barto's walks over 5, 19 and
/// 1000 states.
public struct RandomWalk: FiniteMDP {
  /// States between the two ends.
  public var states: Int
  /// A step goes to one of so many neighbours on either side.
  public var reach = 1
  /// Pays for arriving at the left end.
  public var left: Double
  /// Pays for arriving at the right end.
  public var right = 1.0
  public var discount = 1.0

  /// Example 6.2.
  public static let five = RandomWalk(states: 5, left: 0)
  /// Example 7.1.
  public static let nineteen = RandomWalk(states: 19, left: -1)
  /// Example 9.1.
  public static let thousand = RandomWalk(states: 1000, reach: 100, left: -1)

  private init(states: Int, reach: Int = 1, left: Double) {
    self.states = states
    self.reach = reach
    self.left = left
  }

  /// The two ends included.
  public var stateCount: Int { states + 2 }
  public var actionCount: Int { 1 }
  public var initial: [Double] { (0..<stateCount).map { $0 == (states + 1) / 2 ? 1 : 0 } }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let rightEnd = states + 1
    if state == 0 || state == rightEnd { return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)] }
    let share = 1 / Double(2 * reach)
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(2 * reach)
    // What would go past an end stops there.
    let leaving = (left: max(reach - state + 1, 0), right: max(state + reach - states, 0))
    if leaving.left > 0 {
      let probability = Double(leaving.left) * share
      outcomes.append(Outcome(probability: probability, next: 0, reward: left, isTerminal: true))
    }
    for next in max(state - reach, 1)...min(state + reach, states) where next != state {
      outcomes.append(Outcome(probability: share, next: next, reward: 0, isTerminal: false))
    }
    if leaving.right > 0 {
      let probability = Double(leaving.right) * share
      outcomes.append(Outcome(probability: probability, next: rightEnd, reward: right, isTerminal: true))
    }
    return outcomes
  }

  public func drawing(ofState state: Int) -> Drawing {
    guard states <= 30, reach == 1 else { return longDrawing(ofState: state) }
    let nodes = (0..<stateCount).map { s in
      let isEnd = s == 0 || s == states + 1
      return Drawing.Node(isEnd ? "" : "\(s)", Double(s), 0, isEnd: isEnd)
    }
    return Drawing(
      nodes: nodes, arrows: (1...states).flatMap { [(from: $0, to: $0 - 1), (from: $0, to: $0 + 1)] }, agent: state)
  }

  /// Too many states for circles: a line, with how far a step can go.
  private func longDrawing(ofState state: Int) -> Drawing {
    let width = Double(states + 1)
    let unit = width / 40
    let place = Double(state)
    let steps = max(place - Double(reach), 0)...min(place + Double(reach), width)
    return Drawing(
      bounds: .init(x: -unit...width + unit, y: -2 * unit...2 * unit),
      shapes: [
        .path([.init(0, 0), .init(width, 0)], .faint),
        .path([.init(0, -unit), .init(0, unit)], .bad),
        .path([.init(width, -unit), .init(width, unit)], .good),
        .path([.init(steps.lowerBound, -unit / 2), .init(steps.upperBound, -unit / 2)], .body),
        .circle(.init(place, 0), radius: unit / 2, filled: true, .accent),
      ])
  }
}

extension RandomWalk {
  public var documentation: Documentation {
    Documentation(
      summary: "predict where a walk by chance will end",
      action: "0, the only one: the walk goes left or right with probability 1/2 each, to any neighbour within reach.",
      observation: "The state, 1 to \(states) from left to right; 0 and \(states + 1) are the ends.",
      rewards: "left on arriving at the left end, right on arriving at the right end, else 0. Settings.",
      start: "The middle, state \((states + 1) / 2).",
      end: "Terminates at either end; a jump past an end stops there.",
      knownReturn: """
        With a reach of 1 the value of state s is left + (right − left) · s / \(states + 1): 1/6 to 5/6 over five \
        states, −0.9 to 0.9 over nineteen; with a reach of 100 over a thousand −0.9220 to 0.9220.
        """,
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018): example 6.2 (5 states, the left end pays 0), example
        7.1 (19 states, −1), example 9.1 (1000 states with jumps of up to 100, −1); the right end pays 1, undiscounted.
        """)
  }
}

extension RandomWalk: Configurable {
  public static var settings: [Setting<Self>] {
    let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    return [
      .integer("states", \.states, in: 1...2000, "states between the two ends"),
      .integer("reach", \.reach, in: 1...200, "a step goes to one of so many neighbours on either side"),
      .number("left", \.left, in: finite, "reward of arriving at the left end"),
      .number("right", \.right, in: finite, "reward of arriving at the right end"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
