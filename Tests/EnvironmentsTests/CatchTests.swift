import RLCore
import Testing

@testable import Environments

@Suite struct CatchTests {
  /// A ball is caught where its column is no farther from the middle than the ball falls.
  @Test(arguments: [(10, 5), (3, 7), (2, 1), (2, 2), (4, 12)])
  func theBestReturnIsItsClosedForm(rows: Int, columns: Int) throws {
    var board = Catch()
    try board.set("rows", to: .integer(rows))
    try board.set("columns", to: .integer(columns))
    let caught = (0..<columns).count { abs($0 - columns / 2) <= rows - 1 }
    let expected = (2 * Double(caught) - Double(columns)) / Double(columns)
    #expect(abs(zip(board.initial, optimalValues(of: board)).reduce(0) { $0 + $1.0 * $1.1 } - expected) < 1e-12)
  }

  @Test func aPaddleAtRestCatchesOneBallInFive() {
    let board = Catch()
    var total = 0.0
    for start in board.initial.indices where board.initial[start] > 0 {
      var state = start
      for step in 1...9 {
        let outcome = board.outcomes(state, 1)[0]
        total += outcome.reward
        state = outcome.next
        #expect(outcome.isTerminal == (step == 9))
      }
    }
    #expect(total == 1 - 4)
  }

  @Test func keepsItsPromises() throws {
    var wide = Catch()
    try wide.set("columns", to: .integer(6))
    for board in [Catch(), wide] {
      #expect(checkFiniteMDP(board) == [])
      #expect(checkEnvironment(try Simulator(board), steps: 100_000) == [])
    }
  }
}
