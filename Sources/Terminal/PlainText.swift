import Foundation
import RLCore

/// Whether standard output is a terminal that shows colours and wants them.
public func isColoured() -> Bool {
  guard isatty(STDOUT_FILENO) == 1, let term = getenv("TERM"), !["", "dumb"].contains(String(cString: term)) else {
    return false
  }
  // https://no-color.org: set and not empty.
  return getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
}

/// Columns of standard output, or of another file, between `least` and 120; 98 where it is not a terminal.
public func terminalWidth(_ file: Int32 = STDOUT_FILENO, least: Int = 40) -> Int {
  var size = winsize()
  guard isatty(file) == 1, ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 98 }
  return min(max(Int(size.ws_col), least), 120)
}

/// Whether the locale writes UTF-8.
func isUTF8() -> Bool {
  // Only the character type: a decimal comma from LC_NUMERIC would change how the C library reads numbers.
  setlocale(LC_CTYPE, "")
  return nl_langinfo(Int32(CODESET)).map { String(cString: $0) } == "UTF-8"
}

/// A grid world's solution as lines of text: values and all best actions, and beside or below them how often training
/// was in each state, where that was counted. None where the drawing shows no grid or another one.
public func lines(of solution: Solution, on drawing: Drawing, width: Int, isColoured: Bool = false) -> [String] {
  guard var grid = drawing.grid, solution.fits(grid) else { return [] }
  grid.agent = nil
  // Two grids stand side by side where that leaves room for numbers.
  let half = (width - 3) / 2
  let isBeside = solution.visits != nil && half >= 7 * grid.columns + 1
  let layers: [WorldLayer] = solution.visits == nil ? [.world] : [.world, .visits]
  let parts = layers.map { layer in
    picture(of: grid, solution, layer, width: isBeside ? half : width)
  }
  guard isBeside else { return parts.flatMap { $0.lines(isColoured: isColoured) } }
  var frame = Frame(width: parts[0].width + 3 + parts[1].width, height: max(parts[0].height, parts[1].height))
  frame.put(parts[0], x: 0)
  frame.put(parts[1], x: parts[0].width + 3)
  return frame.lines(isColoured: isColoured)
}

/// One layer under its title, in a frame that is as large as it needs.
private func picture(of grid: Drawing.Grid, _ solution: Solution, _ layer: WorldLayer, width: Int) -> Frame {
  guard let tiles = GridTiles(grid, in: Rect(x: 0, y: 0, width: width, height: 3 * grid.rows + 1)) else {
    return Frame(width: 0, height: 0)
  }
  let title = layer.gridTitle
  var frame = Frame(width: min(max(tiles.area.width, title.count), width), height: tiles.area.height + 1)
  frame.put(title, x: 0, y: 0, style: .faint)
  frame.draw(
    grid, solution: solution, layer: layer,
    in: Rect(x: 0, y: 1, width: tiles.area.width, height: tiles.area.height))
  return frame
}

/// State values as lines of text.
public func lines(of surface: Surface, width: Int, isColoured: Bool = false) -> [String] {
  var frame = Frame(width: min(width, 82), height: 19)
  frame.put("state values", x: 0, y: 0, style: .faint)
  frame.draw(surface, in: Rect(x: 0, y: 1, width: frame.width, height: frame.height - 1))
  return frame.lines(isColoured: isColoured)
}

extension Frame {
  /// Copies another frame, from its upper edge on.
  fileprivate mutating func put(_ other: Frame, x: Int) {
    for row in 0..<other.height {
      for column in 0..<other.width { self[x + column, row] = other[column, row] }
    }
  }

  /// The rows as text, with the colours of a terminal that has 256 (ECMA-48, SGR) where `isColoured`.
  func lines(isColoured: Bool) -> [String] {
    guard isColoured else { return lines }
    return (0..<height).map { y in
      var line = ""
      var style = Style.plain
      for x in 0..<width {
        if self[x, y].style != style {
          style = self[x, y].style
          line += "\u{1b}[0" + style.codes + "m"
        }
        line.unicodeScalars.append(self[x, y].glyph)
      }
      return style == .plain ? line : line + "\u{1b}[0m"
    }
  }
}

extension Style {
  /// The parameters of SGR that make it from nothing, each after a semicolon.
  fileprivate var codes: String {
    var codes = isBold ? ";1" : ""
    if isReversed { codes += ";7" }
    if let colour = paint.colour256 { codes += ";38;5;\(colour)" }
    if let colour = ground.colour256 { codes += ";48;5;\(colour)" }
    return codes
  }
}
