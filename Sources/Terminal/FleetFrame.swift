import RLCore

/// All runs of a folder as a picture of exactly width × height cells, for any size: a list, and below it the learning
/// curves of those that are marked.
func fleetFrame(_ state: FleetState, width: Int, height: Int) -> Frame {
  var frame = Frame(width: width, height: height)
  if width < 44 || height < 10 {
    frame.fleetRows(state, in: frame.bounds)
  } else {
    var body = frame.bounds
    let hasChart = height >= 16 && !state.runs.isEmpty
    let listHeight = hasChart ? min(state.runs.count + 3, max(height / 2, height - 24)) : height
    frame.fleetList(state, in: body.takeTop(listHeight))
    if hasChart { frame.fleetChart(state, in: body) }
    frame.fleetHints(state)
  }
  if state.showsHelp { frame.help(fleetKeys, title: "keys") }
  return frame
}

private let fleetKeys = [
  ("q Esc", "quit"), ("↑ ↓", "choose a run; Home, End"), ("Enter", "open it; q or Esc leads back"),
  ("space", "mark it: the curves of all marked runs are drawn together"), ("c", "no marks"),
  ("?", "this help; any key closes it"),
]

/// The columns of the list that fit, the most needed first: what stands and how far come before the rest.
private struct FleetColumns {
  let agent: Int
  let environment: Int
  let spark: Int
  let hasBar: Bool
  let hasEvaluation: Bool
  let hasTime: Bool
  let hasSteps: Bool

  /// With headings, columns are not narrower than those.
  init(_ runs: some Collection<RunView>, width: Int, hasHeadings: Bool) {
    let longest = (
      agent: runs.map(\.agent.count).reduce(hasHeadings ? "agent".count : 0, max),
      environment: runs.map(\.environment.count).reduce(hasHeadings ? "environment".count : 0, max)
    )
    // Glyphs, seed, percent and return.
    var rest = width - 4 - 5 - 5 - 10
    func take(_ columns: Int) -> Bool {
      guard rest >= columns else { return false }
      rest -= columns
      return true
    }
    agent = min(longest.agent, max(rest * 2 / 5, 6)) + 1
    rest -= agent
    environment = min(longest.environment, max(rest - 1, 0))
    rest -= environment + 1
    hasEvaluation = take(19)
    hasTime = take(13)
    hasBar = take(14)
    spark = take(12) ? (take(12) ? 23 : 11) : 0
    hasSteps = take(14)
  }
}

extension Frame {
  fileprivate mutating func fleetList(_ state: FleetState, in rect: Rect) {
    let live = state.runs.count { $0.status?.isLive == true }
    var note = state.unread > 0 ? "reading \(state.unread) more" : live > 0 ? "\(live) live" : ""
    if state.runs.count > rect.height - 3 {
      note += (note.isEmpty ? "" : " · ") + "\(state.selected + 1)/\(state.runs.count)"
    }
    let inside = box(rect, title: state.runs.count == 1 ? "1 run" : "\(state.runs.count) runs", note: note)
    guard !inside.isEmpty else { return }
    guard !state.runs.isEmpty else {
      let text = state.unread > 0 ? "reading …" : "no runs yet; make one with: rlgym train --agent ddpg"
      put(text, x: inside.x + 1, y: inside.y, style: .faint, limit: inside.width - 1)
      return
    }
    fleetRows(state, in: inside, hasHeader: true)
  }

  /// One line a run; the list scrolls with the cursor.
  fileprivate mutating func fleetRows(_ state: FleetState, in rect: Rect, hasHeader: Bool = false) {
    var rect = rect
    let room = max(rect.height - (hasHeader ? 1 : 0), 1)
    let first = min(max(state.selected - room / 2, 0), max(state.runs.count - room, 0))
    let shown = first..<min(first + room, state.runs.count)
    let columns = FleetColumns(state.runs[shown], width: rect.width, hasHeadings: hasHeader)
    if hasHeader { fleetHeader(columns, in: rect.takeTop(1)) }
    for index in shown {
      fleetRow(state, index, columns, in: rect.takeTop(1))
    }
  }

  private mutating func fleetHeader(_ columns: FleetColumns, in line: Rect) {
    var text = "    " + Format.left("agent", columns.agent) + Format.left("environment", columns.environment + 1)
    text = String(text.prefix(4 + columns.agent + columns.environment + 1)) + Format.left("seed", 5)
    if columns.hasBar { text += Format.left("progress", 14) }
    text += "     "
    if columns.hasSteps { text += Format.right("steps", 14) }
    if columns.spark > 0 { text += " " + Format.left("return", columns.spark) }
    text += Format.right(columns.spark > 0 ? "" : "return", 10)
    if columns.hasEvaluation { text += Format.right("evaluation", 19) }
    if columns.hasTime { text += Format.right("left", 13) }
    put(text, x: line.x, y: line.y, style: .faint, limit: line.width)
  }

