import RLCore

/// A grid world with walls, cliffs, forbidden cells, slips, wind and teleports, usually read from a YAML file.
///
/// The rewards and forbidden cells are Zhao's (Mathematical Foundations of Reinforcement Learning, ch. 1); wind and cliff
/// are Sutton and Barto's (Reinforcement Learning, 2nd ed., examples 6.5 and 6.6).
public struct GridWorld: FiniteMDP, Equatable {
  public enum Cell: Character, CaseIterable, Sendable {
    case free = "."
    case start = "S"
    case target = "T"
    /// Enterable at a price.
    case forbidden = "F"
    /// Never entered.
    case wall = "#"
    /// Entering it leads back to a start.
    case cliff = "C"
  }

  public enum Direction: String, CaseIterable, Sendable {
    case up, right, down, left, stay
    case upRight = "up-right"
    case downRight = "down-right"
    case downLeft = "down-left"
    case upLeft = "up-left"
  }

  /// Whatever the action, leads to a cell and pays a reward.
  public struct Teleport: Sendable, Equatable {
    public var to: Int
    public var reward: Double

    public init(to: Int, reward: Double) {
      self.to = to
      self.reward = reward
    }
  }

  public var name: String
  /// Where the world is from, for its description.
  public var source = ""
  public let rows: Int
  public let columns: Int
  /// Row by row from the top left. Shape `[rows × columns]`.
  public let cells: [Cell]
  /// The cells that episodes start in and cliffs lead back to, each as likely.
  public let starts: [Int]
  public var actions: [Direction] = [.up, .right, .down, .left]

  public var step = 0.0
  /// Pays for a move out of the grid or into a wall; ``step`` until it is set.
  public var boundary: Double {
    get { ownBoundary ?? step }
    set { ownBoundary = newValue }
  }
  /// ``step`` until it is set.
  public var forbidden: Double {
    get { ownForbidden ?? step }
    set { ownForbidden = newValue }
  }
  public var target = 1.0
  public var cliff = -100.0
  var ownBoundary: Double?
  var ownForbidden: Double?

  public var discount = 0.9
  /// Whether entering `T` does not end the episode.
  public var continuing = false
  /// Probability of each of the two perpendicular directions, in 0...0.5.
  public var slip = 0.0
  /// The upward push of each column, or empty. Shape `[columns]`.
  public var wind: [Int] = []
  /// Whether the push is one less, as it is, or one more, with a third each, where it is not 0.
  public var windNoise = false
  /// Teleports by the cell they leave from.
  public var teleports: [Int: Teleport] = [:]
  /// Steps after which an episode is truncated.
  public var limit: Int?

  /// A world of `map`'s cells, one string a row, with the defaults of the file format.
  public init(map: [String], name: String = "grid world") throws(EnvironmentError) {
    let width = map.first?.count ?? 0
    guard width > 0 else { throw .badMap(problem: "it is empty", expected: "at least one row of cells") }
    guard map.count * width <= Self.mostCells else {
      throw .badMap(problem: "it has \(map.count) rows of \(width) cells", expected: "\(Self.mostCells) cells or fewer")
    }
    var cells: [Cell] = []
    cells.reserveCapacity(map.count * width)
    for (row, line) in map.enumerated() {
      if let problem = Self.problem(inRow: row, line, columns: width) {
        throw .badMap(problem: problem.text, expected: problem.expected)
      }
      cells += line.compactMap(Cell.init)
    }
    let marked = cells.indices.filter { cells[$0] == .start }
    starts = marked.isEmpty ? cells.indices.filter { cells[$0] == .free } : marked
    guard !starts.isEmpty else {
      throw .badMap(problem: "it has no cell to start in", expected: "a start 'S' or a free cell '.'")
    }
    let cliffs = cells.count { $0 == .cliff }
    guard cliffs * starts.count <= Self.mostCells else {
      throw .badMap(problem: "\(cliffs) cliff cells lead back to \(starts.count) starts", expected: "fewer starts 'S'")
    }
    self.name = name
    self.cells = cells
    rows = map.count
    columns = width
  }

  /// Transition tables count their branches in 32 bits: up to nine actions with nine branches a cell must fit, and
  /// so must every cliff's way back to every start.
  static let mostCells = 1 << 22

  /// What is wrong with one row of a map; rows and columns count from 0.
  static func problem(inRow row: Int, _ line: String, columns: Int) -> (text: String, expected: String)? {
    for (column, letter) in line.enumerated() where Cell(rawValue: letter) == nil {
      let letters = Cell.allCases.map { String($0.rawValue) }.joined(separator: " ")
      return ("'\(letter)' at row \(row), column \(column) is not a cell", "one of \(letters)")
    }
    if line.count == columns { return nil }
    return ("row \(row) has \(line.count) cells", "\(columns), as row 0 has")
  }

  public var stateCount: Int { cells.count }
  public var actionCount: Int { actions.count }

  public var initial: [Double] {
    var probabilities = [Double](repeating: 0, count: stateCount)
    for start in starts { probabilities[start] = 1 / Double(starts.count) }
    return probabilities
  }

