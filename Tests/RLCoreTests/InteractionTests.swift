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

  /// A state is visited where a step is taken from it, not by ending there and not in evaluations. The first n = 65,536 steps
  /// all count, then those at n + ⌊200φj⌋.
  @Test func visitsAreCountedThenSampled() throws {
    var learner = learning()
    learner.agent.solution = Solution(greedyWith: .init(repeating: 0, count: 12), states: 6, actions: 2)
    var meter = Meter(tags: Scribe.metricTags)
    func counts(_ steps: some Sequence<Int>) -> [Int] {
      var counts = [Int](repeating: 0, count: 6)
      for step in steps { counts[learner.agent.entries[step].observation] += 1 }
      return counts
    }
    for count in [3, 5, 16, 500, 1, 4000] { try learner.advance(by: count, into: &meter) }
    _ = learner.evaluate(episodes: 5, seed: 1, sample: true)
    #expect(try #require(learner.solution?.visits) == counts(0..<4525))

    for count in [61_010, 1, 1, 70_000] { try learner.advance(by: count, into: &meter) }
    let (n, stride) = (65_536, 100 * (1 + 5.0.squareRoot()))
    let sample = (0...).lazy.map { n + Int((Double($0) * stride).rounded(.down)) }.prefix { $0 < 135_537 }
    let visits = try #require(learner.solution?.visits)
    #expect(visits == zip(counts(0..<n), counts(sample)).map { $0 + Int((Double($1) * stride).rounded()) })
    #expect(abs(visits.reduce(0, +) - 135_537) < 400 && visits[5] == 0 && visits[1] > 0)

    var restored = learning(seed: 99)
    restored.agent.solution = learner.agent.solution
    try restored.restore(from: reader(learner.save))
    for count in [20, 700] {
      try learner.advance(by: count, into: &meter)
      try restored.advance(by: count, into: &meter)
    }
    #expect(restored.solution == learner.solution && learner.solution?.visits != visits)
  }

  /// A life that goes round and round is met everywhere, whatever the length of its cycle.
  @Test(arguments: [2, 7, 8, 13, 16]) func samplesOfACycleAreEven(_ length: Int) throws {
    var learner = Interaction(Round(length: length), Scribe(seed: 1), seed: 0)
    learner.agent.solution = Solution(greedyWith: .init(repeating: 0, count: 2 * length), states: length, actions: 2)
    var meter = Meter(tags: Scribe.metricTags)
    try learner.advance(by: 1_000_000, into: &meter)
    let visits = try #require(learner.solution?.visits)
    #expect(visits.allSatisfy { abs(Double($0 * length) / 1_000_000 - 1) < 0.03 }, "\(visits)")
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

/// Places that follow one another in a ring, whatever is done.
private struct Round: Environment {
  let length: Int
  var random = RandomStream(seed: 0)
  var place = 0

  init(length: Int) { self.length = length }

  var observationSpace: Space { .discrete(length) }
  var actionSpace: Space { .discrete(2) }
  var state: [Double] { [Double(place)] }

  mutating func reset(seed: UInt64?, into observation: inout Int) {
    place = 0
    observation = place
  }

  mutating func step(_ action: Int, into observation: inout Int) -> Step {
    place = (place + 1) % length
    observation = place
    return Step(reward: 0, ending: .running)
  }

  mutating func restore(state: [Double], into observation: inout Int) throws {
    place = Int(state[0])
    observation = place
  }

  func drawing(of state: [Double]) -> Drawing { Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
}
