import RLCore
import Testing

@testable import Environments

@Suite struct RecyclingRobotTests {
  @Test func hasItsOptimum() throws {
    let robot = RecyclingRobot()
    let values = optimalValues(of: robot)
    #expect(distance(values, try textbook("sb-3.3-recycling-robot-a", "v_star")) < 1e-9)
    let q = actionValues(of: robot, values)
    #expect(q[0][0] > q[0][1] && q[1][2] > max(q[1][0], q[1][1]))
  }

  /// What the book does not have must not become worth doing, whatever waiting pays.
  @Test func rechargingAHighBatteryIsWaiting() throws {
    var robot = RecyclingRobot()
    try robot.set("waitReward", to: .number(-50))
    #expect(robot.outcomes(0, 2) == robot.outcomes(0, 1))
  }

  @Test func settingsAreTheProbabilitiesAndRewards() throws {
    var robot = RecyclingRobot()
    for (name, value) in [("alpha", 0.25), ("beta", 0.75), ("searchReward", 5), ("rescueReward", -7)] {
      try robot.set(name, to: .number(value))
    }
    #expect(
      robot.outcomes(0, 0).map(\.probability) == [0.25, 0.75] && robot.outcomes(0, 0).map(\.reward) == [5, 5])
    #expect(
      robot.outcomes(1, 0).map(\.probability) == [0.75, 0.25] && robot.outcomes(1, 0).map(\.reward) == [5, -7])
    #expect(throws: CoreError.self) { try robot.set("alpha", to: .number(1.5)) }
  }

  @Test func keepsItsPromises() throws { #expect(try brokenPromises(of: RecyclingRobot(), limit: 200) == []) }
}
