import RLCore
import RunStore

extension RunView {
  var statusWord: String {
    switch status {
    case nil: "waiting"
    case .running: "running"
    case .finished: "finished"
    case .interrupted: "interrupted"
    case .stopped: "stopped"
    case .failed: "failed"
    }
  }

  var statusGlyph: String {
    switch status {
    case .running: "●"
    case .finished: "■"
    case .failed: "×"
    default: "○"
    }
  }

  var statusPaint: Paint {
    switch status {
    case .running: .good
    case .finished: .accent
    case .failed: .bad
    default: .evaluation
    }
  }
}

extension Frame {
  /// Which run, how far, how fast and how well.
  mutating func header(_ run: RunView, in rect: Rect) {
    let title = [run.agent, run.environment, "seed \(run.seed)"].filter { !$0.isEmpty }.joined(separator: " · ")
    let status = "\(run.statusGlyph) \(run.statusWord)"
    let inside = box(rect, title: title, note: status, noteStyle: Style(run.statusPaint, bold: true)).inset(1, 0)
    guard !inside.isEmpty else { return }
    var facts: [(label: String, value: String, style: Style)] = []
    if let value = run.trainingReturn { facts.append(("return", Format.number(value), Style(.training, bold: true))) }
    if let value = run.evaluationText {
      facts.append((inside.width < 90 ? "eval" : "evaluation", value, Style(.evaluation, bold: true)))
    }
    let pace = run.stepsPerSecond.map { (label: "", value: Format.compact($0) + " steps/s", style: Style.plain) }
    let elapsed = (label: "elapsed", value: Format.duration(run.elapsed), style: Style.plain)
    let left = run.secondsLeft.map { (label: "ETA", value: Format.duration($0), style: Style.plain) }

    var end = Format.grouped(run.step) + (run.budget.map { " / \(Format.grouped($0))" } ?? " steps")
    if inside.height == 1 {
      if inside.width >= 54, let pace { end += "  \(pace.value)" }
      end += "  " + (left.map { "ETA \($0.value)" } ?? elapsed.value)
    }
    let percent = run.progress.map { Format.right("\(Int($0 * 100))%", 5) } ?? ""
    let barWidth = inside.width - end.count - percent.count - 2
    if barWidth >= 4 {
      bar(run.progress ?? 0, x: inside.x, y: inside.y, width: barWidth, paint: run.status == .running ? .good : .accent)
      put(percent, x: inside.x + barWidth, y: inside.y, style: .bold)
    }
    put(end, endingAt: inside.maxX, y: inside.y, limit: inside.width)

    guard inside.height > 1 else { return }
    if case .failed(let reason) = run.status {
      put(reason, x: inside.x, y: inside.y + 1, style: Style(.bad, bold: true), limit: inside.width)
      return
    }
    facts += [pace, elapsed, left].compactMap(\.self)
    spread(facts, in: inside, y: inside.y + 1)
  }

  /// Labelled values with even gaps; the last ones are dropped where they do not fit.
  private mutating func spread(_ facts: [(label: String, value: String, style: Style)], in rect: Rect, y: Int) {
    func length(_ fact: (label: String, value: String, style: Style)) -> Int {
      fact.label.count + (fact.label.isEmpty ? 0 : 1) + fact.value.count
    }
    var shown = facts
    while shown.count > 1, shown.map(length).reduce(0, +) + 2 * (shown.count - 1) > rect.width { shown.removeLast() }
    let free = rect.width - shown.map(length).reduce(0, +)
    let gap = shown.count > 1 ? min(free / (shown.count - 1), 8) : 0
    var x = rect.x
    for fact in shown {
      if !fact.label.isEmpty { x = put(fact.label + " ", x: x, y: y, style: .faint, limit: rect.maxX - x) }
      x = put(fact.value, x: x, y: y, style: fact.style, limit: rect.maxX - x) + gap
    }
  }

  /// One line a run; the list scrolls with the selection.
  mutating func runs(_ state: DashboardState, in rect: Rect) {
    let inside = box(rect, title: "runs", note: "↑↓ \(state.selected + 1)/\(state.runs.count)")
    guard !inside.isEmpty else { return }
    let first = min(max(state.selected - inside.height / 2, 0), max(state.runs.count - inside.height, 0))
    for (line, index) in (first..<min(first + inside.height, state.runs.count)).enumerated() {
      let run = state.runs[index]
      let y = inside.y + line
      let style = index == state.selected ? Style.bold : .plain
      var x = put(index == state.selected ? "▸" : " ", x: inside.x, y: y, style: Style(.accent, bold: true))
      x = put("\(run.statusGlyph) ", x: x, y: y, style: Style(run.statusPaint))
      x = put(Format.left("s\(run.seed)", 5), x: x, y: y, style: style)
      let values =
        Format.right(run.trainingReturn.map(Format.number) ?? "-", 10)
        + Format.right(run.evaluationText ?? "-", 19)
        + (inside.width >= 60 ? Format.right(run.stepsPerSecond.map { Format.compact($0) + "/s" } ?? "", 9) : "")
      let percent = Format.right(run.progress.map { "\(Int($0 * 100))%" } ?? "", 5)
      let barWidth = min(inside.maxX - x - values.count - percent.count, 40)
      if barWidth >= 4 {
        bar(run.progress ?? 0, x: x, y: y, width: barWidth, paint: .good)
        x += barWidth
      }
      x = put(percent, x: x, y: y, style: style, limit: inside.maxX - x)
      put(values, x: x, y: y, style: style, limit: inside.maxX - x)
    }
  }

