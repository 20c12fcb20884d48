import RLCore

// Dynamics are written once, over a `Lane`: a number, or eight numbers side by side. Both run the same IEEE operations
// in the same order and nothing is contracted, so one world's results are those of every lane of a batch, to the bit.

/// A `Double`, or eight of them.
public protocol Lane: Sendable {
  /// What a comparison gives: `Bool`, or eight.
  associatedtype Mask: Sendable
  /// The `Float`s of as many lanes, for arithmetic that an original does in single precision.
  associatedtype Single: SingleLane where Single.Mask == Mask

  /// The same number in every lane.
  init(_ value: Double)
  init(_ single: Single)
  /// The discrete actions at `actions` as numbers.
  init(actions: UnsafePointer<Int>)

  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static prefix func - (a: Self) -> Self

  static func isLess(_ a: Self, _ b: Self) -> Mask
  static func isEqual(_ a: Self, _ b: Self) -> Mask
  static func either(_ a: Mask, _ b: Mask) -> Mask
  static func both(_ a: Mask, _ b: Mask) -> Mask
  static func areAll(_ mask: Mask) -> Bool
  /// `a` where the mask is set, else `b`.
  static func choose(_ mask: Mask, _ a: Self, _ b: Self) -> Self

  var magnitude: Self { get }
  /// Rounded down to an integer.
  var floor: Self { get }
  var single: Single { get }

  /// Sine and cosine after a reduction by `shifted`'s low bits of quarter turns.
  static func turn(_ sine: Self, _ cosine: Self, byQuartersIn shifted: Self) -> (sine: Self, cosine: Self)
  /// Sine and cosine where an angle is too wide for the polynomials.
  static func wideSineCosine(_ x: Self) -> (sine: Self, cosine: Self)

  /// Writes rows of two, three or four numbers, one row a lane.
  static func writeRows(_ a: Single, _ b: Single, to rows: UnsafeMutablePointer<Float>)
  static func writeRows(_ a: Single, _ b: Single, _ c: Single, to rows: UnsafeMutablePointer<Float>)
  static func writeRows(_ a: Single, _ b: Single, _ c: Single, _ d: Single, to rows: UnsafeMutablePointer<Float>)
}

/// A `Float`, or eight of them.
public protocol SingleLane: Sendable {
  associatedtype Mask: Sendable

  init(_ value: Float)
  /// One number a lane, from rows of one.
  init(rows: UnsafePointer<Float>)
  static func + (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func isLess(_ a: Self, _ b: Self) -> Mask
  static func choose(_ mask: Mask, _ a: Self, _ b: Self) -> Self
}

extension Lane {
  /// As Swift's `min(max(x, low), high)`.
  @inlinable @inline(__always)
  static func clamp(_ x: Self, _ low: Self, _ high: Self) -> Self {
    let raised = choose(isLess(x, low), low, x)
    return choose(isLess(high, raised), high, raised)
  }
}

extension SingleLane {
  @inlinable @inline(__always)
  static func clamp(_ x: Self, _ low: Self, _ high: Self) -> Self {
    let raised = choose(isLess(x, low), low, x)
    return choose(isLess(high, raised), high, raised)
  }
}

extension Float: SingleLane {
  public typealias Mask = Bool

  @inlinable @inline(__always) public init(rows: UnsafePointer<Float>) { self = rows.pointee }
  @inlinable @inline(__always) public static func isLess(_ a: Float, _ b: Float) -> Bool { a < b }
  @inlinable @inline(__always) public static func choose(_ mask: Bool, _ a: Float, _ b: Float) -> Float {
    mask ? a : b
  }
}

extension Double: Lane {
  public typealias Mask = Bool
  public typealias Single = Float

  @inlinable @inline(__always) public init(actions: UnsafePointer<Int>) { self.init(actions.pointee) }
  @inlinable @inline(__always) public static func isLess(_ a: Double, _ b: Double) -> Bool { a < b }
  @inlinable @inline(__always) public static func isEqual(_ a: Double, _ b: Double) -> Bool { a == b }
  @inlinable @inline(__always) public static func either(_ a: Bool, _ b: Bool) -> Bool { a || b }
  @inlinable @inline(__always) public static func both(_ a: Bool, _ b: Bool) -> Bool { a && b }
  @inlinable @inline(__always) public static func areAll(_ mask: Bool) -> Bool { mask }
  @inlinable @inline(__always) public static func choose(_ mask: Bool, _ a: Double, _ b: Double) -> Double {
    mask ? a : b
  }
  @inlinable @inline(__always) public var floor: Double { rounded(.down) }
  @inlinable @inline(__always) public var single: Float { Float(self) }

