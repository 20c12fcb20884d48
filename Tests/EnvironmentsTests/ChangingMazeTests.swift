import RLCore
import Testing

@testable import Environments

@Suite struct ChangingMazeTests {
  /// Steps from the start to the goal by the best way of `model`, 100 at most.
  private func steps(through maze: inout ChangingMaze, as model: GridWorld) -> Int {
    let q = actionValues(of: model, optimalValues(of: model))
    var cell = 0
    maze.reset(seed: nil, into: &cell)
    for count in 1...100 {
      let step = maze.step(q[cell].firstIndex(of: q[cell].max()!)!, into: &cell)
      if step.ending == .terminated { return step.reward == 1 ? count : 0 }
    }
    return 100
  }

  private func maze(_ name: String) throws -> ChangingMaze {
    name == "blocking" ? try .blocking() : try .shortcut()
  }

  @Test(arguments: [("blocking", 1000), ("shortcut", 3000)])
  func theWaysAreAsLongAsInTheBook(name: String, change: Int) throws {
    var maze = try maze(name)
    #expect(maze.change == change)
    #expect(steps(through: &maze, as: maze.before) == Int(try textbook("sb-8.1-mazes-optima", "\(name)_before")[0]))
    var cell = 0
    try maze.restore(state: [48, Double(change)], into: &cell)
    #expect(steps(through: &maze, as: maze.after) == Int(try textbook("sb-8.1-mazes-optima", "\(name)_after")[0]))
  }

  @Test func theOldWayIsBlockedAfterTheChangeAndTheNewOneBefore() throws {
    var maze = try ChangingMaze.blocking()
    #expect(steps(through: &maze, as: maze.after) == 100)
    #expect(steps(through: &maze, as: maze.before) == 10)
    try maze.set("change", to: .integer(0))
    #expect(steps(through: &maze, as: maze.before) == 100)
    #expect(steps(through: &maze, as: maze.after) == 16)
  }

  /// Below the shortcut, whose cell is 35: up is a wall until the change.
  @Test(arguments: [(9, 44), (10, 35)])
  func theChangeComesAtItsStep(clock: Int, cell: Int) throws {
    var maze = try ChangingMaze.shortcut()
    try maze.set("change", to: .integer(10))
    var observation = 0
    try maze.restore(state: [44, Double(clock)], into: &observation)
    #expect(maze.step(0, into: &observation) == Step(reward: 0, ending: .running))
    #expect(maze.state == [Double(cell), Double(clock + 1)])
  }

  @Test func onlyASeedTurnsTheClockBack() throws {
    var maze = try ChangingMaze.blocking()
    var observation = 0
    maze.reset(seed: 1, into: &observation)
    _ = maze.step(1, into: &observation)
    maze.reset(seed: nil, into: &observation)
    #expect(maze.state == [48, 1])
    maze.reset(seed: 1, into: &observation)
    #expect(maze.state == [48, 0])
  }

  /// Whoever stands in the gap when it closes: up, right, down and left.
  @Test(arguments: [(0, 26), (1, 35), (2, 44), (3, 35)])
  func theClosedGapCanBeLeft(action: Int, next: Int) throws {
    var maze = try ChangingMaze.blocking()
    var observation = 0
    try maze.restore(state: [35, 5000], into: &observation)
    #expect(maze.step(action, into: &observation) == Step(reward: 0, ending: .running))
    #expect(observation == next)
    #expect(maze.step(0, into: &observation).ending == .running)
  }

  @Test(arguments: [[48.0], [48, -1], [48, 0.5], [54, 0], [27, 0], [28, 5000], [48, 0x1p54]])
  func impossibleStatesAreRefused(state: [Double]) throws {
    var maze = try ChangingMaze.blocking()
    var observation = 7
    let error = #expect(throws: CoreError.self) { try maze.restore(state: state, into: &observation) }
    #expect(error?.description.contains("expected [a cell in 0..<54 that is no wall, steps made]") == true)
    #expect(maze.state == [48, 0] && observation == 7)
  }

  @Test(arguments: ["blocking", "shortcut"])
  func keepsItsPromises(name: String) throws {
    var maze = try maze(name)
    #expect(checkEnvironment(TimeLimit(maze, limit: 500), steps: 100_000) == [])
    // The checks of saving play for 30 steps and for 200 more: the change comes between.
    try maze.set("change", to: .integer(60))
    #expect(checkEnvironment(TimeLimit(maze, limit: 500), steps: 1000) == [])
    #expect(try brokenPromises(of: maze.before, limit: 500) + brokenPromises(of: maze.after, limit: 500) == [])
  }
}
