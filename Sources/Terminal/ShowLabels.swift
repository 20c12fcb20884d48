import RLCore
import RunStore

/// Shows two clips at a time and asks which is the better, until `wanted` pairs have a preference, a person quits, or a
/// signal came.
///
/// `clips` gives the two clips of a pair and what they are worth; `say` writes a label down before the next pair is shown.
/// Throws ``TerminalError/unusable``; ask ``hasUsableTerminal()`` before.
@MainActor public func showLabels(
  wanted: Int, labels: [Int: PairLabel], title: String, drawing: ([Double]) -> Drawing,
  clips: (Int) throws -> (clips: [Episode], worths: [Double]), say: (PairLabel) throws -> Void,
  isInterrupted: () -> Bool
) throws {
  var state = LabelState(wanted: wanted, labels: labels)
  if state.isOver { return }
  // Whatever takes long, as making the first clips does, is done before the screen is taken.
  var shown = (pair: state.pair, clips: try clips(state.pair))
  state.show(lengths: shown.clips.clips.map(\.length), worths: shown.clips.worths)
  let pace = stepsPerSecond(of: drawing(shown.clips.clips[0].states.row(0)))
  var screen = try Screen()
  var ticker = Ticker()
  var needsDrawing = true
  while !isInterrupted() && !state.isOver {
    if state.pair != shown.pair {
      shown = (state.pair, try clips(state.pair))
      state.show(lengths: shown.clips.clips.map(\.length), worths: shown.clips.worths)
      needsDrawing = true
    }
    if state.advance(seconds: ticker.elapsed(), pace: pace) { needsDrawing = true }
    if needsDrawing {
      let pair = shown.clips.clips
      let bounds = screen.bounds
      screen.present(
        labelFrame(
          state, title: title, drawings: pair.map { drawing($0.states.row(min(state.position, $0.length))) },
          endings: pair.map(\.endingText), width: bounds.width, height: bounds.height))
      needsDrawing = false
    }
    if let key = try ticker.key(from: &screen) {
      needsDrawing = true
      switch state.handle(key) {
      case .quit: return
      case .say(let label): try say(label)
      case .nothing: break
      }
    }
  }
}

extension Episode {
  /// How it ended; a segment may just be over.
  var endingText: String {
    terminations.last == true ? "terminated" : truncations.last == true ? "truncated" : "over"
  }
}
