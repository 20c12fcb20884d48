import RLCore

/// A chart as lines of text: its curves in braille, each named at its right end, and their bands as dots.
public func lines(of chart: Chart, width: Int, height: Int = 16, isColoured: Bool = false) -> [String] {
  let names = min(chart.curves.map(\.name.count).max() ?? 0, width / 3)
  var frame = Frame(width: width, height: height)
  var rect = frame.bounds
  frame.put(chart.title, x: 0, y: 0)
  frame.put(chart.y, x: 0, y: 1, style: .faint)
  _ = rect.takeTop(2)
  rect.height -= 1
  rect.width -= names + 1
  let plot = LineChart(chart)
  plot.draw(into: &frame, in: rect)
  frame.put(chart.x, endingAt: rect.maxX, y: rect.maxY, style: .faint)

  // The plot's last two rows are its axis.
  let rows = rect.height - 2
  guard let range = plot.rangeY, rows > 0 else { return frame.lines(isColoured: isColoured) }
  let named = zip(chart.curves, plot.curves).sorted { $0.1.points.last?.y ?? 0 > $1.1.points.last?.y ?? 0 }
  let ends = named.compactMap { curve, drawn in
    drawn.points.last.map { end -> (name: String, paint: Paint, row: Int) in
      let share = (range.upperBound - end.y) / (range.upperBound - range.lowerBound)
      return (curve.name, drawn.paint, end.y.isFinite ? Int(share * Double(rows * 4 - 1)) / 4 : 0)
    }
  }
  for (name, paint, row) in spreadOut(ends, rows: rows) {
    frame.put(name, x: rect.maxX + 1, y: rect.y + row, style: Style(paint), limit: names)
  }
  return frame.lines(isColoured: isColoured)
}

/// Each name in a row of its own, as near as may be to where it belongs; what does not fit is left out.
private func spreadOut(
  _ ends: [(name: String, paint: Paint, row: Int)], rows: Int
) -> [(name: String, paint: Paint, row: Int)] {
  var placed: [(name: String, paint: Paint, row: Int)] = []
  for end in ends.sorted(by: { $0.row < $1.row }).prefix(rows) {
    placed.append((end.name, end.paint, max(end.row, (placed.last?.row ?? -1) + 1)))
  }
  var last = rows
  for index in placed.indices.reversed() {
    placed[index].row = min(placed[index].row, last - 1)
    last = placed[index].row
  }
  return placed
}
