import RLCore
import Testing

@Suite struct SimulatorTests {
  private struct Moment: Equatable {
    var place: Int
    var step: Step?
  }

  /// Plays with resets in between, as training does.
  private func play(_ world: inout Simulator, steps: Int, seed: UInt64?) -> [Moment] {
    var place = 0
    if seed != nil { world.reset(seed: seed, into: &place) }
    var moments = [Moment(place: Int(world.state[0]))]
    for i in 0..<steps {
      let step = world.step(i % 3 == 0 ? 1 : 0, into: &place)
      moments.append(Moment(place: place, step: step))
      if step.ending != .running {
        world.reset(seed: nil, into: &place)
        moments.append(Moment(place: place))
      }
    }
    return moments
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func skippedDrawsEqualRealDraws(_ seed: UInt64) throws {
    var skipping = try Simulator(Table.ring(split: false))
    var drawing = try Simulator(Table.ring(split: true))
    let played = play(&skipping, steps: 300, seed: seed)
    #expect(played == play(&drawing, steps: 300, seed: seed))
    #expect(Set(played.filter { $0.step == nil }.map(\.place)) == [0, 1, 2], "the resets draw all starts")
    #expect(reader(skipping.save).tensors == reader(drawing.save).tensors)
  }

  @Test func oneStartAndOneOutcomeStillCountTheirDraws() throws {
    var table = Table.ring(split: false)
    table.initial = [0, 1, 0, 0, 0]
    var split = Table.ring(split: true)
    split.initial = table.initial
    var skipping = try Simulator(table)
    var drawing = try Simulator(split)
    #expect(play(&skipping, steps: 100, seed: 3) == play(&drawing, steps: 100, seed: 3))
    #expect(reader(skipping.save).tensors == reader(drawing.save).tensors)
  }

  @Test func itDrawsWhatGymnasiumDraws() throws {
    // One uniform a reset and one a step, inverted along the running sum.
    var table = Table.ring(split: true)
    table.rows[2] = [0.1, 0.6, 0.3].enumerated().map {
      Outcome(probability: $1, next: $0, reward: Double($0), isTerminal: false)
    }
    var world = try Simulator(table)
    var random = RandomStream(seed: 8)
    var place = 0
    world.reset(seed: 8, into: &place)
    #expect(place == random.categorical(table.initial))
    for _ in 0..<200 {
      try world.restore(state: [1], into: &place)
      let step = world.step(0, into: &place)
      #expect(place == random.categorical([0.1, 0.6, 0.3]))
      #expect(step == Step(reward: Double(place), ending: .running))
    }
  }

  @Test func samplesFollowTheModel() throws {
    var table = Table.ring(split: true)
    let chances = [0.05, 0.15, 0.5, 0.0, 0.3]
    table.rows[6] = chances.enumerated().map { Outcome(probability: $1, next: $0, reward: 0, isTerminal: false) }
    var world = try Simulator(table)
    var counts = [Int](repeating: 0, count: 5)
    var place = 0
    world.reset(seed: 4, into: &place)
    for _ in 0..<20_000 {
      try world.restore(state: [3], into: &place)
      _ = world.step(0, into: &place)
      counts[place] += 1
    }
    #expect(counts[3] == 0)
    let chiSquare = zip(counts, chances).filter { $1 > 0 }.reduce(0.0) {
      let expected = $1.1 * 20_000
      return $0 + (Double($1.0) - expected) * (Double($1.0) - expected) / expected
    }
    // Three degrees of freedom: above 30.7 once in 10⁶ times.
    #expect(chiSquare < 30.7)
  }

  @Test(arguments: [false, true])
  func savedAndRestoredItGoesOnTheSame(_ split: Bool) throws {
    var world = try Simulator(Table.ring(split: split))
    _ = play(&world, steps: 57, seed: 6)
    var restored = try Simulator(Table.ring(split: split))
    var place = 0
    try restored.restore(from: reader(world.save), into: &place)
    #expect(Double(place) == world.state[0])
    #expect(play(&restored, steps: 100, seed: nil) == play(&world, steps: 100, seed: nil))
  }

  /// A world that has lived forgets the draws it still owes when it is restored.
  @Test func aRestoreForgetsTheDrawsOwed() throws {
    var world = try Simulator(Table.ring(split: false))
    _ = play(&world, steps: 57, seed: 6)
    var lived = world
    _ = play(&lived, steps: 1, seed: nil)
    var place = 0
    try lived.restore(from: reader(world.save), into: &place)
    #expect(play(&lived, steps: 100, seed: nil) == play(&world, steps: 100, seed: nil))
  }

  @Test(arguments: [[], [5.0], [-1], [0.5], [0, 0], [.nan]])
  func impossibleStatesAreRefused(_ state: [Double]) throws {
    var world = try Simulator(Table.ring(split: false))
    var place = 0
    guard case .badState? = coreError({ try world.restore(state: state, into: &place) }) else {
      Issue.record("accepted \(state)")
      return
    }
  }
}

@Suite struct TransitionTableTests {
  @Test func laysTheProcessOut() throws {
    let table = try TransitionTable(Table.ring(split: true))
    #expect(table.starts == (0...10).map { Int32(2 * $0) })
    #expect(table.branches.map { Int($0.next) }.prefix(8) == [1, 1, 4, 4, 2, 2, 0, 0])
    #expect(table.probabilities == .init(repeating: 0.5, count: 20))
    #expect(table.discount == 0.9)
  }

  @Test(
    arguments: [
      { $0.initial = [1, 0.1, 0, 0, 0] }, { $0.initial = [1] }, { $0.initial = [2, -1, 0, 0, 0] },
      { $0.rows[3] = [] }, { $0.rows[3][0].probability = 0.9 }, { $0.rows[3][0].next = 5 },
      { $0.rows[3][0].next = -1 }, { $0.rows[3][0].reward = .nan }, { $0.rows[3][0].reward = .infinity },
      { $0.rows[3][0].probability = .nan }, { $0.stateCount = 0 },
    ] as [@Sendable (inout Table) -> Void])
  func refusesWhatIsNoProcess(_ spoil: @Sendable (inout Table) -> Void) {
    var table = Table.ring(split: false)
    spoil(&table)
    guard case .badModel? = coreError({ _ = try TransitionTable(table) }) else {
      Issue.record("accepted")
      return
    }
  }
}
