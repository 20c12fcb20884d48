import Environments
import Foundation
import RLCore
import Testing

@testable import Agents

@Suite struct QLearningTests {
  private func agent(
    _ world: Simulator, seed: UInt64 = 1, _ change: (inout QLearning.Configuration) -> Void = { _ in }
  ) -> QLearning {
    var configuration = QLearning.Configuration()
    change(&configuration)
    return QLearning(configuration, for: world, seed: seed)
  }

  /// Places 0…4 on a line: action 1 goes right for −1, into place 4 for 10 and the end; action 0 stays for 0.5.
  private func chain(discount: Double) -> Table {
    let rows = (0..<5).flatMap { s -> [[Outcome]] in
      [
        [Outcome(probability: 1, next: s, reward: 0.5, isTerminal: false)],
        [Outcome(probability: 1, next: min(s + 1, 4), reward: s == 3 ? 10 : -1, isTerminal: s >= 3)],
      ]
    }
    return Table(stateCount: 5, actionCount: 2, discount: discount, initial: [1, 0, 0, 0, 0], rows: rows)
  }

  @Test(arguments: [0.5, 0.9]) func fullStepsFindTheExactValuesOfAChain(_ discount: Double) throws {
    let simulator = try Simulator(chain(discount: discount))
    var learner = Interaction(
      TimeLimit(simulator, limit: nil),
      agent(simulator) {
        $0.alpha = 1
        $0.epsilon = 1
      }, seed: 2)
    var meter = Meter(tags: QLearning.metricTags)
    try learner.advance(by: 20_000, into: &meter)
    // Closed form: going right from s pays −1 until the last step's 10; staying for ever pays 0.5 / (1 − γ).
    let staying = 0.5 / (1 - discount)
    var best = [Double](repeating: 0, count: 4)
    for s in (0..<4).reversed() {
      let right = s == 3 ? 10 : -1 + discount * best[s + 1]
      best[s] = max(right, staying)
      #expect(abs(learner.agent.q[s * 2 + 1] - right) < 1e-12, "place \(s)")
      #expect(abs(learner.agent.q[s * 2] - (0.5 + discount * best[s])) < 1e-12, "place \(s)")
    }
  }

  @Test func onlyTerminationEndsTheFuture() throws {
    let table = try Simulator(chain(discount: 0.5))
    var meter = Meter(tags: QLearning.metricTags)
    for (ending, expected) in [
      (Ending.running, 2 + 0.25 * (-1 + 0.5 * 8 - 2)), (.truncated, 2.25), (.terminated, 1.25),
    ] {
      var agent = agent(table) {
        $0.alpha = 0.25
        $0.initialValue = 2
      }
      // Q(2, 0) = 8 is the best of place 2.
      for _ in 0..<200 { agent.learn(2, 0, 8, 4, .terminated, into: &meter) }
      #expect(abs(agent.q[4] - 8) < 1e-12)
      agent.learn(1, 1, -1, 2, ending, into: &meter)
      #expect(abs(agent.q[3] - expected) < 1e-12, "\(ending)")
    }
  }

  /// One place that pays 1 for ever is worth 1 / (1 − γ), however short the episodes; one that ends is worth 1.
  @Test(arguments: [false, true]) func aTimeLimitDoesNotShortenTheFuture(_ isTerminal: Bool) throws {
    let row = [Outcome(probability: 1, next: 0, reward: 1, isTerminal: isTerminal)]
    let process = Table(stateCount: 1, actionCount: 2, discount: 0.75, initial: [1], rows: [row, row])
    let simulator = try Simulator(process)
    var learner = Interaction(TimeLimit(simulator, limit: 1), agent(simulator), seed: 1)
    var meter = Meter(tags: QLearning.metricTags)
    try learner.advance(by: 1000, into: &meter)
    #expect(meter.lengths.allSatisfy { $0 == 1 })
    #expect(learner.agent.q.allSatisfy { abs($0 - (isTerminal ? 1 : 4)) < 1e-9 })
  }

  /// Pearson's χ² of 30,000 draws against `expected` shares; with three degrees of freedom it passes 21.1 once in 10⁴.
  private func statistic(_ counts: [Int], _ expected: [Double]) -> Double {
    let total = Double(counts.reduce(0, +))
    return zip(counts, expected).reduce(0) { sum, pair in
      let mean = total * pair.1
      if mean == 0 { return pair.0 == 0 ? sum : .infinity }
      return sum + (Double(pair.0) - mean) * (Double(pair.0) - mean) / mean
    }
  }

  private func counts(_ agent: inout QLearning, in state: Int) -> [Int] {
    var counts = [0, 0, 0, 0]
    var action = 0
    for _ in 0..<30_000 {
      agent.act(state, into: &action)
      counts[action] += 1
    }
    return counts
  }

