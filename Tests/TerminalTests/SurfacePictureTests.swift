import RLCore
import Testing

@testable import Terminal

@Suite struct SurfacePictureTests {
  /// Rises to the right by 1 and upwards by 2.
  static let slope = Surface(low: [-1.2, -0.07], high: [0.6, 0.07], rows: 2, columns: 2, v: [0, 1, 2, 3])

  private func frame(_ surface: Surface, _ width: Int, _ height: Int) -> Frame { frame(surface, [], width, height) }

  private func frame(_ surface: Surface, _ path: [Drawing.Point], _ width: Int, _ height: Int) -> Frame {
    var frame = Frame(width: width, height: height)
    frame.draw(surface, path: path, in: frame.bounds)
    return frame
  }

  @Test func betweenThePointsItIsLinear() {
    #expect(Self.slope.value(0, 0) == 0 && Self.slope.value(1, 0) == 1 && Self.slope.value(0, 1) == 2)
    #expect(Self.slope.value(0.25, 0.5) == 1.25 && Self.slope.value(1, 1) == 3)
    #expect(Self.slope.value(-1, 9) == 2)
    let line = Surface(low: [0], high: [4], rows: 1, columns: 3, v: [0, 4, 0])
    #expect([0, 0.25, 0.5, 0.75, 1].map { line.value($0, 0) } == [0, 2, 4, 2, 0])
  }

  @Test func theSecondNumberPointsUpwards() {
    let picture = frame(Self.slope, 6, 4)
    // Without colours the signs tell low from high.
    #expect(picture.lines == ["=++**#", "-===++", "::--==", " ..::-"])
    #expect(picture[0, 3].style.ground == .heat0 && picture[5, 0].style.ground == .heat7)
  }

  @Test func theFrameNamesBoundsAndScale() {
    let lines = frame(Self.slope, 40, 9).lines
    #expect(lines[0].hasPrefix(" 0.0700") && lines[6].hasPrefix("-0.0700"))
    #expect(lines[7].hasPrefix("        -1.200") && lines[7].hasSuffix("0.600"))
    #expect(lines[8].contains("0   ..::--==++**## 3.000"))
  }

  @Test func aPathEndsWhereTheEpisodeIs() {
    let (low, high) = (Drawing.Point(-1.2, -0.07), Drawing.Point(0.6, 0.07))
    let picture = frame(Self.slope, [low, .init(-0.6, 0), .init(0, 0), high], 6, 4)
    #expect(picture[5, 0].glyph == "●")
    #expect((0x2800..<0x2900).contains(picture[0, 3].glyph.value))
    #expect(picture[0, 0].glyph == "=")
    // What goes round does not cross the picture, and what is outside is not there.
    let round = frame(Self.slope, [.init(-1.1, 0), .init(0.5, 0)], 6, 4)
    #expect(round.cells.count { (0x2800..<0x2900).contains($0.glyph.value) } == 0)
    #expect(frame(Self.slope, [.init(99, .nan)], 6, 4) == frame(Self.slope, 6, 4))
  }

  @Test func oneNumberIsACurve() {
    let line = Surface(low: [0], high: [4], rows: 1, columns: 3, v: [0, 4, 0])
    let lines = frame(line, [.init(1, 0)], 40, 10).lines
    #expect(lines.contains { $0.contains("4┤") } && lines.last?.contains("4") == true)
    #expect(frame(line, 40, 10) != frame(line, [.init(1, 0)], 40, 10))
    #expect(frame(line, [.init(.nan, 0)], 40, 10) == frame(line, 40, 10))
  }

  @Test func aFlatSurfaceAndNoRoom() {
    let flat = Surface(low: [0, 0], high: [1, 1], rows: 2, columns: 2, v: [5, 5, 5, 5])
    #expect(Set(frame(flat, 6, 4).cells.map(\.style.ground)) == [.heat4])
    for (width, height) in [(0, 0), (1, 1), (23, 7), (24, 6), (24, 7), (3, 90)] {
      #expect(frame(flat, [.init(0.5, 0.5)], width, height).cells.count == width * height)
    }
  }

  @Test func asText() {
    let page = lines(of: Self.slope, width: 60)
    #expect(page.first == "state values" && page.count == 19 && page.allSatisfy { $0.count <= 60 })
  }
}
