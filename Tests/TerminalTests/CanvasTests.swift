import RLCore
import Testing

@testable import Terminal

@Suite struct CanvasTests {
  private func dots(_ canvas: Canvas) -> [String] {
    (0..<canvas.dotHeight).map { y in
      String((0..<canvas.dotWidth).map { canvas.isSet($0, y) ? "#" : "." })
    }
  }

  private func picture(_ canvas: Canvas) -> [String] {
    var frame = Frame(width: canvas.width, height: canvas.height)
    canvas.draw(into: &frame, x: 0, y: 0)
    return frame.lines
  }

  @Test func dotsHaveUnicodesNumbers() {
    var canvas = Canvas(width: 1, height: 1)
    for (index, glyph) in ["⠁", "⠉", "⠋", "⠛", "⠟", "⠿", "⡿", "⣿"].enumerated() {
      canvas.set(index % 2, index / 2, .plain)
      #expect(picture(canvas) == [glyph])
    }
  }

  @Test func lines() {
    var canvas = Canvas(width: 4, height: 2)
    canvas.line(.init(0, 0), .init(7, 7), .plain)
    #expect(dots(canvas) == (0..<8).map { y in String((0..<8).map { $0 == y ? "#" : "." }) })
    #expect(picture(canvas) == ["⠑⢄", "  ⠑⢄"])
  }

  @Test func linesAreClippedNotBent() {
    var canvas = Canvas(width: 4, height: 2)
    canvas.line(.init(-1e9, -1e9), .init(1e9, 1e9), .plain)
    #expect(picture(canvas) == ["⠑⢄", "  ⠑⢄"])
    var empty = Canvas(width: 4, height: 2)
    empty.line(.init(-5, 3), .init(-1, 3), .plain)
    empty.line(.init(.nan, 3), .init(5, 3), .plain)
    empty.line(.init(0, 0), .init(.infinity, 3), .plain)
    #expect(picture(empty) == ["", ""])
  }

  @Test func circles() {
    var ring = Canvas(width: 4, height: 2)
    ring.circle(.init(3.5, 3.5), radius: 3.4, filled: false, .plain)
    let rows = dots(ring)
    #expect(rows == Array(rows.reversed()))
    #expect(rows == rows.map { String($0.reversed()) })
    #expect(rows[3].hasPrefix("#.....") && rows[3].hasSuffix("#"))

    var disc = Canvas(width: 4, height: 2)
    disc.circle(.init(3.5, 3.5), radius: 3.4, filled: true, .plain)
    #expect(dots(disc)[3] == "########")
    #expect(!disc.isSet(0, 0))
  }

  @Test func filledPolygonsObeyTheEvenOddRule() {
    var canvas = Canvas(width: 5, height: 2)
    canvas.polygon([.init(1, 1), .init(8, 1), .init(8, 6), .init(1, 6)], filled: true, .plain)
    #expect(dots(canvas).map { $0.count { $0 == "#" } } == [0, 8, 8, 8, 8, 8, 8, 0])
    var outline = Canvas(width: 5, height: 2)
    outline.polygon([.init(1, 1), .init(8, 1), .init(8, 6), .init(1, 6)], filled: false, .plain)
    #expect(dots(outline).map { $0.count { $0 == "#" } } == [0, 8, 2, 2, 2, 2, 8, 0])
  }

  @Test func worldsKeepTheirProportions() {
    let square = Drawing(
      bounds: .init(x: 0...1, y: 0...1),
      shapes: [.polygon([.init(0, 0), .init(1, 0), .init(1, 1), .init(0, 1)], filled: true, .body)])
    var frame = Frame(width: 20, height: 4)
    frame.draw(square, in: frame.bounds)
    // 16 dots square, in the middle of 40 × 16.
    #expect(frame.lines.allSatisfy { $0 == "      ⣿⣿⣿⣿⣿⣿⣿⣿" })
    #expect(frame[6, 0].style.paint == Paint(.body))
  }

  @Test func upIsUpAndLabelsStandOnTheirPoint() {
    let drawing = Drawing(
      bounds: .init(x: -1...1, y: -1...1),
      shapes: [.path([.init(0, 0), .init(0, 1)], .plain), .label("goal", .init(0, -0.9), .good)])
    var frame = Frame(width: 8, height: 4)
    frame.draw(drawing, in: frame.bounds)
    #expect(frame[4, 0].glyph != " " || frame[3, 0].glyph != " ")
    #expect(frame.lines[3].contains("goal"))
  }
}
