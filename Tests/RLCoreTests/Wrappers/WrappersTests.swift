import RLCore
import Testing

/// What every wrapper owes, alone and on top of others.
@Suite struct WrappersTests {
  /// All of them, with the time limit inside.
  private typealias Tower = NormalizedRewards<
    StackedFrames<NormalizedObservations<RescaledActions<StickyActions<TimeLimit<Drift>>>>>
  >

  private func tower() -> Tower {
    let sticky = StickyActions(TimeLimit(Drift(), limit: 15))
    return NormalizedRewards(StackedFrames(NormalizedObservations(RescaledActions(sticky)), count: 3))
  }

  @Test func keepTheirPromises() {
    let drift = TimeLimit(Drift(), limit: 15)
    #expect(checkEnvironment(NormalizedObservations(drift)) == [])
    #expect(checkEnvironment(NormalizedRewards(drift)) == [])
    #expect(checkEnvironment(NormalizedRewards(Walk(size: 8))) == [])
    #expect(checkEnvironment(RescaledActions(drift)) == [])
    #expect(checkEnvironment(StackedFrames(drift, count: 3)) == [])
    #expect(checkEnvironment(ScaledObservations(drift)) == [])
    #expect(checkEnvironment(StickyActions(drift)) == [])
    #expect(checkEnvironment(StickyActions(TimeLimit(Walk(size: 8), limit: 15), probability: 0.5)) == [])
    #expect(checkEnvironment(tower()) == [])
    #expect(checkEnvironment(StackedFrames(StickyActions(NormalizedObservations(drift)), count: 2)) == [])
  }

  private func inAndOut<Inside: Environment, Outside: Environment>(_ inside: Inside, _ outside: Outside) -> Bool {
    #expect(inside.stepLimit == 15 && outside.stepLimit == 15)
    let moments = life(of: inside, from: 6, steps: 400)
    #expect(moments.contains { $0.step?.ending == .truncated } && moments.contains { $0.step?.ending == .terminated })
    return moments == life(of: outside, from: 6, steps: 400)
  }

  @Test func theTimeLimitMayBeInsideOrOutside() {
    let (drift, limited) = (Drift(), TimeLimit(Drift(), limit: 15))
    #expect(inAndOut(NormalizedObservations(limited), TimeLimit(NormalizedObservations(drift), limit: 15)))
    #expect(inAndOut(NormalizedRewards(limited), TimeLimit(NormalizedRewards(drift), limit: 15)))
    #expect(inAndOut(RescaledActions(limited), TimeLimit(RescaledActions(drift), limit: 15)))
    #expect(inAndOut(StackedFrames(limited, count: 3), TimeLimit(StackedFrames(drift, count: 3), limit: 15)))
    #expect(inAndOut(StickyActions(limited), TimeLimit(StickyActions(drift), limit: 15)))
  }

  @Test(arguments: [1, 14, 15, 16, 333])
  func savedAndRestoredTheyGoOnTheSame(steps: Int) throws {
    typealias Learning = Interaction<Tower, Wanderer<[Float], [Float]>>
    let agent = Wanderer<[Float], [Float]>(space: tower().actionSpace)
    var original = Learning(tower(), agent, seed: 3)
    var restored = Learning(tower(), agent, seed: 99)
    var meters = (Meter(tags: []), Meter(tags: []))
    try original.advance(by: steps, into: &meters.0)
    try meters.1.restore(from: reader(meters.0.save))
    try restored.restore(from: reader(original.save))
    #expect(reader(restored.save).tensors == reader(original.save).tensors)
    try original.advance(by: 300, into: &meters.0)
    try restored.advance(by: 300, into: &meters.1)
    #expect(reader(restored.save).tensors == reader(original.save).tensors)
    #expect(reader(meters.1.save).tensors == reader(meters.0.save).tensors)
    #expect(meters.0.episodes > 10)
  }

  @Test func freezingReachesTheLowest() {
    var world = StackedFrames(
      StickyActions(RescaledActions(TimeLimit(NormalizedRewards(NormalizedObservations(Drift())), limit: 15))), count: 2
    )
    _ = life(of: &world, steps: 50)
    let before = world.world.world.world.world
    world.freeze()
    _ = life(of: &world, steps: 50)
    let after = world.world.world.world.world
    #expect(after.moments == before.moments && before.moments.count == 50)
    #expect(after.world.moments == before.world.moments && before.world.moments[0].count > 50)
  }

  @Test func aCheckpointOfAnotherWorldIsRefused() {
    var world = tower()
    var observation = world.emptyObservation()
    let error = coreError { try world.restore(from: reader(Drift().save), into: &observation) }
    #expect(error == .badCheckpoint("it has no array 'environment/elapsed'"))
  }

  /// A batch's lanes are copies with streams of their own, each with what it has seen itself.
  @Test(arguments: [1, 2])
  func lanesAreCopies(threads: Int) {
    let start = tower()
    let count = 5
    var batch = Batch(start, count: count, seed: 8, threads: threads)
    let size = start.observationSpace.size
    var worlds = (0..<count).map { lane -> Tower in
      var world = start
      world.random = RandomStream(SeedSequence(8).spawn(UInt32(lane)))
      return world
    }
    var observations = [[Float]](repeating: start.emptyObservation(), count: count)
    for lane in 0..<count { worlds[lane].reset(seed: nil, into: &observations[lane]) }
    var actions = batch.emptyActions()
    for _ in 0..<200 {
      #expect(batch.observations == observations.flatMap(\.self))
      batch.sampleActions(into: &actions)
      batch.step(actions)
      for lane in 0..<count {
        let step = worlds[lane].step(Array(actions[2 * lane..<2 * lane + 2]), into: &observations[lane])
        #expect(batch.rewards[lane] == step.reward && batch.endings[lane] == step.ending)
        if step.ending == .running { continue }
        #expect(Array(batch.finalObservations[size * lane..<size * (lane + 1)]) == observations[lane])
        worlds[lane].reset(seed: nil, into: &observations[lane])
      }
    }
  }
}
