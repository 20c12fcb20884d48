import Foundation
import RLCore

/// What is shown of a world.
enum WorldLayer: Sendable {
  /// The world itself; on a grid values as numbers and as heat, and all best actions.
  case world
  /// On a grid how often training was in each state, which is estimated; as heat by its logarithm.
  case visits
  /// Elsewhere the state values over the states.
  case surface

  /// What a grid shows of it.
  var gridTitle: String { self == .visits ? "visits, estimated" : "values and best actions" }
}

extension Solution {
  /// Whether it has a state for each cell and an action for each move.
  func fits(_ grid: Drawing.Grid) -> Bool { states == grid.cells.count && actions == grid.moves.count }
}

extension Frame {
  /// A grid world: kinds of cells, the agent, and a solution's values (as numbers where they fit, as heat always)
  /// and best actions, or its visits. What does not fit in `rect` is left out, around the agent.
  mutating func draw(_ grid: Drawing.Grid, solution: Solution?, layer: WorldLayer = .world, in rect: Rect) {
    guard grid.rows > 0, grid.columns > 0, let tiles = GridTiles(grid, in: rect) else { return }
    let fits = solution?.fits(grid) ?? false
    let gap = tiles.hasBorders ? 0 : 1
    let room = tiles.width - gap - (tiles.height > 1 ? 0 : 2)
    let picture = GridPicture(grid: grid, solution: fits ? solution : nil, layer: layer, room: room)
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
    let ground = picture.heat(state)
    var agent = Cell(glyph: "●", style: Style(.evaluation, bold: true))
    if kind == .wall || kind == .cliff || (kind == .forbidden && ground == nil) {
      let cell = Cell(glyph: kind == .wall ? "█" : "░", style: Style(kind == .wall ? .frame : .bad))
      fill(tile, with: cell)
      if isAgentHere { self[tile.x + tile.width / 2, tile.y + tile.height / 2] = agent }
      return
    }

    let style = ground.map { Style.onHeat($0) } ?? .faint
    var mark = picture.mark(state).map { Cell(glyph: $0.glyph, style: Style($0.paint, bold: true)) }
    if let ground {
      fill(tile, with: Cell(glyph: " ", style: style))
      mark?.style = Style.onHeat(ground, bold: true)
      agent.style = Style.onHeat(ground, bold: true)
      agent.style.isReversed = true
    }
    let hasSolution = picture.solution != nil
    let corner = isAgentHere ? agent : mark
    if tile.width < 3 {
      let sign = picture.sign(state, room: 1).unicodeScalars.first ?? "·"
      let isMarked = isAgentHere || !hasSolution || kind == .target
      self[tile.x, tile.y] = (isMarked ? corner : nil) ?? Cell(glyph: sign, style: style)
    } else if !hasSolution {
      if let corner { self[tile.x + tile.width / 2, tile.y + tile.height / 2] = corner }
    } else {
      draw(picture, state: state, in: tile, style: style, hasCorner: corner != nil)
      if let corner { self[tile.x, tile.y] = corner }
    }
  }

  /// A state's sign and number, beside what stands in the upper left corner.
  private mutating func draw(_ picture: GridPicture, state: Int, in tile: Rect, style: Style, hasCorner: Bool) {
    let value = picture.value(state)
    if tile.height == 1, let value {
      put(picture.sign(state, room: 1), x: tile.x + 1, y: tile.y, style: style)
      put(value, endingAt: tile.maxX, y: tile.y, style: style)
      return
    }
    let sign = picture.sign(state, room: tile.width - (hasCorner && tile.height < 3 ? 2 : 0))
    put(sign, x: tile.x + (tile.width - sign.count) / 2, y: tile.y + (tile.height - 1) / 2, style: style)
    if let value { put(value, x: tile.x + (tile.width - value.count) / 2, y: tile.maxY - 1, style: style) }
  }
}

/// What the tiles of a grid world say.
struct GridPicture {
  let grid: Drawing.Grid
  let solution: Solution?
  private let layer: WorldLayer
  /// The numbers that the heat shows.
  private let heats: [Double]
  private let range: ClosedRange<Double>?
  /// The numbers as text, all equally wide; `nil` where they do not all fit.
  private let texts: [String]?

  /// `room`: columns that a number may take. Values are shown where there are no visits.
  init(grid: Drawing.Grid, solution: Solution?, layer: WorldLayer = .world, room: Int) {
    self.grid = grid
    self.solution = solution
    let visits = layer == .visits ? solution?.visits?.map(Double.init) : nil
    self.layer = visits == nil ? .world : .visits
    let numbers = visits ?? solution?.v ?? []
    heats = visits.map { $0.map { log10(1 + $0) } } ?? numbers
    let shown = numbers.indices.filter {
      grid.cells[$0] != .wall && grid.cells[$0] != .cliff && numbers[$0].isFinite
    }
    let shades = shown.map { [heats] in heats[$0] }
    range = shades.min().flatMap { low in shades.max().map { low...$0 } }
    // Up to two decimals, as many as let all of them fit; counts give way in units of a thousand or more.
    let styles: [(Double) -> String] =
      visits == nil
      ? [2, 1, 0].map { decimals in { Format.fixed($0, decimals) } } : [{ Format.fixed($0, 0) }, Format.compact]
    let fitting = styles.lazy.map { style in (style: style, width: shown.map { style(numbers[$0]).count }.max() ?? 0) }
      .first { $0.width > 0 && $0.width <= room }
    texts = fitting.map { fitting in numbers.map { Format.right(fitting.style($0), fitting.width) } }
  }

  /// The heat of a state's number, from the lowest to the highest one on the grid.
  func heat(_ state: Int) -> Paint? {
    guard let range, heats[state].isFinite else { return nil }
    let span = range.upperBound - range.lowerBound
    guard span > 0, span.isFinite else { return .heat3 }
    return .heat((heats[state] - range.lowerBound) / span)
  }

  /// The number, where all of them fit; all are equally wide.
  func value(_ state: Int) -> String? {
    guard let texts, heats[state].isFinite else { return nil }
    return texts[state]
  }

  /// Beside a value the best actions; in the place of a count that does not fit how many digits it has.
  func sign(_ state: Int, room: Int) -> String {
    guard layer == .visits else { return arrows(state, room: room) }
    guard texts == nil, let count = solution?.visits?[state] else { return "" }
    return count == 0 ? "·" : "\("\(count)".count)"
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
