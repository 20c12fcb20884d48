import RLCore

extension Surface {
  /// The value at shares 0…1 of the way along both axes, linear between the points.
  func value(_ x: Double, _ y: Double) -> Double {
    func split(_ share: Double, _ count: Int) -> (index: Int, rest: Double) {
      let place = min(max(share, 0), 1) * Double(count - 1)
      let index = min(Int(place), max(count - 2, 0))
      return (index, place - Double(index))
    }
    let (column, right) = split(x, columns)
    let (row, up) = split(y, rows)
    func along(_ row: Int) -> Double {
      Double(v[row * columns + column]) * (1 - right) + Double(v[row * columns + column + 1]) * right
    }
    return rows == 1 ? along(0) : along(row) * (1 - up) + along(row + 1) * up
  }

  /// The least and the greatest value.
  var range: ClosedRange<Double> { Double(v.min() ?? 0)...Double(v.max() ?? 0) }
}

extension Episode {
  /// The states until `position` as points of a surface.
  func path(to position: Int) -> [Drawing.Point] {
    (0...position).map { states.row($0) }.filter { !$0.isEmpty }.map { Drawing.Point($0[0], $0.count > 1 ? $0[1] : 0) }
  }
}

extension Frame {
  /// State values: of one number as a curve, of two as heat with the second number upwards. An episode's path runs over
  /// them to where it is now.
  mutating func draw(_ surface: Surface, path: [Drawing.Point] = [], in rect: Rect) {
    guard !rect.isEmpty else { return }
    if surface.rows == 1 { return drawCurve(surface, at: path.last?.x, in: rect) }
    let area = rect.width >= 24 && rect.height >= 7 ? drawFrame(of: surface, in: rect) : rect
    let range = surface.range
    for row in 0..<area.height {
      for column in 0..<area.width {
        let x = (Double(column) + 0.5) / Double(area.width)
        let y = 1 - (Double(row) + 0.5) / Double(area.height)
        self[area.x + column, area.y + row] = Self.heatCell(surface.value(x, y), in: range)
      }
    }
    draw(path, over: surface, in: area)
  }

  private mutating func drawCurve(_ surface: Surface, at place: Double?, in rect: Rect) {
    let last = Double(surface.columns - 1)
    let points = surface.v.enumerated().map { index, value in
      Drawing.Point(surface.low[0] + (surface.high[0] - surface.low[0]) * Double(index) / last, Double(value))
    }
    var chart = LineChart(curves: [.init(points: points, paint: .training)])
    if let place, (surface.low[0]...surface.high[0]).contains(place), surface.high[0] > surface.low[0] {
      let value = surface.value((place - surface.low[0]) / (surface.high[0] - surface.low[0]), 0)
      let stem = [Drawing.Point(place, surface.range.lowerBound), Drawing.Point(place, value)]
      chart.curves.append(.init(points: stem, paint: .evaluation))
    }
    chart.draw(into: &self, in: rect)
  }

  /// One cell of heat. Its sign grows with the value and has the colour of its ground: it shows where there are no colours.
  private static func heatCell(_ value: Double, in range: ClosedRange<Double>) -> Cell {
    let span = range.upperBound - range.lowerBound
    let paint = Paint.heat(span > 0 ? (value - range.lowerBound) / span : 0.5)
    let signs: [Unicode.Scalar] = [" ", ".", ":", "-", "=", "+", "*", "#"]
    return Cell(glyph: signs[Int(paint.rawValue - Paint.heat0.rawValue)], style: Style(paint, on: paint))
  }

  /// The bounds of both numbers and a scale of the heat; what is left in the middle.
  private mutating func drawFrame(of surface: Surface, in rect: Rect) -> Rect {
    let upright = [surface.high[1], surface.low[1]].map(Format.number)
    let gutter = min(upright.map(\.count).max() ?? 0, rect.width / 3) + 1
    let area = Rect(x: rect.x + gutter, y: rect.y, width: rect.width - gutter, height: rect.height - 2)
    put(upright[0], endingAt: area.x - 1, y: area.y, style: .faint, limit: gutter - 1)
    put(upright[1], endingAt: area.x - 1, y: area.maxY - 1, style: .faint, limit: gutter - 1)
    let below = Rect(x: area.x, y: area.maxY, width: area.width, height: 1)
    row(Format.number(surface.low[0]), Format.number(surface.high[0]), in: below, y: below.y, style: .faint)
    let (low, high) = (Format.number(surface.range.lowerBound), Format.number(surface.range.upperBound))
    let scale = max(min(area.width - low.count - high.count - 2, 2 * Paint.heatLevels), 0)
    var x = area.x + max((area.width - low.count - high.count - scale - 2) / 2, 0)
    x = put(low + " ", x: x, y: area.maxY + 1, style: .faint, limit: area.width)
    for column in 0..<scale {
      self[x + column, area.maxY + 1] = Self.heatCell((Double(column) + 0.5) / Double(scale), in: 0...1)
    }
    put(" " + high, x: x + scale, y: area.maxY + 1, style: .faint, limit: max(area.maxX - x - scale, 0))
    return area
  }

  private mutating func draw(_ path: [Drawing.Point], over surface: Surface, in area: Rect) {
    var canvas = Canvas(width: area.width, height: area.height)
    let dots = path.map { point in
      Drawing.Point(
        (point.x - surface.low[0]) / (surface.high[0] - surface.low[0]) * Double(canvas.dotWidth - 1),
        (surface.high[1] - point.y) / (surface.high[1] - surface.low[1]) * Double(canvas.dotHeight - 1))
    }
    // An angle that goes round leaves on one side and comes in on the other.
    for (a, b) in zip(dots, dots.dropFirst()) where abs(a.x - b.x) < Double(canvas.dotWidth) / 2 {
      canvas.line(a, b, .plain)
    }
    var trail = Frame(width: area.width, height: area.height)
    canvas.draw(into: &trail, x: 0, y: 0)
    for y in 0..<area.height {
      for x in 0..<area.width where trail[x, y].glyph != " " {
        let ground = self[area.x + x, area.y + y].style.ground
        self[area.x + x, area.y + y] = Cell(glyph: trail[x, y].glyph, style: .onHeat(ground, bold: true))
      }
    }
    guard let here = dots.last, here.x.isFinite, here.y.isFinite, canvas.contains(here) else { return }
    let (x, y) = (area.x + Int(here.x) / 2, area.y + Int(here.y) / 4)
    var style = Style.onHeat(self[x, y].style.ground, bold: true)
    style.isReversed = true
    self[x, y] = Cell(glyph: "●", style: style)
  }
}
