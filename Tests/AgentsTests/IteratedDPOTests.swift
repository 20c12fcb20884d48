import Environments
import RLCore
import Testing

@testable import Agents

@Suite struct IteratedDPOTests {
  private static let world = TimeLimit(CartPole(), limit: 200)

  private static var configuration: DPOConfiguration {
    var configuration = DPOConfiguration()
    (configuration.rounds, configuration.pairs, configuration.epochs) = (3, 40, 4)
    (configuration.batch, configuration.hidden, configuration.loss.beta) = (16, [16], 0.02)
    configuration.learningRate = .constant(5e-3)
    return configuration
  }

  private static func saved(_ learner: any Learner) -> CheckpointReader {
    var writer = CheckpointWriter()
    learner.save(to: &writer)
    return CheckpointReader(writer)
  }

  /// Three rounds of what the policy itself plays make it better, and then it is done.
  @Test func roundsMakeItBetter() throws {
    var learner = Self.configuration.learner(in: Self.world, seed: 1)
    let before = try learner.evaluate(episodes: 100, seed: 7, sample: true).meanReturn
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: 10_000, into: &meter)
    #expect(learner.isConverged && learner.clock == 3 * 4 * 3)
    let after = try learner.evaluate(episodes: 100, seed: 7, sample: true).meanReturn
    #expect(after > 1.5 * before, "\(before) \(after)")
    #expect(meter.drain().contains { $0.tag == "rollout/ep_rew_mean" && $0.value > before })
  }

  /// Saved within a round, at its end or before the first, it goes on as it would have, to the bit.
  @Test(arguments: [0, 5, 12, 19]) func resumes(_ clock: Int) throws {
    for segment in [0, 10] {
      var configuration = Self.configuration
      configuration.segment = segment
      var whole = configuration.learner(in: Self.world, seed: 2)
      var meter = Meter(tags: whole.metricTags)
      try whole.advance(by: clock, into: &meter)
      var other = configuration.learner(in: Self.world, seed: 2)
      try other.restore(from: Self.saved(whole))
      try whole.advance(by: 25 - clock, into: &meter)
      try other.advance(by: 25 - clock, into: &meter)
      #expect(Self.saved(whole).tensors == Self.saved(other).tensors)
    }
  }

  /// Two clips of a pair begin in the same state, and of several the closest are chosen.
  @Test func pairsBeginInOneState() throws {
    let learner = Self.configuration.learner(in: Self.world, seed: 3)
    let sampler: ClipPairs.Sampler = { try learner.sample($0, steps: $1, keeping: $2, seed: $3) }
    func gaps(_ pairs: ClipPairs) throws -> Double {
      var random = RandomStream(seed: 4)
      let (clips, worths) = try pairs.make(left: sampler, right: sampler, using: &random)
      for i in stride(from: 0, to: clips.count, by: 2) {
        #expect(clips[i].states.row(0) == clips[i + 1].states.row(0))
        #expect(worths[i] == clips[i].totalReward)
      }
      return stride(from: 0, to: clips.count, by: 2).reduce(0) { $0 + (worths[$1] - worths[$1 + 1]).magnitude }
    }
    var pairs = ClipPairs()
    let wide = try gaps(pairs)
    pairs.pairing = .closeness
    let close = try gaps(pairs)
    #expect(close > 0 && close < wide / 2, "\(close) \(wide)")
    _ = try gaps(ClipPairs(segment: 7))
  }

  /// The pair that is asked for by disagreement is the one with the most of it.
  @Test func disagreementChooses() throws {
    let learner = Self.configuration.learner(in: Self.world, seed: 3)
    let sampler: ClipPairs.Sampler = { try learner.sample($0, steps: $1, keeping: $2, seed: $3) }
    var pairs = ClipPairs()
    pairs.pairing = .disagreement
    var random = RandomStream(seed: 4)
    var most = [Double](repeating: -.infinity, count: ClipPairs.batch)
    var asked = 0
    let (clips, _) = try pairs.make(
      left: sampler, right: sampler,
      disagreement: { one, other in
        let gap = Double(one.length - other.length)
        let pair = asked / (ClipPairs.candidates * ClipPairs.candidates)
        most[pair] = max(most[pair], gap)
        asked += 1
        return gap
      }, using: &random)
    #expect((0..<ClipPairs.batch).allSatisfy { Double(clips[2 * $0].length - clips[2 * $0 + 1].length) == most[$0] })
  }
}
