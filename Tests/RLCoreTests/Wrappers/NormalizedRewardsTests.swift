import RLCore
import Testing

@Suite struct NormalizedRewardsTests {
  private let world = NormalizedRewards(TimeLimit(Drift(), limit: 20), discount: 0.9, limit: 3)

  @Test func eachIsDividedByTheDeviationOfReturnsSoFar() {
    let raw = life(of: world.world, from: 3, steps: 300)
    let paid = life(of: world, from: 3, steps: 300)
    #expect(paid.map(\.observation) == raw.map(\.observation) && paid.map(\.state) == raw.map(\.state))
    var returns: [Double] = []
    var rewards: [Double] = []
    for (moment, normalized) in zip(raw, paid) {
      guard let step = moment.step, let given = normalized.step else {
        rewards = []
        continue
      }
      rewards.insert(step.reward, at: 0)
      returns.append(rewards.enumerated().reduce(0) { $0 + pow(0.9, $1.offset) * $1.element })
      let variance = naiveMoments(returns).variance
      let divisor = variance == 0 ? 1 : (variance + 1e-8).squareRoot()
      #expect(abs(given.reward - min(max(step.reward / divisor, -3), 3)) < 1e-9)
      #expect(given.ending == step.ending)
    }
    #expect(returns.count == 300 && paid.contains { $0.step.map { abs($0.reward) == 3 } ?? false })
  }

  private func pow(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { power, _ in power * base } }

  @Test func aWorldThatPaysMorePaysTheSame() {
    var rich = Drift()
    rich.pay = 1000
    let some = life(of: NormalizedRewards(Drift()), from: 5, steps: 200).compactMap(\.step?.reward)
    let more = life(of: NormalizedRewards(rich), from: 5, steps: 200).compactMap(\.step?.reward)
    #expect(zip(some, more).dropFirst().allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func aRewardThatIsNoNumberStaysSo() {
    for pay in [Double.nan, .infinity] {
      var world = world
      world.world.world.pay = pay
      #expect(life(of: &world, steps: 1)[0].step?.reward.isFinite == false)
    }
  }

  @Test func evaluationsReportTheWorldsOwnRewardsAndLearnNothing() throws {
    let agent = Wanderer<[Float], [Float]>(space: Drift().actionSpace)
    var learner = Interaction(world, agent, seed: 3)
    var meter = Meter(tags: [])
    try learner.advance(by: 500, into: &meter)
    let before = reader(learner.save).tensors
    let evaluation = learner.evaluate(episodes: 40, seed: 8, sample: false)
    #expect(reader(learner.save).tensors == before)
    #expect(learner.world.moments.count == 500)
    let plain = Interaction(world.world, agent, seed: 3).evaluate(episodes: 40, seed: 8, sample: false)
    #expect(evaluation.returns == plain.returns && evaluation.lengths == plain.lengths)
  }
}