  // Bits instead of a branch: a swinging angle's quadrant cannot be predicted. Odd quadrants swap the two.
  @inlinable @inline(__always)
  public static func turn(_ sine: Double, _ cosine: Double, byQuartersIn shifted: Double) -> (
    sine: Double, cosine: Double
  ) {
    let quadrant = shifted.bitPattern
    let swap = (sine.bitPattern ^ cosine.bitPattern) & (0 &- (quadrant & 1))
    return (
      Double(bitPattern: sine.bitPattern ^ swap ^ (quadrant & 2) << 62),
      Double(bitPattern: cosine.bitPattern ^ swap ^ ((quadrant &+ 1) & 2) << 62)
    )
  }

  @inlinable @inline(__always)
  public static func wideSineCosine(_ x: Double) -> (sine: Double, cosine: Double) { librarySineCosine(x) }

  @inlinable @inline(__always)
  public static func writeRows(_ a: Float, _ b: Float, to rows: UnsafeMutablePointer<Float>) {
    rows[0] = a
    rows[1] = b
  }
  @inlinable @inline(__always)
  public static func writeRows(_ a: Float, _ b: Float, _ c: Float, to rows: UnsafeMutablePointer<Float>) {
    rows[0] = a
    rows[1] = b
    rows[2] = c
  }
  @inlinable @inline(__always)
  public static func writeRows(_ a: Float, _ b: Float, _ c: Float, _ d: Float, to rows: UnsafeMutablePointer<Float>) {
    rows[0] = a
    rows[1] = b
    rows[2] = c
    rows[3] = d
  }
}

/// Eight lanes, as SIMD: one AVX-512 register, or two of AVX2.
public struct Eight: Lane {
  public typealias Mask = SIMDMask<SIMD8<Int64>>
  public typealias Single = EightSingle

  @usableFromInline var values: SIMD8<Double>

  @inlinable @inline(__always) init(values: SIMD8<Double>) { self.values = values }
  @inlinable @inline(__always) public init(_ value: Double) { values = .init(repeating: value) }
  @inlinable @inline(__always) public init(_ single: EightSingle) { values = .init(single.values) }
  @inlinable @inline(__always) public init(actions: UnsafePointer<Int>) {
    values = .init(UnsafeRawPointer(actions).loadUnaligned(as: SIMD8<Int64>.self))
  }

  @inlinable @inline(__always) public static func + (a: Eight, b: Eight) -> Eight { .init(values: a.values + b.values) }
  @inlinable @inline(__always) public static func - (a: Eight, b: Eight) -> Eight { .init(values: a.values - b.values) }
  @inlinable @inline(__always) public static func * (a: Eight, b: Eight) -> Eight { .init(values: a.values * b.values) }
  @inlinable @inline(__always) public static func / (a: Eight, b: Eight) -> Eight { .init(values: a.values / b.values) }
  @inlinable @inline(__always) public static prefix func - (a: Eight) -> Eight {
    .init(values: unsafeBitCast(unsafeBitCast(a.values, to: SIMD8<UInt64>.self) ^ 1 << 63, to: SIMD8<Double>.self))
  }

  @inlinable @inline(__always) public static func isLess(_ a: Eight, _ b: Eight) -> Mask { a.values .< b.values }
  @inlinable @inline(__always) public static func isEqual(_ a: Eight, _ b: Eight) -> Mask { a.values .== b.values }
  @inlinable @inline(__always) public static func either(_ a: Mask, _ b: Mask) -> Mask { a .| b }
  @inlinable @inline(__always) public static func both(_ a: Mask, _ b: Mask) -> Mask { a .& b }
  @inlinable @inline(__always) public static func areAll(_ mask: Mask) -> Bool { all(mask) }
  @inlinable @inline(__always) public static func choose(_ mask: Mask, _ a: Eight, _ b: Eight) -> Eight {
    .init(values: b.values.replacing(with: a.values, where: mask))
  }

  @inlinable @inline(__always) public var magnitude: Eight {
    let bits = unsafeBitCast(values, to: SIMD8<UInt64>.self) & (1 << 63 - 1)
    return .init(values: unsafeBitCast(bits, to: SIMD8<Double>.self))
  }
  @inlinable @inline(__always) public var floor: Eight { .init(values: values.rounded(.down)) }
  @inlinable @inline(__always) public var single: EightSingle { .init(values: SIMD8<Float>(values)) }

  @inlinable @inline(__always)
  public static func turn(_ sine: Eight, _ cosine: Eight, byQuartersIn shifted: Eight) -> (sine: Eight, cosine: Eight) {
    typealias Bits = SIMD8<UInt64>
    let quadrant = unsafeBitCast(shifted.values, to: Bits.self)
    let (s, c) = (unsafeBitCast(sine.values, to: Bits.self), unsafeBitCast(cosine.values, to: Bits.self))
    let swap = (s ^ c) & (Bits(repeating: 0) &- (quadrant & 1))
    let turned = (s ^ swap ^ ((quadrant & 2) &<< 62), c ^ swap ^ (((quadrant &+ 1) & 2) &<< 62))
    return (
      .init(values: unsafeBitCast(turned.0, to: SIMD8<Double>.self)),
      .init(values: unsafeBitCast(turned.1, to: SIMD8<Double>.self))
    )
  }

