import RLCore
import Testing

@testable import Environments

@Suite struct DeepSeaTests {
  @Test(arguments: [2, 3, 10, 25], [false, true])
  func theBestReturnIsItsClosedForm(size: Int, stochastic: Bool) throws {
    var sea = DeepSea()
    try sea.set("size", to: .integer(size))
    try sea.set("stochastic", to: .flag(stochastic))
    let best = optimalValues(of: sea)[0]
    #expect(abs(best - sea.optimalReturn) < 1e-12)
    if !stochastic { #expect(best == 0.99 || abs(best - 0.99) < 1e-12) }
  }

  /// bsuite's figure for always going right: the treasure's chance less the whole cost.
  @Test(arguments: [2, 10])
  func goingRightReturnsWhatBsuiteSays(size: Int) throws {
    var sea = DeepSea()
    try sea.set("size", to: .integer(size))
    try sea.set("stochastic", to: .flag(true))
    var values = [Double](repeating: 0, count: sea.stateCount)
    for state in (0..<size * size).reversed() {
      values[state] = sea.outcomes(state, sea.rightward[state]).reduce(0) {
        $0 + $1.probability * ($1.reward + values[$1.next])
      }
    }
    let treasure = (1..<size).reduce(1.0) { chance, _ in chance * (1 - 1 / Double(size)) }
    #expect(abs(values[0] - (treasure - 0.01)) < 1e-12)
  }

  @Test func everySeedHasItsMapping() throws {
    var first = DeepSea()
    let mapping = first.rightward
    #expect(mapping.count == 100 && Set(mapping) == [0, 1])
    try first.set("mappingSeed", to: .integer(1))
    #expect(first.rightward != mapping)
    try first.set("mappingSeed", to: .integer(0))
    #expect(first.rightward == mapping)
  }

  @Test func aWrongActionLosesTheTreasure() throws {
    var world = try Simulator(DeepSea())
    let sea = DeepSea()
    for wrong in 0..<10 {
      var observation = 0
      var total = 0.0
      world.reset(seed: 0, into: &observation)
      for row in 0..<10 {
        let right = sea.rightward[observation]
        let step = world.step(row == wrong ? 1 - right : right, into: &observation)
        total += step.reward
        #expect((step.ending == .terminated) == (row == 9))
      }
      #expect(abs(total + 0.009) < 1e-12)
    }
  }

  @Test(arguments: [false, true])
  func keepsItsPromises(stochastic: Bool) throws {
    var sea = DeepSea()
    try sea.set("stochastic", to: .flag(stochastic))
    #expect(checkFiniteMDP(sea) == [])
    #expect(checkEnvironment(try Simulator(sea), steps: 100_000) == [])
  }
}
