extension Frame {
  /// A rounded border with a title in its upper edge and a note at the upper right. Returns the inside.
  @discardableResult
  mutating func box(_ rect: Rect, title: String = "", note: String = "", noteStyle: Style = .faint) -> Rect {
    guard rect.width >= 2, rect.height >= 2 else { return Rect(x: rect.x, y: rect.y, width: 0, height: 0) }
    let style = Style(.frame)
    let (right, bottom) = (rect.maxX - 1, rect.maxY - 1)
    for x in rect.x + 1..<max(right, rect.x + 1) {
      self[x, rect.y] = Cell(glyph: "─", style: style)
      self[x, bottom] = Cell(glyph: "─", style: style)
    }
    for y in rect.y + 1..<max(bottom, rect.y + 1) {
      self[rect.x, y] = Cell(glyph: "│", style: style)
      self[right, y] = Cell(glyph: "│", style: style)
    }
    self[rect.x, rect.y] = Cell(glyph: "╭", style: style)
    self[right, rect.y] = Cell(glyph: "╮", style: style)
    self[rect.x, bottom] = Cell(glyph: "╰", style: style)
    self[right, bottom] = Cell(glyph: "╯", style: style)

    // The title wins over the note where both do not fit.
    let room = rect.width - 6
    if !title.isEmpty, room > 0 {
      put(" \(title.prefix(room)) ", x: rect.x + 2, y: rect.y, style: Style(.title, bold: true))
    }
    let left = room - (title.isEmpty ? 0 : title.count + 3)
    if !note.isEmpty, note.count <= left { put(" \(note) ", endingAt: right - 1, y: rect.y, style: noteStyle) }
    return rect.inset(1, 1)
  }

  /// Marks the box around a rectangle as the one that is chosen.
  mutating func brighten(_ rect: Rect) {
    for y in rect.y..<rect.maxY {
      for x in rect.x..<rect.maxX where self[x, y].style == Style(.frame) {
        let isEdge = x == rect.x || x == rect.maxX - 1 || y == rect.y || y == rect.maxY - 1
        if isEdge { self[x, y].style = Style(.accent, bold: true) }
      }
    }
  }

  /// A horizontal bar of `share` (0…1) of the width, in eighths of a cell.
  mutating func bar(_ share: Double, x: Int, y: Int, width: Int, paint: Paint) {
    guard width > 0 else { return }
    let filled = Int((share.isFinite ? min(max(share, 0), 1) : 0) * Double(width * 8))
    let parts: [Unicode.Scalar] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    for column in 0..<width {
      let eighths = filled - column * 8
      if eighths >= 8 {
        self[x + column, y] = Cell(glyph: "█", style: Style(paint))
      } else if eighths > 0 {
        self[x + column, y] = Cell(glyph: parts[eighths - 1], style: Style(paint))
      } else {
        self[x + column, y] = Cell(glyph: "─", style: .faint)
      }
    }
  }

  /// Writes `label` at the left and `value` at the right of one row; the label gives way.
  mutating func row(_ label: String, _ value: String, in rect: Rect, y: Int, style: Style = .plain) {
    guard rect.y <= y, y < rect.maxY else { return }
    let room = rect.width - min(value.count, rect.width)
    put(label, x: rect.x, y: y, style: .faint, limit: max(room - 1, 0))
    put(value, endingAt: rect.maxX, y: y, style: style, limit: rect.width)
  }
}
