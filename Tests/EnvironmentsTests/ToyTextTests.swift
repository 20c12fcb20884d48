import RLCore
import Testing

@testable import Environments

/// FrozenLake and CliffWalking against Gymnasium's tables and seeded walks.
@Suite struct ToyTextTests {
  @Test(arguments: [("FrozenLake-v1-4x4", true), ("FrozenLake-v1-4x4-dry", false)])
  func frozenLakeHasGymnasiumsTable(name: String, slippery: Bool) throws {
    var lake = FrozenLake.fourByFour
    try lake.set("slippery", to: .flag(slippery))
    try expectEqual(lake, try fixture(name, as: RecordedTable.self))
  }

  @Test func cliffWalkingHasGymnasiumsTable() throws {
    try expectEqual(CliffWalking(), try fixture("CliffWalking-v1", as: RecordedTable.self))
  }

  private func expectEqual(_ process: some FiniteMDP, _ table: RecordedTable) throws {
    #expect(process.stateCount == table.states)
    #expect(process.actionCount == table.actions)
    #expect(process.initial == table.initial)
    #expect(model(of: process) == table.model.map { $0.map { $0.map(\.outcome) } })
  }

  private func worlds() throws -> [any FiniteMDP] {
    var dry = FrozenLake.fourByFour
    dry.slippery = false
    var wetCliff = CliffWalking()
    wetCliff.slippery = true
    return [
      FrozenLake.fourByFour, FrozenLake.eightByEight, try FrozenLake(map: ["SFHF", "FFFS", "SFFG"]), dry,
      CliffWalking(), wetCliff,
    ]
  }

  @Test func walksAreGymnasiumsSeedForSeed() throws {
    let walks = try fixture("toy-text", as: RecordedWalks.self).walks
    let worlds = try worlds()
    #expect(walks.count == worlds.count)
    for (walk, process) in zip(walks, worlds) {
      try replay(walk, in: process)
    }
  }

  private func replay(_ walk: RecordedWalks.Walk, in process: some FiniteMDP) throws {
    #expect(process.initial == walk.initial, "\(walk.id)")
    #expect(model(of: process) == walk.model.map { $0.map { $0.map(\.outcome) } }, "\(walk.id)")
    var world = try Simulator(process)
    var starts = walk.starts[...]
    var observation = 0
    world.reset(seed: walk.seed, into: &observation)
    #expect(observation == starts.removeFirst(), "\(walk.id)")
    for (t, move) in walk.moves.enumerated() {
      let step = world.step(move.action, into: &observation)
      #expect(step == move.step, "\(walk.id) at \(t)")
      #expect(observation == move.next, "\(walk.id) at \(t)")
      if step.ending == .terminated || (t + 1) % 20 == 0 {
        world.reset(seed: nil, into: &observation)
        #expect(observation == starts.removeFirst(), "\(walk.id) at \(t)")
      }
    }
    #expect(starts.isEmpty)
  }

  @Test(arguments: [
    ([], "the map: it is empty; expected at least one row of cells"),
    ([""], "the map: it is empty; expected at least one row of cells"),
    (["SF", "F"], "the map: row 1 has 1 cells; expected 2, as row 0 has"),
    (["SF", "XG"], "the map: 'X' at row 1, column 0 is not a cell; expected one of S F H G"),
    (["FF", "FG"], "the map: it has no start; expected at least one 'S'"),
  ])
  func wrongLakesAreRefused(map: [String], message: String) throws {
    let error = try #require(throws: EnvironmentError.self) { try FrozenLake(map: map) }
    #expect(error.description == message)
  }

  /// Gymnasium's own threshold: the optimum of the slippery 4×4 lake succeeds with 0.74 within 100 steps; without a
  /// discount and a limit it is 14/17.
  @Test func theSlipperyLakeHasItsKnownOptimum() throws {
    var lake = FrozenLake.fourByFour
    try lake.set("discount", to: .integer(1))
    #expect(abs(optimalValues(of: lake)[0] - 14.0 / 17) < 1e-9)
  }

  @Test func theCliffIsWalkedInThirteenSteps() {
    #expect(optimalValues(of: CliffWalking())[36] == -13)
  }
}
