import RLCore

/// Cross a frozen lake to the goal without falling into a hole; the ice is slippery. Gymnasium's `FrozenLake-v1` and
/// `FrozenLake8x8-v1`, whose episodes are 100 and 200 steps.
public struct FrozenLake: FiniteMDP {
  public private(set) var rows: Int
  public private(set) var columns: Int
  /// `S`, `F`, `H` or `G`, row by row. Shape `[rows × columns]`.
  public private(set) var cells: [Character]
  public var slippery = true
  /// Probability that a move on slippery ice goes as intended; half of the rest goes to either side.
  public var successRate = 1.0 / 3.0
  public var goalReward = 1.0
  public var holeReward = 0.0
  public var frozenReward = 0.0
  public var discount = 0.99
  var plan = Plan()

  /// Gymnasium's map "4x4".
  public static let fourByFour = FrozenLake(named: "4x4")
  /// Gymnasium's map "8x8".
  public static let eightByEight = FrozenLake(named: "8x8")

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
    plan.map = map.joined(separator: ",")
  }

  private init(named name: String) {
    self.init(Plan.maps[name]!)
    plan.map = name
  }

  private init(_ map: [String]) {
    rows = map.count
    columns = map[0].count
    cells = Array(map.joined())
  }

  /// Lays out the cells of `plan`; `false` where it names no map.
  mutating func follow(_ plan: Plan) -> Bool {
    guard let lake = plan.rows.flatMap({ try? FrozenLake(map: $0) }) else { return false }
    cells = lake.cells
    rows = lake.rows
    columns = lake.columns
    self.plan = plan
    return true
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
    // A third so computed differs in the last place from 1/3, as it does in Gymnasium.
    let failure = (1.0 - successRate) / 2.0
    return [
      outcome(state, (action + 3) % 4, probability: failure),
      outcome(state, action, probability: successRate),
      outcome(state, (action + 1) % 4, probability: failure),
    ]
  }

  private func isEnd(_ state: Int) -> Bool { cells[state] == "G" || cells[state] == "H" }

  private func outcome(_ state: Int, _ direction: Int, probability: Double) -> Outcome {
    let move = Self.moves[direction]
    let row = min(max(state / columns + move.down, 0), rows - 1)
    let column = min(max(state % columns + move.right, 0), columns - 1)
    let next = row * columns + column
    let reward = cells[next] == "G" ? goalReward : cells[next] == "H" ? holeReward : frozenReward
    return Outcome(probability: probability, next: next, reward: reward, isTerminal: isEnd(next))
  }

  public func drawing(ofState state: Int) -> Drawing {
    let looks: [Character: Drawing.Grid.Cell] = ["S": .start, "H": .cliff, "G": .target]
    return Drawing(
      grid: .init(
        rows: rows, columns: columns, cells: cells.map { looks[$0] ?? .free }, agent: state, moves: Self.moves))
  }
}

extension FrozenLake {
  /// Where the map is from.
  struct Plan: Equatable, Sendable {
    /// `4x4`, `8x8`, `random`, or rows separated by commas.
    var map = "4x4"
    var size = 8
    var frozenProbability = 0.8
    var seed = 0

    static let maps = [
      "4x4": ["SFFF", "FHFH", "FFFH", "HFFG"],
      "8x8": ["SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"],
    ]

