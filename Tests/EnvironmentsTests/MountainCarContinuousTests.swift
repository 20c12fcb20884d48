import RLCore
import Testing

@testable import Environments

@Suite struct MountainCarContinuousTests {
  private typealias Episodes = RecordedEpisodes<[Float]>
  private static let recorded = Result { try fixture("MountainCarContinuous-v0", as: Episodes.self) }
  private static let variants = Result {
    try fixture("MountainCarContinuous-v0-variants", as: RecordedVariants<[Float]>.self)
  }

  @Test func replaysGymnasiumFromTheSameSeedAndActions() throws {
    let recorded = try Self.recorded.get()
    #expect(recorded.episodes.count == 4)
    for episode in recorded.episodes {
      try expectReplay(of: episode, in: MountainCarContinuous(), limit: recorded.timeLimit)
    }
  }

  @Test func oneStepFromTheSameStateEqualsGymnasiumsTo1e12() throws {
    for episode in try Self.recorded.get().episodes { try expectSteps(of: episode, in: MountainCarContinuous()) }
  }

  @Test func arrivesWhereGymnasiumDoes() throws {
    let runs = try Self.variants.get().runs
    #expect(runs.count == 2)
    for run in runs {
      var world = MountainCarContinuous()
      try world.set(run.setting, to: run.value)
      for episode in run.episodes {
        #expect(episode.steps.last?.terminated == true)
        try expectReplay(of: episode, in: world, limit: run.timeLimit)
      }
    }
  }

  @Test func driversPayForWhatTheyAskAndGetWhatTheEngineHas() {
    var greedy = MountainCarContinuous()
    var observation = greedy.emptyObservation()
    greedy.reset(seed: 3, into: &observation)
    var modest = greedy
    #expect(greedy.step([-3], into: &observation).reward == -9 * 0.1)
    #expect(modest.step([-1], into: &observation).reward == -0.1)
    #expect(zip(greedy.state, modest.state).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test(arguments: [(0.04, true), (0.07, false)])
  func theGoalAsksForItsVelocity(goalVelocity: Double, arrives: Bool) throws {
    var world = MountainCarContinuous()
    try world.set("goalVelocity", to: .number(goalVelocity))
    var observation = world.emptyObservation()
    try world.restore(state: [0.43, 0.05], into: &observation)
    let step = world.step([0], into: &observation)
    #expect(step == Step(reward: arrives ? 100 : 0, ending: arrives ? .terminated : .running))
  }

  @Test(arguments: [[], [0], [0, 0, 0], [-1.3, 0], [0.61, 0], [0, 0.08], [0, .nan], [.nan, 0]])
  func refusesImpossibleStates(state: [Double]) {
    var world = MountainCarContinuous()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }

  @Test func keepsItsPromises() {
    #expect(checkEnvironment(TimeLimit(MountainCarContinuous(), limit: 999), steps: 100_000) == [])
  }
}
