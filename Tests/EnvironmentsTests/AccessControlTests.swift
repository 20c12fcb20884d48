import RLCore
import Testing

@testable import Environments

@Suite struct AccessControlTests {
  /// Relative value iteration, each action forced with probability `chance`: the best average reward, and q.
  private func optimum(of queue: AccessControl, chance: Double = 0) -> (rate: Double, q: [[Double]]) {
    var undiscounted = queue
    undiscounted.discount = 1
    var values = [Double](repeating: 0, count: queue.stateCount)
    var rate = 0.0
    for _ in 0..<3000 {
      // With no server free both actions are one, so that the forced ones change nothing.
      let backed = actionValues(of: undiscounted, values).map {
        (1 - 2 * chance) * $0.max()! + chance * ($0[0] + $0[1])
      }
      rate = backed[0]
      values = backed.map { $0 - rate }
    }
    return (rate, actionValues(of: undiscounted, values))
  }

  private func accepted(_ q: [[Double]]) -> [Double] { q.dropFirst(4).map { $0[1] > $0[0] ? 1 : 0 } }

  @Test func hasItsBestAverageRewardAndPolicy() throws {
    let id = "sb-10.2-access-control-exact-10-0.06"
    let (rate, q) = optimum(of: AccessControl())
    #expect(abs(rate - (try textbook(id, "rho_star")[0])) < 1e-9)
    #expect(accepted(q) == (try textbook(id, "accept")))
    let (exploring, _) = optimum(of: AccessControl(), chance: 0.05)
    #expect(abs(exploring - (try textbook(id, "rho_best_eps_greedy_0.1")[0])) < 1e-8)
  }

  /// An idle server loses less to a discount: with nine or ten free, those who pay 1 are accepted too.
  @Test func theDiscountChangesLittleInWhatIsBest() throws {
    let queue = AccessControl()
    var known = try textbook("sb-10.2-access-control-exact-10-0.06", "accept")
    known[8 * 4] = 1
    known[9 * 4] = 1
    #expect(accepted(actionValues(of: queue, optimalValues(of: queue))) == known)
  }

  @Test func noServerNoCustomer() {
    let queue = AccessControl()
    #expect(queue.outcomes(3, 1) == queue.outcomes(3, 0))
    #expect(queue.outcomes(3, 1).allSatisfy { $0.reward == 0 })
  }

  @Test func aServerJustGivenMayBecomeFreeAtOnce() throws {
    var queue = AccessControl()
    try queue.set("servers", to: .integer(1))
    try queue.set("freeing", to: .number(0.25))
    // One free server, a customer who pays 8; then a customer of each kind, the server busy or free again.
    #expect(queue.outcomes(7, 1).map(\.next) == Array(0..<8))
    #expect(
      queue.outcomes(7, 1).map(\.probability) == [0.1875, 0.1875, 0.1875, 0.1875, 0.0625, 0.0625, 0.0625, 0.0625])
    #expect(queue.outcomes(7, 1).allSatisfy { $0.reward == 8 })
  }

  @Test func keepsItsPromises() throws { #expect(try brokenPromises(of: AccessControl(), limit: 1000) == []) }
}
