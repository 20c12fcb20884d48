import RLCore
import Testing

@Suite struct RescaledActionsTests {
  @Test(
    arguments: [
      ([-1, -1], [-2, 10]), ([1, 1], [2, 50]), ([0, 0], [0, 30]), ([0.25, -0.5], [0.5, 20]), ([7, -9], [2, 10]),
    ] as [([Float], [Float])])
  func areStretchedAndClipped(given: [Float], meant: [Float]) {
    var world = RescaledActions(Drift())
    var plain = Drift()
    var observations = (world.emptyObservation(), plain.emptyObservation())
    world.reset(seed: 2, into: &observations.0)
    plain.reset(seed: 2, into: &observations.1)
    #expect(world.step(given, into: &observations.0) == plain.step(meant, into: &observations.1))
    #expect(world.state == plain.state && observations.0 == observations.1)
    #expect(world.state[1] == Double(meant[1]))
  }

  @Test func theSpaceIsTheUnitBox() {
    let world = RescaledActions(Drift())
    #expect(world.actionSpace == .box(low: [-1, -1], high: [1, 1]))
    #expect(world.observationSpace == Drift().observationSpace)
    #expect(world.documentation.action.hasSuffix("stretched to \(Drift().actionSpace)."))
  }
}
