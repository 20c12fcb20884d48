import RLCore
import Testing

@testable import Environments

@Suite struct CartPoleTests {
  private static let recorded = Result { try fixture("CartPole-v1", as: RecordedEpisodes<Int>.self) }

  @Test func replaysGymnasiumFromTheSameSeedAndActions() throws {
    let recorded = try Self.recorded.get()
    #expect(recorded.episodes.count == 4)
    for episode in recorded.episodes {
      var world = TimeLimit(CartPole(), limit: recorded.timeLimit)
      var observation = world.emptyObservation()
      world.reset(seed: episode.seed, into: &observation)
      #expect(world.state == episode.initialState)
      #expect(observation == episode.initialObservation)
      for expected in episode.steps {
        let step = world.step(expected.action, into: &observation)
        #expect(zip(world.state, expected.state).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(zip(observation, expected.observation).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(step.reward == expected.reward)
        #expect((step.ending == .terminated) == expected.terminated)
        #expect((step.ending == .truncated) == expected.truncated)
      }
      #expect(episode.steps.last?.terminated == true)
    }
  }

  @Test func oneStepFromTheSameStateEqualsGymnasiumsTo1e12() throws {
    for episode in try Self.recorded.get().episodes {
      var before = episode.initialState
      for expected in episode.steps {
        var world = CartPole()
        var observation = world.emptyObservation()
        try world.restore(state: before, into: &observation)
        _ = world.step(expected.action, into: &observation)
        #expect(zip(world.state, expected.state).allSatisfy { abs($0 - $1) < 1e-12 })
        before = expected.state
      }
    }
  }

  /// The state of `edge` is one in which the next step is just inside or just outside the range.
  private static let angle = 12 * 2 * Double.pi / 360
  static let edges: [(state: [Double], fails: Bool)] = [
    ([2.4, 0, 0, 0], false), ([2.4, 0.001, 0, 0], true), ([-2.4, -0.001, 0, 0], true),
    ([0, 0, angle, 0], false), ([0, 0, angle, 0.001], true), ([0, 0, -angle, -0.001], true),
  ]

  @Test(arguments: edges)
  func failsBeyondTheEdges(edge: [Double], fails: Bool) throws {
    for suttonBarto in [false, true] {
      var world = CartPole()
      try world.set("suttonBartoReward", to: .flag(suttonBarto))
      var observation = world.emptyObservation()
      try world.restore(state: edge, into: &observation)
      let step = world.step(0, into: &observation)
      #expect(step.ending == (fails ? .terminated : .running))
      #expect(step.reward == (suttonBarto ? (fails ? -1 : 0) : 1))
    }
  }

  @Test(arguments: [[], [0, 0, 0], [0, 0, 0, 0, 0], [0, .nan, 0, 0], [.infinity, 0, 0, 0]])
  func refusesImpossibleStates(state: [Double]) {
    var world = CartPole()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }
}
