import Environments
import RLCore
import Testing

@testable import Agents

@Suite struct DynaPrioritizedTests {
  private func maze() throws -> TimeLimit<Simulator> {
    var process = try GridWorld(bundled: "SB-dyna-maze")
    try process.set("discount", to: .number(0.95))
    return TimeLimit(try Simulator(process), limit: nil)
  }

  private func agent(_ world: some FiniteEnvironment, seed: UInt64, n: Int = 5) -> DynaPrioritized {
    var configuration = DynaPrioritized.Configuration()
    configuration.n = n
    return DynaPrioritized(configuration, for: world, seed: seed)
  }

  /// With full steps a reward reaches the start of a known corridor in one sweep, pair by pair backwards.
  @Test func oneRewardRunsBackwards() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    var configuration = DynaPrioritized.Configuration()
    (configuration.n, configuration.alpha, configuration.discount) = (100, 1, 0.5)
    var agent = DynaPrioritized(configuration, for: world, seed: 1)
    var meter = Meter(tags: DynaPrioritized.metricTags)
    for s in 1...4 { agent.learn(s, 0, 0, s + 1, .running, into: &meter) }
    #expect(agent.backups == 0)
    agent.learn(5, 0, 8, 6, .terminated, into: &meter)
    #expect(agent.q == [0, 0.5, 1, 2, 4, 8, 0] && agent.backups == 5)
    #expect(meter.drain().first { $0.tag == "train/backups" }?.value == 1)
    // What is learned anew replaces what was: state 4 leads back to 3 now, and no longer to the reward.
    agent.learn(4, 0, 0, 3, .running, into: &meter)
    #expect(agent.q[4] < 1e-3 && agent.q[1] < 1e-3 && agent.q[5] == 8)
  }

  /// No more than n updates a step, the largest changes first.
  @Test func theLargestChangeComesFirst() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    var configuration = DynaPrioritized.Configuration()
    (configuration.n, configuration.alpha, configuration.theta) = (1, 0.5, 3)
    var agent = DynaPrioritized(configuration, for: world, seed: 1)
    var meter = Meter(tags: DynaPrioritized.metricTags)
    agent.learn(1, 0, 2, 0, .terminated, into: &meter)
    #expect(agent.q[1] == 0 && agent.backups == 0)
    agent.learn(2, 0, 16, 0, .terminated, into: &meter)
    #expect(agent.q[2] == 8)
    // Half a change of 16 leaves one of 8, which nothing waits for until the pair is seen again.
    agent.learn(3, 0, 4, 0, .terminated, into: &meter)
    #expect(agent.q[2] == 8 && agent.q[3] == 2 && agent.backups == 2)
  }

  @Test func predecessorsAreThoseOfTheModel() {
    var random = RandomStream(seed: 4)
    var (predecessors, successor) = (PredecessorLists(states: 5, pairs: 20), [Int](repeating: -1, count: 20))
    for _ in 0..<2000 {
      let (pair, next) = (random.integer(below: 20), random.integer(below: 5))
      if successor[pair] >= 0 { predecessors.remove(pair, from: successor[pair]) }
      predecessors.add(pair, to: next)
      successor[pair] = next
      for s in 0..<5 {
        var (found, pair) = (Set<Int>(), predecessors.first(of: s))
        while pair >= 0, found.insert(pair).inserted { pair = predecessors.next(after: pair) }
        #expect(found == Set(successor.indices.filter { successor[$0] == s }))
      }
    }
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    let world = try maze()
    try expectExactContinuation(in: world) { agent(world, seed: $0, n: 2) }
  }
}
