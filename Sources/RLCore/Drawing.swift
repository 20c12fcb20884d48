/// A picture of a state: shapes in world coordinates (x to the right, y up), rendered by Terminal.
public struct Drawing: Sendable, Equatable {
  /// The part of the world to show; kept in proportion on the screen.
  public var bounds: Bounds
  /// Back to front.
  public var shapes: [Shape]
  /// A grid world; then `shapes` is empty and the cells carry values and arrows.
  public var grid: Grid?

  public init(bounds: Bounds, shapes: [Shape]) {
    self.bounds = bounds
    self.shapes = shapes
  }

  public init(grid: Grid) {
    bounds = Bounds(x: 0...Double(grid.columns), y: 0...Double(grid.rows))
    shapes = []
    self.grid = grid
  }

  public struct Bounds: Sendable, Equatable {
    public var x: ClosedRange<Double>
    public var y: ClosedRange<Double>
    public init(x: ClosedRange<Double>, y: ClosedRange<Double>) {
      self.x = x
      self.y = y
    }
  }

  public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// What a colour means; the screen chooses the colour.
  public enum Ink: Sendable, Equatable { case plain, faint, body, accent, good, bad }

  public enum Shape: Sendable, Equatable {
    case path([Point], Ink)
    case polygon([Point], filled: Bool, Ink)
    case circle(Point, radius: Double, filled: Bool, Ink)
    case label(String, Point, Ink)
  }

  /// The cells of a grid world, row by row from the top; cell and state have the same number.
  public struct Grid: Sendable, Equatable {
    public enum Cell: UInt8, Sendable { case free, start, target, forbidden, wall, cliff, teleport }

    public var rows: Int
    public var columns: Int
    public var cells: [Cell]
    /// Where the agent is.
    public var agent: Int?
    /// For each action its displacement (rows down, columns right), to draw a policy's arrows.
    public var moves: [Move]

    public struct Move: Sendable, Equatable {
      public var down: Int
      public var right: Int
      public init(down: Int, right: Int) {
        self.down = down
        self.right = right
      }
    }

    public init(rows: Int, columns: Int, cells: [Cell], agent: Int?, moves: [Move]) {
      precondition(cells.count == rows * columns, "a grid has rows × columns cells")
      self.rows = rows
      self.columns = columns
      self.cells = cells
      self.agent = agent
      self.moves = moves
    }
  }
}
