import RLCore

/// Cross a frozen lake to the goal without falling into a hole; the ice is slippery. Gymnasium's `FrozenLake-v1` and
/// `FrozenLake8x8-v1`, whose episodes are 100 and 200 steps.
public struct FrozenLake: FiniteMDP {
  public let rows: Int
  public let columns: Int
  /// `S`, `F`, `H` or `G`, row by row. Shape `[rows × columns]`.
  public let cells: [Character]
  public var slippery = true
  public var discount = 0.99

  /// Gymnasium's map "4x4".
  public static let fourByFour = FrozenLake(["SFFF", "FHFH", "FFFH", "HFFG"])
  /// Gymnasium's map "8x8".
  public static let eightByEight = FrozenLake([
    "SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG",
  ])

  /// A lake of `map`, one string a row: `S` start, `F` frozen, `H` hole, `G` goal.
  public init(map: [String]) throws(EnvironmentError) {
    guard let width = map.first?.count, width > 0 else {
      throw .badMap(problem: "it is empty", expected: "at least one row of cells")
    }
    for (row, line) in map.enumerated() {
      if line.count != width {
        throw .badMap(problem: "row \(row) has \(line.count) cells", expected: "\(width), as row 0 has")
      }
      for (column, letter) in line.enumerated() where !"SFHG".contains(letter) {
        throw .badMap(problem: "'\(letter)' at row \(row), column \(column) is not a cell", expected: "one of S F H G")
      }
    }
    guard map.contains(where: { $0.contains("S") }) else {
      throw .badMap(problem: "it has no start", expected: "at least one 'S'")
    }
    self.init(map)
  }

  private init(_ map: [String]) {
    rows = map.count
    columns = map[0].count
    cells = Array(map.joined())
  }

  public var stateCount: Int { cells.count }
  public var actionCount: Int { Self.moves.count }

  public var initial: [Double] {
    let starts = Double(cells.count { $0 == "S" })
    return cells.map { $0 == "S" ? 1 / starts : 0 }
  }

  static let moves: [Drawing.Grid.Move] = [
    .init(down: 0, right: -1), .init(down: 1, right: 0), .init(down: 0, right: 1), .init(down: -1, right: 0),
  ]

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    if isEnd(state) { return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)] }
    if !slippery { return [outcome(state, action, probability: 1)] }
    // Gymnasium's two numbers for a third differ in the last place.
    let success = 1.0 / 3.0
    let failure = (1.0 - success) / 2.0
    return [
      outcome(state, (action + 3) % 4, probability: failure),
      outcome(state, action, probability: success),
      outcome(state, (action + 1) % 4, probability: failure),
    ]
  }

  private func isEnd(_ state: Int) -> Bool { cells[state] == "G" || cells[state] == "H" }

  private func outcome(_ state: Int, _ direction: Int, probability: Double) -> Outcome {
    let move = Self.moves[direction]
    let row = min(max(state / columns + move.down, 0), rows - 1)
    let column = min(max(state % columns + move.right, 0), columns - 1)
    let next = row * columns + column
    return Outcome(
      probability: probability, next: next, reward: cells[next] == "G" ? 1 : 0, isTerminal: isEnd(next))
  }

  public func drawing(ofState state: Int) -> Drawing {
    let looks: [Character: Drawing.Grid.Cell] = ["S": .start, "H": .cliff, "G": .target]
    return Drawing(
      grid: .init(
        rows: rows, columns: columns, cells: cells.map { looks[$0] ?? .free }, agent: state, moves: Self.moves))
  }
}

extension FrozenLake {
  public var documentation: Documentation {
    Documentation(
      summary: "cross a slippery lake without falling into a hole",
      action: """
        0 left, 1 down, 2 right, 3 up. On slippery ice the move goes as intended or to either side, a third each.
        """,
      observation: "The cell, row by row from the top left.",
      rewards: "1 for reaching the goal, else 0.",
      start: "The cell S; where there are several, any of them with equal probability.",
      end: "Terminates in a hole H and at the goal G.",
      knownReturn: "0.7442 (4×4) and 0.9132 (8×8) of the episodes succeed under an optimal policy on slippery ice.",
      source: """
        Gymnasium 1.4, FrozenLake-v1 and FrozenLake8x8-v1: the same table, in the same order, to the bit. Gymnasium
        names no discount.
        """)
  }
}

extension FrozenLake: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .flag("slippery", \.slippery, "move to either side of the intended direction with a third each"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
