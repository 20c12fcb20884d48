import Environments
import RLCore
import Testing

@testable import Agents

@Suite struct BanditTests {
  @Test func untriedArmsComeFirstAndThenTheBound() {
    var agent = UCB(.init(), for: BanditTestbed(), seed: 1)
    var meter = Meter(tags: [])
    var a = 0
    var seen: Set<Int> = []
    for _ in 0..<10 {
      agent.act(0, into: &a)
      seen.insert(a)
      agent.learn(0, a, a == 3 ? 1 : 0, 0, .running, into: &meter)
    }
    #expect(seen.count == 10)
    agent.act(0, into: &a)
    #expect(a == 3)
  }

  @Test func aStepOfTheGradientByHand() {
    var testbed = BanditTestbed()
    testbed.arms = 2
    var agent = GradientBandit(.init(), for: testbed, seed: 1)
    var meter = Meter(tags: [])
    agent.learn(0, 0, 3, 0, .running, into: &meter)
    #expect(agent.solution?.q == [0, 0])
    // R − R̄ = 2 and π = 1/2 each.
    agent.learn(0, 0, 5, 0, .running, into: &meter)
    #expect(agent.solution?.q.map { abs($0) } == [0.1, 0.1])
    #expect(agent.solution!.policy[0] > 0.5)
  }

  /// After an episode it knows nothing of the bandit that is gone.
  @Test func everyEpisodeIsANewBandit() {
    var meter = Meter(tags: [])
    func expectForgotten<Rule: Agent<Int, Int>>(_ agent: Rule) {
      var agent = agent
      let fresh = agent.solution
      agent.learn(0, 1, 7, 0, .running, into: &meter)
      agent.learn(0, 2, 9, 0, .running, into: &meter)
      #expect(agent.solution != fresh)
      agent.learn(0, 2, 11, 0, .truncated, into: &meter)
      #expect(agent.solution == fresh)
    }
    expectForgotten(EpsilonGreedyBandit(EpsilonGreedyBandit.Configuration(), for: BanditTestbed(), seed: 1))
    expectForgotten(EpsilonGreedyBandit(OptimisticBandit.Configuration(), for: BanditTestbed(), seed: 1))
    expectForgotten(UCB(.init(), for: BanditTestbed(), seed: 1))
    expectForgotten(GradientBandit(.init(), for: BanditTestbed(), seed: 1))
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    let world = TimeLimit(BanditTestbed(), limit: 1000)
    try expectExactContinuation(in: world) {
      EpsilonGreedyBandit(EpsilonGreedyBandit.Configuration(), for: world, seed: $0)
    }
    try expectExactContinuation(in: world) { UCB(.init(), for: world, seed: $0) }
    try expectExactContinuation(in: world) { GradientBandit(.init(), for: world, seed: $0) }
  }
}
