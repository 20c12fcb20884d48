import RLCore

extension Frame {
  /// The latest evaluation episode, on a grid's values and arrows or its visits; elsewhere the world, the state values, or
  /// both where there is room.
  mutating func world(_ state: DashboardState, in rect: Rect) {
    let run = state.run
    let speed = state.isPaused ? "paused" : state.speedStep == 0 ? "" : "× \(Format.compact(state.speed))"
    var inside = box(rect, title: worldTitle(state, room: rect.width - 6), note: speed, noteStyle: Style(.accent))
    guard !inside.isEmpty else { return }
    guard let scene = run.scene else {
      let text = "no episode yet"
      put(
        text, x: inside.x + max((inside.width - text.count) / 2, 0), y: inside.y + inside.height / 2, style: .faint,
        limit: inside.width)
      return
    }
    let values = (scene.estimate?.q ?? []).prefix(inside.height >= 18 ? 8 : 0)
    var picture = inside.takeTop(inside.height - 1 - values.count)
    let isSplit = state.shownLayer == .world && picture.height >= 24 && scene.drawing.grid == nil
    if let surface = run.surface, state.shownLayer == .surface || isSplit {
      let below = picture
      if isSplit {
        draw(scene.drawing, in: picture.takeTop(picture.height / 2))
        put("state values", x: picture.x, y: picture.y, style: Style(.title, bold: true), limit: picture.width)
        _ = picture.takeTop(1)
      }
      draw(surface, path: scene.path, in: isSplit ? picture : below)
    } else {
      draw(scene.drawing, in: picture, solution: run.solution, layer: state.shownLayer)
    }
    for (action, value) in values.enumerated() {
      let line = inside.takeTop(1).inset(1, 0)
      actionValue(action, value, among: Array(values), in: line)
    }
    var facts = ["t \(scene.position)/\(scene.length)"]
    if let estimate = scene.estimate { facts.append("value \(Format.number(estimate.v))") }
    let earned = "return \(Format.number(scene.returnSoFar))"
    let line = inside.width >= earned.count + 2 ? inside.inset(1, 0) : inside
    while !facts.isEmpty, facts.joined(separator: "  ").count + earned.count + 1 > line.width { facts.removeLast() }
    row(facts.joined(separator: "  "), earned, in: line, y: line.y, style: Style(.evaluation))
  }

  private func worldTitle(_ state: DashboardState, room: Int) -> String {
    guard let scene = state.run.scene else { return "world" }
    let whole =
      switch state.shownLayer {
      case .world: "evaluation at \(Format.grouped(scene.recordedAt))"
      case .visits: "visits, estimated"
      case .surface: "state values"
      }
    return whole.count <= room ? whole : "at \(Format.grouped(scene.recordedAt))"
  }

  /// An action's number, its value and a bar from the least to the greatest of the state; the greatest is marked.
  mutating func actionValue(_ action: Int, _ value: Double, among all: [Double], in line: Rect, isTaken: Bool = false) {
    let (low, high) = (all.min() ?? 0, all.max() ?? 0)
    let paint = value == high ? Paint.good : .faint
    let text = Format.number(value)
    var x = put(isTaken ? "▸" : " ", x: line.x, y: line.y, style: Style(.evaluation, bold: true), limit: line.width)
    x = put("Q \(action) ", x: x, y: line.y, style: .faint, limit: max(line.maxX - x, 0))
    bar(
      high > low ? (value - low) / (high - low) : 1, x: x, y: line.y, width: line.maxX - x - text.count - 1,
      paint: paint)
    put(text, endingAt: line.maxX, y: line.y, style: Style(paint), limit: max(line.maxX - x, 0))
  }
}
