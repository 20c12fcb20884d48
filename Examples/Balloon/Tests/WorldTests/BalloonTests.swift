import Agents
import RLCore
import Testing
import World

@Suite struct BalloonTests {
  @Test func keepsItsPromises() {
    #expect(checkEnvironment(TimeLimit(Balloon(), limit: 100), steps: 100_000) == [])
  }

  /// From what random burning earns to hovering, on starts that training has not seen.
  @Test(arguments: [1, 2, 3] as [UInt64]) func ddpgLearnsToHover(_ seed: UInt64) throws {
    let world = TimeLimit(Balloon(), limit: 100)
    var random = UniformPolicy<[Float], [Float]>(over: world.actionSpace, random: RandomStream(seed: 0))
    let unlearnt = Evaluation(of: &random, in: world, episodes: 100, seed: 10_000).meanReturn

    let agent = DDPG(.init(), observations: world.observationSpace, actions: world.actionSpace, seed: seed)
    var learner = Interaction(world, agent, seed: seed)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: 6000, into: &meter)
    let learnt = learner.evaluate(episodes: 100, seed: 10_000, sample: false).meanReturn
    #expect(unlearnt < -20 && learnt > -5, "\(unlearnt) → \(learnt)")
  }
}
