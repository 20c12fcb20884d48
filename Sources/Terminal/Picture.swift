import RLCore

extension Frame {
  /// A drawing in proportion, in the middle of `rect`. Grid worlds also show a solution's values and arrows, or its
  /// visits.
  mutating func draw(
    _ drawing: Drawing, in rect: Rect, solution: Solution? = nil, layer: WorldLayer = .world
  ) {
    guard !rect.isEmpty else { return }
    if let grid = drawing.grid {
      draw(grid, solution: solution, layer: layer, in: rect)
    } else {
      draw(drawing.shapes, bounds: drawing.bounds, in: rect)
    }
  }

  private mutating func draw(_ shapes: [Drawing.Shape], bounds: Drawing.Bounds, in rect: Rect) {
    var canvas = Canvas(width: rect.width, height: rect.height)
    let view = Projection(bounds, width: Double(canvas.dotWidth - 1), height: Double(canvas.dotHeight - 1))
    var labels: [(text: String, at: Drawing.Point, ink: Drawing.Ink)] = []
    for shape in shapes {
      switch shape {
      case .path(let points, let ink): canvas.path(points.map(view.map), Paint(ink))
      case .polygon(let points, let filled, let ink):
        canvas.polygon(points.map(view.map), filled: filled, Paint(ink))
      case .circle(let centre, let radius, let filled, let ink):
        canvas.circle(view.map(centre), radius: radius * view.scale, filled: filled, Paint(ink))
      case .label(let text, let at, let ink): labels.append((text, view.map(at), ink))
      }
    }
    canvas.draw(into: &self, x: rect.x, y: rect.y)
    for label in labels where label.at.x.isFinite && label.at.y.isFinite {
      let x = label.at.x / 2 - Double(label.text.count) / 2
      let y = (label.at.y / 4).rounded(.down)
      guard y >= 0, y < Double(rect.height), x < Double(rect.width) else { continue }
      let column = Int(max(x, 0))
      put(
        label.text, x: rect.x + column, y: rect.y + Int(y), style: Style(Paint(label.ink)),
        limit: rect.width - column)
    }
  }
}

/// World coordinates (y up) onto a surface (y down), in proportion and centred.
struct Projection {
  let scale: Double
  private let left: Double
  private let top: Double

  init(_ bounds: Drawing.Bounds, width: Double, height: Double) {
    let spanX = max(bounds.x.upperBound - bounds.x.lowerBound, 1e-9)
    let spanY = max(bounds.y.upperBound - bounds.y.lowerBound, 1e-9)
    scale = max(min(width / spanX, height / spanY), 0)
    left = (width - spanX * scale) / 2 - bounds.x.lowerBound * scale
    top = (height - spanY * scale) / 2 + bounds.y.upperBound * scale
  }

  func map(_ point: Drawing.Point) -> Drawing.Point {
    Drawing.Point(left + point.x * scale, top - point.y * scale)
  }
}