  private mutating func fleetRow(_ state: FleetState, _ index: Int, _ columns: FleetColumns, in line: Rect) {
    let run = state.runs[index]
    let isHere = index == state.selected
    let style = isHere ? Style.bold : .plain
    let end = line.maxX
    func limit(_ x: Int) -> Int { max(end - x, 0) }
    var x = put(isHere ? "▸" : " ", x: line.x, y: line.y, style: Style(.accent, bold: true))
    if let place = state.marks.contains(run.name) ? state.compared.firstIndex(where: { $0.name == run.name }) : nil {
      x = put("■", x: x, y: line.y, style: Style(Paint.curves[place % Paint.curves.count], bold: true), limit: limit(x))
    } else {
      x += 1
    }
    x = put("\(run.statusGlyph)", x: x, y: line.y, style: Style(run.statusPaint), limit: limit(x))
    let isAlarming = !alarms(of: run).isEmpty
    x = put(isAlarming ? "!" : " ", x: x, y: line.y, style: Style(.bad, bold: true), limit: limit(x))
    func text(_ words: String, _ width: Int) {
      x = put(Format.left(String(words.prefix(width)), width), x: x, y: line.y, style: style, limit: limit(x))
    }
    text(run.agent, columns.agent - 1)
    text(" " + run.environment, columns.environment + 1)
    text(" s\(run.seed)", 6)
    if columns.hasBar {
      bar(run.progress ?? 0, x: x, y: line.y, width: 13, paint: run.status == .running ? .good : .accent)
      x += 14
    }
    text(Format.right(run.progress.map { "\(Int($0 * 100))%" } ?? "", 4), 5)
    if columns.hasSteps { text(Format.right(Format.grouped(run.step), 13) + " ", 14) }
    if columns.spark > 0 {
      spark(run, x: x + 1, y: line.y, width: columns.spark)
      x += columns.spark + 1
    }
    text(
      Format.right(run.trainingReturn.map(Format.number) ?? run.last("train/residual").map(Format.number) ?? "-", 10),
      10)
    if columns.hasEvaluation { text(Format.right(run.evaluationText ?? "-", 19), 19) }
    if columns.hasTime { text(Format.right(run.secondsLeft.map(Format.duration) ?? run.statusWord, 13), 13) }
  }

  /// A curve of one row: the evaluations, or what there is of training.
  private mutating func spark(_ run: RunView, x: Int, y: Int, width: Int) {
    let tag =
      run.isPlanning ? "train/residual" : run.evaluationReturn == nil ? "rollout/ep_rew_mean" : "eval/mean_reward"
    guard let points = run.series[tag]?.points, points.count > 1 else { return }
    var chart = LineChart(curves: [.init(points: points, paint: .evaluation)])
    if run.isPlanning { chart.takeLogarithms() }
    chart.draw(into: &self, in: Rect(x: x, y: y, width: width, height: 1))
  }

  /// The evaluations of what is compared; what has none is shown by its training returns.
  fileprivate mutating func fleetChart(_ state: FleetState, in rect: Rect) {
    let compared = state.compared
    let one = compared.count == 1 ? compared[0] : nil
    let title = one.map { $0.isPlanning ? "residual" : "learning curve" } ?? "\(compared.count) runs compared"
    let inside = box(rect, title: title, note: one?.name ?? "")
    guard !inside.isEmpty else { return }
    if let one {
      return learningCurve(DashboardState(runs: [one])).draw(into: &self, in: inside)
    }
    var names = inside
    let isNamed = inside.width >= 70
    var plot = isNamed ? names.takeLeft(inside.width - 30) : names.takeTop(inside.height)
    plot.width -= isNamed ? 1 : 0
    comparisonChart(compared).draw(into: &self, in: plot)
    guard isNamed else { return }
    for (index, run) in compared.enumerated() where index < names.height {
      let paint = Paint.curves[index % Paint.curves.count]
      let isLast = index == names.height - 1 && compared.count > names.height
      let text = isLast ? "… \(compared.count - index) more" : "━ \(run.agent) s\(run.seed)"
      put(text, x: names.x, y: names.y + index, style: Style(paint), limit: names.width)
      if !isLast {
        put(
          run.evaluationReturn.map { " " + Format.number($0) } ?? "", endingAt: names.maxX, y: names.y + index,
          style: Style(paint))
      }
    }
  }

  fileprivate mutating func fleetHints(_ state: FleetState) {
    var hints = ["q quit", "Enter open", "space mark", "? help"]
    if !state.marks.isEmpty { hints.insert("c clear", at: 3) }
    let text = " " + hints.joined(separator: " · ") + " "
    if text.count <= width - 4 { put(text, endingAt: width - 2, y: height - 1, style: .faint) }
  }
}

/// Several runs in one chart, each in the paint of its mark.
func comparisonChart(_ runs: [RunView]) -> LineChart {
  let arePlanners = runs.allSatisfy(\.isPlanning)
  var chart = LineChart(
    curves: runs.enumerated().map { index, run in
      let tags = arePlanners ? ["train/residual"] : ["eval/mean_reward", "rollout/ep_rew_mean"]
      let points = tags.lazy.compactMap { run.series[$0]?.points }.first ?? []
      return .init(points: points, paint: Paint.curves[index % Paint.curves.count])
    })
  if arePlanners { chart.takeLogarithms() }
  return chart
}
