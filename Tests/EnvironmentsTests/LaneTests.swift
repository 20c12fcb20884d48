import CSIMD
import RLCore
import Testing

@testable import Environments

/// Several lanes compute what one does, to the bit.
@Suite struct LaneTests {
  static let angles: [Double] = [
    0, -0.0, 1e-300, 0.1, -0.784, 0.7853981633974483, 1.5707963267948966, -3.2, 100, 131_072, 131_073, -1e9, .infinity,
    .nan,
  ]

  private func wide(_ numbers: [Double]) -> Wide {
    var wide = Wide(0)
    for i in 0..<Wide.count { wide.values[i] = numbers[i % numbers.count] }
    return wide
  }

  /// Whether each lane has the same bits as one number alone; any NaN is as good as another.
  private func agree(_ lanes: Wide, _ numbers: [Double]) -> Bool {
    (0..<Wide.count).allSatisfy {
      let (a, b) = (lanes.values[$0], numbers[$0 % numbers.count])
      return a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
    }
  }

  @Test(arguments: angles, angles) func sineAndCosineAreTheSameBesideAnyOther(_ a: Double, _ b: Double) {
    let both = [a, b]
    let together = sineCosine(wide(both))
    #expect(agree(together.sine, both.map { sineCosine($0).sine }))
    #expect(agree(together.cosine, both.map { sineCosine($0).cosine }))
  }

  @Test func arithmeticComparisonsAndChoicesAreTheSame() {
    var random = RandomStream(seed: 4)
    for _ in 0..<2000 {
      let (a, b) = ((0..<2).map { _ in random.normal() }, (0..<2).map { _ in random.normal() })
      let (x, y) = (wide(a), wide(b))
      let pairs = zip(a, b)
      #expect(agree(x + y, pairs.map { $0 + $1 }) && agree(x - y, pairs.map { $0 - $1 }))
      #expect(agree(x * y, pairs.map { $0 * $1 }) && agree(x / y, pairs.map { $0 / $1 }))
      #expect(agree(-x, a.map { -$0 }) && agree(x.magnitude, a.map(\.magnitude)) && agree(x.floor, a.map(\.floor)))
      #expect(agree(Wide.choose(Wide.isLess(x, y), x, y), pairs.map { $0 < $1 ? $0 : $1 }))
      #expect(agree(Wide.choose(Wide.isAtMost(x, y), x, y), pairs.map { $0 <= $1 ? $0 : $1 }))
      #expect(agree(Wide(x.single), a.map { Double(Float($0)) }))
      #expect(agree(wrappedAngle(x), a.map { wrappedAngle($0) }))
    }
  }

  @Test func rowsLieOneAfterTheOther() {
    let n = Wide.count
    func column(_ k: Int) -> WideSingle { wide((0..<n).map { Double(10 * $0 + k) }).single }
    func rows(_ width: Int, _ write: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
      var room = [Float](repeating: -1, count: n * width + 1)
      room.withUnsafeMutableBufferPointer { write($0.baseAddress!) }
      return room
    }
    func expected(_ width: Int) -> [Float] { (0..<n * width).map { Float(10 * ($0 / width) + $0 % width) } + [-1] }
    #expect(rows(2) { Wide.writeRows(column(0), column(1), to: $0) } == expected(2))
    #expect(rows(3) { Wide.writeRows(column(0), column(1), column(2), to: $0) } == expected(3))
    #expect(rows(4) { Wide.writeRows(column(0), column(1), column(2), column(3), to: $0) } == expected(4))
    #expect(
      rows(6) { Wide.writeRows(column(0), column(1), column(2), column(3), column(4), column(5), to: $0) }
        == expected(6))
  }

  /// Groups of lanes that are not full, and streams that are the lanes' own.
  @Test(arguments: [1, 2, 5, 9, 17]) func anyNumberOfLanesIsAsGoodAsAnother(_ lanes: Int) {
    let world = TimeLimit(CartPole(), limit: 30)
    var (few, many) = (Batch(world, count: lanes, seed: 5), Batch(world, count: 32, seed: 5))
    var (some, all) = (few.emptyActions(), many.emptyActions())
    for _ in 0..<200 {
      few.sampleActions(into: &some)
      many.sampleActions(into: &all)
      few.step(some)
      many.step(all)
      #expect(few.observations == Array(many.observations[..<(4 * lanes)]))
      #expect(few.endings == Array(many.endings[..<lanes]))
    }
  }
}
