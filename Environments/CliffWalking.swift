import RLCore

/// Walk along a cliff from one end of a grid to the other; stepping into it costs 100 and leads back to the start.
/// Gymnasium's `CliffWalking-v1`, which has no time limit.
public struct CliffWalking: FiniteMDP {
  public var slippery = false
  public var discount = 1.0

  static let rows = 4
  static let columns = 12
  static let start = 36
  static let goal = 47
  static let cliff = 37...46
  static let moves: [Drawing.Grid.Move] = [
    .init(down: -1, right: 0), .init(down: 0, right: 1), .init(down: 1, right: 0), .init(down: 0, right: -1),
  ]

  public init() {}

  public var stateCount: Int { Self.rows * Self.columns }
  public var actionCount: Int { Self.moves.count }
  public var initial: [Double] { (0..<stateCount).map { $0 == Self.start ? 1 : 0 } }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let directions = slippery ? [(action + 3) % 4, action, (action + 1) % 4] : [action]
    return directions.map { outcome(state, $0, probability: 1 / Double(directions.count)) }
  }

  private func outcome(_ state: Int, _ direction: Int, probability: Double) -> Outcome {
    let move = Self.moves[direction]
    let row = min(max(state / Self.columns + move.down, 0), Self.rows - 1)
    let column = min(max(state % Self.columns + move.right, 0), Self.columns - 1)
    let next = row * Self.columns + column
    if Self.cliff.contains(next) {
      return Outcome(probability: probability, next: Self.start, reward: -100, isTerminal: false)
    }
    return Outcome(probability: probability, next: next, reward: -1, isTerminal: next == Self.goal)
  }

  public func drawing(ofState state: Int) -> Drawing {
    let looks = (0..<stateCount).map { cell -> Drawing.Grid.Cell in
      if Self.cliff.contains(cell) { return .cliff }
      return cell == Self.start ? .start : cell == Self.goal ? .target : .free
    }
    return Drawing(
      grid: .init(rows: Self.rows, columns: Self.columns, cells: looks, agent: state, moves: Self.moves))
  }
}

extension CliffWalking {
  public var documentation: Documentation {
    Documentation(
      summary: "walk along a cliff to the goal",
      action: """
        0 up, 1 right, 2 down, 3 left. Where it is slippery, the move goes as intended or to either side, a third each.
        """,
      observation: """
        The cell of 4 rows and 12 columns, row by row from the top left. The cliff, 37…46, is never stood on.
        """,
      rewards: "−1 for a step, −100 for a step off the cliff.",
      start: "The lower left cell, 36.",
      end: "Terminates in the lower right cell, 47. There is no time limit.",
      knownReturn: "−13; slippery −64.71.",
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), example 6.6, as Gymnasium 1.4's CliffWalking-v1: the
        same table, in the same order, to the bit.
        """)
  }
}

extension CliffWalking: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .flag("slippery", \.slippery, "move to either side of the intended direction with a third each"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
