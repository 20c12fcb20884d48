import RLCore
import Testing

@testable import Environments

@Suite struct AcrobotTests {
  private static let recorded = Result { try fixture("Acrobot-v1", as: RecordedEpisodes<Int>.self) }
  private static let variants = Result { try fixture("Acrobot-v1-variants", as: RecordedVariants<Int>.self) }

  @Test func replaysGymnasiumFromTheSameSeedAndActions() throws {
    let recorded = try Self.recorded.get()
    #expect(recorded.episodes.count == 4)
    for episode in recorded.episodes { try expectReplay(of: episode, in: Acrobot(), limit: recorded.timeLimit) }
  }

  @Test func oneStepFromTheSameStateEqualsGymnasiumsTo1e12() throws {
    for episode in try Self.recorded.get().episodes { try expectSteps(of: episode, in: Acrobot()) }
  }

  @Test func swingsUpAsGymnasiumDoesInEveryVariant() throws {
    let runs = try Self.variants.get().runs
    #expect(runs.map(\.setting) == ["torqueNoise", "torqueNoise", "dynamics"])
    for run in runs {
      var world = Acrobot()
      try world.set(run.setting, to: run.value)
      for episode in run.episodes {
        #expect(episode.steps.last?.terminated == true)
        try expectReplay(of: episode, in: world, limit: run.timeLimit)
      }
    }
  }

  /// Without a torque the energy of the two rods is kept, but for the error of a step of 0.2 s.
  @Test func swingingFreelyKeepsItsEnergy() throws {
    var world = Acrobot()
    var observation = world.emptyObservation()
    try world.restore(state: [0.3, 0.2, 0, 0], into: &observation)
    func energy(_ s: [Double]) -> Double {
      let (inner, outer) = (sineCosine(s[0]).cosine, sineCosine(s[0] + s[1]).cosine)
      let cosine = sineCosine(s[1]).cosine
      let potential = -9.8 * (0.5 * inner + inner + 0.5 * outer)
      let d1 = 0.25 + 1.25 + cosine + 2
      let d2 = 0.25 + 0.5 * cosine + 1
      return potential + d1 * s[2] * s[2] / 2 + d2 * s[2] * s[3] + 1.25 * s[3] * s[3] / 2
    }
    let start = energy(world.state)
    for _ in 0..<100 { _ = world.step(1, into: &observation) }
    #expect(abs(energy(world.state) - start) < 0.02)
    #expect(world.state != [0.3, 0.2, 0, 0])
  }

  @Test(arguments: [
    [], [0, 0, 0], [0, 0, 0, 0, 0], [4, 0, 0, 0], [0, -4, 0, 0], [0, 0, 13, 0], [0, 0, 0, 29], [.nan, 0, 0, 0],
  ])
  func refusesImpossibleStates(state: [Double]) {
    var world = Acrobot()
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }

  @Test(arguments: [0.0, 2.0])
  func keepsItsPromises(torqueNoise: Double) throws {
    var world = Acrobot()
    try world.set("torqueNoise", to: .number(torqueNoise))
    #expect(checkEnvironment(TimeLimit(world, limit: 500), steps: 100_000) == [])
  }
}
