/// A picture of the screen: width × height cells, filled by pure functions and shown by ``Screen`` or as plain text.
///
/// Everything is drawn with Unicode glyphs that are one column wide; ``ascii`` replaces them where there is no UTF-8.
struct Frame: Sendable, Equatable {
  struct Cell: Sendable, Equatable {
    var glyph: Unicode.Scalar
    var style: Style
    static let blank = Cell(glyph: " ", style: .plain)
  }

  let width: Int
  let height: Int
  /// Row by row from the top.
  private(set) var cells: [Cell]

  init(width: Int, height: Int) {
    self.width = max(width, 0)
    self.height = max(height, 0)
    cells = .init(repeating: .blank, count: self.width * self.height)
  }

  var bounds: Rect { Rect(x: 0, y: 0, width: width, height: height) }

  /// Cell (x, y) from the top left. Outside the frame a read gives a blank and a write does nothing.
  subscript(x: Int, y: Int) -> Cell {
    get { x >= 0 && x < width && y >= 0 && y < height ? cells[y * width + x] : .blank }
    set { if x >= 0 && x < width && y >= 0 && y < height { cells[y * width + x] = newValue } }
  }

  /// Writes one line of text, cut off at the frame's edge and after `limit` columns. Returns the column after it.
  @discardableResult
  mutating func put(_ text: String, x: Int, y: Int, style: Style = .plain, limit: Int = .max) -> Int {
    var column = x
    let end = limit >= width - x ? width : x + max(limit, 0)
    for character in text {
      guard column < end else { break }
      self[column, y] = Cell(glyph: Self.narrow(character), style: style)
      column += 1
    }
    return column
  }

  /// Writes text so that it ends before column `end`; what does not fit in `limit` columns is dropped at its end.
  mutating func put(_ text: String, endingAt end: Int, y: Int, style: Style = .plain, limit: Int = .max) {
    let length = min(text.count, max(limit, 0))
    put(text, x: end - length, y: y, style: style, limit: length)
  }

  mutating func fill(_ rect: Rect, with cell: Cell) {
    for y in max(rect.y, 0)..<max(min(rect.maxY, height), max(rect.y, 0)) {
      for x in max(rect.x, 0)..<max(min(rect.maxX, width), max(rect.x, 0)) { self[x, y] = cell }
    }
  }

  /// One scalar that takes one column: text from files may hold controls, combining marks and wide glyphs, which
  /// would shift everything to their right.
  private static func narrow(_ character: Character) -> Unicode.Scalar {
    let scalars = character.unicodeScalars
    guard let scalar = scalars.first, scalars.count == 1 else { return "?" }
    switch scalar.value {
    case 0x20..<0x7f: return scalar
    case 0xa1..<0x300, 0x370..<0x483, 0x2010..<0x2028, 0x2030..<0x2060, 0x2070..<0x231a, 0x2320..<0x23e9,
      0x2400..<0x2614, 0x2800..<0x2900:
      return scalar
    default: return "?"
    }
  }

  /// The rows as text, without trailing blanks.
  var lines: [String] {
    (0..<height).map { y in
      var line = String.UnicodeScalarView(cells[y * width..<(y + 1) * width].map(\.glyph))
      while line.last == " " { line.removeLast() }
      return String(line)
    }
  }

  /// The whole frame as lines of text, one after another.
  var text: String { lines.joined(separator: "\n") }
}

/// Part of a frame, in cells.
struct Rect: Sendable, Equatable {
  var x: Int
  var y: Int
  var width: Int
  var height: Int

  var maxX: Int { x + width }
  var maxY: Int { y + height }
  var isEmpty: Bool { width <= 0 || height <= 0 }
  func contains(_ x: Int, _ y: Int) -> Bool { x >= self.x && x < maxX && y >= self.y && y < maxY }

  func inset(_ dx: Int, _ dy: Int) -> Rect {
    Rect(x: x + dx, y: y + dy, width: max(width - 2 * dx, 0), height: max(height - 2 * dy, 0))
  }

  /// Cuts `count` rows off the top; fewer when there are not so many.
  mutating func takeTop(_ count: Int) -> Rect {
    let taken = min(max(count, 0), height)
    defer {
      y += taken
      height -= taken
    }
    return Rect(x: x, y: y, width: width, height: taken)
  }

  /// Cuts `count` columns off the left; fewer when there are not so many.
  mutating func takeLeft(_ count: Int) -> Rect {
    let taken = min(max(count, 0), width)
    defer {
      x += taken
      width -= taken
    }
    return Rect(x: x, y: y, width: taken, height: height)
  }
}
