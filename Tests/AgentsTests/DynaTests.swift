import Environments
import RLCore
import Testing

@testable import Agents

@Suite struct DynaTests {
  private func maze() throws -> TimeLimit<Simulator> {
    TimeLimit(try Simulator(GridWorld(bundled: "SB-dyna-maze")), limit: nil)
  }

  private func agent(_ world: some FiniteEnvironment, seed: UInt64, n: Int, alpha: StepSize) -> DynaQ {
    var configuration = DynaQ.Configuration()
    (configuration.n, configuration.alpha, configuration.discount) = (n, alpha, 0.95)
    return DynaQ(configuration, for: world, seed: seed)
  }

  private func curious(_ world: some FiniteEnvironment, seed: UInt64, n: Int, alpha: StepSize) -> DynaQPlus {
    var configuration = DynaQPlus.Configuration()
    (configuration.n, configuration.alpha, configuration.discount) = (n, alpha, 0.95)
    return DynaQPlus(configuration, for: world, seed: seed)
  }

  @Test(arguments: [0, 5, 50]) func planningShortensTheFirstEpisodes(_ n: Int) throws {
    let (textbook, world) = (try Textbook(), try maze())
    let runs = (0..<30).map { seed -> [Played] in
      var agent = agent(world, seed: UInt64(seed), n: n, alpha: 0.1)
      return play(&agent, in: world, seed: UInt64(seed), episodes: 50)
    }
    for episode in [1, 2, 3, 5, 10, 25, 50] {
      try textbook.expect("sb-8.1-dyna-maze", "n\(n)_steps_ep\(episode)", runs) { Double($0[episode - 1].length) }
    }
  }

  private func rewards<Rule: Agent<Int, Int>>(
    _ agent: Rule, in world: some FiniteEnvironment, seed: UInt64, steps: [Int]
  )
    -> [Double]
  {
    var agent = agent
    let played = play(&agent, in: world, seed: seed, steps: steps.last!)
    var clock = 0
    let ends = played.map { episode in
      clock += episode.length
      return clock
    }
    return steps.map { step in Double(ends.count { $0 <= step }) }
  }

  @Test(arguments: [("sb-8.2-blocking-maze", 10, [1000, 3000]), ("sb-8.3-shortcut-maze", 50, [3000, 6000])])
  func aChangedMazeIsFoundOut(_ entry: String, _ n: Int, _ steps: [Int]) throws {
    let textbook = try Textbook()
    let world = n == 10 ? try ChangingMaze.blocking() : try ChangingMaze.shortcut()
    let plain = (0..<30).map { seed in
      rewards(agent(world, seed: seed, n: n, alpha: 1), in: world, seed: seed, steps: steps)
    }
    let eager = (0..<30).map { seed in
      rewards(curious(world, seed: seed, n: n, alpha: 1), in: world, seed: seed, steps: steps)
    }
    for (name, runs) in [("dyna_q", plain), ("dyna_q_plus", eager)] {
      for i in 0..<2 { try textbook.expect(entry, "\(name)_cum_\(steps[i])", runs) { $0[i] } }
    }
    #expect(mean(eager) { $0[1] } > mean(plain) { $0[1] } + 20)
  }

  @Test func withoutPlanningItIsQLearning() throws {
    let world = try maze()
    var settings = QLearning.Configuration()
    (settings.alpha, settings.discount) = (0.1, 0.95)
    var q = QLearning(settings, for: world, seed: 1)
    var dyna = agent(world, seed: 1, n: 0, alpha: 0.1)
    var eager = curious(world, seed: 1, n: 0, alpha: 0.1)
    for count in [
      play(&q, in: world, seed: 1, steps: 20_000).count, play(&dyna, in: world, seed: 1, steps: 20_000).count,
      play(&eager, in: world, seed: 1, steps: 20_000).count,
    ] { #expect(count > 100) }
    #expect(dyna.q.map(\.bitPattern) == q.q.map(\.bitPattern))
    #expect(eager.q.map(\.bitPattern) == q.q.map(\.bitPattern))
  }

  /// One step of a corridor known, planning knows no other: with full steps Q is what was paid.
  @Test func planningRepeatsWhatWasSeen() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    var meter = Meter(tags: [])
    var dyna = agent(world, seed: 1, n: 200, alpha: 0.5)
    dyna.learn(2, 0, 0, 3, .running, into: &meter)
    dyna.learn(3, 0, 8, 4, .terminated, into: &meter)
    #expect(abs(dyna.q[3] - 8) < 1e-9 && abs(dyna.q[2] - 0.95 * 8) < 1e-9)
    #expect(dyna.q[1] == 0 && dyna.q[4] == 0)
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    let world = try maze()
    try expectExactContinuation(in: world) { agent(world, seed: $0, n: 5, alpha: 0.1) }
    try expectExactContinuation(in: world) { curious(world, seed: $0, n: 5, alpha: 0.1) }
  }
}
