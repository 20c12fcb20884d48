import RLCore

/// One moment of an episode, ready to be drawn.
struct Moment: Sendable {
  var title: String
  var position: Int
  var length: Int
  var observation: [Double]
  /// The action chosen here; `nil` after the last step.
  var action: [Double]?
  /// What that action earned.
  var reward: Double?
  /// The sum of the rewards of the steps before.
  var returnSoFar: Double
  /// Of the steps before.
  var rewards: [Double]
  /// How the episode ended, once it has.
  var ending: String?
  var drawing: Drawing
  /// What the agent held the observation to be worth, where it said so.
  var estimate: ValueEstimate?
  /// By how much the step that follows was worth more than that.
  var error: Double?
  /// The states so far.
  var path: [Drawing.Point]

  /// `errors`: those of all steps, or none.
  init(
    of episode: Episode, at position: Int, title: String, errors: [Double] = [], drawing: ([Double]) -> Drawing
  ) {
    let isOver = position >= episode.length
    self.title = title
    self.position = position
    length = episode.length
    observation = episode.observations.row(position)
    action = isOver ? nil : episode.actions.row(position)
    reward = isOver ? nil : episode.rewards[position]
    rewards = Array(episode.rewards.prefix(position))
    returnSoFar = rewards.reduce(0, +)
    if isOver {
      ending = episode.terminations.last == true ? "terminated" : episode.truncations.last == true ? "truncated" : "cut"
    }
    self.drawing = drawing(episode.states.row(position))
    estimate = episode.estimates.isEmpty ? nil : episode.estimates[position]
    error = errors.indices.contains(position) ? errors[position] : nil
    path = episode.path(to: position)
  }

  /// `[0.123, -1]`, or the arrow and number of a grid world's action.
  var actionText: String {
    guard let action else { return ending ?? "" }
    if let moves = drawing.grid?.moves, action.count == 1, let index = Int(exactly: action[0]),
      moves.indices.contains(index)
    {
      return "\(GridPicture.arrow(moves[index])) \(index)"
    }
    return vectorText(action)
  }
}

/// Numbers with a comma between them, whole ones without decimals.
func vectorText(_ numbers: [Double]) -> String {
  numbers.map { Int(exactly: $0).map(String.init) ?? Format.number($0) }.joined(separator: ", ")
}

/// A replay as a picture of exactly width × height cells, for any size.
func replayFrame(
  _ state: ReplayState, _ moment: Moment, solution: Solution?, surface: Surface? = nil, width: Int, height: Int
) -> Frame {
  var frame = Frame(width: width, height: height)
  var body = frame.bounds
  let layout = ReplayLayout(width: width, height: height)
  if layout.isSmall {
    let picture = body.takeTop(max(height - 2, 0))
    frame.world(state, moment, solution, surface, in: picture)
    let status = "t \(moment.position)/\(moment.length)"
    let earned = Format.number(moment.returnSoFar)
    let isWordy = status.count + earned.count + 8 <= width
    frame.row(status, (isWordy ? "return " : "") + earned, in: body, y: body.y, style: Style(.evaluation))
    frame.progress(moment, in: layout.bar)
  } else {
    let timeline = Rect(x: 0, y: height - 3, width: width, height: 3)
    body.height -= 3
    let world = body.takeLeft(width - min(max(width / 3, 20), 44))
    let inside = frame.box(world, title: moment.title, note: moment.ending ?? "", noteStyle: Style(.accent, bold: true))
    frame.world(state, moment, solution, surface, in: inside)
    frame.facts(moment, in: body)
    frame.timeline(state, moment, hasSurface: surface != nil, in: timeline)
  }
  if state.showsHelp { frame.help(replayKeys, title: "keys") }
  return frame
}

/// Where the bar of a replay lies.
struct ReplayLayout {
  let isSmall: Bool
  let bar: Rect

  init(width: Int, height: Int) {
    isSmall = width < 40 || height < 10
    bar =
      isSmall
      ? Rect(x: 0, y: max(height - 1, min(1, height)), width: width, height: 1)
      : Rect(x: 2, y: height - 2, width: width - 4, height: 1)
  }
}

private let replayKeys = [
  ("q", "quit"), ("space", "pause or play"), (", .", "a step back or forward; also ← →"),
  ("- +", "slower or faster; also ↓ ↑"), ("0-9", "go to that tenth; Home, End"), ("n p", "next or previous episode"),
  ("w", "go to the worst TD error"), ("b", "take over from here; Esc leads back"),
  ("mouse", "go to a place of the bar; the wheel steps"), ("l", "loop at the end"),
  ("v", "the world or its state values"), ("?", "this help; any key closes it"),
]

extension Frame {
  /// The world, or its state values.
  fileprivate mutating func world(
    _ state: ReplayState, _ moment: Moment, _ solution: Solution?, _ surface: Surface?, in rect: Rect
  ) {
    if state.showsSurface, let surface {
      draw(surface, path: moment.path, in: rect)
    } else {
      draw(moment.drawing, in: rect, solution: solution)
    }
  }

  fileprivate mutating func progress(_ moment: Moment, in rect: Rect) {
    bar(
      Double(moment.position) / Double(max(moment.length, 1)), x: rect.x, y: rect.y, width: rect.width, paint: .accent)
  }

