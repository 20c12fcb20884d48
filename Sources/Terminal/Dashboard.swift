import RLCore

/// The whole dashboard as a picture of exactly width × height cells, for any size.
func dashboardFrame(_ state: DashboardState, width: Int, height: Int) -> Frame {
  var frame = Frame(width: width, height: height)
  if width < 44 || height < 10 {
    drawSmall(state, into: &frame)
  } else {
    drawPanels(state, into: &frame)
  }
  if state.showsHelp { frame.help(dashboardKeys(severalRuns: state.runs.count > 1), title: "keys") }
  return frame
}

/// Progress and return, without borders.
private func drawSmall(_ state: DashboardState, into frame: inout Frame) {
  let run = state.run
  var y = 0
  if frame.height >= 4 {
    let x = frame.put("\(run.statusGlyph) ", x: 0, y: y, style: Style(run.statusPaint))
    let which = state.runs.count > 1 ? " \(state.selected + 1)/\(state.runs.count)" : ""
    frame.put("\(run.agent) \(run.environment) s\(run.seed)\(which)", x: x, y: y, style: .bold)
    y += 1
  }
  let percent = run.progress.map { " \(Int($0 * 100))%" } ?? ""
  frame.bar(run.progress ?? 0, x: 0, y: y, width: frame.width - percent.count, paint: .good)
  frame.put(percent, endingAt: frame.width, y: y, limit: frame.width)
  y += 1
  let area = frame.bounds
  if frame.height >= 3 {
    let left = run.secondsLeft.map { "ETA \(Format.duration($0))" } ?? run.statusWord
    frame.row("\(Format.grouped(run.step))", left, in: area, y: y)
    y += 1
  }
  let returns = run.trainingReturn.map(Format.number) ?? "-"
  frame.row("return", returns, in: area, y: y, style: Style(.training, bold: true))
  frame.row("eval", run.evaluationText ?? "-", in: area, y: y + 1, style: Style(.evaluation, bold: true))
  var rest = frame.bounds
  _ = rest.takeTop(y + 2)
  if rest.height >= 3 { learningCurve(state).draw(into: &frame, in: rest) }
}

private func drawPanels(_ state: DashboardState, into frame: inout Frame) {
  let run = state.run
  var body = frame.bounds
  frame.header(run, in: body.takeTop(frame.height < 18 ? 3 : 4))
  if state.runs.count > 1 { frame.runs(state, in: body.takeTop(min(state.runs.count, max(frame.height / 4, 1)) + 2)) }
  if body.height < 6 {
    frame.curve(state, in: body)
  } else {
    let isRoomy = body.height >= 16
    var right = body
    var left = right.takeLeft(frame.width * (frame.width < 100 ? 64 : 58) / 100)
    if isRoomy && !run.metrics.isEmpty {
      frame.curve(state, in: left.takeTop(left.height * 6 / 10))
      frame.metrics(state, in: left)
    } else {
      frame.curve(state, in: left)
    }
    let throughputHeight = isRoomy ? min(max(right.height / 4, 7), 14) : 0
    frame.world(state, in: right.takeTop(right.height - throughputHeight))
    if throughputHeight > 0 { frame.throughput(run, in: right) }
  }
  let hints = " q quit · space \(state.isPaused ? "play" : "pause") · ? help "
  if frame.width >= hints.count + 6 { frame.put(hints, x: 3, y: frame.height - 1, style: .faint) }
}

/// What the keys do, for the help.
private func dashboardKeys(severalRuns: Bool) -> [(String, String)] {
  [
    ("q", "quit watching; training goes on"), ("space", "pause or play the episode"),
    ("← →", "choose the metric shown first"),
    severalRuns ? ("↑ ↓", "choose the run") : ("↑ ↓", "play faster or slower"), ("+ -", "play faster or slower"),
    ("?", "this help; any key closes it"),
  ]
}

/// Training and evaluation returns; of other runs side by side the evaluation only.
func learningCurve(_ state: DashboardState) -> LineChart {
  let run = state.run
  var chart = LineChart(curves: [], budget: run.budget.map(Double.init))
  for (index, other) in state.runs.enumerated() where index != state.selected {
    let tag = other.evaluationReturn == nil ? "rollout/ep_rew_mean" : "eval/mean_reward"
    if let series = other.series[tag] { chart.curves.append(.init(points: series.points, paint: .faint)) }
  }
  for (tag, paint) in [("rollout/ep_rew_mean", Paint.training), ("eval/mean_reward", .evaluation)] {
    if let series = run.series[tag] { chart.curves.append(.init(points: series.points, paint: paint)) }
  }
  return chart
}
