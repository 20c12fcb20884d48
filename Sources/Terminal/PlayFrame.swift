import RLCore

/// A game as a picture of exactly width × height cells, for any size.
func playFrame(_ state: PlayState, _ drawing: Drawing, title: String, note: String, width: Int, height: Int) -> Frame {
  var frame = Frame(width: width, height: height)
  var body = frame.bounds
  let earned = "return \(Format.number(state.totalReward))"
  let action = drawing.grid.flatMap { state.arrow(on: $0) } ?? vectorText([state.action])
  if width < 40 || height < 8 {
    frame.draw(drawing, in: body.takeTop(max(height - 1, 0)))
    frame.row("t \(state.steps)  \(action)", earned, in: body, y: body.y, style: Style(.evaluation))
  } else {
    let world = body.takeTop(height - 3)
    let inside = frame.box(world, title: title, note: state.word, noteStyle: Style(.accent, bold: true))
    frame.draw(drawing, in: inside)
    let line = frame.box(body, title: "step \(state.steps)", note: note).inset(1, 0)
    let reward = state.lastReward.map { "   reward \(Format.number($0))" } ?? ""
    frame.row("action \(action)\(reward)", earned, in: line, y: line.y, style: Style(.evaluation, bold: true))
    // The hints give way, the least needed first.
    var hints = state.hints
    while hints.count > 1, hints.joined(separator: " · ").count + 8 > width { hints.remove(at: hints.count - 2) }
    frame.put(" \(hints.joined(separator: " · ")) ", x: 3, y: height - 1, style: .faint, limit: width - 4)
  }
  if state.showsHelp { frame.help(playKeys, title: "keys") }
  return frame
}

private let playKeys = [
  ("arrows", "the action in that direction; of one number more or less, ↓ the middle"),
  ("0-9", "the action of that number; of one number its tenth"), (".", "a single step"),
  ("space", "hold the world still, or let it go on"), ("- +", "slower or faster"),
  ("r", "give up and begin again; Enter after the end"),
  ("s", "save what has been played so far; an episode that ends is saved by itself"),
  ("q Esc", "quit, or back to the recording; an unfinished episode is not kept"),
  ("?", "this help; any key closes it"),
]

extension PlayState {
  fileprivate var word: String {
    switch ending {
    case .terminated: "terminated"
    case .truncated: "truncated"
    case .running: isTurnBased ? "your move" : isPaused ? "paused" : "▶ × \(Format.number(speed))"
    }
  }

  fileprivate var hints: [String] {
    if ending != .running { return ["Enter plays again", "q quit"] }
    let act = isTurnBased ? ["arrows move"] : ["arrows act", "space \(isPaused ? "play" : "pause")"]
    return act + ["q quit", "r restart"] + (isTurnBased ? [] : ["- + speed"]) + ["? help"]
  }

  fileprivate func arrow(on grid: Drawing.Grid) -> String? {
    let index = Int(action)
    return grid.moves.indices.contains(index) ? "\(GridPicture.arrow(grid.moves[index])) \(index)" : nil
  }
}
