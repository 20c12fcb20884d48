import Environments
import RLCore
import Testing

@testable import Agents

/// The off-line λ-return algorithm.
@Suite struct LambdaReturnTests {
  private func agent(_ world: some FiniteEnvironment, lambda: Double, alpha: StepSize, seed: UInt64 = 1) -> LambdaReturn
  {
    var configuration = LambdaReturn.Configuration()
    (configuration.lambda, configuration.alpha) = (lambda, alpha)
    return LambdaReturn(configuration, for: world, model: nil, seed: seed)
  }

  /// G_t^λ = (1 − λ) Σ_{n < T − t} λⁿ⁻¹ G_{t:t+n} + λ^{T−t−1} G_{t:T}, from n-step returns that are each summed anew.
  @Test(arguments: [0.0, 0.3, 0.9, 1]) func returnsAreThoseOfTheDefinition(_ lambda: Double) throws {
    let process = Table.random(states: 5, actions: 2, discount: 0.8, seed: 6)
    var world = TimeLimit(try Simulator(process), limit: 15)
    var agent = agent(world, lambda: lambda, alpha: 0.25)
    var meter = Meter(tags: LambdaReturn.metricTags)
    var v = [Double](repeating: 0, count: 5)
    var (s, next, a) = (0, 0, 0)
    var (states, rewards) = ([Int](), [Double]())
    world.reset(seed: 2, into: &s)
    for _ in 0..<400 {
      agent.act(s, into: &a)
      let step = world.step(a, into: &next)
      agent.learn(s, a, step.reward, next, step.ending, into: &meter)
      states.append(s)
      rewards.append(step.reward)
      s = next
      guard step.ending != .running else { continue }
      let (old, end) = (v, states.count)
      func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1.0) { product, _ in product * x } }
      func nStep(_ t: Int, _ n: Int) -> Double {
        let rewarded = (0..<n).reduce(0.0) { $0 + power(0.8, $1) * rewards[t + $1] }
        let last = t + n < end ? old[states[t + n]] : step.ending == .terminated ? 0 : old[next]
        return rewarded + power(0.8, n) * last
      }
      for t in 0..<end {
        var g = power(lambda, end - t - 1) * nStep(t, end - t)
        for n in 1..<max(end - t, 1) { g += (1 - lambda) * power(lambda, n - 1) * nStep(t, n) }
        v[states[t]] += 0.25 * (g - v[states[t]])
      }
      (states, rewards) = ([], [])
      world.reset(seed: nil, into: &s)
    }
    for s in 0..<5 { #expect(abs(agent.v[s] - v[s]) < 1e-12, "state \(s)") }
    #expect(v.contains { abs($0) > 0.1 })
  }

  @Test func wholeReturnsAreMonteCarlo() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    var (whole, settings) = (agent(world, lambda: 1, alpha: .reciprocal), MCPrediction.Configuration())
    settings.visits = .every
    var means = MCPrediction(settings, for: world, model: nil, seed: 1)
    play(&whole, in: world, seed: 1, episodes: 50)
    play(&means, in: world, seed: 1, episodes: 50)
    for s in 1...5 { #expect(abs(whole.v[s] - means.v[s]) < 1e-12) }
  }

  @Test func anEndlessEpisodeIsCut() throws {
    let world = try Simulator(RandomWalk.five)
    var configuration = LambdaReturn.Configuration()
    (configuration.episodeLength, configuration.discount, configuration.alpha) = (2, 0.5, 1)
    (configuration.lambda, configuration.initialValue) = (1, 8)
    var agent = LambdaReturn(configuration, for: world, model: nil, seed: 1)
    var meter = Meter(tags: LambdaReturn.metricTags)
    agent.learn(2, 0, 4, 3, .running, into: &meter)
    agent.learn(3, 0, 4, 1, .running, into: &meter)
    // It bootstraps from v(1) = 8.
    #expect(agent.v[3] == 8 && agent.v[2] == 8)
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    var process = CliffWalking()
    process.slippery = true
    let world = TimeLimit(try Simulator(process), limit: 50)
    try expectExactContinuation(in: world) { agent(world, lambda: 0.7, alpha: .reciprocal, seed: $0) }
  }
}