  /// Returns over steps, or residuals over sweeps.
  mutating func curve(_ state: DashboardState, in rect: Rect) {
    let run = state.run
    let isWide = rect.width >= 48
    let title = run.isPlanning ? "residual" : isWide ? "learning curve" : "return"
    let inside = box(rect, title: title)
    let legend: [(name: String, short: String, value: Double?, paint: Paint)] =
      run.isPlanning
      ? [("greatest change of a sweep", "change", run.last("train/residual"), .training)]
      : [
        ("evaluation", "eval", run.evaluationReturn, .evaluation),
        ("training", "train", run.trainingReturn, .training),
      ]
    var end = rect.maxX - 2
    for entry in legend {
      guard let value = entry.value else { continue }
      let text = " ━ \(isWide ? entry.name : entry.short) " + (rect.width >= 64 ? Format.number(value) + " " : "")
      guard end - text.count > rect.x + (isWide ? 20 : 11) else { continue }
      put(text, endingAt: end, y: rect.y, style: Style(entry.paint))
      end -= text.count + 1
    }
    learningCurve(state).draw(into: &self, in: inside)
  }

  /// As many metrics as have room, from the chosen one on.
  mutating func metrics(_ state: DashboardState, in rect: Rect) {
    let tags = state.run.metrics
    guard !tags.isEmpty, !rect.isEmpty else { return }
    let most = (columns: max(rect.width / 32, 1), rows: max(rect.height / 8, 1))
    let count = min(tags.count, most.columns * most.rows)
    let rows = (count + most.columns - 1) / most.columns
    let columns = (count + rows - 1) / rows
    var rest = rect
    for row in 0..<rows {
      var line = rest.takeTop(rest.height / (rows - row))
      let inLine = min(columns, count - row * columns)
      for column in 0..<inLine {
        let offset = row * columns + column
        metric(state, offset: offset, isPart: count < tags.count, in: line.takeLeft(line.width / (inLine - column)))
      }
    }
  }

  /// The metric `offset` places after the chosen one.
  private mutating func metric(_ state: DashboardState, offset: Int, isPart: Bool, in rect: Rect) {
    let run = state.run
    let tags = run.metrics
    let index = (state.metric + offset) % tags.count
    let value = run.last(tags[index]).map(Format.number) ?? ""
    let title = shortTag(tags[index], room: rect.width - value.count - 10)
    let place = "◂ \(index + 1)/\(tags.count) ▸ "
    let hasPlace = offset == 0 && isPart && title.count + place.count + value.count + 9 <= rect.width
    let inside = box(rect, title: title, note: (hasPlace ? place : "") + value, noteStyle: Style(.extra))
    let points = run.series[tags[index]]?.points ?? []
    var chart = LineChart(curves: [.init(points: points, paint: .extra)], budget: run.axisEnd)
    if tags[index] == "train/bound" { chart.takeLogarithms() }
    chart.draw(into: &self, in: inside)
  }

  /// `train/critic_loss`, or `critic_loss` where that is too long.
  private func shortTag(_ tag: String, room: Int) -> String {
    tag.count <= room ? tag : String(tag.split(separator: "/").last ?? "")
  }

  /// Steps a second and what the time is spent on.
  mutating func throughput(_ run: RunView, in rect: Rect) {
    var inside = box(rect, title: "throughput").inset(1, 0)
    guard !inside.isEmpty else { return }
    if inside.height > 4 {
      let line = inside.takeTop(1)
      row("steps/s", run.stepsPerSecond.map { Format.fixed($0, 0) } ?? "-", in: line, y: line.y, style: .bold)
    }
    let shares: [(String, Paint)] = [("act", .training), ("step", .good), ("learn", .evaluation), ("evaluate", .extra)]
    for (name, paint) in shares {
      guard let share = run.last("time/\(name)"), inside.height > 0 else { continue }
      let line = inside.takeTop(1)
      let percent = share.isFinite ? Format.right(Format.fixed(min(max(share, 0), 1) * 100, 0) + "%", 5) : "    -"
      put(name, x: line.x, y: line.y, style: .faint, limit: line.width)
      bar(share, x: line.x + 9, y: line.y, width: line.width - 9 - percent.count, paint: paint)
      put(percent, endingAt: line.maxX, y: line.y, limit: line.width)
    }
    guard inside.height >= 2, let points = run.series["time/fps"]?.points, points.count > 1 else { return }
    LineChart(curves: [.init(points: points, paint: .faint)], budget: run.axisEnd)
      .draw(into: &self, in: inside)
  }

  /// Keys and what they do, over the middle of the frame.
  mutating func help(_ keys: [(String, String)], title: String) {
    let column = (keys.map(\.0.count).max() ?? 0) + 2
    let width = min(column + (keys.map(\.1.count).max() ?? 0) + 4, self.width)
    let height = min(keys.count + 2, self.height)
    let rect = Rect(x: (self.width - width) / 2, y: (self.height - height) / 2, width: width, height: height)
    fill(rect, with: .blank)
    let inside = box(rect, title: title).inset(1, 0)
    for (index, key) in keys.enumerated() where index < inside.height {
      put(key.0, x: inside.x, y: inside.y + index, style: Style(.evaluation, bold: true), limit: inside.width)
      put(key.1, x: inside.x + column, y: inside.y + index, limit: inside.width - column)
    }
  }
}
