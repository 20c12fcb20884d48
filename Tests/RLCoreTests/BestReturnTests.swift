import RLCore
import Testing

@Suite struct BestReturnTests {
  /// From place 0 of a corridor of four: on for −1, or stay for 0; the end pays 5.
  private func corridor(stay: Double) throws -> TransitionTable {
    let rows = (0..<4).flatMap { place -> [[Outcome]] in
      let next = min(place + 1, 3)
      return [
        [Outcome(probability: 1, next: next, reward: next == 3 ? 5 : -1, isTerminal: next == 3)],
        [
          Outcome(probability: 0.5, next: place, reward: stay, isTerminal: false),
          Outcome(probability: 0.5, next: place, reward: stay, isTerminal: false),
        ],
      ]
    }
    return try TransitionTable(Table(stateCount: 4, actionCount: 2, initial: [0.5, 0, 0.5, 0], rows: rows))
  }

  @Test func theWayToTheEndAndWhatALimitLeavesOfIt() throws {
    let table = try corridor(stay: 0)
    // −1 −1 +5 from the first place, 5 from the third.
    #expect(table.bestReturn(within: nil) == 4)
    #expect(table.bestReturn(within: 3) == 4)
    // In two steps the first place does not get there, and stays.
    #expect(table.bestReturn(within: 2) == 2.5)
    #expect(table.bestReturn(within: 0) == 0)
  }

  @Test func whatHasNoBoundNeedsALimit() throws {
    let table = try corridor(stay: 1)
    #expect(table.bestReturn(within: nil) == nil)
    // Seven steps of staying, and from the third place then the end.
    #expect(table.bestReturn(within: 8) == (8 + 12) / 2.0)
    #expect(table.bestReturn(within: 8, visits: 8 * table.branches.count - 1) == nil)
  }
}
