import RLCore
import Testing

@Suite struct PlayedWorldTests {
  @Test func whatIsPlayedIsRecorded() throws {
    var played: any PlayedWorld = Played(TimeLimit(Walk(size: 6), limit: 5))
    #expect(played.isTurnBased && played.actionSpace == .discrete(2))
    played.reset(seed: 7)
    var ending = Ending.running
    while ending == .running {
      let step = played.step([1])
      ending = try #require(step).ending
    }
    let episode = played.episode
    #expect(episode.seed == 7 && episode.actions.doubles == .init(repeating: 1, count: episode.length))
    #expect(episode.terminations.last == (ending == .terminated) && episode.truncations.last == (ending == .truncated))
    #expect(played.verify(episode).divergence == nil)
    played.reset(seed: 8)
    #expect(played.episode.length == 0 && played.episode.states.row(0) == played.state)
  }

  @Test func whatIsNoActionDoesNothing() {
    var played: any PlayedWorld = Played(Drift())
    played.reset(seed: 1)
    let before = played.state
    for action in [[0], [1, 2, 3], [.nan, 10]] as [[Double]] {
      let step = played.step(action)
      #expect(step == nil && played.state == before)
    }
    let step = played.step([0, 10])
    #expect(!played.isTurnBased && step != nil)
  }
}
