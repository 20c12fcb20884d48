import RLCore

/// A chart as lines of text: its curves in braille, each named at its right end.
public func lines(of chart: Chart, width: Int, height: Int = 16) -> [String] {
  let names = min(chart.curves.map(\.name.count).max() ?? 0, width / 3)
  var frame = Frame(width: width, height: height)
  var rect = frame.bounds
  frame.put(chart.title, x: 0, y: 0)
  frame.put(chart.y, x: 0, y: 1, style: .faint)
  _ = rect.takeTop(2)
  rect.height -= 1
  rect.width -= names + 1
  let plot = LineChart(curves: chart.curves.map { LineChart.Curve(points: $0.points, paint: .plain) })
  plot.draw(into: &frame, in: rect)
  frame.put(chart.x, endingAt: rect.maxX, y: rect.maxY, style: .faint)

  // The plot's last two rows are its axis.
  let rows = rect.height - 2
  guard let range = plot.rangeY, rows > 0 else { return frame.lines }
  let byHeight = chart.curves.sorted { $0.points.last?.y ?? 0 > $1.points.last?.y ?? 0 }
  let ends = byHeight.compactMap { curve in
    curve.points.last.map { end -> (name: String, row: Int) in
      let share = (range.upperBound - end.y) / (range.upperBound - range.lowerBound)
      return (curve.name, end.y.isFinite ? Int(share * Double(rows * 4 - 1)) / 4 : 0)
    }
  }
  for (name, row) in spreadOut(ends, rows: rows) {
    frame.put(name, x: rect.maxX + 1, y: rect.y + row, limit: names)
  }
  return frame.lines
}

/// Each name in a row of its own, as near as may be to where it belongs; what does not fit is left out.
private func spreadOut(_ ends: [(name: String, row: Int)], rows: Int) -> [(name: String, row: Int)] {
  var placed: [(name: String, row: Int)] = []
  for end in ends.sorted(by: { $0.row < $1.row }).prefix(rows) {
    placed.append((end.name, max(end.row, (placed.last?.row ?? -1) + 1)))
  }
  var last = rows
  for index in placed.indices.reversed() {
    placed[index].row = min(placed[index].row, last - 1)
    last = placed[index].row
  }
  return placed
}
