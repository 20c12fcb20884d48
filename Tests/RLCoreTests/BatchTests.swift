import Testing

@testable import RLCore

@Suite struct BatchTests {
  /// One moment of a batch, comparable.
  private struct Moment: Equatable {
    var observations: [Int]
    var rewards: [Double]
    var endings: [Ending]
  }

  private static func life(
    _ world: some Environment<Int, Int>, lanes: Int, threads: Int = 1, steps: Int = 200
  ) -> [Moment] {
    var batch = Batch(world, count: lanes, seed: 7, threads: threads)
    var actions = batch.emptyActions()
    return (0..<steps).map { _ in
      batch.sampleActions(into: &actions)
      batch.step(actions)
      return Moment(observations: batch.observations, rewards: batch.rewards, endings: batch.endings)
    }
  }

  @Test(arguments: [1, 2, 3, 8, 13]) func lanesDoNotDependOnTheirNumber(_ lanes: Int) throws {
    let world = TimeLimit(try Simulator(Table.ring(split: true)), limit: 20)
    let many = Self.life(world, lanes: 40)
    for (few, all) in zip(Self.life(world, lanes: lanes), many) {
      #expect(few.observations == Array(all.observations[..<lanes]))
      #expect(few.rewards == Array(all.rewards[..<lanes]))
      #expect(few.endings == Array(all.endings[..<lanes]))
    }
    // Lanes have streams of their own.
    #expect(Set((0..<40).map { lane in many.map { $0.observations[lane] } }).count == 40)
  }

  @Test(arguments: [2, 3, 7, 50]) func threadsChangeNothing(_ threads: Int) {
    let world = TimeLimit(Walk(size: 8), limit: 9)
    #expect(Self.life(world, lanes: 11, threads: threads) == Self.life(world, lanes: 11))
  }

  /// Without an end of its own a walk that stays is truncated in every lane at once, and restarts in that step.
  @Test func aLimitTruncatesAndKeepsTheFinalObservation() {
    var batch = Batch(TimeLimit(Walk(size: 1000), limit: 5), count: 4, seed: 1)
    let forward = [Int](repeating: 1, count: 4)
    for t in 1...20 {
      let before = batch.observations
      batch.step(forward)
      #expect(batch.endings == .init(repeating: t % 5 == 0 ? .truncated : .running, count: 4))
      for lane in 0..<4 {
        let reached = t % 5 == 0 ? batch.finalObservations[lane] : batch.observations[lane]
        #expect((0...1).contains(reached - before[lane]) && Double(reached) == batch.rewards[lane])
        if t % 5 == 0 { #expect((0..<3).contains(batch.observations[lane])) }
      }
    }
  }

  /// Lanes that ended at different times are truncated at different times: each after as many steps of its own.
  @Test func everyLaneHasADeadlineOfItsOwn() {
    var batch = Batch(TimeLimit(Walk(size: 9), limit: 12), count: 16, seed: 3)
    var actions = batch.emptyActions()
    var ages = [Int](repeating: 0, count: 16)
    var seen: Set<Ending> = []
    for _ in 0..<500 {
      batch.sampleActions(into: &actions)
      batch.step(actions)
      for lane in 0..<16 {
        ages[lane] += 1
        let ending = batch.endings[lane]
        seen.insert(ending)
        #expect(ending == .truncated ? ages[lane] == 12 : ages[lane] < 12 || ending == .terminated)
        if ending != .running { ages[lane] = 0 }
      }
    }
    #expect(seen == [.running, .terminated, .truncated])
  }

  /// Skipped draws are made up for: a lane's starts are those of its stream.
  @Test func deterministicWorldsStartAsTheirStreamSays() throws {
    let world = TimeLimit(try Simulator(Table.ring(split: false)), limit: 6)
    let lanes = Self.life(world, lanes: 5)
    for lane in 0..<5 {
      var copy = world
      copy.random = RandomStream(SeedSequence(7).spawn(UInt32(lane)))
      var stream = ActionStreams([RandomStream(SeedSequence(7).spawn(UInt32(lane)).spawn(0))])
      var observation = 0
      var actions = [0]
      copy.reset(seed: nil, into: &observation)
      for moment in lanes {
        Int.sampleRows(into: &actions, from: copy.actionSpace, using: &stream)
        let step = copy.step(actions[0], into: &observation)
        if step.ending != .running { copy.reset(seed: nil, into: &observation) }
        #expect(moment.observations[lane] == observation && moment.endings[lane] == step.ending)
      }
    }
  }
}
