import RLCore
import Testing

@testable import Environments

@Suite struct CounterexamplesTests {
  /// Semi-gradient dynamic programming for the policy that is always solid diverges as the reference does.
  @Test(arguments: [(100, "dp_w_100"), (1000, "dp_w_1000")])
  func bairdsStarDiverges(sweeps: Int, quantity: String) throws {
    let star = BairdStar()
    let x = BairdStar.features
    var w = [1.0, 1, 1, 1, 1, 1, 10, 1]
    for _ in 0..<sweeps {
      let values = x.map { features in zip(features, w).reduce(0) { $0 + $1.0 * $1.1 } }
      let targets = actionValues(of: star, values).map { $0[1] }
      for s in 0..<7 {
        for i in 0..<8 { w[i] += 0.01 / 7 * (targets[s] - values[s]) * x[s][i] }
      }
    }
    #expect(distance(w, try textbook("sb-11.2-baird", quantity)) < 1e-6)
  }

  @Test func bairdsBehaviourVisitsEveryStateEqually() {
    let star = BairdStar()
    var arrivals = [Double](repeating: 0, count: 7)
    for (action, share) in [(0, 6.0 / 7), (1, 1.0 / 7)] {
      for outcome in star.outcomes(3, action) { arrivals[outcome.next] += share * outcome.probability }
    }
    #expect(distance(arrivals, [Double](repeating: 1.0 / 7, count: 7)) < 1e-15)
  }

  @Test(arguments: [(0.1, 0), (0.3, 1), (0.5, 2)])
  func theWeightOfTwoStatesGrows(epsilon: Double, index: Int) throws {
    var world = TsitsiklisVanRoy()
    try world.set("epsilon", to: .number(epsilon))
    let x = TsitsiklisVanRoy.features.map { $0[0] }
    let targets = actionValues(of: world, x).map { $0[0] }
    let fitted = zip(x, targets).reduce(0) { $0 + $1.0 * $1.1 } / x.reduce(0) { $0 + $1 * $1 }
    #expect(abs(fitted - (try textbook("sb-11.1-tsitsiklis-van-roy", "factor")[index])) < 1e-12)
  }

  @Test func bothKeepTheirPromises() throws {
    #expect(try brokenPromises(of: BairdStar(), limit: 1000) == [])
    #expect(try brokenPromises(of: TsitsiklisVanRoy(), limit: 1000) == [])
  }
}
