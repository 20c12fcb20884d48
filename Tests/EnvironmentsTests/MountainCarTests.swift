import RLCore
import Testing

@testable import Environments

@Suite struct MountainCarTests {
  private static let recorded = Result { try fixture("MountainCar-v0", as: RecordedEpisodes<Int>.self) }
  private static let variants = Result { try fixture("MountainCar-v0-variants", as: RecordedVariants<Int>.self) }

  @Test func replaysGymnasiumFromTheSameSeedAndActions() throws {
    let recorded = try Self.recorded.get()
    #expect(recorded.episodes.count == 4)
    for episode in recorded.episodes { try expectReplay(of: episode, in: MountainCar(), limit: recorded.timeLimit) }
  }

  @Test func oneStepFromTheSameStateEqualsGymnasiumsTo1e12() throws {
    for episode in try Self.recorded.get().episodes { try expectSteps(of: episode, in: MountainCar()) }
  }

  @Test func arrivesWhereGymnasiumDoes() throws {
    let runs = try Self.variants.get().runs
    #expect(runs.count == 2)
    for run in runs {
      var world = MountainCar()
      try world.set(run.setting, to: run.value)
      for episode in run.episodes {
        #expect(episode.steps.last?.terminated == true)
        try expectReplay(of: episode, in: world, limit: run.timeLimit)
      }
    }
  }

  @Test func theLeftWallStopsTheCar() throws {
    var world = MountainCar()
    var observation = world.emptyObservation()
    try world.restore(state: [-1.19, -0.07], into: &observation)
    _ = world.step(0, into: &observation)
    #expect(world.state == [-1.2, 0])
  }

  /// Without the engine the sum of kinetic and potential energy stays near its value, as it does for a symplectic step.
  @Test func coastingKeepsItsEnergy() throws {
    var world = MountainCar()
    var observation = world.emptyObservation()
    try world.restore(state: [-0.8, 0], into: &observation)
    func energy(_ state: [Double]) -> Double {
      state[1] * state[1] / 2 + 0.0025 / 3 * sineCosine(3 * state[0]).sine
    }
    let start = energy(world.state)
    for _ in 0..<1000 {
      _ = world.step(1, into: &observation)
      #expect(abs(energy(world.state) - start) < 3e-5)
    }
  }

  @Test(arguments: [[], [0], [0, 0, 0], [-1.3, 0], [0.61, 0], [0, 0.08], [0, .nan], [.nan, 0]])
  func refusesImpossibleStates(state: [Double]) {
    var world = MountainCar()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }

  @Test func keepsItsPromises() {
    #expect(checkEnvironment(TimeLimit(MountainCar(), limit: 200), steps: 100_000) == [])
  }
}
