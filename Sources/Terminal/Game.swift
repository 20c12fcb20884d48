import RLCore

/// A world in a person's hands, from a reset or from a step of a recording on.
struct Game {
  private(set) var world: any PlayedWorld
  var state: PlayState

  /// Throws ``TerminalError/unplayable`` where a keyboard cannot choose an action.
  init(_ world: any PlayedWorld, seed: UInt64, drawing: ([Double]) -> Drawing) throws(TerminalError) {
    self.world = world
    self.world.reset(seed: seed)
    let moves = drawing(self.world.state).grid?.moves ?? []
    guard let state = PlayState(world.actionSpace, isTurnBased: world.isTurnBased, moves: moves) else {
      throw .unplayable("\(world.actionSpace)")
    }
    self.state = state
  }

  /// Where an episode was after `position` of its steps, which are taken again. Throws ``TerminalError/otherWorld`` too.
  init(
    _ world: any PlayedWorld, along episode: Episode, to position: Int, drawing: ([Double]) -> Drawing
  ) throws(TerminalError) {
    try self.init(world, seed: episode.seed, drawing: drawing)
    try expectState(of: episode, at: 0)
    for t in 0..<position {
      guard state.ending == .running, take(episode.actions.row(t)) != nil else { throw .otherWorld(step: t) }
      try expectState(of: episode, at: t + 1)
    }
  }

  private func expectState(of episode: Episode, at position: Int) throws(TerminalError) {
    let recorded = episode.states.row(position)
    let isSame = zip(recorded, world.state).allSatisfy { abs($0 - $1) <= Verification.tolerance * max(abs($0), 1) }
    guard isSame, recorded.count == world.state.count else { throw .otherWorld(step: position) }
  }

  /// Steps by the action that the keys have chosen; `nil` where the episode is over.
  mutating func step() -> Step? { state.ending == .running ? take([state.action]) : nil }

  private mutating func take(_ action: [Double]) -> Step? {
    guard let step = world.step(action) else { return nil }
    state.take(step)
    return step
  }
}
