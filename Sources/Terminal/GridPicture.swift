import RLCore

extension Frame {
  /// A grid world: kinds of cells, the agent, and a solution's values (as numbers where they fit, as heat always)
  /// and best actions. What does not fit in `rect` is left out, around the agent.
  mutating func draw(_ grid: Drawing.Grid, solution: Solution?, in rect: Rect) {
    guard grid.rows > 0, grid.columns > 0, let tiles = GridTiles(grid, in: rect) else { return }
    let fits = solution.map { $0.states == grid.cells.count && $0.actions == grid.moves.count } ?? false
    let picture = GridPicture(grid: grid, solution: fits ? solution : nil)
    if tiles.hasBorders { drawLattice(tiles) }
    for row in 0..<tiles.rows {
      for column in 0..<tiles.columns {
        let state = (tiles.firstRow + row) * grid.columns + tiles.firstColumn + column
        draw(picture, state: state, in: tiles.tile(row, column))
      }
    }
  }

  private mutating func drawLattice(_ tiles: GridTiles) {
    let area = tiles.area
    let (stepX, stepY) = (tiles.width + 1, tiles.height + 1)
    for y in 0..<area.height {
      for x in 0..<area.width where x % stepX == 0 || y % stepY == 0 {
        let onColumn = x % stepX == 0
        let onRow = y % stepY == 0
        var glyph: Unicode.Scalar = onColumn ? "│" : "─"
        if onColumn && onRow {
          let corner = (x == 0 ? 0 : x == area.width - 1 ? 2 : 1, y == 0 ? 0 : y == area.height - 1 ? 2 : 1)
          glyph =
            switch corner {
            case (0, 0): "╭"
            case (2, 0): "╮"
            case (0, 2): "╰"
            case (2, 2): "╯"
            case (0, _): "├"
            case (2, _): "┤"
            case (_, 0): "┬"
            case (_, 2): "┴"
            default: "┼"
            }
        }
        self[area.x + x, area.y + y] = Cell(glyph: glyph, style: Style(.frame))
      }
    }
  }

  private mutating func draw(_ picture: GridPicture, state: Int, in tile: Rect) {
    let kind = picture.grid.cells[state]
    let isAgentHere = picture.grid.agent == state
    let agent = Cell(glyph: "●", style: Style(.evaluation, bold: true))
    if kind == .wall || kind == .cliff || (kind == .forbidden && picture.solution == nil) {
      fill(
        tile,
        with: Cell(glyph: kind == .wall ? "█" : "░", style: Style(kind == .wall ? .frame : .bad)))
      if isAgentHere { self[tile.x + tile.width / 2, tile.y + tile.height / 2] = agent }
      return
    }

    let ground = picture.heat(state)
    let style = ground.map { Style.onHeat($0) } ?? .faint
    if ground != nil { fill(tile, with: Cell(glyph: " ", style: style)) }
    let mark = picture.mark(state)
    var agentCell = agent
    if ground != nil { agentCell.style = Style(style.paint, on: style.ground, bold: true, reversed: true) }
    var markCell = mark.map { Cell(glyph: $0.glyph, style: Style($0.paint, bold: true)) }
    if ground != nil { markCell?.style = Style(style.paint, on: style.ground, bold: true) }

    if tile.width < 3 {
      let arrow = picture.arrows(state, room: 1).unicodeScalars.first ?? "·"
      let cell = kind == .target || picture.solution == nil ? markCell : nil
      self[tile.x, tile.y] = isAgentHere ? agentCell : cell ?? Cell(glyph: arrow, style: style)
      return
    }
    let hasMark = isAgentHere || markCell != nil
    let value =
      tile.height > 1 || tile.width >= 5 ? picture.value(state, room: tile.width - (tile.height > 1 ? 0 : 2)) : nil
    if tile.height == 1, let value {
      // One row: the mark or else the arrow, then the value.
      let arrow = picture.arrows(state, room: 1)
      put(arrow, x: tile.x, y: tile.y, style: style)
      put(value, endingAt: tile.maxX, y: tile.y, style: style)
    } else {
      let arrowRow = tile.y + (tile.height - 1) / 2
      let arrow = picture.arrows(state, room: tile.width - (hasMark && tile.height < 3 ? 2 : 0))
      put(arrow, x: tile.x + (tile.width - arrow.count) / 2, y: arrowRow, style: style)
      if let value { put(value, x: tile.x + (tile.width - value.count) / 2, y: tile.maxY - 1, style: style) }
    }
    if let cell = isAgentHere ? agentCell : markCell { self[tile.x, tile.y] = cell }
  }
}

/// What the tiles of a grid world say.
struct GridPicture {
  let grid: Drawing.Grid
  let solution: Solution?
  private let range: ClosedRange<Double>?

  init(grid: Drawing.Grid, solution: Solution?) {
    self.grid = grid
    self.solution = solution
    let values = solution.map { solution in
      grid.cells.indices.filter { grid.cells[$0] != .wall && grid.cells[$0] != .cliff }.map { solution.v[$0] }
        .filter(\.isFinite)
    }
    range = values.flatMap { values in values.min().flatMap { low in values.max().map { low...$0 } } }
  }

