import RLCore

/// Lets a person play episodes until they quit or a signal came. Episode i is reset with `seed` + i; each that ends is
/// handed to `save`, whose answer is shown.
///
/// Throws ``TerminalError/unusable``, and ``TerminalError/unplayable`` where a keyboard cannot choose an action.
@MainActor public func showPlay(
  of start: any PlayedWorld, title: String, drawing: ([Double]) -> Drawing, seed: UInt64,
  save: (Episode) throws -> String, isInterrupted: () -> Bool
) throws {
  var world = start
  world.reset(seed: seed)
  let moves = drawing(world.state).grid?.moves ?? []
  guard var state = PlayState(world.actionSpace, isTurnBased: world.isTurnBased, moves: moves) else {
    throw TerminalError.unplayable("\(world.actionSpace)")
  }
  let pace = stepsPerSecond(of: drawing(world.state))
  var screen = try Screen()
  var ticker = Ticker()
  var (episode, note, needsDrawing) = (0, "", true)
  while !isInterrupted() {
    var steps = state.due(after: ticker.elapsed(), pace: pace)
    if let key = try ticker.key(from: &screen) {
      needsDrawing = true
      switch state.handle(key) {
      case .quit: return
      case .restart:
        episode += 1
        world.reset(seed: seed &+ UInt64(episode))
        state.restart()
        note = ""
      case .step: steps += 1
      case nil: break
      }
    }
    while steps > 0, state.ending == .running, let step = world.step([state.action]) {
      steps -= 1
      state.take(step)
      needsDrawing = true
      if step.ending != .running { note = try save(world.episode) }
    }
    if needsDrawing {
      let size = screen.size
      screen.present(
        playFrame(
          state, drawing(world.state), title: title, note: note, width: size.width, height: size.height))
      needsDrawing = false
    }
  }
}
