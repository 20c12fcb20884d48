import RLCore

/// An episode to replay.
public struct Recording: Sendable {
  let title: String
  let episode: Episode
  /// The error of each step's value, where there are values.
  let errors: [Double]

  /// `discount` is the γ of the agent's values; `nil` where they are none of discounted rewards.
  public init(title: String, episode: Episode, discount: Double? = nil) {
    self.title = title
    self.episode = episode
    errors = discount.map(episode.temporalDifferences) ?? []
  }

  /// The step with the greatest error.
  var worst: Int? { errors.indices.max { abs(errors[$0]) < abs(errors[$1]) } }
}

/// Plays episodes until a person quits or a signal came. `speed` 1 is the natural pace. A person may take over at any step
/// of an episode, in `world`; what they do is handed to `save`, whose answer is shown.
///
/// Throws ``TerminalError/unusable``, and ``TerminalError/emptyEpisode`` where an episode has no steps.
@MainActor public func showReplay(
  of recordings: [Recording], in world: any PlayedWorld, drawing: ([Double]) -> Drawing, solution: Solution? = nil,
  surface: Surface? = nil, speed: Double = 1, save: (Episode) throws -> String, isInterrupted: () -> Bool
) throws {
  guard !recordings.isEmpty else { throw TerminalError.emptyEpisode("") }
  for recording in recordings where recording.episode.length == 0 { throw TerminalError.emptyEpisode(recording.title) }
  var screen = try Screen()
  var state = ReplayState(lengths: recordings.map(\.episode.length), worst: recordings.map(\.worst), speed: speed)
  let pace = stepsPerSecond(of: drawing(recordings[0].episode.states.row(0)))
  var ticker = Ticker()
  var needsDrawing = true
  while !isInterrupted() {
    if state.advance(seconds: ticker.elapsed(), pace: pace) { needsDrawing = true }
    let recording = recordings[state.episode]
    if needsDrawing {
      let moment = Moment(
        of: recording.episode, at: state.position, title: recording.title, errors: recording.errors, drawing: drawing)
      let bounds = screen.bounds
      state.bounds = bounds
      screen.present(
        replayFrame(state, moment, solution: solution, surface: surface, width: bounds.width, height: bounds.height))
      needsDrawing = false
    }
    guard let key = try ticker.key(from: &screen) else { continue }
    needsDrawing = true
    if state.handle(key) { return }
    guard state.wantsControls else { continue }
    let (episode, position) = (recording.episode, state.position)
    guard position < episode.length else {
      state.answer("the episode is over here")
      continue
    }
    do {
      try play(
        { _ in try Game(world, along: episode, to: position, drawing: drawing) },
        title: "from step \(position) of \(recording.title)", on: &screen, ticker: &ticker, drawing: drawing,
        save: save,
        isInterrupted: isInterrupted)
      state.answer("")
    } catch let error as TerminalError where error != .lost { state.answer("\(error)") }
    _ = ticker.elapsed()
  }
}
