import Testing

@testable import Terminal

@Suite struct FrameTests {
  @Test func textIsCutAtTheEdges() {
    var frame = Frame(width: 6, height: 2)
    let end = frame.put("abcdefgh", x: 3, y: 0)
    #expect(end == 6)
    frame.put("xyz", x: -1, y: 1)
    frame.put("never", x: 0, y: 7)
    #expect(frame.lines == ["   abc", "yz"])
  }

  @Test func aLimitAndAnEnd() {
    var frame = Frame(width: 10, height: 2)
    let end = frame.put("abcdef", x: 1, y: 0, limit: 3)
    #expect(end == 4)
    frame.put("12345", endingAt: 10, y: 0)
    frame.put("12345", endingAt: 10, y: 1, limit: 2)
    #expect(frame.lines == [" abc 12345", "        12"])
  }

  /// A wide glyph, a combining mark or a control would shift the rest of the row on a real screen.
  @Test(arguments: ["a漢b", "a🚀b", "a\u{1b}b", "ae\u{301}\u{301}b", "a\u{200d}b", "a\tb"])
  func whatIsNotOneColumnWideIsReplaced(_ text: String) {
    var frame = Frame(width: 8, height: 1)
    frame.put(text, x: 0, y: 0)
    #expect(frame.text.contains("?"))
    #expect(frame.text.last == "b" && frame.text.unicodeScalars.count == frame.text.count)
  }

  @Test func outsideThereIsNothing() {
    var frame = Frame(width: 2, height: 2)
    frame[5, 0] = .init(glyph: "x", style: .plain)
    frame[0, -1] = .init(glyph: "x", style: .plain)
    frame.fill(Rect(x: -3, y: -3, width: 4, height: 4), with: .init(glyph: "#", style: .plain))
    #expect(frame.lines == ["#", ""])
    #expect(frame[9, 9] == .blank)
    #expect(Frame(width: -1, height: 3).cells.isEmpty)
  }

  @Test func boxesHaveTitlesAndNotes() {
    var frame = Frame(width: 24, height: 3)
    let inside = frame.box(frame.bounds, title: "loss", note: "0.5")
    #expect(inside == Rect(x: 1, y: 1, width: 22, height: 1))
    #expect(frame.lines == ["╭─ loss ───────── 0.5 ─╮", "│                      │", "╰──────────────────────╯"])
  }

  @Test func titlesGiveWay() {
    var frame = Frame(width: 12, height: 2)
    frame.box(frame.bounds, title: "a long title", note: "note")
    #expect(frame.lines == ["╭─ a long ─╮", "╰──────────╯"])
    var tiny = Frame(width: 1, height: 1)
    let inside = tiny.box(tiny.bounds, title: "x")
    #expect(inside.isEmpty)
  }

  @Test(arguments: [
    (0.0, "────"), (0.5, "██──"), (0.54, "██▏─"), (1.0, "████"), (7.0, "████"), (-1.0, "────"), (Double.nan, "────"),
    (Double.infinity, "────"),
  ])
  func barsHaveEighths(_ share: Double, _ expected: String) {
    var frame = Frame(width: 4, height: 1)
    frame.bar(share, x: 0, y: 0, width: 4, paint: .good)
    #expect(frame.text == expected)
  }

  @Test func asciiKeepsTheShape() {
    var frame = Frame(width: 12, height: 3)
    let inside = frame.box(frame.bounds, title: "run")
    frame.put("→ ⡇⠉⣀ ◎", x: inside.x, y: inside.y)
    #expect(frame.ascii.lines == ["+- run ----+", "|> |'. T   |", "+----------+"])
    #expect(frame.ascii.cells.allSatisfy { $0.glyph.isASCII })
  }

  @Test func everyBrailleCellHasAStroke() {
    for dots in UInt32(0)..<256 {
      let glyph = asciiGlyph(Unicode.Scalar(0x2800 + dots)!)
      #expect(glyph.isASCII && glyph != "?")
      #expect((glyph == " ") == (dots == 0))
    }
  }
}

@Suite struct RectTests {
  @Test func piecesNeverExceedTheWhole() {
    var rect = Rect(x: 2, y: 3, width: 10, height: 4)
    let (top, left, rest) = (rect.takeTop(1), rect.takeLeft(4), rect.takeTop(9))
    #expect(top == Rect(x: 2, y: 3, width: 10, height: 1))
    #expect(left == Rect(x: 2, y: 4, width: 4, height: 3))
    #expect(rest == Rect(x: 6, y: 4, width: 6, height: 3))
    let nothing = rect.takeTop(-1)
    #expect(rect.isEmpty && nothing.isEmpty)
  }
}
