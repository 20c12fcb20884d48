import RLCore
import Testing

@testable import Terminal

/// Steps to the left and the right from 0; it ends at ±3, or where the stream that a seed starts says so.
private struct Walk: Environment {
  var random = RandomStream(seed: 0)
  /// How far a step leads.
  var stride = 1
  private var place = 0

  init(stride: Int = 1) { self.stride = stride }

  var observationSpace: Space { .discrete(7) }
  var actionSpace: Space { .discrete(2) }
  var state: [Double] { [Double(place)] }
  mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let seed { random = RandomStream(seed: seed) }
    place = random.integer(below: 2)
    observation = place + 3
  }
  mutating func step(_ action: Int, into observation: inout Int) -> Step {
    place += action == 0 ? -stride : stride
    observation = place + 3
    return Step(reward: Double(place), ending: abs(place) >= 3 ? .terminated : .running)
  }
  mutating func restore(state: [Double], into observation: inout Int) throws { place = Int(state[0]) }
  func drawing(of state: [Double]) -> Drawing { dot(state) }
}

@Suite struct GameTests {
  /// The episode of these keys.
  private func recorded(_ keys: [Key], seed: UInt64) throws -> Episode {
    var game = try Game(Played(Walk()), seed: seed, drawing: dot)
    for key in keys where game.state.handle(key) == .step { _ = game.step() }
    return game.world.episode
  }

  @Test(arguments: 0..<8 as Range<UInt64>) func aBranchBeginsAsTheRecording(_ seed: UInt64) throws {
    let episode = try recorded([.right, .left, .right, .left, .left, .left, .left, .left, .left], seed: seed)
    #expect(episode.terminations.last == true && episode.length > 4)
    for position in 0..<episode.length {
      var game = try Game(Played(Walk()), along: episode, to: position, drawing: dot)
      #expect(game.world.state == episode.states.row(position) && game.state.steps == position)
      #expect(game.state.totalReward == episode.rewards.prefix(position).reduce(0, +))
      // The same keys lead to the same end, others to another.
      for t in position..<episode.length {
        let wish = game.state.handle(episode.actions.row(t) == [0] ? .left : .right)
        #expect(wish == .step && game.step() != nil)
      }
      #expect(game.world.episode == episode && game.step() == nil)
    }
    var other = try Game(Played(Walk()), along: episode, to: 2, drawing: dot)
    while other.state.ending == .running {
      _ = other.state.handle(.right)
      _ = other.step()
    }
    #expect(other.world.state == [3] && other.world.episode.actions.row(0) == episode.actions.row(0))
    #expect(Played(Walk()).verify(other.world.episode).divergence == nil)
  }

  @Test func anotherWorldIsNoticed() throws {
    let episode = try recorded([.right, .left, .left], seed: 0)
    #expect(throws: TerminalError.otherWorld(step: 1)) {
      _ = try Game(Played(Walk(stride: 2)), along: episode, to: 3, drawing: dot)
    }
    // Where nothing is different yet, nothing can be noticed.
    #expect(throws: Never.self) { _ = try Game(Played(Walk(stride: 2)), along: episode, to: 0, drawing: dot) }
  }

  @Test func sSaves() throws {
    var game = try Game(Played(Walk()), seed: 1, drawing: dot)
    let wish = game.state.handle(.character("s"))
    #expect(wish == .save)
  }
}
