import RLCore
import Testing

@testable import Environments

@Suite struct PendulumTests {
  private static let recorded = Result { try fixture("Pendulum-v1", as: RecordedEpisodes<[Float]>.self) }

  @Test func replaysGymnasiumFromTheSameSeedAndActions() throws {
    let recorded = try Self.recorded.get()
    #expect(recorded.episodes.count == 4)
    for episode in recorded.episodes {
      var world = TimeLimit(Pendulum(), limit: recorded.timeLimit)
      var observation = world.emptyObservation()
      world.reset(seed: episode.seed, into: &observation)
      #expect(world.state == episode.initialState)
      #expect(observation == episode.initialObservation)
      for expected in episode.steps {
        let step = world.step(expected.action, into: &observation)
        #expect(zip(world.state, expected.state).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(zip(observation, expected.observation).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(abs(step.reward - expected.reward) < 1e-9)
        #expect((step.ending == .terminated) == expected.terminated)
        #expect((step.ending == .truncated) == expected.truncated)
      }
    }
  }

  @Test func oneStepFromTheSameStateEqualsGymnasiumsTo1e12() throws {
    for episode in try Self.recorded.get().episodes {
      var before = episode.initialState
      for expected in episode.steps {
        var world = Pendulum()
        var observation = world.emptyObservation()
        try world.restore(state: before, into: &observation)
        let step = world.step(expected.action, into: &observation)
        #expect(zip(world.state, expected.state).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(abs(step.reward - expected.reward) < 1e-12)
        before = expected.state
      }
    }
  }

  @Test func clipsTheTorque() throws {
    var strong = Pendulum()
    var observation = strong.emptyObservation()
    strong.reset(seed: 3, into: &observation)
    var allowed = strong
    let clipped = strong.step([50], into: &observation)
    #expect(clipped == allowed.step([2], into: &observation))
    #expect(strong.state == allowed.state)
  }

  @Test func anUndefinedTorqueIsNotHidden() {
    var world = Pendulum()
    var observation = world.emptyObservation()
    world.reset(seed: 0, into: &observation)
    #expect(world.step([.nan], into: &observation).reward.isNaN)
  }

  @Test func gravityIsASetting() throws {
    var moon = Pendulum()
    try moon.set("gravity", to: .number(1.6))
    var observation = moon.emptyObservation()
    try moon.restore(state: [.pi / 2, 0], into: &observation)
    _ = moon.step([0], into: &observation)
    #expect(abs(moon.state[1] - 1.5 * 1.6 * 0.05) < 1e-15)
    #expect(throws: CoreError.badSetting(name: "gravity", value: "-1", expected: "a number in 0.0...1000.0")) {
      try moon.set("gravity", to: .integer(-1))
    }
  }

  @Test(arguments: [[], [0], [0, 8.5], [Double.infinity, 0], [.nan, 0], [0, .nan], [0, 0, 0]])
  func refusesImpossibleStates(state: [Double]) {
    var world = Pendulum()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }

  @Test func drawsTheBobWhereItIs() {
    let bob = Pendulum().drawing(of: [.pi / 2, 0]).shapes.last
    guard case .circle(let center, _, _, _) = bob else {
      Issue.record("the bob is not a circle")
      return
    }
    // A quarter turn counter-clockwise from upright is to the left.
    #expect(abs(center.x + 1) < 1e-12 && abs(center.y) < 1e-12)
  }
}
