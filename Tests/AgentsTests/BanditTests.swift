import Environments
import RLCore
import Testing

@testable import Agents

@Suite struct BanditTests {
  /// What a run of 1000 pulls came to, over the steps that the book's figures speak of.
  private struct Run {
    /// Rewards of steps 1…1000, and 100 where the best arm was pulled.
    var rewards: [Double] = []
    var optimal: [Double] = []
    var late: Double { mean(rewards[900...]) { $0 } }
    var lateOptimal: Double { mean(optimal[900...]) { $0 } }
  }

  private func runs<Rule: Agent<Int, Int>>(
    mean level: Double = 0, _ agent: (BanditTestbed, UInt64) -> Rule
  ) -> [Run] {
    var testbed = BanditTestbed()
    testbed.mean = level
    return (0..<2000).map { seed in
      var (world, meter, run) = (testbed, Meter(tags: []), Run())
      var agent = agent(world, UInt64(seed))
      var (s, a) = (0, 0)
      world.reset(seed: UInt64(seed), into: &s)
      let best = world.state.firstIndex(of: world.state.max()!)
      for _ in 0..<1000 {
        agent.act(s, into: &a)
        let step = world.step(a, into: &s)
        agent.learn(0, a, step.reward, s, step.ending, into: &meter)
        run.rewards.append(step.reward)
        run.optimal.append(a == best ? 100 : 0)
      }
      return run
    }
  }

  @Test(arguments: [0.0, 0.01, 0.1]) func sampleAveragesFindTheBestArm(_ epsilon: Double) throws {
    let textbook = try Textbook()
    var configuration = EpsilonGreedyBandit.Configuration()
    configuration.epsilon = .constant(epsilon)
    let runs = runs { EpsilonGreedyBandit(configuration, for: $0, seed: $1) }
    let entry = "sb-2.2-testbed-eps-greedy"
    try textbook.expect(entry, "reward_901_1000_eps\(epsilon)", runs, \.late)
    try textbook.expect(entry, "pct_optimal_901_1000_eps\(epsilon)", runs, \.lateOptimal)
    try textbook.expect(entry, "reward_1_1000_eps\(epsilon)", runs) { mean($0.rewards) { $0 } }
    try textbook.expect(entry, "reward_step1000_eps\(epsilon)", runs) { $0.rewards[999] }
  }

  @Test func optimismExplores() throws {
    let textbook = try Textbook()
    let entry = "sb-2.3-optimistic-initial-values"
    let optimistic = runs { EpsilonGreedyBandit(OptimisticBandit.Configuration(), for: $0, seed: $1) }
    var configuration = EpsilonGreedyBandit.Configuration()
    configuration.alpha = 0.1
    let realistic = runs { EpsilonGreedyBandit(configuration, for: $0, seed: $1) }
    for (name, runs) in [("optimistic", optimistic), ("realistic", realistic)] {
      try textbook.expect(entry, name + "_901_1000", runs, \.lateOptimal)
      try textbook.expect(entry, name + "_1_50", runs) { mean($0.optimal[..<50]) { $0 } }
    }
    try textbook.expect(entry, "optimistic_step11", optimistic) { $0.optimal[10] }
  }

  @Test func confidenceBoundsBeatChance() throws {
    let textbook = try Textbook()
    let runs = runs { UCB(.init(), for: $0, seed: $1) }
    try textbook.expect("sb-2.4-ucb", "ucb_reward_901_1000", runs, \.late)
    try textbook.expect("sb-2.4-ucb", "ucb_reward_step11", runs) { $0.rewards[10] }
    try textbook.expect("sb-2.4-ucb", "ucb_reward_step12", runs) { $0.rewards[11] }
  }

  @Test(arguments: [0.1, 0.4], [true, false]) func aBaselineHelpsTheGradient(_ alpha: Double, _ baseline: Bool) throws {
    var configuration = GradientBandit.Configuration()
    (configuration.alpha, configuration.baseline) = (alpha, baseline)
    let runs = runs(mean: 4) { GradientBandit(configuration, for: $0, seed: $1) }
    let name = "pct_optimal_901_1000_alpha\(alpha)_" + (baseline ? "with_baseline" : "no_baseline")
    try Textbook().expect("sb-2.5-gradient-bandit", name, runs, \.lateOptimal)
  }

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