  /// The heat of a state's value, from the lowest to the highest one on the grid.
  func heat(_ state: Int) -> Paint? {
    guard let solution, let range, solution.v[state].isFinite else { return nil }
    let span = range.upperBound - range.lowerBound
    guard span > 0, span.isFinite else { return .heat3 }
    return .heat((solution.v[state] - range.lowerBound) / span)
  }

  /// The value with as many decimals, up to two, as fit in `room` columns.
  func value(_ state: Int, room: Int) -> String? {
    guard let solution else { return nil }
    for decimals in [2, 1, 0] {
      let text = Format.fixed(solution.v[state], decimals)
      if text.count <= room { return text }
    }
    return nil
  }

  func mark(_ state: Int) -> (glyph: Unicode.Scalar, paint: Paint)? {
    switch grid.cells[state] {
    case .free: solution == nil ? ("·", .faint) : nil
    case .start: ("S", .accent)
    case .target: ("◎", .good)
    case .forbidden: ("×", .bad)
    case .teleport: ("○", .extra)
    case .wall, .cliff: nil
    }
  }

  /// All actions that the policy likes best, as arrows where there is room for them, else as one glyph; `·` where it
  /// has no preference.
  func arrows(_ state: Int, room: Int) -> String {
    guard let solution, solution.actions > 0, room > 0 else { return "" }
    let chances = solution.policy[state * solution.actions..<(state + 1) * solution.actions]
    guard let best = chances.max() else { return "" }
    let moves = zip(grid.moves, chances).filter { $0.1 >= best - 1e-9 }.map(\.0)
    if moves.count == solution.actions && moves.count > 1 { return "·" }
    let list = String(String.UnicodeScalarView(moves.map(Self.arrow)))
    return moves.count <= room ? list : String(Self.crossing(moves))
  }

  static func arrow(_ move: Drawing.Grid.Move) -> Unicode.Scalar {
    switch (move.down.signum(), move.right.signum()) {
    case (-1, 0): "↑"
    case (-1, 1): "↗"
    case (0, 1): "→"
    case (1, 1): "↘"
    case (1, 0): "↓"
    case (1, -1): "↙"
    case (0, -1): "←"
    case (-1, -1): "↖"
    default: "∘"
    }
  }

  /// Several straight moves as lines from the middle of the cell; anything else as a star.
  private static func crossing(_ moves: [Drawing.Grid.Move]) -> Unicode.Scalar {
    switch Set(moves.map(arrow)) {
    case ["↑", "→"]: "╰"
    case ["↑", "←"]: "╯"
    case ["↓", "→"]: "╭"
    case ["↓", "←"]: "╮"
    case ["↑", "↓"]: "│"
    case ["←", "→"]: "─"
    case ["↑", "→", "↓"]: "├"
    case ["↑", "←", "↓"]: "┤"
    case ["←", "↓", "→"]: "┬"
    case ["←", "↑", "→"]: "┴"
    case ["←", "↑", "→", "↓"]: "┼"
    default: "✱"
    }
  }
}

/// Where the tiles of a grid lie: as large as they fit, with lines between them where there is room.
struct GridTiles {
  /// Size of a tile's inside, in cells.
  let width: Int
  let height: Int
  let hasBorders: Bool
  /// The part of the grid that is shown.
  let firstRow: Int
  let firstColumn: Int
  let rows: Int
  let columns: Int
  let area: Rect

  init?(_ grid: Drawing.Grid, in rect: Rect) {
    guard !rect.isEmpty else { return nil }
    let inner = (width: (rect.width - 1) / grid.columns - 1, height: (rect.height - 1) / grid.rows - 1)
    hasBorders = inner.width >= 3 && inner.height >= 1
    let most = hasBorders ? inner : (width: rect.width / grid.columns, height: rect.height / grid.rows)
    width = min(max(most.width, 1), 9)
    height = min(max(most.height, 1), max((width + 1) / 2, 1), 3)
    let line = hasBorders ? 1 : 0
    rows = min(grid.rows, (rect.height - line) / (height + line))
    columns = min(grid.columns, (rect.width - line) / (width + line))
    let agent = grid.agent ?? 0
    firstRow = min(max(agent / grid.columns - rows / 2, 0), grid.rows - rows)
    firstColumn = min(max(agent % grid.columns - columns / 2, 0), grid.columns - columns)
    let size = (width: columns * (width + line) + line, height: rows * (height + line) + line)
    area = Rect(
      x: rect.x + (rect.width - size.width) / 2, y: rect.y + (rect.height - size.height) / 2, width: size.width,
      height: size.height)
  }

  func tile(_ row: Int, _ column: Int) -> Rect {
    let line = hasBorders ? 1 : 0
    return Rect(
      x: area.x + line + column * (width + line), y: area.y + line + row * (height + line), width: width,
      height: height)
  }
}
