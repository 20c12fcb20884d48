import RLCore
import Testing

@testable import Terminal

@Suite struct ChartFrameTests {
  private let chart = Chart(
    "returns", x: "steps", y: "return",
    [
      .init("one", [.init(0, 0), .init(50, 40), .init(100, 40)], band: [0...0, 20...60, 30...50]),
      .init("two", [.init(0, 0), .init(100, 10)]),
    ])

  @Test func aBandIsDotsAroundItsCurve() {
    let text = lines(of: chart, width: 44, height: 12)
    #expect(text.joined(separator: "\n") == goldenCharts["band"], "it is now:\n\(text.joined(separator: "\n"))")
    // The axis holds the band, not the curves alone.
    #expect(LineChart(chart).rangeY == 0...60)
  }

  @Test func coloursAreTheTerminals() {
    let plain = lines(of: chart, width: 44, height: 12)
    let coloured = lines(of: chart, width: 44, height: 12, isColoured: true)
    #expect(coloured.contains { $0.contains("\u{1b}[0;38;5;32m") } && coloured.contains { $0.contains("38;5;214m") })
    let stripped = coloured.map { line in
      var text = line.replacing(/\u{1b}\[[0-9;]*m/, with: "")
      while text.last == " " { text.removeLast() }
      return text
    }
    #expect(stripped == plain)
  }

  @Test func logarithmsLeaveOutWhatIsNotPositive() {
    var points = (0...12).map { Drawing.Point(Double($0), [1, 0.1, 0.01][$0 % 3] / Double($0 + 1)) }
    points += [.init(13, 0), .init(14, -1)]
    let chart = Chart("r", x: "sweeps", y: "", isLogarithmic: true, [.init("a", points)])
    let drawn = LineChart(chart)
    #expect(drawn.curves[0].points.count == 13 && drawn.isLogarithmic)
    #expect(abs(drawn.rangeY!.upperBound) < 1e-12)
    #expect(!svg(of: chart).contains("nan") && !svg(of: chart).contains("inf"))
  }

  @Test(arguments: [
    (-10.5...0.0, 4, ["1e-9", "1e-6", "0.001", "1"]), (-2.2...2.1, 5, ["0.01", "0.1", "1", "10", "100"]),
    (4.9...7.0, 3, ["1e5", "1e6", "1e7"]),
  ])
  func powersOfTen(_ range: ClosedRange<Double>, _ count: Int, _ labels: [String]) {
    let ticks = Ticks(logarithms: range, count: count)
    #expect(ticks.labels == labels)
    #expect(ticks.values.allSatisfy { range.contains($0) && $0 == $0.rounded() })
  }

  @Test func withinADecadeTheNumbersThemselves() {
    #expect(Ticks(logarithms: 0.1...0.9, count: 4).labels.first == "1.585")
    #expect(Ticks(logarithms: 0...0, count: 4).values.isEmpty)
  }

  @Test func bandsAndSeveralChartsAsAPicture() {
    let picture = svg(of: [chart, chart])
    #expect(picture.split(separator: "<polygon class=\"band name0\"").count == 3)
    #expect(picture.contains("viewBox=\"0 0 720 800\"") && picture.contains("translate(0 400)"))
  }
}

@Suite struct SolutionLinesTests {
  private let cells: [Drawing.Grid.Cell] = [.start, .free, .wall, .free, .forbidden, .target]

  private func solution(visits: [Int]?) -> Solution {
    let q = (0..<24).map { Double(($0 * 7) % 12) / 4 - 1 }
    var solution = Solution(greedyWith: q, states: 6, actions: 4)
    solution.visits = visits
    return solution
  }

  private var drawing: Drawing {
    Drawing(grid: .init(rows: 2, columns: 3, cells: cells, agent: 3, moves: GridPictureTests.cross))
  }

  @Test(arguments: [60, 40]) func valuesAndVisits(width: Int) {
    let text = lines(of: solution(visits: [1200, 0, 0, 31, 7, 0]), on: drawing, width: width).joined(separator: "\n")
    #expect(text == goldenCharts["solution \(width)"], "it is now:\n\(text)")
  }

  @Test func withoutCountsOrWithoutAGrid() {
    let values = lines(of: solution(visits: nil), on: drawing, width: 60)
    #expect(values.first == "values and best actions" && values.count == 8)
    #expect(lines(of: solution(visits: nil), on: Sample.pendulum, width: 60).isEmpty)
    var larger = drawing
    larger.grid?.moves.removeLast()
    #expect(lines(of: solution(visits: nil), on: larger, width: 60).isEmpty)
  }

  @Test func heatIsTheGround() {
    let text = lines(of: solution(visits: nil), on: drawing, width: 60, isColoured: true).joined()
    #expect(text.contains(";48;5;226m") && text.contains(";48;5;53m"))
  }
}

/// What they look like. A change that is meant is pasted from the failing test.
private let goldenCharts: [String: String] = [
  "band": """
  returns
  return
  60┤                 ⠄ ⠄ ⠄ ⠄ ⠄
    │               ⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄
  40┤             ⠄⠁⠄⣁⠤⠓⠖⠓⠖⠓⠖⠓⠖⠓⠖⠓⠖⠓⠖⠓⠖⠓⠖⠓ one
    │         ⠄ ⠄⣁⠤⠓⠍⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁⠄⠁ ⠁
  20┤       ⠄⣁⠤⠓⠍⠁⠄⠁⠄⠁⠄⠁ ⠁ ⠁ ⠁ ⠁
    │    ⣀⠤⠓⠍⠁⠄⠁ ⠁ ⠁             ⢀⣀⣀⣀⣀⣀⣀⣀⣀ two
   0┤⣀⣤⣒⣉⡡⠤⠥⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠉⠁
    └┴─────────────────┴─────────────────┴
     0                50               100
                                     steps
  """,
  "solution 60": """
  values and best actions        visits, estimated
  ╭────────┬────────┬────────╮   ╭────────┬────────┬────────╮
  │S  ←    │   →    │████████│   │S       │        │████████│
  │  1.25  │  1.75  │████████│   │ 1,200  │     0  │████████│
  ├────────┼────────┼────────┤   ├────────┼────────┼────────┤
  │   ←    │×  →    │◎  ↓    │   │        │×       │◎       │
  │  1.25  │  1.75  │  1.50  │   │    31  │     7  │     0  │
  ╰────────┴────────┴────────╯   ╰────────┴────────┴────────╯
  """,
  "solution 40": """
  values and best actions
  ╭─────────┬─────────┬─────────╮
  │S   ←    │    →    │█████████│
  │  1.25   │  1.75   │█████████│
  ├─────────┼─────────┼─────────┤
  │    ←    │×   →    │◎   ↓    │
  │  1.25   │  1.75   │  1.50   │
  ╰─────────┴─────────┴─────────╯
  visits, estimated
  ╭─────────┬─────────┬─────────╮
  │S        │         │█████████│
  │  1,200  │      0  │█████████│
  ├─────────┼─────────┼─────────┤
  │         │×        │◎        │
  │     31  │      7  │      0  │
  ╰─────────┴─────────┴─────────╯
  """,
]
