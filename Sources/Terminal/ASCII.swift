extension Frame {
  /// The same picture with ASCII glyphs only, for a locale or a console without the others.
  var ascii: Frame {
    var frame = Frame(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        let cell = self[x, y]
        frame[x, y] = Cell(glyph: asciiGlyph(cell.glyph), style: cell.style)
      }
    }
    return frame
  }
}

/// The ASCII glyph that looks most like `glyph`.
func asciiGlyph(_ glyph: Unicode.Scalar) -> Unicode.Scalar {
  if glyph.isASCII { return glyph }
  if (0x2800..<0x2900).contains(glyph.value) { return asciiBraille(UInt8(glyph.value - 0x2800)) }
  switch glyph {
  case "─", "━", "╌", "–", "−": return "-"
  case "‖", "│", "┤", "├", "▏", "▎", "┆": return "|"
  case "╭", "╮", "╰", "╯", "┌", "┐", "└", "┘", "┬", "┴", "┼": return "+"
  case "■", "█", "▉", "▊", "▋", "▌", "▍", "▓": return "#"
  case "▒", "░": return "%"
  case "↑", "▴": return "^"
  case "→", "▸", "▶": return ">"
  case "↓", "▾": return "v"
  case "←", "◂": return "<"
  case "↗", "↙": return "/"
  case "↖", "↘": return "\\"
  case "●": return "@"
  case "∘", "○": return "o"
  case "◎": return "T"
  case "·", "…": return "."
  case "±": return "~"
  case "×", "✱": return "x"
  default: return "?"
  }
}

/// Braille dots, as Unicode numbers them, as the stroke they resemble.
private func asciiBraille(_ dots: UInt8) -> Unicode.Scalar {
  let (left, right): (UInt8, UInt8) = (0x47, 0xb8)
  let (upper, lower): (UInt8, UInt8) = (0x1b, 0xe4)
  let (top, bottom): (UInt8, UInt8) = (0x09, 0xc0)
  if dots == 0 { return " " }
  if dots.nonzeroBitCount >= 6 { return "#" }
  if dots & lower == 0 { return dots & top != 0 ? "'" : "-" }
  if dots & upper == 0 { return dots & bottom != 0 ? "." : "-" }
  if dots & (top | bottom) == 0 { return "-" }
  if dots & left == 0 || dots & right == 0 { return "|" }
  if dots & upper & left == 0 && dots & lower & right == 0 { return "/" }
  if dots & upper & right == 0 && dots & lower & left == 0 { return "\\" }
  return "*"
}
