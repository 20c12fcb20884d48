import Foundation

/// NumPy's `Generator(PCG64(seed))`, to the bit: the one source of randomness in rlgym.
///
/// Source: O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
/// Generation" (2014), variant XSL-RR 128/64 with NumPy's seeding. Passed `inout`, from a spawned stream.
public struct RandomStream: Sendable, Equatable {
  @usableFromInline var position: UInt128
  @usableFromInline let increment: UInt128
  /// The unused upper half of the last 64-bit draw that was asked for 32 bits, as NumPy keeps it.
  @usableFromInline var spare: UInt32?

  @usableFromInline static let multiplier: UInt128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645

  public init(_ sequence: SeedSequence) {
    let words = sequence.words(4)
    let start = UInt128(words[0]) << 64 | UInt128(words[1])
    increment = (UInt128(words[2]) << 64 | UInt128(words[3])) << 1 | 1
    position = increment &+ start
    position = position &* Self.multiplier &+ increment
  }

  public init(seed: UInt64) { self.init(SeedSequence(seed)) }

  /// The complete state: position, increment, and the spare half with its flag. Shape `[6]`.
  public var words: [UInt64] {
    [
      UInt64(truncatingIfNeeded: position >> 64), UInt64(truncatingIfNeeded: position),
      UInt64(truncatingIfNeeded: increment >> 64), UInt64(truncatingIfNeeded: increment),
      spare == nil ? 0 : 1, UInt64(spare ?? 0),
    ]
  }

  /// The stream that ``words`` describe, or `nil` when they describe none.
  public init?(words: [UInt64]) {
    guard words.count == 6, words[3] & 1 == 1, words[4] <= 1, words[5] <= UInt64(UInt32.max) else { return nil }
    position = UInt128(words[0]) << 64 | UInt128(words[1])
    increment = UInt128(words[2]) << 64 | UInt128(words[3])
    spare = words[4] == 1 ? UInt32(words[5]) : nil
  }

  /// 64 random bits.
  @inlinable @inline(__always)
  public mutating func next() -> UInt64 {
    position = position &* Self.multiplier &+ increment
    let folded = UInt64(truncatingIfNeeded: position >> 64) ^ UInt64(truncatingIfNeeded: position)
    let turn = UInt64(truncatingIfNeeded: position >> 122)
    return folded &>> turn | folded &<< (0 &- turn)
  }

  /// 32 random bits; two draws share one 64-bit word, lower half first.
  @inlinable @inline(__always)
  public mutating func next32() -> UInt32 {
    if let half = spare {
      spare = nil
      return half
    }
    let word = next()
    spare = UInt32(truncatingIfNeeded: word >> 32)
    return UInt32(truncatingIfNeeded: word)
  }

  /// Uniform in [0, 1): NumPy's `random()`.
  @inlinable @inline(__always)
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in [low, high): NumPy's `uniform(low, high)`.
  @inlinable @inline(__always)
  public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

  /// Uniform in 0 ..< bound: NumPy's `integers(bound)` (Lemire 2019, doi:10.1145/3230636, without division).
  @inlinable @inline(__always)
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "a bound is positive")
    if bound == 1 { return 0 }
    if bound > 1 << 32 { return wideInteger(below: UInt64(bound)) }
    if bound == 1 << 32 { return Int(next32()) }
    let range = UInt32(bound)
    var product = UInt64(next32()) * UInt64(range)
    if UInt32(truncatingIfNeeded: product) < range {
      let threshold = (0 &- range) % range
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(next32()) * UInt64(range) }
    }
    return Int(product >> 32)
  }

  @usableFromInline mutating func wideInteger(below range: UInt64) -> Int {
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// Moves on as if `count` 64-bit words had been drawn, in O(log count) (Brown 1994, "Random number generation
  /// with arbitrary strides").
  public mutating func advance(by count: UInt64) {
    var factor = Self.multiplier
    var term = increment
    var totalFactor: UInt128 = 1
    var totalTerm: UInt128 = 0
    var left = count
    while left > 0 {
      if left & 1 == 1 {
        totalFactor &*= factor
        totalTerm = totalTerm &* factor &+ term
      }
      term = (factor &+ 1) &* term
      factor &*= factor
      left >>= 1
    }
    position = totalFactor &* position &+ totalTerm
  }

  /// An index drawn with these probabilities, as Gymnasium's `categorical_sample` does: the first whose running sum
  /// exceeds a uniform draw.
  @inlinable
  public mutating func categorical(_ probabilities: some Collection<Double>) -> Int {
    let draw = uniform()
    var sum = 0.0
    for (index, probability) in probabilities.enumerated() {
      sum += probability
      if sum > draw { return index }
    }
    return 0
  }

  /// Puts `items` in an order of which all are equally likely (Fisher–Yates).
  @inlinable
  public mutating func shuffle(_ items: inout [Int]) {
    var i = items.count - 1
    while i > 0 {
      items.swapAt(i, integer(below: i + 1))
      i -= 1
    }
  }
}

extension RandomStream {
  /// Standard normal: NumPy's `standard_normal()`.
  public mutating func normal() -> Double {
    let tailStart = 3.654152885361008796
    while true {
      var word = next()
      let strip = Int(word & 0xff)
      word >>= 8
      let isNegative = word & 1 == 1
      let magnitude = (word >> 1) & 0x000f_ffff_ffff_ffff
      let row = zigguratStrips[strip]
      let x = isNegative ? -Double(magnitude) * row.width : Double(magnitude) * row.width
      if magnitude < row.threshold { return x }
      if strip == 0 {
        while true {
          let beyond = -0.27366123732975827203 * log1p(-uniform())
          let height = -log1p(-uniform())
          if height + height > beyond * beyond {
            return (magnitude >> 8) & 1 == 1 ? -(tailStart + beyond) : tailStart + beyond
          }
        }
      }
      let above = zigguratStrips[strip - 1].density
      if (above - row.density) * uniform() + row.density < exp(-0.5 * x * x) { return x }
    }
  }
}
