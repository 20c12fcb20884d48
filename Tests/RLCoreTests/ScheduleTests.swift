import RLCore
import Testing

@Suite struct ScheduleTests {
  @Test(arguments: [0, 1, 1_000_000]) func constant(_ step: Int) {
    #expect(Schedule.constant(0.3).value(at: step) == 0.3)
  }

  @Test(arguments: [(0, 1.0), (25, 0.775), (50, 0.55), (100, 0.1), (101, 0.1), (1000, 0.1)])
  func linear(_ step: Int, _ expected: Double) {
    #expect(abs(Schedule.linear(from: 1, to: 0.1, over: 100).value(at: step) - expected) < 1e-15)
  }

  @Test func aScheduleOverNoStepsIsAtItsEnd() {
    #expect(Schedule.linear(from: 1, to: 0.1, over: 0).value(at: 0) == 0.1)
  }
}
