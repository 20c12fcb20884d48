import Testing

@testable import RLCore

/// Mean and population variance in two passes over all of them.
func naiveMoments(_ numbers: some Collection<Double>) -> (mean: Double, variance: Double) {
  let count = Double(numbers.count)
  let mean = numbers.reduce(0, +) / count
  return (mean, numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count)
}

@Suite struct RunningMomentsTests {
  @Test(arguments: [(0.0, 1.0), (-3.0, 0.01), (1e8, 1.0), (0.0, 1e6)])
  func areThoseOfTwoPasses(offset: Double, scale: Double) {
    var random = RandomStream(seed: 4)
    let numbers = (0..<3000).map { _ in offset + scale * random.normal() }
    var moments = RunningMoments()
    for (i, number) in numbers.enumerated() {
      moments.add(number)
      if i % 500 != 0 && i > 5 { continue }
      let naive = naiveMoments(numbers.prefix(i + 1))
      #expect(moments.count == i + 1)
      #expect(abs(moments.mean - naive.mean) <= 1e-13 * (abs(offset) + scale))
      #expect(abs(moments.variance - naive.variance) <= 1e-12 * scale * (abs(offset) * 1e-3 + scale))
    }
  }

  @Test func whatNeverDiffersIsDividedByOne() {
    var moments = RunningMoments()
    #expect(moments.variance == 0 && moments.divisor == 1)
    for _ in 0..<5 { moments.add(0.1) }
    #expect(moments.variance == 0 && moments.divisor == 1)
    moments.add(0.4)
    #expect(abs(moments.divisor - (0.0125 + 1e-8).squareRoot()) < 1e-15)
  }

  @Test(arguments: [[1.5, 0, 0], [-1, 0, 0], [2, .nan, 0], [2, 0, -1], [2, 0, .infinity], [2, 0], [2, 0, 0, 0]])
  func impossibleOnesAreRefused(_ row: [Double]) {
    let error = coreError {
      _ = try RunningMoments.restore(1, as: "moments", from: reader { $0.add("moments", row) })
    }
    #expect(error?.description.contains("'moments'") == true)
  }
}
