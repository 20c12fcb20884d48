import Foundation
import RLCore
import Testing

@testable import Terminal

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct SVGTests {
  /// Throws where the text is no XML.
  private func elements(_ text: String) throws -> [String] {
    final class Names: NSObject, XMLParserDelegate {
      var all: [String] = []
      func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
      ) { all.append(name) }
    }
    let parser = XMLParser(data: Data(text.utf8))
    let names = Names()
    parser.delegate = names
    try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    return names.all
  }

  @Test func aDrawingIsOnePictureForLightAndDark() throws {
    let text = svg(of: Sample.pendulum, width: 260)
    let names = try elements(text)
    #expect(names == ["svg", "style", "polyline", "circle", "circle"])
    #expect(text.contains("prefers-color-scheme:dark") && text.contains("viewBox=\"0 0 260 260\""))
    // The pivot is in the middle.
    #expect(text.contains("cx=\"130\" cy=\"130\""))
  }

  @Test func gridsShowValuesAndArrows() throws {
    let text = svg(of: Drawing(grid: Sample.grid), solution: Sample.tabular().solution)
    let names = try elements(text)
    #expect(names.count { $0 == "rect" } == 6)
    #expect(text.contains("wall") && text.contains("heat") && text.contains("◎") && text.contains("agent"))
  }

  @Test func shapesThatMoveAreAnimated() throws {
    let text = try svgAnimation(of: TemporaryRun.episode(10), title: "run <1> & \"2\"", drawing: dot)
    let names = try elements(text)
    // The dot's cx and the bar's width; nothing else changes.
    #expect(names.count { $0 == "animate" } == 2)
    #expect(text.contains("attributeName=\"cx\"") && text.contains("attributeName=\"width\""))
    #expect(text.contains("run &lt;1&gt; &amp; &quot;2&quot;") && text.contains("return -10.00"))
    // 10 steps at 20 a second, and a second's rest.
    #expect(text.contains("dur=\"1.5s\""))
  }

  @Test func shapesThatComeAndGoTakeTurns() throws {
    let drawing = { (state: [Double]) in
      let words = state[0] < 5 ? "before" : "after"
      return Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: [.label(words, .init(0.5, 0.5), .plain)])
    }
    let text = try svgAnimation(of: TemporaryRun.episode(10), title: "run", drawing: drawing)
    let names = try elements(text)
    #expect(names.count { $0 == "g" } == 2)
    #expect(text.contains("before") && text.contains("after") && text.contains("visible;hidden"))
  }

  @Test func longEpisodesStaySmall() throws {
    let text = try svgAnimation(of: TemporaryRun.episode(20_000), title: "run", drawing: dot)
    #expect(text.utf8.count < 40_000)
    #expect(text.contains("dur=\"1001s\""))
  }

  @Test(arguments: [(0.0, "0"), (1.005, "1"), (12.34, "12.34"), (-0.5, "-0.5"), (0.05, "0.05"), (Double.nan, "0")])
  func numbers(_ value: Double, _ expected: String) { #expect(Terminal.text(value) == expected) }
}
