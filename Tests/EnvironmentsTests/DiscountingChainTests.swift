import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct DiscountingChainTests {
  @Test(arguments: 0..<5, [0.5, 0.9, 0.99, 0.9999, 1])
  func everyChainIsWorthItsDiscountedReward(seed: Int, discount: Double) throws {
    var chain = DiscountingChain()
    try chain.set("mappingSeed", to: .integer(seed + 5))
    try chain.set("discount", to: .number(discount))
    let values = optimalValues(of: chain)
    let worths = [1, 3, 10, 30, 100].enumerated().map { ($0 == seed ? 1.1 : 1) * pow(discount, Double($1 - 1)) }
    #expect(abs(values[0] - worths.max()!) < 1e-12)
    for (action, worth) in worths.enumerated() {
      let outcome = chain.outcomes(0, action)[0]
      #expect(abs(outcome.reward + discount * values[outcome.next] - worth) < 1e-12)
    }
  }

  @Test func laterActionsDoNothing() throws {
    var world = try Simulator(DiscountingChain())
    var random = RandomStream(seed: 0)
    var observation = 0
    for chain in 0..<5 {
      world.reset(seed: nil, into: &observation)
      var paid: [Int] = []
      for t in 1...100 {
        let step = world.step(t == 1 ? chain : random.integer(below: 5), into: &observation)
        #expect(observation == chain * 100 + t)
        #expect((step.ending == .terminated) == (t == 100))
        if step.reward > 0 { paid.append(t) }
      }
      #expect(paid == [[1, 3, 10, 30, 100][chain]])
    }
  }

  @Test func keepsItsPromises() throws {
    #expect(checkFiniteMDP(DiscountingChain()) == [])
    #expect(checkEnvironment(try Simulator(DiscountingChain()), steps: 100_000) == [])
  }
}
