import RLCore
import Testing

@testable import Environments

@Suite struct GamblerTests {
  @Test(arguments: [0.25, 0.4, 0.55])
  func hasItsOptimumAndItsSmallestStakes(heads: Double) throws {
    var gambler = Gambler()
    try gambler.set("heads", to: .number(heads))
    let values = optimalValues(of: gambler)
    #expect(distance(values[1...99], try textbook("sb-4.3-gambler-\(heads)", "v_1_to_99")) < 1e-8)
    let stakes = actionValues(of: gambler, values)[1...99].map { q in
      Double(q.firstIndex { $0 > q.max()! - 1e-9 }! + 1)
    }
    #expect(stakes == (try textbook("sb-4.3-gambler-\(heads)", "smallest_optimal_stake")))
  }

  /// One dollar at a time is the gambler's ruin: (1 − (q/p)ˢ) / (1 − (q/p)¹⁰⁰).
  @Test func timidPlayIsTheGamblersRuin() throws {
    var gambler = Gambler()
    try gambler.set("heads", to: .number(0.55))
    let values = policyValues(of: gambler, actions: [Int](repeating: 0, count: 101))
    #expect(distance(values[1...99], try textbook("sb-4.3-gambler-0.55", "timid_play_values")) < 1e-8)
    let odds = 0.45 / 0.55
    let ruin = (1...99).map { (1 - repeatedProduct(odds, $0)) / (1 - repeatedProduct(odds, 100)) }
    #expect(distance(values[1...99], ruin) < 1e-12)
  }

  @Test func aStakeIsCutToWhatThereIsAndToWhatIsNeeded() {
    let gambler = Gambler()
    #expect(gambler.outcomes(3, 49).map(\.next) == [6, 0])
    #expect(gambler.outcomes(98, 49).map(\.next) == [100, 96])
    #expect(gambler.outcomes(50, 49).map(\.reward) == [1, 0] && gambler.outcomes(50, 49).allSatisfy(\.isTerminal))
  }

  @Test func keepsItsPromises() throws { #expect(try brokenPromises(of: Gambler(), limit: 1000) == []) }
}
