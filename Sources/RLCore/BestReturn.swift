extension TransitionTable {
  /// The expected return, undiscounted, of the best play from the world's own starts: by backward induction over the
  /// `limit` steps of an episode, and without a limit over as many as it takes until more change nothing.
  ///
  /// `nil` where that takes more than `most` visits to a branch, as in a large world or in one whose returns have no bound.
  public func bestReturn(within limit: Int?, visits most: Int = 3_000_000) -> Double? {
    var values = [Double](repeating: 0, count: states)
    var next = values
    let affordable = most / max(branches.count, 1)
    for step in 0..<(limit ?? .max) {
      guard step < affordable else { return nil }
      var (change, greatest) = (0.0, 1.0)
      for s in 0..<states {
        var best = -Double.infinity
        for a in 0..<actions { best = max(best, expectation(of: values, after: s * actions + a)) }
        next[s] = best
        change = max(change, abs(best - values[s]))
        greatest = max(greatest, abs(best))
      }
      swap(&values, &next)
      if change <= 1e-12 * greatest { break }
    }
    return zip(initial, values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The mean reward of a pair of state and action, and what is left to come of `values`.
  private func expectation(of values: [Double], after pair: Int) -> Double {
    var sum = 0.0
    for i in Int(starts[pair])..<Int(starts[pair + 1]) {
      let branch = branches[i]
      sum += probabilities[i] * (branch.reward + (branch.isTerminal ? 0 : values[Int(branch.next)]))
    }
    return sum
  }
}
