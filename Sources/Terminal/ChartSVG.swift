import RLCore

/// A chart as a picture for a page, in the light or dark colours of whoever reads it; each curve is named at its end.
public func svg(of chart: Chart, width: Double = 720, height: Double = 400) -> String {
  svg(of: [chart], width: width, height: height)
}

/// Several charts, one below the other.
public func svg(of charts: [Chart], width: Double = 720, height: Double = 400) -> String {
  svg(
    of: charts.map { SVGPart(chart: $0, width: width, height: height) },
    title: charts.map(\.title).joined(separator: "; "), width: width)
}

extension SVGPart {
  /// Each curve is named at its end.
  public init(chart: Chart, width: Double = 720, height: Double = 400) {
    self.init(
      height: height, body: "<g class=\"chart\">\n\(chartBody(of: chart, width, height))</g>\n", style: chartStyle)
  }
}

private func chartBody(of chart: Chart, _ width: Double, _ height: Double) -> String {
  // As wide as the wider fonts make them.
  let names = Double(chart.curves.map(\.name.count).max() ?? 0) * 8 + 14
  let plot = (left: 64.0, top: 48.0, right: width - names, bottom: height - 48)
  let drawn = LineChart(chart)
  var body = words(chart.title, x: plot.left, y: 20, "title")
  body += words(chart.y, x: plot.left, y: 38, "faint")
  guard let x = drawn.rangeX, let y = drawn.rangeY else { return body }

  func place(_ point: Drawing.Point) -> Drawing.Point {
    Drawing.Point(
      plot.left + (point.x - x.lowerBound) / (x.upperBound - x.lowerBound) * (plot.right - plot.left),
      plot.top + (y.upperBound - point.y) / (y.upperBound - y.lowerBound) * (plot.bottom - plot.top))
  }
  let (ticksX, ticksY) = (Ticks(x, count: 8), drawn.ticksY(y, count: 6))
  for (value, label) in zip(ticksY.values, ticksY.labels) where y.contains(value) {
    let at = place(Drawing.Point(x.lowerBound, value)).y
    body += "<path class=\"grid\" d=\"M\(text(plot.left)) \(text(at))H\(text(plot.right))\"/>\n"
    body += words(label, x: plot.left - 6, y: at + 4, "faint end")
  }
  for (value, label) in zip(ticksX.values, ticksX.labels) where x.contains(value) {
    body += words(label, x: place(Drawing.Point(value, y.lowerBound)).x, y: plot.bottom + 18, "faint middle")
  }
  body += words(chart.x, x: plot.right, y: plot.bottom + 36, "faint end")

  for (index, curve) in drawn.curves.enumerated() where !curve.band.isEmpty {
    let above = zip(curve.points, curve.band).map { place(Drawing.Point($0.x, $1.upperBound)) }
    let below = zip(curve.points, curve.band).map { place(Drawing.Point($0.x, $1.lowerBound)) }
    let list = text((above + below.reversed()).flatMap { [$0.x, $0.y] })
    body += "<polygon class=\"band name\(index % inks.count)\" points=\"\(list)\"/>\n"
  }
  var free = plot.top
  let ends = drawn.curves.indices.sorted { endOf($0).y > endOf($1).y }
  func endOf(_ index: Int) -> Drawing.Point { drawn.curves[index].points.last ?? Drawing.Point(0, 0) }
  for index in ends {
    let points = drawn.curves[index].points.filter { $0.x.isFinite && $0.y.isFinite }.map(place)
    guard let last = points.last else { continue }
    let list = text(points.flatMap { [$0.x, $0.y] })
    body += "<polyline class=\"curve ink\(index % inks.count)\" points=\"\(list)\"/>\n"
    let at = max(last.y + 4, free)
    body += words(chart.curves[index].name, x: plot.right + 6, y: at, "name\(index % inks.count)")
    free = at + 14
  }
  return body
}

private func words(_ words: String, x: Double, y: Double, _ style: String) -> String {
  "<text class=\"\(style)\" x=\"\(text(x))\" y=\"\(text(y))\">\(escaped(words))</text>\n"
}

/// Okabe and Ito's colours, as on the screen.
private let inks = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c959f"]
/// In the place of the blue that is lost on a dark page the light one, and the yellow for that.
private let inksOnDark = [(0, "#56b4e9"), (5, "#f0e442")]

private let chartStyle: String = {
  func rules(_ inks: [(Int, String)]) -> String {
    inks.map { ".ink\($0){stroke:\($1)}.name\($0){fill:\($1)}" }.joined()
  }
  let curves = rules(inks.enumerated().map { ($0.offset, $0.element) })
  return """
    .chart{font:13px ui-sans-serif,system-ui,sans-serif;fill:#24292f}.title{font-weight:600}\
    .faint{fill:#8c959f}.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#8c959f;stroke-opacity:.3}\
    .band{fill-opacity:.18}.curve{fill:none;stroke-width:2;stroke-linejoin:round}\(curves)\
    @media(prefers-color-scheme:dark){.chart{fill:#e6edf3}\(rules(inksOnDark))}
    """
}()