  @inline(never)
  public static func wideSineCosine(_ x: Eight) -> (sine: Eight, cosine: Eight) {
    var (sine, cosine) = (x, x)
    for i in 0..<8 {
      let one = sineCosine(x.values[i])
      sine.values[i] = one.sine
      cosine.values[i] = one.cosine
    }
    return (sine, cosine)
  }

  @inlinable @inline(__always)
  public static func writeRows(_ a: EightSingle, _ b: EightSingle, to rows: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(rows).storeBytes(of: interleaved(a.values, b.values), as: SIMD16<Float>.self)
  }
  @inlinable @inline(__always)
  public static func writeRows(
    _ a: EightSingle, _ b: EightSingle, _ c: EightSingle, to rows: UnsafeMutablePointer<Float>
  ) {
    // Rows of four, each over the end of the one before; the last one's fourth number has no room.
    let four = interleaved(interleaved(a.values, c.values), interleaved(b.values, b.values))
    let to = UnsafeMutableRawPointer(rows)
    let (low, high) = (four.lowHalf, four.highHalf)
    to.storeBytes(of: low.lowHalf.lowHalf, as: SIMD4<Float>.self)
    to.storeBytes(of: low.lowHalf.highHalf, toByteOffset: 12, as: SIMD4<Float>.self)
    to.storeBytes(of: low.highHalf.lowHalf, toByteOffset: 24, as: SIMD4<Float>.self)
    to.storeBytes(of: low.highHalf.highHalf, toByteOffset: 36, as: SIMD4<Float>.self)
    to.storeBytes(of: high.lowHalf.lowHalf, toByteOffset: 48, as: SIMD4<Float>.self)
    to.storeBytes(of: high.lowHalf.highHalf, toByteOffset: 60, as: SIMD4<Float>.self)
    to.storeBytes(of: high.highHalf.lowHalf, toByteOffset: 72, as: SIMD4<Float>.self)
    rows[21] = a.values[7]
    rows[22] = b.values[7]
    rows[23] = c.values[7]
  }
  @inlinable @inline(__always)
  public static func writeRows(
    _ a: EightSingle, _ b: EightSingle, _ c: EightSingle, _ d: EightSingle, to rows: UnsafeMutablePointer<Float>
  ) {
    let four = interleaved(interleaved(a.values, c.values), interleaved(b.values, d.values))
    UnsafeMutableRawPointer(rows).storeBytes(of: four, as: SIMD32<Float>.self)
  }

  /// a₀, b₀, a₁, b₁, …
  @inlinable @inline(__always)
  static func interleaved(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD16<Float> {
    var result = SIMD16<Float>()
    result.evenHalf = a
    result.oddHalf = b
    return result
  }
  @inlinable @inline(__always)
  static func interleaved(_ a: SIMD16<Float>, _ b: SIMD16<Float>) -> SIMD32<Float> {
    var result = SIMD32<Float>()
    result.evenHalf = a
    result.oddHalf = b
    return result
  }
}

/// The single-precision side of ``Eight``.
public struct EightSingle: SingleLane {
  public typealias Mask = Eight.Mask

  @usableFromInline var values: SIMD8<Float>

  @inlinable @inline(__always) init(values: SIMD8<Float>) { self.values = values }
  @inlinable @inline(__always) public init(_ value: Float) { values = .init(repeating: value) }
  @inlinable @inline(__always) public init(rows: UnsafePointer<Float>) {
    values = UnsafeRawPointer(rows).loadUnaligned(as: SIMD8<Float>.self)
  }
  @inlinable @inline(__always) public static func + (a: EightSingle, b: EightSingle) -> EightSingle {
    .init(values: a.values + b.values)
  }
  @inlinable @inline(__always) public static func * (a: EightSingle, b: EightSingle) -> EightSingle {
    .init(values: a.values * b.values)
  }
  // Floats are compared as the doubles they are, so that there is one kind of mask.
  @inlinable @inline(__always) public static func isLess(_ a: EightSingle, _ b: EightSingle) -> Mask {
    SIMD8<Double>(a.values) .< SIMD8<Double>(b.values)
  }
  @inlinable @inline(__always) public static func choose(_ mask: Mask, _ a: EightSingle, _ b: EightSingle)
    -> EightSingle
  {
    .init(values: SIMD8<Float>(SIMD8<Double>(b.values).replacing(with: SIMD8<Double>(a.values), where: mask)))
  }
}
