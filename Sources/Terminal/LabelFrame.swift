import RLCore

/// Two clips side by side at the same time, as a picture of exactly width × height cells, for any size.
///
/// `drawings`: both clips at the state's position, or at their end where that comes first. `endings`: how each ended.
func labelFrame(
  _ state: LabelState, title: String, drawings: [Drawing], endings: [String], width: Int, height: Int
) -> Frame {
  var frame = Frame(width: width, height: height)
  var body = frame.bounds
  let count = "\(state.decided) of \(state.wanted)"
  let keys = "← left  → right  = neither  s skip  u undo  r again  + - speed  q quit"
  let shortKeys = "← → = s  u r q"
  let head = body.takeTop(1)
  frame.put("which is better?  \(title) · pair \(state.pair)", x: 0, y: head.y, style: Style(.accent, bold: true))
  frame.put(count, endingAt: width, y: head.y, style: .faint, limit: max(width - 20, 0))
  body.height = max(body.height - 2, 0)
  for (side, name) in ["left", "right"].enumerated() {
    let rect = side == 0 ? body.takeLeft(width / 2) : body
    let isOver = state.position >= state.lengths[side]
    let time = "\(min(state.position, state.lengths[side]))/\(state.lengths[side])"
    let note = isOver ? "\(endings[side]) \(time)" : time
    if rect.width < 12 || rect.height < 4 {
      frame.draw(drawings[side], in: rect)
    } else {
      let style = isOver ? Style(.accent, bold: true) : .faint
      frame.draw(drawings[side], in: frame.box(rect, title: name, note: note, noteStyle: style))
    }
  }
  let progress = Double(state.position) / Double(max(state.length, 1))
  frame.bar(progress, x: 0, y: height - 2, width: width, paint: .accent)
  let status = state.isPaused ? "paused  " : ""
  frame.put(
    status + (status.count + keys.count <= width ? keys : shortKeys), x: 0, y: height - 1, style: .faint)
  return frame
}
