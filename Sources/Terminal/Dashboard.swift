import RLCore

/// The whole dashboard as a picture of exactly width × height cells, for any size.
func dashboardFrame(_ state: DashboardState, width: Int, height: Int) -> Frame {
  var frame = Frame(width: width, height: height)
  if DashboardLayout.isSmall(width, height) {
    drawSmall(state, into: &frame)
  } else {
    drawPanels(state, into: &frame)
  }
  if state.showsAlarms { frame.alarmList(alarms(of: state.run)) }
  if state.showsHelp { frame.help(dashboardKeys(severalRuns: state.runs.count > 1), title: "keys") }
  return frame
}

/// Progress and return, without borders.
private func drawSmall(_ state: DashboardState, into frame: inout Frame) {
  let run = state.run
  var y = 0
  if frame.height >= 4 {
    let x = frame.put("\(run.statusGlyph) ", x: 0, y: y, style: Style(run.statusPaint))
    let which = state.showsAll || state.runs.count < 2 ? "" : " \(state.selected + 1)/\(state.runs.count)"
    let whole = "\(run.agent) \(run.environment) s\(run.seed)\(which)"
    frame.put(
      whole.count <= frame.width - x ? whole : "\(run.agent)\(which) \(run.environment)", x: x, y: y, style: .bold)
    y += 1
  }
  let percent = run.progress.map { " \(Int($0 * 100))%" } ?? ""
  frame.bar(run.progress ?? 0, x: 0, y: y, width: frame.width - percent.count, paint: .good)
  frame.put(percent, endingAt: frame.width, y: y, limit: frame.width)
  y += 1
  let area = frame.bounds
  if frame.height >= 3 {
    let count = Format.grouped(run.step)
    let left = run.secondsLeft.map { "ETA \(Format.duration($0))" } ?? run.statusWord
    frame.row(count, frame.width > count.count + left.count ? left : "", in: area, y: y)
    y += 1
  }
  let returns = run.trainingReturn.map(Format.number) ?? "-"
  frame.row("return", returns, in: area, y: y, style: Style(.training, bold: true))
  frame.row("eval", run.evaluationText ?? "-", in: area, y: y + 1, style: Style(.evaluation, bold: true))
  var rest = frame.bounds
  _ = rest.takeTop(y + 2)
  if rest.height >= 3 { learningCurve(state).draw(into: &frame, in: rest) }
  let words = state.prompt?.text(room: frame.width) ?? state.notice
  if !words.isEmpty {
    frame.fill(Rect(x: 0, y: 0, width: frame.width, height: 1), with: .blank)
    frame.put(words, endingAt: frame.width, y: 0, style: Style(.evaluation, bold: true), limit: frame.width)
  }
}

private func drawPanels(_ state: DashboardState, into frame: inout Frame) {
  let layout = DashboardLayout(state, width: frame.width, height: frame.height)
  frame.header(state.run, in: layout.header)
  frame.hints(state, y: layout.header.maxY - 1)
  if let rect = layout.runs { frame.runs(state, in: rect) }
  if let rect = layout.curve { frame.curve(state, in: rect) }
  if let rect = layout.metrics { frame.metrics(state, in: rect) }
  if let rect = layout.world { frame.world(state, in: rect) }
  if let rect = layout.throughput { frame.throughput(state, in: rect) }
  if let focus = state.focus, let rect = layout.rect(of: focus) { frame.brighten(rect) }
}

/// Draws the moving part of a dashboard again: all that changes from one frame of an animation to the next.
func redrawScene(_ state: DashboardState, in frame: inout Frame) {
  guard !DashboardLayout.isSmall(frame.width, frame.height),
    let rect = DashboardLayout(state, width: frame.width, height: frame.height).world
  else { return }
  frame.fill(rect, with: .blank)
  frame.world(state, in: rect)
  if state.focus == .world { frame.brighten(rect) }
}

/// Where the panels lie. What has no room is left out.
struct DashboardLayout: Equatable {
  var header: Rect
  var runs: Rect?
  var curve: Rect?
  var metrics: Rect?
  var world: Rect?
  var throughput: Rect?

  /// Whether there is no room for panels.
  static func isSmall(_ width: Int, _ height: Int) -> Bool { width < 44 || height < 10 }

  init(_ state: DashboardState, width: Int, height: Int) {
    var body = Rect(x: 0, y: 0, width: width, height: height)
    header = body.takeTop(height < 18 ? 3 : 4)
    if state.runs.count > 1 { runs = body.takeTop(min(state.runs.count + 1, max(height / 4, 1)) + 2) }
    let panels = state.panels
    if let alone = state.zoomed ?? (body.height < 6 ? panels[0] : nil) {
      put(alone, in: body)
      return
    }
    let isRoomy = body.height >= 16
    // Curves at the left, the world and what it costs at the right; the upper of each where there is room for one only.
    var columns = [
      panels.filter { $0 == .curve || $0 == .metrics }, panels.filter { $0 == .world || $0 == .throughput },
    ]
    if !isRoomy { columns = columns.map { Array($0.prefix(1)) } }
    let share = columns[0].isEmpty ? 0 : columns[1].isEmpty ? 100 : width < 100 ? 64 : 58
    let left = body.takeLeft(width * share / 100)
    stack(columns[0], in: left, upper: left.height * 6 / 10)
    stack(columns[1], in: body, upper: body.height - min(max(body.height * 3 / 10, 7), 16))
  }

