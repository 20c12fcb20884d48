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

  @Test func aReciprocalCountsTheStepToCome() {
    let schedule = Schedule.reciprocal(Reciprocal(10, plus: 20))
    for (step, expected) in [(0, 10.0 / 21), (1, 10.0 / 22), (19, 0.25)] {
      #expect(schedule.value(at: step) == expected)
      #expect(Reciprocal().value(at: step + 1) == 1 / Double(step + 1))
    }
  }

  @Test(arguments: ["1/n", "0.5/n", "10/(20+n)", "0.25/(1.5+n)"]) func aReciprocalReadsAsItIsWritten(_ text: String) {
    #expect(Reciprocal(text)?.description == text)
  }
}
