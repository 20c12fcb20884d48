/// A statistic of the scores of several seeds, and the interval that the scores leave it.
public struct Estimate: Sendable, Equatable {
  public var value: Double
  public var low: Double
  public var high: Double

  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }
}

/// What a few seeds tell of an agent, and how surely.
///
/// Source: Agarwal et al. (2021), Deep Reinforcement Learning at the Edge of the Statistical Precipice,
/// arXiv:2108.13264. A score is that of a whole seed, never of an episode: episodes of one seed share its luck.
public enum SeedStatistics {
  /// The mean of the middle half of the scores: of n in their order, n/4 (rounded down) are left out at either end, so
  /// that of three or fewer it is the plain mean.
  public static func interquartileMean(_ scores: [Double]) -> Double {
    precondition(!scores.isEmpty, "a mean needs a score")
    let cut = scores.count / 4
    let middle = scores.sorted()[cut..<scores.count - cut]
    return middle.reduce(0, +) / Double(middle.count)
  }

  /// P(X > Y): the share of pairs in which a score of X is above one of Y, ties counted as a half (Mann and Whitney 1947,
  /// doi:10.1214/aoms/1177730491).
  public static func probabilityOfImprovement(of x: [Double], over y: [Double]) -> Double {
    precondition(!x.isEmpty && !y.isEmpty, "a comparison needs scores on both sides")
    let (x, y) = (x.sorted(), y.sorted())
    var (below, notAbove) = (0, 0)
    var halves = 0
    for score in x {
      while below < y.count, y[below] < score { below += 1 }
      while notAbove < y.count, y[notAbove] <= score { notAbove += 1 }
      halves += below + notAbove
    }
    return Double(halves) / Double(2 * x.count * y.count)
  }

  /// How likely n seeds of one agent are all above m of another that is no worse or all below them: 2 · n! m! / (n + m)!.
  /// While this is more than one in twenty, no result of so few seeds says which is better.
  public static func chanceOfSeparation(_ n: Int, _ m: Int) -> Double {
    precondition(n > 0 && m > 0, "a comparison needs scores on both sides")
    return (1...min(n, m)).reduce(2) { $0 * Double($1) / Double(max(n, m) + $1) }
  }

  /// The middle one, or the mean of the two in the middle.
  public static func median(_ values: [Double]) -> Double { quantile(0.5, of: values.sorted()) }

  /// Resamples that an interval is read from.
  public static let resamples = 2000

  /// A statistic of scores in strata (one task's scores of one agent each) with its 95 % interval: each stratum is drawn
  /// from with replacement, as many scores as it has, by itself; the interval leaves out one resample in forty at either
  /// end. The draws are the same every time.
  public static func bootstrap(_ strata: [[Double]], _ statistic: ([[Double]]) -> Double) -> Estimate {
    var random = RandomStream(seed: 0)
    var drawn = strata
    var values = (0..<resamples).map { _ in
      for (stratum, scores) in strata.enumerated() {
        for i in scores.indices { drawn[stratum][i] = scores[random.integer(below: scores.count)] }
      }
      return statistic(drawn)
    }
    values.sort()
    return Estimate(value: statistic(strata), low: quantile(0.025, of: values), high: quantile(0.975, of: values))
  }

  /// Between the two values that it falls between, in proportion.
  private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    precondition(!sorted.isEmpty, "a quantile needs a value")
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let part = place - Double(below)
    // Infinity, of seeds that never arrive, has no share.
    guard part > 0, sorted[below] < sorted[below + 1] else { return sorted[below] }
    return sorted[below] + part * (sorted[below + 1] - sorted[below])
  }
}
