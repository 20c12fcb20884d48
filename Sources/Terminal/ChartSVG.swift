import RLCore

/// A chart as a picture for a page, in the light or dark colours of whoever reads it; each curve is named at its end.
public func svg(of chart: Chart, width: Double = 720, height: Double = 400) -> String {
  let names = Double(chart.curves.map(\.name.count).max() ?? 0) * 7 + 12
  let plot = (left: 64.0, top: 48.0, right: width - names, bottom: height - 48)
  let probe = LineChart(curves: chart.curves.map { LineChart.Curve(points: $0.points, paint: .plain) })
  var body = words(chart.title, x: plot.left, y: 20, "title")
  body += words(chart.y, x: plot.left, y: 38, "faint")
  guard let x = probe.rangeX, let y = probe.rangeY else { return document(body, chart.title, width, height) }

  func place(_ point: Drawing.Point) -> Drawing.Point {
    Drawing.Point(
      plot.left + (point.x - x.lowerBound) / (x.upperBound - x.lowerBound) * (plot.right - plot.left),
      plot.top + (y.upperBound - point.y) / (y.upperBound - y.lowerBound) * (plot.bottom - plot.top))
  }
  let (ticksX, ticksY) = (Ticks(x, count: 8), Ticks(y, count: 6))
  for (value, label) in zip(ticksY.values, ticksY.labels) where y.contains(value) {
    let at = place(Drawing.Point(x.lowerBound, value)).y
    body += "<path class=\"grid\" d=\"M\(text(plot.left)) \(text(at))H\(text(plot.right))\"/>\n"
    body += words(label, x: plot.left - 6, y: at + 4, "faint end")
  }
  for (value, label) in zip(ticksX.values, ticksX.labels) where x.contains(value) {
    body += words(label, x: place(Drawing.Point(value, y.lowerBound)).x, y: plot.bottom + 18, "faint middle")
  }
  body += words(chart.x, x: plot.right, y: plot.bottom + 36, "faint end")

  var free = plot.top
  let ends = chart.curves.indices.sorted { endOf($0).y > endOf($1).y }
  func endOf(_ index: Int) -> Drawing.Point { chart.curves[index].points.last ?? Drawing.Point(0, 0) }
  for index in ends {
    let points = chart.curves[index].points.filter { $0.x.isFinite && $0.y.isFinite }.map(place)
    guard let last = points.last else { continue }
    let list = text(points.flatMap { [$0.x, $0.y] })
    body += "<polyline class=\"curve ink\(index % inks.count)\" points=\"\(list)\"/>\n"
    let at = max(last.y + 4, free)
    body += words(chart.curves[index].name, x: plot.right + 6, y: at, "name\(index % inks.count)")
    free = at + 14
  }
  return document(body, chart.title, width, height)
}

private func words(_ words: String, x: Double, y: Double, _ style: String) -> String {
  "<text class=\"\(style)\" x=\"\(text(x))\" y=\"\(text(y))\">\(escaped(words))</text>\n"
}

private func document(_ body: String, _ title: String, _ width: Double, _ height: Double) -> String {
  """
  <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(text(width)) \(text(height))" width="\(text(width))" \
  role="img" aria-label="\(escaped(title))">
  <style>\(style)</style>
  \(body)</svg>

  """
}

/// Okabe and Ito's colours, as on the screen.
private let inks = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c959f"]

private let style: String = {
  let curves = inks.enumerated().map { ".ink\($0){stroke:\($1)}.name\($0){fill:\($1)}" }.joined()
  return """
    text{font:13px ui-sans-serif,system-ui,sans-serif;fill:#24292f}.title{font-weight:600}\
    .faint{fill:#8c959f}.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#8c959f;stroke-opacity:.3}\
    .curve{fill:none;stroke-width:2;stroke-linejoin:round}\(curves)\
    @media(prefers-color-scheme:dark){.title{fill:#e6edf3}}
    """
}()