  private mutating func stack(_ panels: [Panel], in rect: Rect, upper: Int) {
    var rest = rect
    for (index, panel) in panels.enumerated() {
      put(panel, in: index == panels.count - 1 ? rest : rest.takeTop(upper))
    }
  }

  private mutating func put(_ panel: Panel, in rect: Rect) {
    switch panel {
    case .curve: curve = rect
    case .metrics: metrics = rect
    case .world: world = rect
    case .throughput: throughput = rect
    }
  }

  func rect(of panel: Panel) -> Rect? {
    switch panel {
    case .curve: curve
    case .metrics: metrics
    case .world: world
    case .throughput: throughput
    }
  }

  func panel(at x: Int, _ y: Int) -> Panel? { Panel.allCases.first { rect(of: $0)?.contains(x, y) == true } }

  /// The first line of the list of runs, 0 for the average, where `room` lines scroll with the selection.
  static func firstRun(_ state: DashboardState, room: Int) -> Int {
    let here = state.showsAll ? 0 : state.selected + 1
    return min(max(here - room / 2, 0), max(state.runs.count + 1 - room, 0))
  }
}

/// What the keys do, for the help.
private func dashboardKeys(severalRuns: Bool) -> [(String, String)] {
  [
    ("q Esc", "stop watching; training goes on"), ("p", "halt training, or let it go on"),
    ("s e", "save a checkpoint now; evaluate now"), ("x x", "save and stop training"),
    ("c", "change a rate or another schedule: ↑ ↓ which, then a number and Enter"),
    ("space + -", "pause or play the episode; faster, slower"),
    ("← →", "choose the metric shown first"), ("v", "values or visits of a grid; the world or its state values"),
    ("Tab z", "choose a panel; show it alone, or all again"), ("1 2 3 4", "hide curve, metrics, world, throughput"),
    ("mouse", "choose a panel, again: alone; the wheel scrolls"),
  ] + (severalRuns ? [("↑ ↓", "choose the run, or all of them")] : []) + [
    ("a", "what looks wrong, and what to try"), ("?", "this help; any key closes it"),
  ]
}

/// Training and evaluation returns, of an average with a band; of other runs side by side the evaluation only. Of planners
/// the residual.
func learningCurve(_ state: DashboardState) -> LineChart {
  let run = state.run
  let shown = run.isPlanning ? ["train/residual"] : ["rollout/ep_rew_mean", "eval/mean_reward"]
  // The last of them that an average has is drawn with its spread.
  let banded = shown.last { run.series[$0] != nil }
  var chart = LineChart(curves: [], budget: run.axisEnd)
  for (index, other) in state.runs.enumerated() where index != state.selected && !state.showsAll {
    guard let tag = shown.last(where: { other.series[$0] != nil }) else { continue }
    chart.curves.append(.init(points: other.series[tag]?.points ?? [], paint: .faint))
  }
  for (tag, paint) in zip(shown, [Paint.training, .evaluation]) {
    guard let series = run.series[tag] else { continue }
    let band = tag == banded ? run.bands[tag] ?? [] : []
    // Of two curves the training returns are dots, so that they are told apart without colours.
    let isBehind = tag != shown.last && run.bands.isEmpty
    chart.curves.append(.init(points: series.points, paint: paint, mark: isBehind ? .dots : .line, band: band))
  }
  if !run.isPlanning { chart.level = run.nearOptimal }
  if run.isPlanning { chart.takeLogarithms() }
  chart.marks = run.changes.map { Double($0.step) }
  return chart
}

extension Frame {
  /// The most used keys, in a border.
  fileprivate mutating func hints(_ state: DashboardState, y: Int) {
    var hints = ["q quit", "space \(state.isPaused ? "play" : "pause")", "? help"]
    if width >= 80 {
      if state.zoomed == nil { hints.insert("z zoom", at: 2) }
      hints.insert("←→ metric", at: 2)
      hints.insert(state.runs.count > 1 ? "↑↓ run" : "↑↓ speed", at: 3)
      if let next = state.nextLayer { hints.insert("v \(state.name(of: next))", at: 4) }
    }
    // The way back from one panel goes last.
    if state.zoomed != nil { hints.insert("z all panels", at: 1) }
    if width >= 100, state.run.status?.isLive == true {
      let pause = state.run.status == .paused ? "p go on" : "p halt"
      hints.insert(contentsOf: [pause, "s save", "e evaluate", "x stop"], at: hints.count - 1)
      if !state.run.schedules.isEmpty { hints.insert("c change", at: hints.count - 2) }
    }
    if let prompt = state.prompt {
      put(" \(prompt.text(room: width - 6)) ", x: 2, y: y, style: Style(.evaluation, bold: true), limit: width - 4)
      return
    }
    let found = alarms(of: state.run)
    var room = width - 4
    if let first = found.first, state.notice.isEmpty {
      let sign = " ! \(first.title)\(found.count > 1 ? " and \(found.count - 1) more" : "") · a why "
      put(sign, x: 2, y: y, style: Style(.bad, bold: true), limit: room)
      room -= sign.count
    }
    // The hints give way, the least needed first.
    while hints.count > 1, hints.joined(separator: " · ").count + 2 > room { hints.remove(at: hints.count - 2) }
    let text = state.notice.isEmpty ? hints.joined(separator: " · ") : state.notice
    let style = state.notice.isEmpty ? Style.faint : Style(.evaluation, bold: true)
    put(" \(text) ", endingAt: width - 2, y: y, style: style, limit: room)
  }
}
