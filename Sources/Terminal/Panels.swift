import RLCore
import RunStore

extension RunView {
  var statusWord: String {
    switch status {
    case nil: "waiting"
    case .running: "running"
    case .paused: "paused"
    case .finished: "finished"
    case .interrupted: "interrupted"
    case .stopped: "stopped"
    case .failed: "failed"
    }
  }

  var statusGlyph: String {
    switch status {
    case .running: "●"
    case .paused: "‖"
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
    let seeds = run.count == 1 ? "seed" : "mean of seeds"
    let title = [run.agent, run.environment, "\(seeds) \(run.seed)"].filter { !$0.isEmpty }.joined(separator: " · ")
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

  /// One line a run, after one for the average of all; the list scrolls with the selection.
  mutating func runs(_ state: DashboardState, in rect: Rect) {
    let here = state.showsAll ? 0 : state.selected + 1
    let inside = box(rect, title: "runs", note: "↑↓ \(state.showsAll ? "all" : "\(here)")/\(state.runs.count)")
    guard !inside.isEmpty else { return }
    let count = state.runs.count + 1
    let first = DashboardLayout.firstRun(state, room: inside.height)
    for (line, row) in (first..<min(first + inside.height, count)).enumerated() {
      let run = row == 0 ? state.average : state.runs[row - 1]
      guard let run else { continue }
      runLine(run, name: row == 0 ? "all" : "s\(run.seed)", isHere: row == here, in: inside, y: inside.y + line)
    }
  }

  private mutating func runLine(_ run: RunView, name: String, isHere: Bool, in rect: Rect, y: Int) {
    let style = isHere ? Style.bold : .plain
    var x = put(isHere ? "▸" : " ", x: rect.x, y: y, style: Style(.accent, bold: true))
    x = put("\(run.statusGlyph) ", x: x, y: y, style: Style(run.statusPaint))
    x = put(Format.left(name, 5), x: x, y: y, style: style)
    let values =
      Format.right(run.trainingReturn.map(Format.number) ?? "-", 10)
      + Format.right(run.evaluationText ?? "-", 19)
      + (rect.width >= 60 ? Format.right(run.stepsPerSecond.map { Format.compact($0) + "/s" } ?? "", 9) : "")
    let percent = Format.right(run.progress.map { "\(Int($0 * 100))%" } ?? "", 5)
    let barWidth = min(rect.maxX - x - values.count - percent.count, 40)
    if barWidth >= 4 {
      bar(run.progress ?? 0, x: x, y: y, width: barWidth, paint: .good)
      x += barWidth
    }
    x = put(percent, x: x, y: y, style: style, limit: rect.maxX - x)
    put(values, x: x, y: y, style: style, limit: rect.maxX - x)
  }

  /// Returns over steps, or residuals over sweeps.
  mutating func curve(_ state: DashboardState, in rect: Rect) {
    let run = state.run
    let isWide = rect.width >= 48
    let seeds = isWide ? "mean of seeds ± deviation" : "mean of seeds"
    let title = run.isPlanning ? "residual" : state.showsAll ? seeds : isWide ? "learning curve" : "return"
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
      guard end - text.count > rect.x + title.count + (isWide ? 6 : 5) else { continue }
      put(text, endingAt: end, y: rect.y, style: Style(entry.paint))
      end -= text.count + 1
    }
    learningCurve(state).draw(into: &self, in: inside)
    var room = rect.width - 4
    // What somebody did comes before what is always there.
    if let last = run.changes.last {
      let text = " ┆ \(last.name)=\(last.value) from \(Format.grouped(last.step)) "
      if text.count <= room {
        put(text, x: rect.x + 2, y: rect.maxY - 1, style: .faint)
        room -= text.count + 1
      }
    }
    if !run.isPlanning, let words = run.gapText.map({ " ╌ \($0) " }), words.count <= room {
      put(words, endingAt: rect.maxX - 2, y: rect.maxY - 1, style: Style(.good))
    }
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
    var chart = LineChart(
      curves: [.init(points: points, paint: .extra, band: run.bands[tags[index]] ?? [])], budget: run.axisEnd)
    if tags[index] == "train/bound" { chart.takeLogarithms() }
    chart.marks = run.changes.map { Double($0.step) }
    chart.draw(into: &self, in: inside)
  }

  /// `train/critic_loss`, or `critic_loss` where that is too long.
  private func shortTag(_ tag: String, room: Int) -> String {
    tag.count <= room ? tag : String(tag.split(separator: "/").last ?? "")
  }

  /// Steps a second and what the time is spent on; what experience fills; how busy the machine is.
  mutating func throughput(_ state: DashboardState, in rect: Rect) {
    let run = state.run
    var inside = box(rect, title: "throughput").inset(1, 0)
    guard !inside.isEmpty else { return }
    if inside.height > 4 {
      let line = inside.takeTop(1)
      row("steps/s", run.stepsPerSecond.map { Format.fixed($0, 0) } ?? "-", in: line, y: line.y, style: .bold)
    }
    let shares: [(String, Paint)] = [("act", .training), ("step", .good), ("learn", .evaluation), ("evaluate", .extra)]
    for (name, paint) in shares {
      guard let share = run.last("time/\(name)"), inside.height > 0 else { continue }
      gauge(name, share, Self.percent(share), paint, in: inside.takeTop(1))
    }
    if let share = run.last("time/gemm"), inside.height > 0 {
      gauge("GEMM", share, Self.percent(share), .accent, in: inside.takeTop(1))
    }
    if let fill = run.fill, inside.height > 0 {
      let share = Double(fill.held) / Double(max(fill.size, 1))
      gauge(
        fill.name, share, "\(Format.compact(Double(fill.held)))/\(Format.compact(Double(fill.size)))", .title,
        in: inside.takeTop(1))
    }
    if let load = state.load, run.status?.isLive == true, inside.height > 0 {
      gauge("load", load.share, "\(Format.fixed(load.average, 1))/\(load.cores)", .bad, in: inside.takeTop(1))
    }
    // What may change, as it stands now, where there is room beside the curve.
    for schedule in run.schedules where inside.height > 6 {
      let line = inside.takeTop(1)
      let now = run.last(RunView.scheduleTag(schedule.name)).map(Format.number) ?? schedule.value
      row(schedule.name, now, in: line, y: line.y)
    }
    guard inside.height >= 2, let points = run.series["time/fps"]?.points, points.count > 1 else { return }
    LineChart(curves: [.init(points: points, paint: .faint)], budget: run.axisEnd)
      .draw(into: &self, in: inside)
  }

  /// A name, a bar and a number in one line.
  private mutating func gauge(_ name: String, _ share: Double, _ value: String, _ paint: Paint, in line: Rect) {
    put(name, x: line.x, y: line.y, style: .faint, limit: line.width)
    let number = Format.right(value, max(value.count + 1, 5))
    bar(share, x: line.x + 9, y: line.y, width: line.width - 9 - number.count, paint: paint)
    put(number, endingAt: line.maxX, y: line.y, limit: line.width)
  }

  private static func percent(_ share: Double) -> String {
    share.isFinite ? Format.fixed(min(max(share, 0), 1) * 100, 0) + "%" : "-"
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

  /// What looks wrong and what to try, over the middle of the frame.
  mutating func alarmList(_ alarms: [Alarm]) {
    let width = min(84, self.width)
    var lines: [(text: String, style: Style)] = []
    for alarm in alarms {
      lines.append((alarm.title, Style(.bad, bold: true)))
      lines += wrapped(alarm.reason, to: width - 4).map { ($0, .plain) }
      lines += wrapped("try: " + alarm.advice, to: width - 4).map { ($0, .faint) }
      lines.append(("", .plain))
    }
    if lines.isEmpty { lines = [("nothing in the metrics looks wrong", .plain)] } else { lines.removeLast() }
    let height = min(lines.count + 2, self.height)
    let rect = Rect(x: (self.width - width) / 2, y: (self.height - height) / 2, width: width, height: height)
    fill(rect, with: .blank)
    let inside = box(rect, title: "alarms", note: "any key closes this").inset(1, 0)
    for (index, line) in lines.enumerated() where index < inside.height {
      put(line.text, x: inside.x, y: inside.y + index, style: line.style, limit: inside.width)
    }
  }
}

/// Words in lines of `width` characters or fewer, where each word is.
private func wrapped(_ text: String, to width: Int) -> [String] {
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] = last + " " + word
    } else {
      lines.append(String(word))
    }
  }
  return lines
}
