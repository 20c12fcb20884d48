import Environments
import RLCore
import Testing

@testable import Agents

/// Batch TD(0) and batch Monte Carlo.
@Suite struct BatchUpdatingTests {
  private typealias Move = (s: Int, reward: Double, next: Int, ending: Ending)

  private func agent(
    _ world: some FiniteEnvironment, _ method: BatchUpdating.Method, seed: UInt64 = 1, discount: Double? = nil,
    initial: Double = 0
  ) -> BatchUpdating {
    var configuration = BatchUpdating.Configuration()
    (configuration.method, configuration.discount, configuration.initialValue) = (method, discount, initial)
    return BatchUpdating(configuration, for: world, model: nil, seed: seed)
  }

  private func feed<Rule: Agent<Int, Int>>(_ moves: [Move], to agent: inout Rule) {
    var meter = Meter(tags: Rule.metricTags)
    for move in moves { agent.learn(move.s, 0, move.reward, move.next, move.ending, into: &meter) }
    #expect(meter.fault == nil)
  }

  @Test func youAreThePredictor() throws {
    let textbook = try Textbook()
    let world = try Simulator(RandomWalk.five)
    let (a, b) = (1, 2)
    let episodes: [[Move]] =
      [[(a, 0, b, .running), (b, 0, 0, .terminated)]]
      + .init(repeating: [(b, 1, 0, .terminated)], count: 6) + [[(b, 0, 0, .terminated)]]
    for (method, name) in [(BatchUpdating.Method.td, "V_A_td"), (.mc, "V_A_mc")] {
      var agent = agent(world, method, initial: 0.5)
      for episode in episodes { feed(episode, to: &agent) }
      let expected = (
        a: try textbook.quantity("sb-6.4-you-are-the-predictor", name).rows[0][0],
        b: try textbook.quantity("sb-6.4-you-are-the-predictor", "V_B").rows[0][0]
      )
      #expect(abs(agent.v[a] - expected.a) < 1e-12 && abs(agent.v[b] - expected.b) < 1e-12, "\(method)")
      #expect(agent.v[3] == 0.5)
    }
  }

  /// What is solved is where repetition goes: all steps of all episodes again and again, with small updates at each end.
  @Test(arguments: [0.8, 1]) func repetitionGoesThere(_ discount: Double) throws {
    let process = Table.random(states: 6, actions: 1, discount: discount, seed: 5)
    var world = TimeLimit(try Simulator(process), limit: 9)
    var (td, mc) = (agent(world, .td, initial: 0.3), agent(world, .mc, initial: 0.3))
    var settings = MCPrediction.Configuration()
    (settings.visits, settings.initialValue) = (.every, 0.3)
    var means = MCPrediction(settings, for: world, model: nil, seed: 1)
    var moves: [Move] = []
    var (s, next) = (0, 0)
    world.reset(seed: 3, into: &s)
    var ended = 0
    while ended < 12 {
      let step = world.step(0, into: &next)
      moves.append((s, step.reward, next, step.ending))
      s = next
      if step.ending != .running {
        ended += 1
        world.reset(seed: nil, into: &s)
      }
    }
    feed(moves, to: &td)
    feed(moves, to: &mc)
    feed(moves, to: &means)
    for s in 0..<6 { #expect(abs(mc.v[s] - means.v[s]) < 1e-12) }
    var v = [Double](repeating: 0.3, count: 6)
    for _ in 0..<20_000 {
      var change = [Double](repeating: 0, count: 6)
      for move in moves {
        let target = move.reward + (move.ending == .terminated ? 0 : discount * v[move.next])
        change[move.s] += target - v[move.s]
      }
      for s in 0..<6 { v[s] += 0.02 * change[s] }
    }
    for s in 0..<6 { #expect(abs(td.v[s] - v[s]) < 1e-9, "state \(s)") }
    #expect(zip(td.v, mc.v).contains { abs($0 - $1) > 1e-3 })
  }

  /// Without discount a circle that no episode left has no value, and leaves those of the others alone.
  @Test func aCircleKeepsItsValue() throws {
    let world = try Simulator(RandomWalk.five)
    var batch = agent(world, .td, initial: 0.5)
    feed([(1, -1, 2, .running), (2, -1, 1, .running), (1, -1, 2, .truncated)], to: &batch)
    #expect(batch.v[1] == 0.5 && batch.v[2] == 0.5)
    feed([(3, 2, 4, .truncated), (5, 7, 6, .terminated)], to: &batch)
    #expect(batch.v == [0.5, 0.5, 0.5, 2.5, 0.5, 7, 0.5])
    // An episode that leaves it gives it one: v₁ = −1 + v₂, v₂ = (−1 + v₁)/2 + (−4)/2.
    feed([(2, -4, 0, .terminated)], to: &batch)
    #expect(abs(batch.v[1] + 7) < 1e-12 && abs(batch.v[2] + 6) < 1e-12)
    var discounted = agent(world, .td, discount: 0.5)
    feed([(1, -1, 2, .running), (2, -1, 1, .running), (1, -1, 2, .truncated)], to: &discounted)
    #expect(abs(discounted.v[1] + 2) < 1e-12 && abs(discounted.v[2] + 2) < 1e-12)
  }

  @Test func anEndlessEpisodeIsCut() throws {
    let world = try Simulator(RandomWalk.five)
    var configuration = BatchUpdating.Configuration()
    (configuration.method, configuration.episodeLength, configuration.discount) = (.mc, 2, 0.5)
    var batch = BatchUpdating(configuration, for: world, model: nil, seed: 1)
    feed([(2, 4, 3, .running), (3, 4, 2, .running)], to: &batch)
    #expect(batch.v[2] == 6 && batch.v[3] == 4)
  }

  @Test func tooManyEquationsAreRefused() throws {
    var configuration = BatchUpdating.Configuration()
    let large = Table.random(states: 5001, actions: 1, discount: 0.9, seed: 1)
    #expect(configuration.misfit(in: try Simulator(large))?.contains("here 5001; expected at most 5000") == true)
    configuration.method = .mc
    #expect(configuration.misfit(in: try Simulator(large)) == nil)
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    var process = CliffWalking()
    process.slippery = true
    let world = TimeLimit(try Simulator(process), limit: 50)
    for method in BatchUpdating.Method.allCases {
      try expectExactContinuation(in: world) { agent(world, method, seed: $0) }
    }
  }
}
