import RLCore
import Testing

@Suite struct SumTreeTests {
  @Test(arguments: [1, 2, 3, 7, 8, 100, 1000]) func findsWhatARunningSumFinds(_ count: Int) {
    var tree = SumTree(count: count)
    var weights = [Double](repeating: 0, count: count)
    var random = RandomStream(seed: UInt64(count))
    for round in 0..<300 {
      let index = random.integer(below: count)
      // Some weights are 0, and some much larger than others.
      weights[index] = round % 3 == 0 && round > 0 ? 0 : random.uniform() * (round % 7 == 0 ? 1e6 : 1)
      tree[index] = weights[index]
      #expect(tree[index] == weights[index])
      let total = weights.reduce(0, +)
      #expect(abs(tree.total - total) <= 1e-12 * total)
      guard total > 0 else { continue }
      let mass = random.uniform() * tree.total
      let found = tree.index(at: mass)
      #expect(weights[found] > 0)
      let before = weights[..<found].reduce(0, +)
      #expect(before <= mass + 1e-9 * total && mass <= before + weights[found] + 1e-9 * total)
    }
  }

  @Test func theLastBitOfTheSumStillFindsAWeight() {
    var tree = SumTree(count: 5)
    for i in 0..<3 { tree[i] = 0.1 }
    #expect(tree.index(at: tree.total) == 2)
    #expect(tree.index(at: 0) == 0)
  }
}
