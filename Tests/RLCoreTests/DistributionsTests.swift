import Foundation
import Testing

@testable import RLCore

@Suite struct DistributionsTests {
  /// Widths around those of a register and of a place of the guide, with zeros, long tails and one that fills all.
  static func rows(_ random: inout RandomStream) -> [[Double]] {
    var rows: [[Double]] = [[1], [0, 0, 1], [0.5, 0.5]]
    for width in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 100, 441, 1000] {
      for tail in [1.0, 8, 60] {
        var row = (0..<width).map { _ in random.uniform() < 0.2 ? 0 : pow(random.uniform(), tail) }
        row[random.integer(below: width)] += 0.1
        let sum = row.reduce(0, +)
        rows.append(row.map { $0 / sum })
      }
    }
    return rows
  }

  private func distributions(_ rows: [[Double]]) -> Distributions {
    let starts = rows.reduce(into: [0]) { $0.append($0.last! + Int32($1.count)) }
    return Distributions(rows.flatMap { $0 }, starts: starts)
  }

  @Test func theyDrawWhatASearchFromTheFirstSumDraws() {
    var random = RandomStream(seed: 5)
    // What is missing of 1 is the first number's; a draw must not go on among the next row's.
    // Rows alike come again at other places.
    let once = Self.rows(&random) + [[0.1, 0.3], [0.2, 0.2, 0.2], [0.9], [0, 0.1]]
    let rows = once + once.reversed()
    let distributions = distributions(rows)
    var first = 0
    for (i, row) in rows.enumerated() {
      var other = random
      for _ in 0..<2000 {
        let number = distributions.withPointers { $0.draw(i, using: &random) }
        #expect(number - first == other.categorical(row), "row \(i)")
      }
      first += row.count
    }
  }

  @Test func rowsAlikeShareTheirSums() {
    let rows = [[0.5, 0.5], [0.25, 0.75], [0.5, 0.5], [1], [0.25, 0.75]]
    let shared = distributions(rows)
    #expect(shared.sums.filter(\.isFinite) == [0.5, 1, 0.25, 1, 1])
    #expect(shared.rows.map(\.first) == [0, 2, 4, 6, 7, 9])
  }

  /// Draws at a sum belong to the number after it, and those next to it to either side.
  @Test func theSearchIsExactAtEverySum() {
    var random = RandomStream(seed: 6)
    let rows = Self.rows(&random)
    let distributions = distributions(rows)
    var first = 0
    for (i, row) in rows.enumerated() {
      var sum = 0.0
      for probability in row {
        sum += probability
        for draw in [sum.nextDown, sum, sum.nextUp].map({ ($0 * 0x1p53).rounded(.down) })
        where (0..<0x1p53).contains(draw) {
          let number = distributions.withPointers { pointers in
            var search = pointers.begin(i, bits: UInt64(draw))
            pointers.approach(&search)
            return pointers.end(search, in: i)
          }
          var expected = 0
          var running = 0.0
          for (j, other) in row.enumerated() {
            running += other
            if running > draw * 0x1p-53 {
              expected = j
              break
            }
          }
          #expect(number - first == expected, "row \(i), draw \(draw * 0x1p-53)")
        }
      }
      first += row.count
    }
  }
}
