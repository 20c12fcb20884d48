import Testing

@testable import RLCore

@Suite struct ActionStreamsTests {
  private static func streams(_ count: Int) -> ActionStreams {
    ActionStreams((0..<count).map { RandomStream(SeedSequence(3).spawn(UInt32($0))) })
  }

  /// Numbers, and pairs of numbers that follow one another, by their χ² at a level of about 10⁻⁶.
  @Test(arguments: [2, 3, 4, 6, 10, 300]) func integersAreUniformAndIndependent(_ bound: Int) {
    var streams = Self.streams(8)
    var numbers = [Int](repeating: 0, count: 8)
    var (counts, pairs) = ([Int](repeating: 0, count: bound), [Int](repeating: 0, count: bound * bound))
    let steps = 20 * bound * bound + 2000
    for _ in 0..<steps {
      let before = numbers
      streams.integers(below: bound, into: &numbers)
      for (first, second) in zip(before, numbers) {
        counts[second] += 1
        pairs[first * bound + second] += 1
      }
    }
    func excess(_ counts: [Int]) -> Double {
      let expected = Double(8 * steps) / Double(counts.count)
      let sum = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
      let freedom = Double(counts.count - 1)
      // Wilson and Hilferty's cube root of χ² is nearly normal.
      let spread = (2 / (9 * freedom)).squareRoot()
      return (cubeRoot(sum / freedom) - (1 - 2 / (9 * freedom))) / spread
    }
    #expect(abs(excess(counts)) < 5 && abs(excess(pairs)) < 5, "\(excess(counts)), \(excess(pairs))")
  }

  private func cubeRoot(_ x: Double) -> Double {
    var root = max(x, 1e-9)
    for _ in 0..<80 { root -= (root * root * root - x) / (3 * root * root) }
    return root
  }

  @Test(arguments: [1, 2, 7, 1 << 24, 1 << 40, .max]) func integersLieBelowTheirBound(_ bound: Int) {
    var streams = Self.streams(3)
    var numbers = [0, 0, 0]
    var largest = 0
    for _ in 0..<200 {
      streams.integers(below: bound, into: &numbers)
      #expect(numbers.allSatisfy { (0..<bound).contains($0) })
      largest = max(largest, numbers.max()!)
    }
    #expect(Double(largest) >= 0.9 * Double(bound - 1))
  }

  @Test(arguments: [0, 1, 5, 24, 30]) func savedAndRestoredTheyGoOnTheSame(_ steps: Int) throws {
    var first = Self.streams(4)
    var numbers = [0, 0, 0, 0]
    for _ in 0..<steps { first.integers(below: 2, into: &numbers) }
    var checkpoint = CheckpointWriter()
    first.save(to: &checkpoint)
    var second = ActionStreams((0..<4).map { RandomStream(seed: UInt64($0)) })
    try second.restore(from: CheckpointReader(checkpoint))
    var others = numbers
    for _ in 0..<40 {
      first.integers(below: 2, into: &numbers)
      second.integers(below: 2, into: &others)
      #expect(numbers == others)
    }
  }
}
