import RLCore

extension SVGPart {
  /// State values: of one number as a curve, of two as a heat map with the second number upwards, its bounds beside it and a
  /// scale below.
  public init(surface: Surface, width: Double = 720) {
    if surface.rows == 1 {
      let last = Double(surface.columns - 1)
      let points = surface.v.enumerated().map { index, value in
        Drawing.Point(surface.low[0] + (surface.high[0] - surface.low[0]) * Double(index) / last, Double(value))
      }
      self.init(chart: Chart("state values", x: "state", y: "value", [Chart.Curve("", points)]), width: width)
    } else {
      let height = width * 0.6
      self.init(height: height, body: heatMap(of: surface, width, height), style: SVGPage.style)
    }
  }
}

private func heatMap(of surface: Surface, _ width: Double, _ height: Double) -> String {
  let plot = (left: 64.0, top: 34.0, right: width - 8, bottom: height - 54)
  let size = (
    x: (plot.right - plot.left) / Double(surface.columns), y: (plot.bottom - plot.top) / Double(surface.rows)
  )
  let range = surface.range
  let span = range.upperBound - range.lowerBound
  var body = label("state values", 8, 16, "fill-plain heading")
  for row in 0..<surface.rows {
    for column in 0..<surface.columns {
      let value = Double(surface.v[row * surface.columns + column])
      // A hair wider than its place, so that no seam is seen between two.
      body += rectangle(
        plot.left + Double(column) * size.x, plot.bottom - Double(row + 1) * size.y, size.x + 0.4, size.y + 0.4,
        span > 0 ? (value - range.lowerBound) / span : 0.5)
    }
  }
  body += label(Format.number(surface.high[1]), plot.left - 6, plot.top + 10, "caption end")
  body += label(Format.number(surface.low[1]), plot.left - 6, plot.bottom, "caption end")
  body += label(Format.number(surface.low[0]), plot.left, plot.bottom + 18, "caption")
  body += label(Format.number(surface.high[0]), plot.right, plot.bottom + 18, "caption end")
  body += label("state 0", (plot.left + plot.right) / 2, plot.bottom + 18, "caption word")
  body += label("state 1", plot.left - 6, (plot.top + plot.bottom) / 2 + 4, "caption end")
  let steps = 32
  let scale = (left: (plot.left + plot.right) / 2 - 96, step: 6.0, y: plot.bottom + 34)
  for step in 0..<steps {
    let share = (Double(step) + 0.5) / Double(steps)
    body += rectangle(scale.left + Double(step) * scale.step, scale.y, scale.step + 0.4, 10, share)
  }
  body += label(Format.number(range.lowerBound), scale.left - 6, scale.y + 10, "caption end")
  body += label(Format.number(range.upperBound), scale.left + Double(steps) * scale.step + 6, scale.y + 10, "caption")
  return body
}

private func label(_ words: String, _ x: Double, _ y: Double, _ style: String) -> String {
  "<text class=\"\(style)\" x=\"\(text(x))\" y=\"\(text(y))\">\(escaped(words))</text>\n"
}

/// One place of the heat, in a colour between those of its scale.
private func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ share: Double) -> String {
  let numbers = [("x", x), ("y", y), ("width", width), ("height", height)].map { " \($0)=\"\(text($1))\"" }.joined()
  return "<rect\(numbers) fill=\"\(heatColour(share))\"/>\n"
}

/// The steps of viridis from low to high, as red, green and blue.
let heatColours = [0x440154, 0x46327e, 0x365c8d, 0x277f8e, 0x1fa187, 0x4ac16d, 0xa0da39, 0xfde725]

/// The colour at a share 0…1 of the scale, linear between its steps.
func heatColour(_ share: Double) -> String {
  let place = min(max(share.isFinite ? share : 0, 0), 1) * Double(heatColours.count - 1)
  let index = min(Int(place), heatColours.count - 2)
  let rest = place - Double(index)
  let parts = [16, 8, 0].map { shift in
    let (from, to) = (Double(heatColours[index] >> shift & 0xff), Double(heatColours[index + 1] >> shift & 0xff))
    return Int((from + (to - from) * rest).rounded())
  }
  let digits = String(parts[0] << 16 | parts[1] << 8 | parts[2], radix: 16)
  return "#" + String(repeating: "0", count: 6 - digits.count) + digits
}
