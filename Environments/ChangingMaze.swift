import RLCore

/// A maze whose wall changes after a number of steps, so that a learned model becomes wrong. Sutton and Barto's
/// examples 8.2 and 8.3, the blocking maze and the shortcut maze.
public struct ChangingMaze: FiniteEnvironment {
  public let before: GridWorld
  public let after: GridWorld
  /// The first step that is made in the second maze, counted from 0.
  public var change: Int
  public var random = RandomStream(seed: 0)
  @usableFromInline var cell: Int
  /// Steps made since the last reset with a seed, over all episodes.
  @usableFromInline var clock = 0

  @usableFromInline let start: Int
  @usableFromInline let actions: Int
  /// The two mazes' moves, laid out as a ``TransitionTable`` with one branch a pair.
  @usableFromInline let early: [TransitionTable.Branch]
  @usableFromInline let late: [TransitionTable.Branch]
  /// Cells that become wall.
  @usableFromInline let closes: [Bool]
  let summary: String
  let example: String

  /// Example 8.2: the only gap in the wall closes, and one at its other end opens.
  public static func blocking() throws -> ChangingMaze {
    try ChangingMaze(
      from: "########.", to: ".########", change: 1000, summary: "find another way when the known one is blocked",
      example: "example 8.2, the blocking maze: 10 steps to the goal, 16 after the change")
  }

  /// Example 8.3: a second gap opens, closer to the goal.
  public static func shortcut() throws -> ChangingMaze {
    try ChangingMaze(
      from: ".########", to: ".#######.", change: 3000, summary: "notice a shorter way when one opens",
      example: "example 8.3, the shortcut maze: 16 steps to the goal, 10 after the change")
  }

  private init(from first: String, to second: String, change: Int, summary: String, example: String) throws {
    before = try Self.maze(wall: first)
    after = try Self.maze(wall: second)
    self.change = change
    self.summary = summary
    self.example = example
    // Nothing slips and there is one start: every pair has one branch, and no random number is drawn.
    early = try TransitionTable(before).branches
    late = try TransitionTable(after).branches
    actions = before.actionCount
    start = before.starts[0]
    cell = start
    closes = zip(before.cells, after.cells).map { $0 != .wall && $1 == .wall }
  }

  private static func maze(wall: String) throws -> GridWorld {
    var maze = try GridWorld(
      map: ["........T", ".........", ".........", wall, ".........", "...S....."], name: "maze")
    maze.discount = 0.95
    return maze
  }

  /// The discount that the book's agents use here.
  public var discount: Double { before.discount }
  public var observationSpace: Space { .discrete(closes.count) }
  public var actionSpace: Space { .discrete(actions) }
  /// The cell, and the steps made so far. Shape `[2]`.
  public var state: [Double] { [Double(cell), Double(clock)] }

  /// Without a seed the clock goes on: the change comes once, in whatever episode.
  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let seed {
      random = RandomStream(seed: seed)
      clock = 0
    }
    cell = start
    observation = cell
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout Int) -> Step {
    let pair = cell * actions + action
    // Whoever stands where the wall closes leaves by the old moves.
    let branch = clock < change || closes[cell] ? early[pair] : late[pair]
    clock += 1
    cell = Int(branch.next)
    observation = cell
    return Step(reward: branch.reward, ending: branch.isTerminal ? .terminated : .running)
  }

  public mutating func restore(state: [Double], into observation: inout Int) throws {
    guard state.count == 2, let cell = Int(numbers: [state[0]], in: observationSpace), state[1] <= 0x1p53,
      let clock = Int(exactly: state[1]), clock >= 0, isOpen(cell, at: clock)
    else {
      throw CoreError.badState(
        "\(state) is not a place in the maze; expected [a cell in 0..<\(closes.count) that is no wall, steps made]")
    }
    self.cell = cell
    self.clock = clock
    observation = cell
  }

  private func isOpen(_ cell: Int, at clock: Int) -> Bool {
    before.cells[cell] != .wall || (clock >= change && after.cells[cell] != .wall)
  }

  public func drawing(of state: [Double]) -> Drawing {
    (state[1] < Double(change) ? before : after).drawing(ofState: Int(state[0]))
  }
}

extension ChangingMaze {
  public var documentation: Documentation {
    Documentation(
      summary: summary,
      action: "0 up, 1 right, 2 down, 3 left. A move off the grid or into the wall stays.",
      observation: """
        The cell of 6 rows and 9 columns, row by row from the top left, walls included. Which maze it is, is not
        observed.
        """,
      rewards: "1 for reaching the goal, else 0.",
      start: """
        The cell in the bottom row, 48. A reset with a seed begins again in the first maze; without one the steps are
        counted on, so that the maze changes once in a run.
        """,
      end: "Terminates in the upper right cell, 8. The maze changes after \(change) steps, over all episodes.",
      knownReturn: "1 an episode; the measure is the rewards collected over a run.",
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), \(example); discount 0.95. One who stands in the gap
        that closes can still step out of it.
        """)
  }
}

extension ChangingMaze: Configurable {
  public static var settings: [Setting<Self>] {
    [.integer("change", \.change, in: 0...Int.max, "steps, over all episodes, after which the maze changes")]
  }
}
