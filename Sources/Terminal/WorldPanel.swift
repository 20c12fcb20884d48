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
    let count = inside.height >= 18 ? min(scene.estimate.map { max($0.q.count, $0.p.count) } ?? 0, 8) : 0
    var picture = inside.takeTop(inside.height - 1 - count)
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
    let lines = inside.takeTop(count).inset(1, 0)
    if let estimate = scene.estimate { actions(estimate, taken: nil, in: lines) }
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

  /// The value of each action, or where those are not known how probable it is: as many as there are lines for. A bar goes
  /// from the least to the greatest value of the state, or from 0 to 1; the greatest is marked, and the action `taken`.
  mutating func actions(_ estimate: ValueEstimate, taken: [Double]?, in rect: Rect) {
    var rect = rect
    let isValued = !estimate.q.isEmpty
    let all = isValued ? estimate.q : estimate.p
    let (low, high) = (all.min() ?? 0, all.max() ?? 0)
    for (action, value) in all.enumerated() where rect.height > 0 {
      let line = rect.takeTop(1)
      let paint = value == high ? Paint.good : .faint
      let text = isValued ? Format.number(value) : Format.fixed(value, 3)
      let mark = taken == [Double(action)] ? "▸" : " "
      var x = put(mark, x: line.x, y: line.y, style: Style(.evaluation, bold: true), limit: line.width)
      x = put("\(isValued ? "Q" : "p") \(action) ", x: x, y: line.y, style: .faint, limit: max(line.maxX - x, 0))
      let share = isValued ? (high > low ? (value - low) / (high - low) : 1) : value
      bar(share, x: x, y: line.y, width: line.maxX - x - text.count - 1, paint: paint)
      put(text, endingAt: line.maxX, y: line.y, style: Style(paint), limit: max(line.maxX - x, 0))
    }
  }
}