  /// The numbers of this moment, and the rewards so far.
  fileprivate mutating func facts(_ moment: Moment, in rect: Rect) {
    var inside = box(rect, title: "step \(moment.position)/\(moment.length)").inset(1, 0)
    let reward = moment.reward.map(Format.number) ?? ""
    for (label, value, paint) in [
      ("return", Format.number(moment.returnSoFar), Paint.evaluation), ("reward", reward, .plain),
      (moment.action == nil ? "" : "action", moment.actionText, .training),
    ] {
      let line = inside.takeTop(1)
      row(label, value, in: line, y: line.y, style: Style(paint, bold: paint != .plain))
    }
    if let estimate = moment.estimate {
      let line = inside.takeTop(1)
      row("value", Format.number(estimate.v), in: line, y: line.y, style: Style(.good, bold: true))
      if let error = moment.error {
        let line = inside.takeTop(1)
        row("TD error", Format.number(error), in: line, y: line.y, style: Style(.bad, bold: true))
      }
      let count = min(max(estimate.q.count, estimate.p.count), max(inside.height - 3, 0))
      actions(estimate, taken: moment.action, in: inside.takeTop(count))
    }
    // The chart takes what the observation leaves, if that is enough.
    let chartHeight = inside.height - moment.observation.count - 2 >= 5 ? min(inside.height / 2, 12) : 0
    var numbers = inside.takeTop(inside.height - chartHeight)
    if moment.observation.count == 1 {
      let line = numbers.takeTop(1)
      row("observation", vectorText(moment.observation), in: line, y: line.y)
    } else {
      let line = numbers.takeTop(1)
      put("observation", x: line.x, y: line.y, style: .faint, limit: line.width)
      for (index, value) in moment.observation.enumerated() where numbers.height > 0 {
        let line = numbers.takeTop(1)
        let isCut = numbers.height == 0 && index < moment.observation.count - 1
        row("  \(index)", isCut ? "…" : Format.number(value), in: line, y: line.y)
      }
    }
    guard chartHeight > 0 else { return }
    let points = moment.rewards.enumerated().map { Drawing.Point(Double($0.offset + 1), $0.element) }
    let title = inside.takeTop(1)
    put("reward", x: title.x, y: title.y, style: .faint, limit: title.width)
    LineChart(curves: [.init(points: points, paint: .extra)], budget: Double(moment.length)).draw(
      into: &self, in: inside)
  }

  /// How far the replay is, and how it goes on.
  fileprivate mutating func timeline(_ state: ReplayState, _ moment: Moment, hasSurface: Bool, in rect: Rect) {
    var notes: [String] = []
    if state.lengths.count > 1 { notes.append("episode \(state.episode + 1)/\(state.lengths.count)") }
    if state.loops { notes.append("loop") }
    if state.speed != 1 { notes.append("× \(state.speed < 1 ? "1/\(Int(1 / state.speed))" : "\(Int(state.speed))")") }
    let status =
      !state.notice.isEmpty ? state.notice : state.isPaused ? "paused" : moment.ending == nil ? "▶ playing" : "end"
    box(rect, title: status, note: notes.joined(separator: " · "))
    progress(moment, in: ReplayLayout(width: width, height: height).bar)
    var hints = ["q quit", "space pause", ", . step", "- + speed", "? help"]
    // The last of these come first to go.
    var more = hasSurface ? ["v \(state.showsSurface ? "world" : "values")"] : []
    if state.worst[state.episode] != nil { more.append("w worst TD error") }
    more.append("b take over")
    for hint in more where (hints + [hint]).joined(separator: " · ").count + 8 <= rect.width {
      hints.insert(hint, at: hints.count - 1)
    }
    let text = " \(hints.joined(separator: " · ")) "
    if rect.width >= text.count + 6 { put(text, x: rect.x + 3, y: rect.maxY - 1, style: .faint) }
  }
}

/// Plays an episode as text, where there is no terminal: every `every`-th frame and the last one, each of
/// `width` × `height` characters under a line that says where it is. `discount` is the γ of the agent's values.
public func replayText(
  of episode: Episode, title: String, discount: Double? = nil, every: Int, width: Int, height: Int,
  drawing: ([Double]) -> Drawing,
  solution: Solution? = nil, isASCII: Bool = false, write: (String) throws -> Void
) throws {
  guard episode.length > 0 else { throw TerminalError.emptyEpisode(title) }
  let errors = discount.map(episode.temporalDifferences) ?? []
  for position in 0...episode.length where position % max(every, 1) == 0 || position == episode.length {
    let moment = Moment(of: episode, at: position, title: title, errors: errors, drawing: drawing)
    var frame = Frame(width: width, height: height)
    frame.draw(moment.drawing, in: frame.bounds, solution: solution)
    var facts = ["t \(position)/\(episode.length)", "return \(Format.number(moment.returnSoFar))"]
    if let reward = moment.reward { facts += ["action \(moment.actionText)", "reward \(Format.number(reward))"] }
    if let estimate = moment.estimate, moment.ending == nil {
      facts.append("value \(Format.number(estimate.v))")
      if let error = moment.error { facts.append("TD error \(Format.number(error))") }
      if !estimate.p.isEmpty { facts.append("p \(estimate.p.map { Format.fixed($0, 3) }.joined(separator: ", "))") }
      if !estimate.q.isEmpty { facts.append("q \(estimate.q.map(Format.number).joined(separator: ", "))") }
    }
    if let ending = moment.ending { facts.append(ending) }
    let header = "\(title)  " + facts.joined(separator: "  ")
    let asciiHeader = String(String.UnicodeScalarView(header.unicodeScalars.map(asciiGlyph)))
    try write((isASCII ? asciiHeader : header) + "\n" + (isASCII ? frame.ascii : frame).text + "\n")
  }
}
