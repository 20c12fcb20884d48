import RLCore
import Testing

@testable import Environments

@Suite struct BanditTestbedTests {
  @Test(arguments: [0.0, 4.0])
  func drawsItsArmsAndPaysAroundThem(mean: Double) throws {
    var bandit = BanditTestbed()
    try bandit.set("mean", to: .number(mean))
    var observation = 5
    bandit.reset(seed: 7, into: &observation)
    var stream = RandomStream(seed: 7)
    let values = (0..<10).map { _ in mean + stream.normal() }
    #expect(bandit.state == values && observation == 0)
    for arm in 0..<10 {
      #expect(bandit.step(arm, into: &observation) == Step(reward: values[arm] + stream.normal(), ending: .running))
    }
    #expect(bandit.state == values)
    bandit.reset(seed: nil, into: &observation)
    #expect(bandit.state == (0..<10).map { _ in mean + stream.normal() })
  }

  @Test func valuesWalkWhereTheyAreNotStationary() throws {
    var bandit = BanditTestbed()
    try bandit.set("stationary", to: .flag(false))
    var observation = 0
    bandit.reset(seed: 2, into: &observation)
    #expect(bandit.state == [Double](repeating: 0, count: 10))
    var stream = RandomStream(seed: 2)
    #expect(bandit.step(3, into: &observation).reward == stream.normal())
    let walked = (0..<10).map { _ in 0.01 * stream.normal() }
    #expect(bandit.state == walked)
    #expect(bandit.step(3, into: &observation).reward == walked[3] + stream.normal())
  }

  /// Over 20,000 draws the mean has a standard error of 0.0042.
  @Test func theBestArmIsWorthWhatIsKnown() {
    var bandit = BanditTestbed()
    var observation = 0
    bandit.reset(seed: 1, into: &observation)
    var sum = 0.0
    for _ in 0..<20_000 {
      bandit.reset(seed: nil, into: &observation)
      sum += bandit.state.max()!
    }
    #expect(abs(sum / 20_000 - 1.53875) < 0.017)
  }

  @Test func theNumberOfArmsIsASetting() throws {
    var bandit = BanditTestbed()
    try bandit.set("arms", to: .integer(3))
    #expect(bandit.actionSpace == .discrete(3) && bandit.state.count == 3)
    #expect(throws: CoreError.self) { try bandit.set("arms", to: .integer(0)) }
    #expect(checkEnvironment(TimeLimit(bandit, limit: 20), steps: 1000) == [])
  }

  @Test func aRestoredBanditPaysByItsArms() throws {
    var bandit = BanditTestbed()
    var observation = 4
    try bandit.restore(state: (0..<10).map { 100 * Double($0 * (13 - $0)) }, into: &observation)
    #expect(bandit.bestArm == 6)
    try bandit.restore(state: (0..<10).map { 100 * Double($0) }, into: &observation)
    #expect(bandit.bestArm == 9)
    #expect(observation == 0 && abs(bandit.step(9, into: &observation).reward - 900) < 10)
    let error = #expect(throws: CoreError.self) { try bandit.restore(state: [1, 2], into: &observation) }
    #expect(error?.description.hasSuffix("is not a bandit; expected the mean rewards of 10 arms") == true)
  }

  @Test(arguments: [true, false])
  func keepsItsPromises(stationary: Bool) throws {
    var bandit = BanditTestbed()
    try bandit.set("stationary", to: .flag(stationary))
    #expect(checkEnvironment(TimeLimit(bandit, limit: 1000), steps: 100_000) == [])
  }
}
