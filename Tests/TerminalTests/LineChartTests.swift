import RLCore
import Testing

@testable import Terminal

@Suite struct TicksTests {
  @Test(arguments: [
    (0.0...10_000.0, 5, ["0", "2k", "4k", "6k", "8k", "10k"]), (-1623.0 ... -142.0, 3, ["-1,500", "-1,000", "-500"]),
    (0.0...1.0, 2, ["0", "0.5", "1.0"]), (-0.03...0.04, 4, ["-0.02", "0", "0.02", "0.04"]),
    (0.0...3e6, 3, ["0", "1M", "2M", "3M"]), (1e-7...3e-7, 2, ["1.0e-07", "2.0e-07", "3.0e-07"]),
  ])
  func labels(_ range: ClosedRange<Double>, _ count: Int, _ expected: [String]) {
    #expect(Ticks(range, count: count).labels == expected)
  }

  @Test func stepsAreOneTwoFive() {
    #expect([0.11, 0.2, 0.21, 3, 7, 100].map(Ticks.step) == [0.2, 0.2, 0.5, 5, 10, 100])
  }

  @Test(arguments: [0.0...0.0, -Double.infinity...3, 1e300...1e300, -1.7e308...1.7e308])
  func rangesWithoutTicks(_ range: ClosedRange<Double>) {
    #expect(Ticks(range, count: 4).values.isEmpty)
  }
}

@Suite struct LineChartTests {
  private func draw(_ points: [(Double, Double)], _ width: Int, _ height: Int, budget: Double? = nil) -> [String] {
    var frame = Frame(width: width, height: height)
    let curve = LineChart.Curve(points: points.map { .init($0.0, $0.1) }, paint: .training)
    LineChart(curves: [curve], budget: budget).draw(into: &frame, in: frame.bounds)
    return frame.lines
  }

  @Test func aRisingLine() {
    #expect(
      draw([(0, 0), (100, 50)], 24, 6) == [
        "40┤                ⣀⡠⠔⠒⠉", "  │          ⢀⣀⠤⠒⠊⠉", "20┤     ⣀⡠⠤⠒⠉⠁", " 0┤⣀⠤⠔⠊⠉",
        "  └┴───────────────────┴", "   0                 100",
      ])
  }

  @Test func theBudgetLeavesRoomForWhatIsToCome() {
    let lines = draw([(0, 0), (50, 50)], 24, 6, budget: 100)
    #expect(lines.prefix(4).allSatisfy { $0.count <= 14 })
    #expect(lines[5].hasSuffix("100"))
  }

  /// Few dots are four to a point, many are one; a level is a dashed line, and has its place on the axis.
  @Test func dotsAndLevels() {
    func lines(_ points: [Drawing.Point], level: Double? = nil) -> [String] {
      var frame = Frame(width: 15, height: 4)
      var chart = LineChart(curves: [.init(points: points, paint: .training, mark: .dots)])
      chart.level = level
      chart.draw(into: &frame, in: frame.bounds)
      return frame.lines
    }
    #expect(lines([.init(0, 0), .init(1, 1)]) == ["              ⠛", "", "", "⣤"])
    let many = lines((0..<15).map { .init(Double($0), Double($0)) }).joined()
    #expect(many.unicodeScalars.allSatisfy { $0.value < 0x2800 || ($0.value - 0x2800).nonzeroBitCount <= 2 })
    let dashed = lines([.init(0, 0), .init(1, 1)], level: 2)
    #expect(dashed[0] == "⠉⠁ ⠉⠁ ⠉⠁ ⠉⠁ ⠉⠁", "\(dashed)")
    #expect(dashed[1].hasSuffix("⣤") || dashed[2].hasSuffix("⠛"), "\(dashed)")
  }

  @Test func smallChartsHaveNoAxes() {
    #expect(draw([(0, 0), (1, 1)], 4, 2) == ["  ⡠⠊", "⡠⠊"])
  }

  @Test func nothingToShow() {
    for points in [[], [(0.0, Double.nan)], [(.nan, 1)], [(1, .infinity)]] {
      #expect(draw(points, 30, 3).joined().contains("waiting for data") || !points.isEmpty)
      #expect(draw(points, 30, 8).count == 8)
    }
  }

  @Test func aConstantLiesInTheMiddle() {
    let lines = draw([(0, 3), (9, 3)], 20, 9)
    #expect(lines[3].contains("⠒") || lines[3].contains("⠤") || lines[3].contains("⣀") || lines[3].contains("⠉"))
    #expect(lines[3].hasPrefix("3.0┤") || lines[2].hasPrefix("3.0┤"))
  }

  @Test func infiniteValuesLeaveAGap() {
    let lines = draw([(0, 0), (1, 1), (2, .nan), (3, 1), (4, 0)], 30, 8)
    #expect(lines.joined().unicodeScalars.contains { (0x2801..<0x2900).contains($0.value) })
  }
}

@Suite struct SeriesTests {
  @Test func longRunsAreThinnedToMeans() {
    var series = Series()
    let count = 100_000
    for step in 0..<count { series.append(step: Double(step), value: Double(step) * 2) }
    #expect(series.points.count < Series.capacity)
    #expect(series.points.count >= Series.capacity / 2)
    #expect(series.points.allSatisfy { abs($0.y - 2 * $0.x) < 1e-6 })
    #expect(series.points.last!.x > Double(count) * 0.99)
    #expect(series.last == Double(count - 1) * 2)
  }

  @Test func theLastValueMayBeAnything() {
    var series = Series([(1, 5)])
    series.append(step: 2, value: .nan)
    #expect(series.points.count == 1)
    #expect(series.last?.isNaN == true)
  }
}
