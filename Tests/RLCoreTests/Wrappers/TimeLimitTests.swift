import RLCore
import Testing

@Suite struct TimeLimitTests {
  private func endings(_ world: inout TimeLimit<Walk>, action: Int, steps: Int) -> [Ending] {
    var observation = 0
    return (0..<steps).map { _ in world.step(action, into: &observation).ending }
  }

  @Test func truncatesAtTheLimit() {
    var world = TimeLimit(Walk(size: 100), limit: 5)
    var observation = 0
    #expect(world.stepLimit == 5)
    for seed in 0..<3 as Range<UInt64> {
      world.reset(seed: seed, into: &observation)
      #expect(endings(&world, action: 0, steps: 5) == [.running, .running, .running, .running, .truncated])
    }
  }

  @Test func aTerminationAtTheLimitIsATermination() throws {
    var world = TimeLimit(Walk(size: 2), limit: 1)
    var observation = 0
    var seen: Set<UInt8> = []
    for _ in 0..<50 {
      try world.restore(state: [0], into: &observation)
      let ending = endings(&world, action: 1, steps: 1)[0]
      #expect((ending == .terminated) == (world.state == [1]))
      seen.insert(ending.rawValue)
    }
    #expect(seen == [Ending.terminated.rawValue, Ending.truncated.rawValue])
  }

  @Test func noLimitNeverTruncates() {
    var world = TimeLimit(Walk(size: 100), limit: nil)
    var observation = 0
    world.reset(seed: 1, into: &observation)
    #expect(world.stepLimit == nil)
    #expect(endings(&world, action: 0, steps: 5000).allSatisfy { $0 == .running })
  }

  @Test func theClockIsPartOfACheckpoint() throws {
    var world = TimeLimit(Walk(size: 100), limit: 5)
    var observation = 0
    world.reset(seed: 1, into: &observation)
    _ = endings(&world, action: 1, steps: 3)
    var restored = TimeLimit(Walk(size: 100), limit: 5)
    var other = 0
    try restored.restore(from: reader(world.save), into: &other)
    #expect(restored.state == world.state && Double(other) == world.state[0])
    #expect(endings(&restored, action: 0, steps: 2) == [.running, .truncated])
    #expect(coreError { try restored.restore(from: reader(Walk(size: 9).save), into: &other) } != nil)
  }

  @Test func aStateStartsANewClock() throws {
    var world = TimeLimit(Walk(size: 100), limit: 3)
    var observation = 0
    world.reset(seed: 1, into: &observation)
    _ = endings(&world, action: 0, steps: 2)
    try world.restore(state: [7], into: &observation)
    #expect(endings(&world, action: 0, steps: 3) == [.running, .running, .truncated])
  }

  @Test func onlyATerminationEndsTheFuture() {
    #expect([Ending.running, .terminated, .truncated].map(\.bootstrapFactor) == [1, 0, 1])
  }
}
