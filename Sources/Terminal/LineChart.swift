import Foundation
import RLCore

/// Curves over steps in braille, with axes where there is room for them.
struct LineChart {
  enum Mark { case line, dots }

  struct Curve {
    var points: [Drawing.Point]
    var paint: Paint
    var mark: Mark = .line
    /// The interval around each point; empty where there is none.
    var band: [ClosedRange<Double>] = []
  }

  /// Back to front.
  var curves: [Curve]
  /// Right end of the step axis, such as the budget; the last point where that lies farther.
  var budget: Double?
  /// Where something happened: an upright line behind the curves.
  var marks: [Double] = []
  /// A height that is known to be good: a dashed line behind the curves.
  var level: Double?
  /// Whether y is the decimal logarithm of what the axis names.
  var isLogarithmic = false

  func draw(into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    guard let x = rangeX, let y = rangeY else {
      let text = "waiting for data …"
      frame.put(
        text, x: rect.x + max((rect.width - text.count) / 2, 0), y: rect.y + rect.height / 2, style: .faint,
        limit: rect.width)
      return
    }
    let hasAxes = rect.width >= 16 && rect.height >= 4
    var plot = rect
    if hasAxes {
      let ticks = ticksY(y, count: max(min(rect.height / 2, 4 + rect.height / 6), 2))
      let gutter = min((ticks.labels.map(\.count).max() ?? 0), rect.width / 3)
      plot = Rect(x: rect.x + gutter + 1, y: rect.y, width: rect.width - gutter - 1, height: rect.height - 2)
      drawAxes(into: &frame, plot: plot, gutter: gutter, x: x, y: y, ticks: ticks)
    }

    for mark in marks where x.contains(mark) {
      let column = Int(((mark - x.lowerBound) / (x.upperBound - x.lowerBound) * Double(plot.width - 1)).rounded())
      for row in 0..<plot.height { frame[plot.x + column, plot.y + row] = Frame.Cell(glyph: "┆", style: .faint) }
    }
    var canvas = Canvas(width: plot.width, height: plot.height)
    let (right, bottom) = (Double(canvas.dotWidth - 1), Double(canvas.dotHeight - 1))
    func place(_ point: Drawing.Point) -> Drawing.Point {
      Drawing.Point(
        (point.x - x.lowerBound) / (x.upperBound - x.lowerBound) * right,
        (y.upperBound - point.y) / (y.upperBound - y.lowerBound) * bottom)
    }
    if let level {
      let y = place(Drawing.Point(x.lowerBound, level)).y
      for left in stride(from: 0, to: right, by: 6) {
        canvas.line(Drawing.Point(left, y), Drawing.Point(left + 2, y), .good)
      }
    }
    for curve in curves where !curve.band.isEmpty {
      canvas.shade(
        zip(curve.points, curve.band).map { point, interval in
          (place(Drawing.Point(point.x, interval.upperBound)), place(Drawing.Point(point.x, interval.lowerBound)))
        }, curve.paint)
    }
    for curve in curves {
      switch curve.mark {
      case .line: canvas.path(curve.points.map(place), curve.paint)
      case .dots:
        // Where there are few, they are large enough to be seen.
        let size = curve.points.count * 2 < canvas.dotWidth ? 1.0 : 0
        for point in curve.points.map(place) {
          let corner = Drawing.Point(min(point.x, right - size), min(point.y, bottom - size))
          for row in [0, size] {
            let start = Drawing.Point(corner.x, corner.y + row)
            canvas.line(start, Drawing.Point(start.x + size, start.y), curve.paint)
          }
        }
      }
    }
    canvas.draw(into: &frame, x: plot.x, y: plot.y)
  }

