import RLCore
import Testing

@Suite struct SeedStatisticsTests {
  private let x = [-13, -15.5, -17, -13, -21, -14.25, -19, -13.5, -90, -16]
  private let y = [-25, -14, -33, -22.5, -17, -19, -27, -13.0]

  /// As `scipy.stats.trim_mean(scores, 0.25)`, which rliable takes.
  @Test(
    arguments: [
      ([5], 5), ([1, 2, 6], 3), ([4, 1, 2, 30], 3), ([9, -1000, 1, 2, 3, 1000, 4], 3.8), ([2, 2, 2, 2, 2], 2),
    ] as [([Double], Double)])
  func interquartileMeans(_ scores: [Double], _ mean: Double) {
    #expect(abs(SeedStatistics.interquartileMean(scores) - mean) < 1e-12)
    #expect(abs(SeedStatistics.interquartileMean(scores.reversed()) - mean) < 1e-12)
  }

  @Test func improvementCountsPairs() {
    func naive(_ x: [Double], _ y: [Double]) -> Double {
      let halves = x.flatMap { a in y.map { a > $0 ? 2 : a == $0 ? 1 : 0 } }.reduce(0, +)
      return Double(halves) / Double(2 * x.count * y.count)
    }
    #expect(SeedStatistics.probabilityOfImprovement(of: x, over: y) == 0.675)
    var random = RandomStream(seed: 5)
    for _ in 0..<200 {
      let x = (0...random.integer(below: 9)).map { _ in Double(random.integer(below: 6)) }
      let y = (0...random.integer(below: 9)).map { _ in Double(random.integer(below: 6)) }
      let share = SeedStatistics.probabilityOfImprovement(of: x, over: y)
      #expect(share == naive(x, y))
      #expect(abs(share + SeedStatistics.probabilityOfImprovement(of: y, over: x) - 1) < 1e-12)
    }
  }

  /// Against NumPy, whose PCG64 draws the same resamples from seed 0 and whose `quantile` reads the same interval.
  @Test func intervalsAreNumPys() {
    func expect(_ estimate: Estimate, _ value: Double, _ low: Double, _ high: Double, _ place: SourceLocation) {
      #expect(abs(estimate.value - value) < 1e-9, sourceLocation: place)
      #expect(abs(estimate.low - low) < 1e-9, sourceLocation: place)
      #expect(abs(estimate.high - high) < 1e-9, sourceLocation: place)
    }
    func mean(_ strata: [[Double]]) -> Double { SeedStatistics.interquartileMean(strata[0]) }
    func improvement(_ strata: [[Double]]) -> Double {
      SeedStatistics.probabilityOfImprovement(of: strata[0], over: strata[1])
    }
    func overTwoWorlds(_ strata: [[Double]]) -> Double {
      (improvement(strata) + improvement(Array(strata[2...]))) / 2
    }
    expect(
      SeedStatistics.bootstrap([x], mean), -15.875, -30.001041666666666, -13.791666666666666, #_sourceLocation)
    expect(SeedStatistics.bootstrap([y], mean), -20.875, -26.375, -15.5, #_sourceLocation)
    expect(SeedStatistics.bootstrap([x, y], improvement), 0.675, 0.39375, 0.91875, #_sourceLocation)
    expect(
      SeedStatistics.bootstrap([x, y, [1, 2, 3], [2, 2, 5, 0.5]], overTwoWorlds), 0.5875, 0.328046875,
      0.8334635416666659, #_sourceLocation)
  }

  @Test func equalScoresLeaveNoDoubt() {
    let estimate = SeedStatistics.bootstrap([[3, 3, 3]]) { SeedStatistics.interquartileMean($0[0]) }
    #expect(estimate == Estimate(value: 3, low: 3, high: 3))
  }

  /// 2 over the binomial coefficient.
  @Test(arguments: [(1, 1, 1), (3, 3, 2.0 / 20), (4, 4, 2.0 / 70), (10, 5, 2.0 / 3003), (1, 39, 0.05), (39, 1, 0.05)])
  func separationByChance(_ n: Int, _ m: Int, _ chance: Double) {
    #expect(abs(SeedStatistics.chanceOfSeparation(n, m) - chance) < 1e-12)
  }

  @Test func mediansBearSeedsThatNeverArrive() {
    #expect(SeedStatistics.median([3, 1, .infinity]) == 3)
    #expect(SeedStatistics.median([.infinity, 1, .infinity]) == .infinity)
    #expect(SeedStatistics.median([4, 1, 2, 3]) == 2.5)
    #expect(SeedStatistics.median([7]) == 7)
  }
}
