import RLCore

/// All runs of a folder as a picture of exactly width × height cells, for any size: a list, and below it the learning
/// curves of those that are marked.
func fleetFrame(_ state: FleetState, width: Int, height: Int) -> Frame {
  var frame = Frame(width: width, height: height)
  let layout = FleetLayout(state, width: width, height: height)
  if let list = layout.list {
    frame.fleetList(state, in: list)
    if let rect = layout.chart { frame.fleetChart(state, in: rect) }
    frame.fleetHints(state)
  } else {
    frame.fleetRows(state, in: layout.rows)
  }
  if state.showsHelp { frame.help(fleetKeys, title: "keys") }
  return frame
}

/// Where the list and the chart lie.
struct FleetLayout {
  /// The box around the list; none where there is no room for borders.
  private(set) var list: Rect?
  private(set) var chart: Rect?
  /// The lines of runs.
  private(set) var rows: Rect

  init(_ state: FleetState, width: Int, height: Int) {
    var body = Rect(x: 0, y: 0, width: width, height: height)
    rows = body
    guard width >= 44, height >= 10 else { return }
    let hasChart = height >= 16 && !state.runs.isEmpty
    let box = body.takeTop(hasChart ? min(state.runs.count + 3, max(height / 2, height - 24)) : height)
    list = box
    rows = box.inset(1, 1)
    // The headings.
    _ = rows.takeTop(1)
    if hasChart { chart = body }
  }

  /// The first run that is shown, where `room` lines scroll with the cursor.
  static func firstRun(_ state: FleetState, room: Int) -> Int {
    let room = max(room, 1)
    return min(max(state.selected - room / 2, 0), max(state.runs.count - room, 0))
  }
}

private let fleetKeys = [
  ("q Esc", "quit"), ("↑ ↓", "choose a run; Home, End"), ("Enter", "open it; q or Esc leads back"),
  ("mouse", "choose a run, again: open it; the wheel scrolls"),
  ("space", "mark it: the curves of all marked runs are drawn together"), ("c", "no marks"),
  ("?", "this help; any key closes it"),
]

/// The columns of the list that fit, the most needed first: what stands and how far come before the rest.
private struct FleetColumns {
  let agent: Int
  let environment: Int
  let spark: Int
  let hasBar: Bool
  /// With the spread where there is room for it.
  let evaluation: Int
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
    // What the environments do not need is the agents'.
    agent = min(longest.agent, max(rest * 2 / 5, rest - longest.environment - 2, 6)) + 1
    rest -= agent
    environment = min(longest.environment, max(rest - 1, 0))
    rest -= environment + 1
    // How long it still takes comes before how evaluations vary.
    evaluation = rest >= 32 ? 19 : rest >= 22 ? min(rest - 13, 10) : rest >= 19 ? 19 : rest >= 10 ? 10 : 0
    _ = take(evaluation)
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
    let first = FleetLayout.firstRun(state, room: room)
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
    text += Format.right(columns.evaluation < 19 ? "eval" : "evaluation", columns.evaluation)
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
    let evaluation = columns.evaluation < 19 ? run.evaluationReturn.map(Format.number) : run.evaluationText
    text(Format.right(evaluation ?? "-", columns.evaluation), columns.evaluation)
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
    let short = compared.map { "\($0.agent) s\($0.seed)" }
    for (index, run) in compared.enumerated() where index < names.height {
      let paint = Paint.curves[index % Paint.curves.count]
      let isLast = index == names.height - 1 && compared.count > names.height
      // Runs of the same agent and seed are told apart by their names.
      let name = short.count { $0 == short[index] } > 1 ? run.name : short[index]
      let text = isLast ? "… \(compared.count - index) more" : "━ \(name)"
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
