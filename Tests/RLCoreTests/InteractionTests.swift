import RLCore
import Testing

@Suite struct InteractionTests {
  private typealias Learning = Interaction<TimeLimit<Walk>, Scribe>

  private func learning(size: Int = 6, limit: Int = 7, seed: UInt64 = 3) -> Learning {
    Interaction(TimeLimit(Walk(size: size), limit: limit), Scribe(seed: 11), seed: seed)
  }

  @Test func theAgentIsToldTheFinalObservationAndNotTheResetOne() throws {
    var learner = learning()
    var meter = Meter(tags: Scribe.metricTags)
    try learner.advance(by: 2000, into: &meter)

    // The same life, played here with nothing but the world.
    var world = TimeLimit(Walk(size: 6), limit: 7)
    var actions = RandomStream(seed: 11)
    var place = 0
    world.reset(seed: 3, into: &place)
    var expected: [Scribe.Entry] = []
    for _ in 0..<2000 {
      let before = place
      let action = actions.integer(below: 2)
      let step = world.step(action, into: &place)
      expected.append(
        .init(observation: before, action: action, reward: step.reward, next: place, ending: step.ending))
      if step.ending != .running { world.reset(seed: nil, into: &place) }
    }
    #expect(learner.agent.entries == expected)
    let endings = expected.map(\.ending)
    #expect(endings.contains(.terminated) && endings.contains(.truncated))
    #expect(zip(expected, expected.dropFirst()).contains { $0.ending == .truncated && $0.next != $1.observation })
  }

  @Test(arguments: [[1000], [1, 999], [7, 16, 17, 500, 460], [Int](repeating: 10, count: 100), [0, 1000]])
  func chunksDoNotMatter(_ chunks: [Int]) throws {
    var whole = learning()
    var wholeMeter = Meter(tags: Scribe.metricTags)
    try whole.advance(by: 1000, into: &wholeMeter)
    var parts: any Learner = learning()
    var meter = Meter(tags: Scribe.metricTags)
    for chunk in chunks { try parts.advance(by: chunk, into: &meter) }
    #expect(parts.clock == 1000)
    #expect(reader(parts.save).tensors == reader(whole.save).tensors)
    #expect(reader(meter.save).tensors == reader(wholeMeter.save).tensors)
    #expect(meter.drain().map(\.value) == wholeMeter.drain().map(\.value))
  }

  @Test(arguments: [1, 6, 7, 123])
  func savedAndRestoredItGoesOnTheSame(_ steps: Int) throws {
    var original = learning()
    var meter = Meter(tags: Scribe.metricTags)
    try original.advance(by: steps, into: &meter)
    var restored = learning(seed: 99)
    try restored.restore(from: reader(original.save))
    #expect(restored.clock == steps)
    original.agent.entries = []
    try original.advance(by: 300, into: &meter)
    try restored.advance(by: 300, into: &meter)
    #expect(restored.agent.entries == original.agent.entries)
    #expect(reader(restored.save).tensors == reader(original.save).tensors)
  }

  @Test func evaluatingChangesNothing() throws {
    var learner = learning()
    var meter = Meter(tags: Scribe.metricTags)
    try learner.advance(by: 20, into: &meter)
    let before = reader(learner.save).tensors
    _ = learner.evaluate(episodes: 5, seed: 1, sample: true)
    #expect(reader(learner.save).tensors == before)
  }

  @Test func aRewardThatIsNoNumberStopsIt() {
    var world = Walk(size: 4)
    world.lateReward = .nan
    var learner = Interaction(TimeLimit(world, limit: nil), Scribe(seed: 1), seed: 2)
    var meter = Meter(tags: Scribe.metricTags)
    let error = coreError { try learner.advance(by: 100, into: &meter) }
    let step = learner.agent.entries.firstIndex { $0.reward.isNaN }.map { $0 + 1 }
    #expect(step != nil)
    #expect(error == step.map { .nonFinite(quantity: "the reward", step: $0) })
  }

  @Test func theFirstStepsOfAChunkAreTimed() throws {
    var learner = learning()
    var meter = Meter(tags: Scribe.metricTags)
    try learner.advance(by: 100, into: &meter)
    #expect(meter.shares.total > 0)
    #expect(meter.shares.total == meter.shares.act + meter.shares.step + meter.shares.learn)
  }
}
