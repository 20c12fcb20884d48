import Foundation
import RLCore

/// A drawing surface of braille dots, 2 × 4 in a cell: about square on most terminals.
///
/// Positions are in dots from the upper left; what lies outside is clipped, what is not finite is left out.
struct Canvas {
  /// In cells.
  let width: Int
  let height: Int
  private var dots: [UInt8]
  private var paints: [Paint]

  init(width: Int, height: Int) {
    self.width = max(width, 0)
    self.height = max(height, 0)
    dots = .init(repeating: 0, count: self.width * self.height)
    paints = .init(repeating: .plain, count: dots.count)
  }

  var dotWidth: Int { width * 2 }
  var dotHeight: Int { height * 4 }

  /// The bit of each dot in its cell, row by row: Unicode's numbering of the eight-dot patterns.
  private static let bits: [UInt8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]

  func contains(_ point: Drawing.Point) -> Bool {
    point.x >= 0 && point.y >= 0 && point.x < Double(dotWidth) && point.y < Double(dotHeight)
  }

  func isSet(_ x: Int, _ y: Int) -> Bool {
    guard x >= 0, y >= 0, x < dotWidth, y < dotHeight else { return false }
    return dots[y / 4 * width + x / 2] & Self.bits[y % 4 * 2 + x % 2] != 0
  }

  /// A cell has one colour: that of the last dot in it.
  mutating func set(_ x: Int, _ y: Int, _ paint: Paint) {
    guard x >= 0, y >= 0, x < dotWidth, y < dotHeight else { return }
    let cell = y / 4 * width + x / 2
    dots[cell] |= Self.bits[y % 4 * 2 + x % 2]
    paints[cell] = paint
  }

  mutating func line(_ from: Drawing.Point, _ to: Drawing.Point, _ paint: Paint) {
    guard let (a, b) = clipped(from, to) else { return }
    let steps = Int(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up))
    for step in 0...steps {
      let share = steps == 0 ? 0 : Double(step) / Double(steps)
      set(Int((a.x + (b.x - a.x) * share).rounded()), Int((a.y + (b.y - a.y) * share).rounded()), paint)
    }
  }

  mutating func path(_ points: [Drawing.Point], _ paint: Paint) {
    if points.count == 1 { line(points[0], points[0], paint) }
    for (a, b) in zip(points, points.dropFirst()) { line(a, b, paint) }
  }

  /// Every second column between two lines, in dots that are far apart: what lies upon it stays readable.
  mutating func shade(_ edges: [(top: Drawing.Point, bottom: Drawing.Point)], _ paint: Paint) {
    for (left, right) in zip(edges, edges.dropFirst()) {
      let numbers = [left.top.x, right.top.x, left.top.y, left.bottom.y, right.top.y, right.bottom.y]
      guard numbers.allSatisfy(\.isFinite), left.top.x < right.top.x else { continue }
      let columns = Int(max(left.top.x.rounded(.up), 0))..<Int(max(min(right.top.x + 1, Double(dotWidth)), 0))
      for x in columns where x % 2 == 0 {
        let share = (Double(x) - left.top.x) / (right.top.x - left.top.x)
        let top = left.top.y + share * (right.top.y - left.top.y)
        let bottom = left.bottom.y + share * (right.bottom.y - left.bottom.y)
        for y in rows(top, bottom) where y % 4 == x % 4 { set(x, y, paint) }
      }
    }
  }

  /// A closed outline; filled by the even-odd rule.
  mutating func polygon(_ points: [Drawing.Point], filled: Bool, _ paint: Paint) {
    guard let first = points.first, points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return }
    if filled {
      for y in rows(points.map(\.y).min() ?? 0, points.map(\.y).max() ?? 0) {
        var crossings: [Double] = []
        for (index, a) in points.enumerated() {
          let b = points[(index + 1) % points.count]
          let row = Double(y)
          if (a.y <= row) != (b.y <= row) { crossings.append(a.x + (row - a.y) / (b.y - a.y) * (b.x - a.x)) }
        }
        crossings.sort()
        for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
          span(crossings[pair], crossings[pair + 1], y, paint)
        }
      }
    }
    path(points + [first], paint)
  }

  mutating func circle(_ centre: Drawing.Point, radius: Double, filled: Bool, _ paint: Paint) {
    guard centre.x.isFinite, centre.y.isFinite, radius.isFinite, radius >= 0 else { return }
    if filled {
      for y in rows(centre.y - radius, centre.y + radius) {
        let dy = Double(y) - centre.y
        let half = max(radius * radius - dy * dy, 0).squareRoot()
        span(centre.x - half, centre.x + half, y, paint)
      }
    }
    let corners = min(max(Int(min(radius, 1000) * 3), 8), 256)
    path(
      (0...corners).map { corner in
        let angle = 2 * Double.pi * Double(corner) / Double(corners)
        return Drawing.Point(centre.x + radius * cos(angle), centre.y + radius * sin(angle))
      }, paint)
  }

  /// Copies the cells that have dots.
  func draw(into frame: inout Frame, x: Int, y: Int) {
    for row in 0..<height {
      for column in 0..<width {
        let cell = row * width + column
        guard dots[cell] != 0, let glyph = Unicode.Scalar(0x2800 + UInt32(dots[cell])) else { continue }
        let style = Style(paints[cell], on: frame[x + column, y + row].style.ground)
        frame[x + column, y + row] = Frame.Cell(glyph: glyph, style: style)
      }
    }
  }

  private mutating func span(_ from: Double, _ to: Double, _ y: Int, _ paint: Paint) {
    let low = max(from.rounded(), 0)
    let high = min(to.rounded(), Double(dotWidth - 1))
    guard low <= high else { return }
    for x in Int(low)...Int(high) { set(x, y, paint) }
  }

  private func rows(_ low: Double, _ high: Double) -> Range<Int> {
    let first = max(low.rounded(.up), 0)
    let last = min(high.rounded(.down), Double(dotHeight - 1))
    return first <= last ? Int(first)..<Int(last) + 1 : 0..<0
  }

  /// The part of a segment that lies on the canvas (Liang and Barsky 1984, doi:10.1145/357332.357333).
  private func clipped(_ a: Drawing.Point, _ b: Drawing.Point) -> (Drawing.Point, Drawing.Point)? {
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    guard dotWidth > 0, dotHeight > 0, dx.isFinite, dy.isFinite else { return nil }
    let edges = [
      (-dx, a.x + 0.5), (dx, Double(dotWidth) - 0.51 - a.x), (-dy, a.y + 0.5), (dy, Double(dotHeight) - 0.51 - a.y),
    ]
    var (enter, leave) = (0.0, 1.0)
    for (toward, room) in edges {
      if toward == 0 {
        if room < 0 { return nil }
      } else if toward < 0 {
        enter = max(enter, room / toward)
      } else {
        leave = min(leave, room / toward)
      }
    }
    guard enter <= leave else { return nil }
    return (
      Drawing.Point(a.x + enter * dx, a.y + enter * dy), Drawing.Point(a.x + leave * dx, a.y + leave * dy)
    )
  }
}
