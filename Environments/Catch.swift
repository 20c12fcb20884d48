import RLCore

/// Catch a falling ball with a paddle. bsuite's catch, whose episodes are as long as the ball falls.
public struct Catch: FiniteMDP {
  public var rows = 10
  public var columns = 5
  public var discount = 1.0

  public init() {}

  /// (row · columns + column of the ball) · columns + column of the paddle.
  public var stateCount: Int { rows * columns * columns }
  public var actionCount: Int { 3 }

  /// The ball anywhere in the first row, the paddle in the middle of the last one.
  public var initial: [Double] {
    var chances = [Double](repeating: 0, count: stateCount)
    for column in 0..<columns { chances[column * columns + columns / 2] = 1 / Double(columns) }
    return chances
  }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let row = state / columns / columns
    let ball = state / columns % columns
    if row == rows - 1 { return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)] }
    let paddle = min(max(state % columns + action - 1, 0), columns - 1)
    let hasLanded = row + 1 == rows - 1
    return [
      Outcome(
        probability: 1, next: ((row + 1) * columns + ball) * columns + paddle,
        reward: hasLanded ? (ball == paddle ? 1 : -1) : 0, isTerminal: hasLanded)
    ]
  }

  public func drawing(ofState state: Int) -> Drawing {
    let width = Double(columns)
    let height = Double(rows)
    let ball = Drawing.Point(Double(state / columns % columns) + 0.5, height - Double(state / columns / columns) - 0.5)
    let left = Double(state % columns)
    let paddle = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.35), (0.1, 0.35)].map { Drawing.Point(left + $0.0, $0.1) }
    let frame = [(0.0, 0.0), (width, 0), (width, height), (0, height), (0, 0)].map { Drawing.Point($0.0, $0.1) }
    return Drawing(
      bounds: .init(x: 0...width, y: 0...height),
      shapes: [
        .path(frame, .faint), .polygon(paddle, filled: true, .body),
        .circle(ball, radius: 0.3, filled: true, .accent),
      ])
  }
}

extension Catch {
  public var documentation: Documentation {
    Documentation(
      summary: "catch a falling ball with a paddle",
      action:
        "0 moves the paddle to the left by a column, 1 leaves it, 2 moves it to the right; it stops at the border.",
      observation:
        "(row · columns + ball) · columns + paddle: the ball's row from the top, its column, the paddle's column.",
      rewards: "1 where the ball lands on the paddle, −1 where it does not, 0 before.",
      start: "The ball in the first row, in any column with equal probability; the paddle in the middle.",
      end: "Terminates when the ball reaches the last row, after rows − 1 steps.",
      knownReturn: "1 on the default board of 10 rows and 5 columns: every ball can be caught.",
      source: """
        Osband et al. (2020), Behaviour Suite for Reinforcement Learning, arXiv:1908.03568, catch. The same dynamics;
        bsuite's board is one number, since ball and paddle are all there is on it: so planners and tables can play too.
        """)
  }
}

extension Catch: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .integer("rows", \.rows, in: 2...50, "rows of the board"),
      .integer("columns", \.columns, in: 1...50, "columns of the board"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
