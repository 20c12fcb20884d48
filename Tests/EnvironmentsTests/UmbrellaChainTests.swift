import RLCore
import Testing

@testable import Environments

@Suite struct UmbrellaChainTests {
  /// The last reward tells whether the first action was right; the others have mean 0 and variance 1.
  @Test(arguments: [1, 2, 20], [false, true])
  func theLastRewardIsTheFirstActions(length: Int, isRight: Bool) throws {
    var world = UmbrellaChain()
    try world.set("chainLength", to: .integer(length))
    try world.set("distractors", to: .integer(3))
    var observation = world.emptyObservation()
    var actions = RandomStream(seed: 2)
    var noise = 0.0
    let episodes = 4000
    world.reset(seed: 1, into: &observation)
    for _ in 0..<episodes {
      let needed = Int(observation[0])
      for t in 1...length {
        try #require(observation[2] == Float(1 - Double(t - 1) / Double(length)))
        let step = world.step(
          t > 1 ? actions.integer(below: 2) : isRight ? needed : 1 - needed, into: &observation)
        try #require(Int(observation[0]) == needed && (Int(observation[1]) == needed) == isRight)
        try #require(step.ending == (t == length ? .terminated : .running))
        if t == length { try #require(step.reward == (isRight ? 1 : -1)) } else { noise += step.reward }
      }
      world.reset(seed: nil, into: &observation)
    }
    // Five standard deviations of a sum of ±1.
    #expect(abs(noise) <= 5 * Double(episodes * (length - 1)).squareRoot())
  }

  @Test func distractorsAreFairAndDrawnAnew() {
    var world = UmbrellaChain()
    var observation = world.emptyObservation()
    world.reset(seed: 1, into: &observation)
    var ones = 0.0
    var changes = 0.0
    for _ in 0..<10_000 {
      let before = observation
      if world.step(0, into: &observation).ending != .running { world.reset(seed: nil, into: &observation) }
      ones += Double(observation[3...].reduce(0, +))
      changes += zip(before, observation).dropFirst(3).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    }
    // 200,000 fair bits: five standard deviations are 1118.
    #expect(abs(ones - 100_000) < 1118 && abs(changes - 100_000) < 1118)
  }

  @Test(arguments: [[], [0, 0, 0], [0, 0, 21, 0], [0, 0, 1.5, 0], [2, 0, 0, 0], [0, 0, 0, 0.5], [0, 0, 0, .nan]])
  func refusesImpossibleStates(state: [Double]) throws {
    var world = UmbrellaChain()
    try world.set("distractors", to: .integer(1))
    var observation = world.emptyObservation()
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
    try world.restore(state: [0, 0, 20, 1], into: &observation)
    #expect(observation == [0, 0, 0, 1])
  }

  @Test(arguments: [0, 20])
  func keepsItsPromises(distractors: Int) throws {
    var world = UmbrellaChain()
    try world.set("distractors", to: .integer(distractors))
    #expect(checkEnvironment(world, steps: 100_000) == [])
  }
}
