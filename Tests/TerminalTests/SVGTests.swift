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

  @Test func aPolicyMapStandsAboveItsVisits() throws {
    var solution = try #require(Sample.tabular().solution)
    let map = SVGPart.maps(of: solution, on: Drawing(grid: Sample.grid))
    solution.visits = [4000, 0, 12, 345, 0, 6]
    let parts = SVGPart.maps(of: solution, on: Drawing(grid: Sample.grid))
    #expect(map.count == 1 && parts.count == 2 && parts[0].body == map[0].body)
    let text = svg(of: parts, title: "a <run>")
    let names = try elements(text)
    #expect(names.count { $0 == "rect" } == 12 && names.count { $0 == "g" } == 1 && names.count { $0 == "style" } == 1)
    for words in ["values and best actions", "visits, estimated", ">4,000<", "heat7", "a &lt;run&gt;"] {
      #expect(text.contains(words), "\(words)")
    }
    #expect(!text.contains("class=\"agent\""))
    #expect(SVGPart.maps(of: solution, on: Sample.pendulum).isEmpty)
  }

  @Test func stateValuesAreAHeatMapOrACurve() throws {
    let surface = SurfacePictureTests.slope
    let text = svg(of: [SVGPart(surface: surface)], title: "values")
    let names = try elements(text)
    // One for each value and for each of 32 steps of the scale; the lowest and the highest have the ends of the colours.
    #expect(names.count { $0 == "rect" } == surface.v.count + 32)
    for words in [
      "state values", "state 0", "state 1", "#440154", "#fde725", Format.number(surface.low[0]),
      Format.number(surface.high[1]),
    ] {
      #expect(text.contains(words), "\(words)")
    }
    let line = Surface(low: [0], high: [1], rows: 1, columns: 3, v: [1, 4, 2])
    #expect(try elements(svg(of: [SVGPart(surface: line)], title: "values")).count { $0 == "polyline" } == 1)
    let flat = Surface(low: [0, 0], high: [1, 1], rows: 2, columns: 2, v: [3, 3, 3, 3])
    #expect(!svg(of: [SVGPart(surface: flat)], title: "values").contains("nan"))
  }

  @Test func picturesOfAllKindsShareAPage() throws {
    let chart = Chart("curve", x: "x", y: "y", [Chart.Curve("one", [.init(0, 0), .init(1, 1)])])
    let parts = [SVGPart(drawing: Sample.pendulum), SVGPart(chart: chart), SVGPart(chart: chart)]
    let text = svg(of: parts, title: "page")
    let names = try elements(text)
    #expect(names.count { $0 == "polyline" } == 3 && names.count { $0 == "svg" } == 1)
    // Each kind has its rules once, and both kinds change in the dark.
    #expect(text.components(separatedBy: "prefers-color-scheme:dark").count == 3)
    // The dark blue of a first curve is lost on a dark page.
    #expect(text.contains(".ink0{stroke:#0072b2}") && text.contains(".chart{fill:#e6edf3}.ink0{stroke:#56b4e9}"))
    // No rule of one kind reaches the words of another.
    #expect(!text.contains("text{font:"))
  }

  @Test(arguments: [(0.0, "#440154"), (1, "#fde725"), (0.5, "#23908b"), (Double.nan, "#440154")])
  func heat(_ share: Double, _ expected: String) { #expect(heatColour(share) == expected) }

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