  /// The rules of a move, in order: teleport, slip, wind, then the cell where it ends.
  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    // A wall is never stood on, and after the end nothing happens: both stay put for nothing.
    if cells[state] == .wall || isEnd(state) {
      return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)]
    }
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(3)
    let move = actions[action].move
    if let teleport = teleports[state] {
      arrive(in: teleport.to, paying: teleport.reward, probability: 1, into: &outcomes)
    } else if slip == 0 || actions[action] == .stay {
      drift(from: state, by: move, probability: 1, into: &outcomes)
    } else {
      // To the left of the move, as intended, to its right.
      drift(from: state, by: .init(down: -move.right, right: move.down), probability: slip, into: &outcomes)
      if slip < 0.5 { drift(from: state, by: move, probability: 1 - 2 * slip, into: &outcomes) }
      drift(from: state, by: .init(down: move.right, right: -move.down), probability: slip, into: &outcomes)
    }
    return outcomes
  }

  /// Adds the push of the wind, which may be noisy, to a move.
  private func drift(
    from state: Int, by move: Drawing.Grid.Move, probability: Double, into outcomes: inout [Outcome]
  ) {
    let push = wind.isEmpty ? 0 : wind[state % columns]
    if push == 0 || !windNoise {
      land(from: state, down: move.down - push, right: move.right, probability: probability, into: &outcomes)
      return
    }
    for noise in -1...1 {
      let down = move.down - push - noise
      land(from: state, down: down, right: move.right, probability: probability / 3, into: &outcomes)
    }
  }

  private func land(
    from state: Int, down: Int, right: Int, probability: Double, into outcomes: inout [Outcome]
  ) {
    let row = state / columns + down
    let column = state % columns + right
    let clipped = min(max(row, 0), rows - 1) * columns + min(max(column, 0), columns - 1)
    let isOutside = !(0..<rows).contains(row) || !(0..<columns).contains(column)
    let hitsWall = cells[clipped] == .wall
    let next = hitsWall ? state : clipped
    let reward = isOutside || hitsWall ? boundary : self.reward(in: next)
    arrive(in: next, paying: reward, probability: probability, into: &outcomes)
  }

  private func isEnd(_ state: Int) -> Bool { cells[state] == .target && !continuing }

  private func reward(in cell: Int) -> Double {
    switch cells[cell] {
    case .target: target
    case .forbidden: forbidden
    case .cliff: cliff
    case .free, .start, .wall: step
    }
  }

  private func arrive(in cell: Int, paying reward: Double, probability: Double, into outcomes: inout [Outcome]) {
    guard cells[cell] == .cliff else {
      outcomes.append(Outcome(probability: probability, next: cell, reward: reward, isTerminal: isEnd(cell)))
      return
    }
    for start in starts {
      let share = probability / Double(starts.count)
      outcomes.append(Outcome(probability: share, next: start, reward: reward, isTerminal: false))
    }
  }

  public func drawing(ofState state: Int) -> Drawing {
    let looks = cells.indices.map { cell -> Drawing.Grid.Cell in
      switch cells[cell] {
      case .free: teleports[cell] == nil ? .free : .teleport
      case .start: .start
      case .target: .target
      case .forbidden: .forbidden
      case .wall: .wall
      case .cliff: .cliff
      }
    }
    return Drawing(grid: .init(rows: rows, columns: columns, cells: looks, agent: state, moves: actions.map(\.move)))
  }
}

extension GridWorld.Direction {
  var move: Drawing.Grid.Move {
    switch self {
    case .up: .init(down: -1, right: 0)
    case .right: .init(down: 0, right: 1)
    case .down: .init(down: 1, right: 0)
    case .left: .init(down: 0, right: -1)
    case .stay: .init(down: 0, right: 0)
    case .upRight: .init(down: -1, right: 1)
    case .downRight: .init(down: 1, right: 1)
    case .downLeft: .init(down: 1, right: -1)
    case .upLeft: .init(down: -1, right: -1)
    }
  }
}

extension GridWorld {
  public var documentation: Documentation {
    Documentation(
      summary: source.isEmpty ? name : source,
      action: actions.enumerated().map { "\($0.offset) \($0.element.rawValue)" }.joined(separator: ", ") + ".",
      observation: "The cell of \(rows) rows and \(columns) columns, row by row from the top left, walls included.",
      rewards: """
        boundary for a move that would leave the grid or enter a wall; otherwise by the cell entered or stayed in:
        target, forbidden, cliff, else step. A teleport pays its own reward.
        """,
      start: starts.count == 1
        ? "Cell \(starts[0])." : "Any of \(starts.count) cells, each as likely.",
      end: continuing ? "Never terminates." : "Terminates on entering T.",
      source: source.isEmpty ? "A grid world's file." : source)
  }
}

extension GridWorld: Configurable {
  /// ``limit`` as a number: 0 where there is none.
  private var limitOrZero: Int {
    get { limit ?? 0 }
    set { limit = newValue == 0 ? nil : newValue }
  }

  public static var settings: [Setting<Self>] {
    let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    return [
      .number("step", \.step, in: finite, "reward of an ordinary move"),
      .number("boundary", \.boundary, in: finite, "reward of a move off the grid or into a wall; as step if not given"),
      .number("forbidden", \.forbidden, in: finite, "reward of entering a forbidden cell; as step if not given"),
      .number("target", \.target, in: finite, "reward of entering a target"),
      .number("cliff", \.cliff, in: finite, "reward of falling off a cliff"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
      .number("slip", \.slip, in: 0...0.5, "probability of each perpendicular direction"),
      .flag("continuing", \.continuing, "go on after a target instead of ending"),
      .integer("limit", \.limitOrZero, in: 0...Int.max, "steps after which an episode is truncated, 0 for no limit"),
    ]
  }
}
