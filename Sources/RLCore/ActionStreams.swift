/// The streams that the lanes of a batch draw random actions from, one each.
///
/// Integers of several steps come out of one 64-bit draw: it is read as a fraction u of 2⁶⁴, the integer part of n·u is
/// the action, and what is left of n·u is the next u. A draw serves as many steps as keep the probability of each action
/// within 2⁻⁴⁰ of 1/n.
public struct ActionStreams: Sendable {
  var streams: [RandomStream]
  /// What is left of each lane's draw. Shape `[lanes]`.
  private var fractions: [UInt64]
  /// The number of steps that they still serve.
  private var left = 0

  init(_ streams: [RandomStream]) {
    self.streams = streams
    fractions = .init(repeating: 0, count: streams.count)
  }

  /// Draws an integer in 0 ..< `bound` for every lane; `bound` is the same in each call.
  mutating func integers(below bound: Int, into numbers: inout [Int]) {
    precondition(bound > 0 && numbers.count == streams.count, "a positive bound, and a number a lane")
    let (n, half) = (UInt64(bound), UInt64(UInt32.max))
    guard n <= half else {
      for lane in streams.indices { numbers[lane] = Int(streams[lane].next().multipliedFullWidth(by: n).high) }
      return
    }
    if left == 0 {
      for lane in streams.indices { fractions[lane] = streams[lane].next() }
      left = Self.steps(below: bound)
    }
    left -= 1
    // By halves, so that several lanes are multiplied at once.
    fractions.withUnsafeMutableBufferPointer { fractions in
      numbers.withUnsafeMutableBufferPointer { numbers in
        for lane in fractions.indices {
          let low = (fractions[lane] & half) &* (n & half)
          let high = (fractions[lane] &>> 32) &* (n & half) &+ low &>> 32
          numbers[lane] = Int(truncatingIfNeeded: high &>> 32)
          fractions[lane] = high &<< 32 | low & half
        }
      }
    }
  }

  /// How many numbers below `bound` a draw serves: nᵏ ≤ 2²⁴, and one at least.
  private static func steps(below bound: Int) -> Int {
    var (count, combinations) = (1, bound)
    while combinations <= (1 << 24) / bound, count < 24 {
      combinations *= bound
      count += 1
    }
    return count
  }

  func save(to checkpoint: inout CheckpointWriter) {
    for (lane, stream) in streams.enumerated() { checkpoint.add("lanes/\(lane)/actions", stream) }
    checkpoint.add("lanes/actions", fractions.map { Int(bitPattern: UInt($0)) } + [left])
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    for lane in streams.indices { streams[lane] = try checkpoint.random("lanes/\(lane)/actions") }
    let numbers = try checkpoint.ints("lanes/actions", count: streams.count + 1)
    fractions = numbers.dropLast().map { UInt64(UInt(bitPattern: $0)) }
    left = numbers.last!
  }
}
