import RLCore
import Testing

@testable import Environments

@Suite struct MaximizationBiasTests {
  @Test(arguments: 0..<10)
  func evenActionsGoLeftAndBPaysNormalRewards(action: Int) {
    var world = MaximizationBias()
    var observation = 9
    world.reset(seed: 3, into: &observation)
    #expect(observation == 0)
    let first = world.step(action, into: &observation)
    #expect(first == Step(reward: 0, ending: action % 2 == 0 ? .running : .terminated))
    #expect(observation == (action % 2 == 0 ? 1 : 2))
    guard first.ending == .running else { return }
    var stream = RandomStream(seed: 3)
    #expect(world.step(9 - action, into: &observation) == Step(reward: -0.1 + stream.normal(), ending: .terminated))
    #expect(observation == 2)
  }

  @Test func theMeansAreTheWorldsOwn() throws {
    var world = MaximizationBias()
    try world.set("actions", to: .integer(4))
    #expect(world.means.actionCount == 4)
    #expect(optimalValues(of: world.means) == [0, -0.1, 0])
    #expect(abs(actionValues(of: world.means, [0, -0.1, 0])[0][0] + 0.1) < 1e-15)
    #expect(throws: CoreError.self) { try world.set("actions", to: .integer(1)) }
  }

  @Test func bothKeepTheirPromises() throws {
    #expect(checkEnvironment(TimeLimit(MaximizationBias(), limit: 10), steps: 100_000) == [])
    #expect(try brokenPromises(of: MaximizationBias().means, limit: 10) == [])
  }
}