    var rows: [String]? {
      if map == "random" {
        return FrozenLake.randomMap(size: size, frozenProbability: frozenProbability, seed: UInt64(seed))
      }
      return Self.maps[map] ?? map.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// How many random maps are drawn in search of one with a way to the goal.
  static let mostTries = 10_000

  /// Gymnasium's `generate_random_map`, to the bit: maps are drawn until one has a way to the goal. `nil` where none
  /// of ``mostTries`` has.
  static func randomMap(size: Int, frozenProbability: Double, seed: UInt64) -> [String]? {
    precondition(size > 1, "a random map has a start and a goal")
    var random = RandomStream(seed: seed)
    // NumPy's `choice` scales the running sum of the two probabilities to end in 1.
    let frozen = frozenProbability / (frozenProbability + (1 - frozenProbability))
    for _ in 0..<mostTries {
      var cells = (0..<size * size).map { _ in random.uniform() < frozen ? Character("F") : "H" }
      cells[0] = "S"
      cells[size * size - 1] = "G"
      if hasWay(cells, size: size) {
        return (0..<size).map { String(cells[$0 * size..<($0 + 1) * size]) }
      }
    }
    return nil
  }

  private static func hasWay(_ cells: [Character], size: Int) -> Bool {
    var isKnown = cells.map { $0 == "H" }
    var frontier = [0]
    isKnown[0] = true
    while let cell = frontier.popLast() {
      for move in moves {
        let row = cell / size + move.down
        let column = cell % size + move.right
        guard (0..<size).contains(row), (0..<size).contains(column), !isKnown[row * size + column] else { continue }
        isKnown[row * size + column] = true
        frontier.append(row * size + column)
      }
    }
    return isKnown[cells.count - 1]
  }
}

extension FrozenLake {
  public var documentation: Documentation {
    Documentation(
      summary: "cross a slippery lake without falling into a hole",
      action: """
        0 left, 1 down, 2 right, 3 up. On slippery ice the move goes as intended with successRate, a third, or to either
        side with half of the rest.
        """,
      observation: "The cell, row by row from the top left.",
      rewards: "goalReward, 1, for reaching the goal; holeReward and frozenReward, both 0, for other cells entered.",
      start: "The cell S; where there are several, any of them with equal probability.",
      end: "Terminates in a hole H and at the goal G.",
      knownReturn: "0.7442 (4×4) and 0.9132 (8×8) of the episodes succeed under an optimal policy on slippery ice.",
      source: """
        Gymnasium 1.4, FrozenLake-v1 and FrozenLake8x8-v1: the same table, in the same order, to the bit, and the same
        random maps from the same seed. Gymnasium names no discount.
        """)
  }
}

extension FrozenLake: Configurable {
  public static var settings: [Setting<Self>] {
    let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    return [
      .flag("slippery", \.slippery, "let a move go to either side of the intended direction"),
      .number("successRate", \.successRate, in: 0...1, "probability of the intended direction on slippery ice"),
      .number("goalReward", \.goalReward, in: finite, "reward of entering the goal"),
      .number("holeReward", \.holeReward, in: finite, "reward of falling into a hole"),
      .number("frozenReward", \.frozenReward, in: finite, "reward of entering or staying on any other cell"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
      .custom(
        "map", expected: "4x4, 8x8, random, or rows of S F H G of one length with an S, such as SFFF,FHFH,FFFH,HFFG",
        "the lake's cells", read: { .text($0.plan.map) },
        write: { lake, value in lake.change { $0.map = value.description } }),
      .custom(
        "mapSize", expected: "an integer in 2...64, with a way to the goal in one of \(mostTries) random maps",
        "rows and columns of a random map", read: { .integer($0.plan.size) },
        write: { lake, value in
          guard let size = value.asNumber.flatMap(Int.init(exactly:)), (2...64).contains(size) else { return false }
          return lake.change { $0.size = size }
        }),
      .custom(
        "frozenProbability",
        expected: "a number in 0.0...1.0, with a way to the goal in one of \(mostTries) random maps",
        "probability that a random map's cell is frozen", read: { .number($0.plan.frozenProbability) },
        write: { lake, value in
          guard let probability = value.asNumber, (0...1).contains(probability) else { return false }
          return lake.change { $0.frozenProbability = probability }
        }),
      .custom(
        "mapSeed", expected: "an integer, 0 or more, with a way to the goal in one of \(mostTries) random maps",
        "seed of a random map", read: { .integer($0.plan.seed) },
        write: { lake, value in
          guard let seed = value.asNumber.flatMap(Int.init(exactly:)), seed >= 0 else { return false }
          return lake.change { $0.seed = seed }
        }),
    ]
  }

  /// Changes the plan, and the cells with it; `false`, and nothing changes, where that leaves no map.
  private mutating func change(_ edit: (inout Plan) -> Void) -> Bool {
    var plan = self.plan
    edit(&plan)
    return follow(plan)
  }
}
