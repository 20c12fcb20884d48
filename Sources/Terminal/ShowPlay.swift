import RLCore

/// Lets a person play episodes until they quit or a signal came. Episode i is reset with `seed` + i; each that ends is
/// handed to `save`, whose answer is shown.
///
/// Throws ``TerminalError/unusable``, and ``TerminalError/unplayable`` where a keyboard cannot choose an action.
@MainActor public func showPlay(
  of start: any PlayedWorld, title: String, drawing: ([Double]) -> Drawing, seed: UInt64,
  save: (Episode) throws -> String, isInterrupted: () -> Bool
) throws {
  func game(_ index: Int) throws -> Game { try Game(start, seed: seed &+ UInt64(index), drawing: drawing) }
  _ = try game(0)
  var screen = try Screen()
  var ticker = Ticker()
  try play(
    game, title: title, on: &screen, ticker: &ticker, drawing: drawing, save: save, isInterrupted: isInterrupted)
}

/// Plays one game after another until a person quits or a signal came. An episode that ends is saved, and one that does
/// not where the person says so.
@MainActor func play(
  _ begin: (Int) throws -> Game, title: String, on screen: inout Screen, ticker: inout Ticker,
  drawing: ([Double]) -> Drawing, save: (Episode) throws -> String, isInterrupted: () -> Bool
) throws {
  var game = try begin(0)
  let pace = stepsPerSecond(of: drawing(game.world.state))
  var (count, note, needsDrawing) = (0, "", true)
  while !isInterrupted() {
    var steps = game.state.due(after: ticker.elapsed(), pace: pace)
    if let key = try ticker.key(from: &screen) {
      needsDrawing = true
      switch game.state.handle(key) {
      case .quit: return
      case .restart:
        count += 1
        let speed = game.state.speed
        game = try begin(count)
        game.state.speed = speed
        note = ""
      case .step: steps += 1
      case .save: if game.state.steps > 0, game.state.ending == .running { note = try save(game.world.episode) }
      case nil: break
      }
    }
    while steps > 0, let step = game.step() {
      steps -= 1
      needsDrawing = true
      if step.ending != .running { note = try save(game.world.episode) }
    }
    if needsDrawing {
      let bounds = screen.bounds
      screen.present(
        playFrame(
          game.state, drawing(game.world.state), title: title, note: note, width: bounds.width, height: bounds.height))
      needsDrawing = false
    }
  }
}
