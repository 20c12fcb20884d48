import Foundation
import RLCore

/// A picture below others on one page, as wide as the page.
public struct SVGPart {
  let height: Double
  let body: String
  /// Rules that hold for nothing but what is drawn like this.
  let style: String
}

/// Pictures one below the other, in the light or dark colours of whoever reads them.
public func svg(of parts: [SVGPart], title: String, width: Double = 720) -> String {
  var top = 0.0
  var body = ""
  var styles: [String] = []
  for part in parts {
    body += top == 0 ? part.body : "<g transform=\"translate(0 \(text(top)))\">\n\(part.body)</g>\n"
    top += part.height
    if !styles.contains(part.style) { styles.append(part.style) }
  }
  return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(text(width)) \(text(top))" width="\(text(width))" \
    role="img" aria-label="\(escaped(title))">
    <style>\(styles.joined())</style>
    \(body)</svg>

    """
}

/// A drawing as a picture for a page, crisp at any size, in the light or dark colours of whoever reads it.
public func svg(of drawing: Drawing, solution: Solution? = nil, width: Int = 480) -> String {
  svg(
    of: [SVGPart(drawing: drawing, solution: solution, width: Double(width))], title: "drawing", width: Double(width))
}

extension SVGPart {
  /// A world; a grid with a solution's values and best actions.
  public init(drawing: Drawing, solution: Solution? = nil, width: Double = 720) {
    let page = SVGPage(drawing.bounds, width: width, footer: 0)
    let elements = page.elements(of: drawing, solution: solution)
    self.init(height: page.height, body: elements.map(\.markup).joined(), style: SVGPage.style)
  }

  /// A grid world's solution as a map: values and all best actions, and below them the visits where they were counted. None
  /// where the drawing shows no grid or another one.
  public static func maps(of solution: Solution, on drawing: Drawing, width: Double = 720) -> [SVGPart] {
    guard var grid = drawing.grid, solution.fits(grid) else { return [] }
    grid.agent = nil
    // A map of few cells is not blown up to the page's width.
    let width = min(width, Double(grid.columns) * 80 + 16)
    let layers: [WorldLayer] = solution.visits == nil ? [.world] : [.world, .visits]
    return layers.map { layer in
      let page = SVGPage(drawing.bounds, width: width, header: 26, footer: 0)
      let elements = page.elements(of: Drawing(grid: grid), solution: solution, layer: layer)
      return SVGPart(
        height: page.height, body: page.heading(layer.gridTitle) + elements.map(\.markup).joined(),
        style: SVGPage.style)
    }
  }
}

/// An episode as a moving picture (SMIL, which runs where an SVG is an image), looping, with its progress below.
///
/// Throws ``TerminalError/emptyEpisode``.
public func svgAnimation(
  of episode: Episode, title: String, drawing: ([Double]) -> Drawing, solution: Solution? = nil, width: Int = 480
) throws -> String {
  guard episode.length > 0 else { throw TerminalError.emptyEpisode(title) }
  // More frames than this make a large file and show nothing new.
  let stride = (episode.length + 599) / 600
  let positions = Array(Swift.stride(from: 0, to: episode.length, by: stride)) + [episode.length]
  let drawings = positions.map { drawing(episode.states.row($0)) }
  let page = SVGPage(drawings[0].bounds, width: Double(width), footer: 30)
  let frames = drawings.map { page.elements(of: $0, solution: solution) }
  let isGrid = drawings[0].grid != nil
  let seconds = Double(episode.length) / stepsPerSecond(of: drawings[0])
  // A second's rest at the end.
  let rest = max(Int(Double(positions.count) / max(seconds, 0.1)), 1)
  let timing = SVGTiming(seconds: seconds + 1, rest: rest, isStepwise: isGrid)

  var body = ""
  for slot in 0..<(frames.map(\.count).max() ?? 0) {
    body += timing.markup(frames.map { slot < $0.count ? $0[slot] : nil })
  }
  body += page.footer("\(title) · return \(Format.number(episode.totalReward))")
  let bar = positions.map { position in
    SVGElement(
      "rect", "fill-accent",
      [
        ("x", [page.margin]), ("y", [page.height - 4]), ("height", [3]),
        ("width", [(page.width - 2 * page.margin) * Double(position) / Double(episode.length)]),
      ])
  }
  body += timing.markup(bar)
  return page.document(body, title: title)
}

/// The page that a world is drawn on.
struct SVGPage {
  let width: Double
  let height: Double
  let margin = 8.0
  private let top: Double
  private let view: Projection
  private let lineWidth: Double

  /// `header` and `footer`: the heights of the lines above and below the world.
  init(_ bounds: Drawing.Bounds, width: Double, header: Double = 0, footer: Double) {
    let (spanX, spanY) = (
      max(bounds.x.upperBound - bounds.x.lowerBound, 1e-9), max(bounds.y.upperBound - bounds.y.lowerBound, 1e-9)
    )
    let inner = width - 2 * margin
    // A tower is not drawn taller than the page is wide.
    let innerHeight = min(inner * spanY / spanX, inner)
    self.width = width
    height = innerHeight + 2 * margin + header + footer
    top = margin + header
    view = Projection(bounds, width: inner, height: innerHeight)
    lineWidth = width / 110
  }

  func document(_ body: String, title: String) -> String {
    svg(of: [SVGPart(height: height, body: body, style: Self.style)], title: title, width: width)
  }

  func heading(_ words: String) -> String {
    "<text class=\"fill-plain heading\" x=\"\(text(margin))\" y=\"\(text(top - 10))\">\(escaped(words))</text>\n"
  }

  func footer(_ words: String) -> String {
    "<text class=\"caption\" x=\"\(text(margin))\" y=\"\(text(height - 12))\">\(escaped(words))</text>\n"
  }

  /// The shapes of one frame; those of the same kind keep their places from frame to frame.
  func elements(of drawing: Drawing, solution: Solution?, layer: WorldLayer = .world) -> [SVGElement] {
    if let grid = drawing.grid { return elements(of: grid, solution: solution, layer: layer) }
    return drawing.shapes.map { shape in
      switch shape {
      case .path(let points, let ink): SVGElement("polyline", "line-\(ink)", line + [("points", list(points))])
      case .polygon(let points, let filled, let ink):
        SVGElement("polygon", filled ? "fill-\(ink)" : "line-\(ink)", line + [("points", list(points))])
      case .circle(let centre, let radius, let filled, let ink):
        SVGElement(
          "circle", filled ? "fill-\(ink)" : "line-\(ink)",
          line + [("cx", [at(centre).x]), ("cy", [at(centre).y]), ("r", [radius * view.scale])])
      case .label(let words, let point, let ink):
        SVGElement("text", "fill-\(ink) word", [("x", [at(point).x]), ("y", [at(point).y])], words: words)
      }
    }
  }

  private var line: [(String, [Double])] { [("stroke-width", [lineWidth])] }

  private func at(_ point: Drawing.Point) -> Drawing.Point {
    let placed = view.map(point)
    return Drawing.Point(placed.x + margin, placed.y + top)
  }

  private func list(_ points: [Drawing.Point]) -> [Double] { points.map(at).flatMap { [$0.x, $0.y] } }

  private func elements(of grid: Drawing.Grid, solution: Solution?, layer: WorldLayer) -> [SVGElement] {
    let fits = solution?.fits(grid) ?? false
    let picture = GridPicture(grid: grid, solution: fits ? solution : nil, layer: layer, room: 7)
    let size = view.scale
    var elements: [SVGElement] = []
    for state in grid.cells.indices {
      let (row, column) = (state / grid.columns, state % grid.columns)
      let corner = at(Drawing.Point(Double(column), Double(grid.rows - row)))
      let kind = grid.cells[state]
      let heat = kind == .wall || kind == .cliff ? nil : picture.heat(state)
      let ground = heat.map { "heat\($0.rawValue - Paint.heat0.rawValue)" } ?? "\(kind)"
      elements.append(
        SVGElement(
          "rect", "cell \(ground)",
          [("x", [corner.x]), ("y", [corner.y]), ("width", [size]), ("height", [size]), ("rx", [size / 16])]))
      let ink = heat.map { $0.rawValue >= Paint.heat4.rawValue ? "dark" : "bright" } ?? "fill-plain"
      func word(_ words: String, _ x: Double, _ y: Double, _ scale: Double) -> SVGElement {
        SVGElement(
          "text", "\(ink) word",
          [("x", [corner.x + x * size]), ("y", [corner.y + y * size]), ("font-size", [size * scale])], words: words)
      }
      if let mark = picture.mark(state), mark.glyph != "·" { elements.append(word("\(mark.glyph)", 0.18, 0.26, 0.24)) }
      let sign = picture.sign(state, room: 9)
      if heat != nil, !sign.isEmpty { elements.append(word(sign, 0.5, 0.6, 0.32)) }
      if heat != nil, let value = picture.value(state) { elements.append(word(value, 0.5, 0.9, 0.2)) }
    }
    if let agent = grid.agent {
      let centre = at(
        Drawing.Point(Double(agent % grid.columns) + 0.5, Double(grid.rows - agent / grid.columns) - 0.5))
      elements.append(
        SVGElement("circle", "agent", [("cx", [centre.x]), ("cy", [centre.y]), ("r", [size * 0.3])]))
    }
    return elements
  }

  /// Okabe and Ito's colours, as on the screen, and viridis for values.
  static let style: String = {
    let light = [
      "plain": "#24292f", "faint": "#8c959f", "body": "#0072b2", "accent": "#e69f00", "good": "#009e73",
      "bad": "#d55e00",
    ]
    let dark = ["plain": "#e6edf3", "faint": "#6e7681", "body": "#56b4e9"]
    func inks(_ colours: [String: String]) -> String {
      colours.sorted { $0.key < $1.key }
        .map { ".line-\($0.key){stroke:\($0.value)}.fill-\($0.key){fill:\($0.value)}" }.joined()
    }
    let levels = heatColours.indices.map { ($0, heatColour(Double($0) / Double(heatColours.count - 1))) }
    let heats = levels.map { ".heat\($0){fill:\($1)}" }.joined()
    return """
      [class^=line]{fill:none;stroke-linecap:round;stroke-linejoin:round}\
      text{font-family:ui-sans-serif,system-ui,sans-serif}.word{text-anchor:middle}\
      .heading{font-size:14px;font-weight:600}\
      .caption{font-size:13px;fill:#8c959f}.end{text-anchor:end}.dark{fill:#111}.bright{fill:#fff}\
      .cell{stroke:#8c959f;stroke-opacity:.5}.free,.start,.target,.teleport{fill:#8c959f;fill-opacity:.1}\
      .wall{fill:#8c959f}.forbidden,.cliff{fill:#d55e00;fill-opacity:.5}\
      .agent{fill:#e69f00;fill-opacity:.75;stroke:#fff;stroke-width:2}\(heats)\(inks(light))\
      @media(prefers-color-scheme:dark){\(inks(dark))}
      """
  }()
}