  private func drawAxes(
    into frame: inout Frame, plot: Rect, gutter: Int, x: ClosedRange<Double>, y: ClosedRange<Double>, ticks: Ticks
  ) {
    let style = Style(.frame)
    for row in 0...plot.height {
      let glyph: Unicode.Scalar = row == plot.height ? "└" : "│"
      frame[plot.x - 1, plot.y + row] = Frame.Cell(glyph: glyph, style: style)
    }
    for column in 0..<plot.width { frame[plot.x + column, plot.maxY] = Frame.Cell(glyph: "─", style: style) }

    let spanY = y.upperBound - y.lowerBound
    for (value, label) in zip(ticks.values, ticks.labels) {
      let row = Int(((y.upperBound - value) / spanY * Double(plot.height * 4 - 1)).rounded()) / 4
      guard row >= 0, row < plot.height else { continue }
      frame.put(label, endingAt: plot.x - 1, y: plot.y + row, style: .faint, limit: gutter)
      frame[plot.x - 1, plot.y + row].glyph = "┤"
    }
    let steps = Ticks(x, count: max(plot.width / 12, 1))
    var free = plot.x - gutter - 1
    for (value, label) in zip(steps.values, steps.labels) {
      let share = (value - x.lowerBound) / (x.upperBound - x.lowerBound)
      let column = plot.x + Int((share * Double(plot.width * 2 - 1)).rounded()) / 2
      guard column >= plot.x, column < plot.maxX else { continue }
      frame[column, plot.maxY].glyph = "┴"
      let start = min(max(column - label.count / 2, free), plot.maxX - label.count)
      guard start >= free, abs(start + label.count / 2 - column) <= label.count else { continue }
      free = frame.put(label, x: start, y: plot.maxY + 1, style: .faint) + 1
    }
  }

  func ticksY(_ range: ClosedRange<Double>, count: Int) -> Ticks {
    isLogarithmic ? Ticks(logarithms: range, count: count) : Ticks(range, count: count)
  }

  var rangeX: ClosedRange<Double>? {
    let ends = curves.compactMap(\.points.last?.x) + (budget.map { [$0] } ?? [])
    let starts = curves.compactMap(\.points.first?.x)
    guard let last = ends.filter(\.isFinite).max(), let first = starts.filter(\.isFinite).min() else { return nil }
    let low = min(first, budget == nil ? first : 0)
    return low...(last > low ? last : low + 1)
  }

  /// From the least to the greatest value, widened a little where they are equal.
  var rangeY: ClosedRange<Double>? {
    var (low, high) = (Double.infinity, -Double.infinity)
    for curve in curves {
      for point in curve.points where point.y.isFinite {
        low = min(low, point.y)
        high = max(high, point.y)
      }
      for interval in curve.band where interval.lowerBound.isFinite && interval.upperBound.isFinite {
        low = min(low, interval.lowerBound)
        high = max(high, interval.upperBound)
      }
    }
    guard low <= high, (high - low).isFinite else { return nil }
    if let level, level.isFinite { (low, high) = (min(low, level), max(high, level)) }
    let margin = max(low.magnitude, high.magnitude) * 1e-6
    if high - low <= margin { return low - max(margin, 0.5)...high + max(margin, 0.5) }
    return low...high
  }
}

extension LineChart {
  /// The curves of a chart, each in a paint of its own.
  init(_ chart: Chart) {
    self.init(
      curves: chart.curves.enumerated().map { index, curve in
        Curve(points: curve.points, paint: Paint.curves[index % Paint.curves.count], band: curve.band)
      })
    if chart.isLogarithmic { takeLogarithms() }
  }

  /// Draws y by its logarithm from now on; what is not positive is left out.
  mutating func takeLogarithms() {
    isLogarithmic = true
    for index in curves.indices {
      let curve = curves[index]
      let kept = curve.points.indices.filter {
        curve.points[$0].y > 0 && (curve.band.isEmpty || curve.band[$0].lowerBound > 0)
      }
      curves[index].points = kept.map { Drawing.Point(curve.points[$0].x, log10(curve.points[$0].y)) }
      if curve.band.isEmpty { continue }
      curves[index].band = kept.map { log10(curve.band[$0].lowerBound)...log10(curve.band[$0].upperBound) }
    }
  }
}