  @Test func tiesAreBrokenEvenly() throws {
    let table = try Simulator(CliffWalking())
    var meter = Meter(tags: QLearning.metricTags)
    var agent = agent(table) {
      $0.epsilon = 0
      $0.alpha = 1
    }
    let all = counts(&agent, in: 10)
    #expect(statistic(all, [0.25, 0.25, 0.25, 0.25]) < 21.1)
    // Two worse ones, and a tie between the first and the last action.
    agent.learn(10, 1, -1, 47, .terminated, into: &meter)
    agent.learn(10, 2, -1, 47, .terminated, into: &meter)
    let outer = counts(&agent, in: 10)
    #expect(statistic(outer, [0.5, 0, 0, 0.5]) < 21.1)
    // Looked ahead from another place, the tie is the same.
    agent.learn(9, 1, -1, 10, .running, into: &meter)
    let ahead = counts(&agent, in: 10)
    #expect(statistic(ahead, [0.5, 0, 0, 0.5]) < 21.1)
    // And one that is best alone.
    agent.learn(10, 2, 1, 47, .terminated, into: &meter)
    let single = counts(&agent, in: 10)
    #expect(single == [0, 0, 30_000, 0])
  }

  @Test func epsilonIsSpreadOverAllActions() throws {
    let table = try Simulator(CliffWalking())
    var meter = Meter(tags: QLearning.metricTags)
    var agent = agent(table) {
      $0.epsilon = 0.2
      $0.alpha = 1
    }
    agent.learn(10, 2, 1, 47, .terminated, into: &meter)
    let drawn = counts(&agent, in: 10)
    #expect(statistic(drawn, [0.05, 0.05, 0.85, 0.05]) < 21.1)
  }

  /// A step that stays changes the very row it looked ahead at.
  @Test func theNextActionIsChosenAfterTheUpdate() throws {
    let table = try Simulator(CliffWalking())
    var meter = Meter(tags: QLearning.metricTags)
    var agent = agent(table) { $0.epsilon = 0 }
    var action = 0
    for better in [3, 1, 2, 0] {
      agent.learn(10, better, Double(100 * (4 - better)) + agent.q.max()! * 2, 10, .running, into: &meter)
      agent.act(10, into: &action)
      #expect(action == better)
    }
    agent.learn(10, 0, -1e6, 10, .running, into: &meter)
    agent.act(10, into: &action)
    #expect(action == 2)
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    var process = CliffWalking()
    process.slippery = true
    let simulator = try Simulator(process)
    let world = TimeLimit(simulator, limit: 50)
    func fresh(_ seed: UInt64) -> Interaction<TimeLimit<Simulator>, QLearning> {
      Interaction(world, agent(simulator, seed: seed), seed: seed)
    }
    var learner = fresh(4)
    var meter = Meter(tags: QLearning.metricTags)
    try learner.advance(by: 1234, into: &meter)
    var restored = fresh(5)
    try restored.restore(from: reader(learner.save))
    try learner.advance(by: 3210, into: &meter)
    try restored.advance(by: 3210, into: &meter)
    #expect(restored.agent.q.map(\.bitPattern) == learner.agent.q.map(\.bitPattern))
    #expect(reader(restored.save).tensors == reader(learner.save).tensors)

    let chain = try Simulator(chain(discount: 0.5))
    var other = agent(chain)
    #expect(throws: CoreError.self) { try other.restore(from: reader(learner.save)) }
  }

  /// An agent that has looked ahead forgets it when it is restored.
  @Test func aUsedAgentCanBeRestored() throws {
    let table = try Simulator(CliffWalking())
    var meter = Meter(tags: QLearning.metricTags)
    var agent = agent(table) { $0.epsilon = 0 }
    agent.learn(10, 3, 5, 47, .terminated, into: &meter)
    let saved = reader(agent.save)
    agent.learn(10, 1, 50, 47, .terminated, into: &meter)
    agent.learn(9, 1, 0, 10, .running, into: &meter)
    try agent.restore(from: saved)
    var action = 0
    agent.act(10, into: &action)
    #expect(action == 3)
  }

  @Test func itsPolicyIsGreedyOrAsItExplores() throws {
    let table = try Simulator(CliffWalking())
    var meter = Meter(tags: QLearning.metricTags)
    var agent = agent(table) { $0.epsilon = 0.4 }
    agent.learn(10, 2, 5, 47, .terminated, into: &meter)
    var greedy = agent.policy(sampledWith: nil)
    var actions = [Int](repeating: 0, count: 32)
    greedy.act(.init(repeating: 10, count: 32), into: &actions)
    #expect(actions.allSatisfy { $0 == 2 })
    var exploring = agent.policy(sampledWith: 3)
    var counts = [0, 0, 0, 0]
    for _ in 0..<1000 {
      exploring.act(.init(repeating: 10, count: 32), into: &actions)
      for action in actions { counts[action] += 1 }
    }
    #expect(statistic(counts, [0.1, 0.1, 0.7, 0.1]) < 21.1)
  }
}
