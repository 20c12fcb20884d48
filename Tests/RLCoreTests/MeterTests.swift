import RLCore
import Testing

@Suite struct MeterTests {
  private func play(_ meter: inout Meter, _ rewards: [Double]) {
    for (i, reward) in rewards.enumerated() {
      meter.record(Step(reward: reward, ending: i + 1 < rewards.count ? .running : .truncated))
    }
  }

  private func row(_ meter: inout Meter) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) })
  }

  @Test func meansOfEpisodesAndSlots() {
    var meter = Meter(tags: ["train/a", "train/b"])
    #expect(meter.drain().isEmpty)
    play(&meter, [1, 2, 3])
    play(&meter, [10])
    meter.add(1, to: 0)
    meter.add(2, to: 0)
    #expect(row(&meter) == ["rollout/ep_rew_mean": 8, "rollout/ep_len_mean": 2, "train/a": 1.5])
    // A slot starts anew, the episodes' window stays.
    meter.add(7, to: 1)
    #expect(row(&meter) == ["rollout/ep_rew_mean": 8, "rollout/ep_len_mean": 2, "train/b": 7])
  }

  @Test func anUnfinishedEpisodeDoesNotCount() {
    var meter = Meter(tags: [])
    meter.record(Step(reward: 5, ending: .running))
    #expect(meter.drain().isEmpty)
    meter.record(Step(reward: 5, ending: .terminated))
    #expect(row(&meter)["rollout/ep_rew_mean"] == 10)
  }

  @Test func theWindowIsAHundredEpisodes() {
    var meter = Meter(tags: [])
    for i in 0..<150 { play(&meter, .init(repeating: Double(i), count: i % 2 + 1)) }
    #expect(meter.returns.count == 100 && meter.episodes == 150)
    // Episode i pays i on each of its 1 or 2 steps.
    let returns: [Int] = (50..<150).map { $0 * ($0 % 2 + 1) }
    #expect(meter.returns.sorted() == returns.map(Double.init).sorted())
    let expected = Double(returns.reduce(0, +)) / 100
    #expect(row(&meter) == ["rollout/ep_rew_mean": expected, "rollout/ep_len_mean": 1.5])
  }

  /// With the window half full and gone round.
  @Test(arguments: [0, 130]) func savedAndRestoredItGoesOnTheSame(_ earlier: Int) throws {
    var meter = Meter(tags: ["a", "b"])
    for i in 0..<earlier { play(&meter, [Double(i)]) }
    play(&meter, [1, 2])
    meter.add(0.1, to: 0)
    meter.record(Step(reward: 0.3, ending: .running))
    var restored = Meter(tags: ["a", "b"])
    try restored.restore(from: reader(meter.save))
    for ending in [Ending.running, .terminated] {
      meter.record(Step(reward: 1, ending: ending))
      restored.record(Step(reward: 1, ending: ending))
      meter.add(0.7, to: 0)
      restored.add(0.7, to: 0)
      #expect(reader(meter.save).tensors == reader(restored.save).tensors)
      #expect(row(&meter) == row(&restored))
    }
    #expect(restored.episodes == earlier + 2)
    #expect(restored.lengths.sorted().suffix(2) == [2, 3])
  }

  @Test func anotherAgentsMeterIsRefused() {
    var meter = Meter(tags: ["a"])
    #expect(coreError { try meter.restore(from: reader(Meter(tags: ["a", "b"]).save)) } != nil)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func theFirstFaultIsNamed(_ bad: Double) {
    var meter = Meter(tags: ["train/loss"])
    play(&meter, [1, 1])
    meter.record(Step(reward: bad, ending: .running))
    #expect(meter.fault == .nonFinite(quantity: "the reward", step: 3))
    meter.add(bad, to: 0)
    #expect(meter.fault == .nonFinite(quantity: "the reward", step: 3))
    var other = Meter(tags: ["train/loss"])
    other.add(bad, to: 0)
    #expect(other.fault == .nonFinite(quantity: "train/loss", step: 0))
  }
}
