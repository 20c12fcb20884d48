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

  @Test func withoutPlanningItIsQLearning() throws {
    let world = try maze()
    var settings = QLearning.Configuration()
    (settings.alpha, settings.discount) = (0.1, 0.95)
    var q = QLearning(settings, for: world, seed: 1)
    var dyna = agent(world, seed: 1, n: 0, alpha: 0.1)
    var eager = curious(world, seed: 1, n: 0, alpha: 0.1)
    for count in [
      play(&q, in: world, seed: 1, steps: 20_000), play(&dyna, in: world, seed: 1, steps: 20_000),
      play(&eager, in: world, seed: 1, steps: 20_000),
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
