import CSIMD
import RLCore

// Dynamics are written once, over a `Lane`: a number, or several side by side. Both run the same IEEE operations
// in the same order and nothing is contracted, so one world's results are those of every lane of a batch, to the bit.

/// A `Double`, or several.
public protocol Lane: Sendable {
  /// What a comparison gives: `Bool`, or as many.
  associatedtype Mask: Sendable
  /// The `Float`s of as many lanes, for arithmetic that an original does in single precision.
  associatedtype Single: SingleLane

  /// The same number in every lane.
  init(_ value: Double)
  init(_ single: Single)

  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static prefix func - (a: Self) -> Self

  static func isLess(_ a: Self, _ b: Self) -> Mask
  /// Whether the discrete action at `actions`, one a lane, is `number`.
  static func isAction(_ number: Int, at actions: UnsafePointer<Int>) -> Mask
  static func isAtMost(_ a: Self, _ b: Self) -> Mask
  static func either(_ a: Mask, _ b: Mask) -> Mask
  static func both(_ a: Mask, _ b: Mask) -> Mask
  static func areAll(_ mask: Mask) -> Bool
  static func isAny(_ mask: Mask) -> Bool
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

  /// Writes rows of two, three, four or six numbers, one row a lane.
  static func writeRows(_ a: Single, _ b: Single, to rows: UnsafeMutablePointer<Float>)
  static func writeRows(_ a: Single, _ b: Single, _ c: Single, to rows: UnsafeMutablePointer<Float>)
  static func writeRows(_ a: Single, _ b: Single, _ c: Single, _ d: Single, to rows: UnsafeMutablePointer<Float>)
  static func writeRows(
    _ a: Single, _ b: Single, _ c: Single, _ d: Single, _ e: Single, _ f: Single,
    to rows: UnsafeMutablePointer<Float>)
}

/// A `Float`, or several.
public protocol SingleLane: Sendable {
  init(_ value: Float)
  /// One number a lane, from rows of one.
  init(rows: UnsafePointer<Float>)
  static func + (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
}

extension Lane {
  /// As Swift's `min(max(x, low), high)`.
  @inlinable @inline(__always)
  static func clamp(_ x: Self, _ low: Self, _ high: Self) -> Self {
    let raised = choose(isLess(x, low), low, x)
    return choose(isLess(high, raised), high, raised)
  }
}

extension Float: SingleLane {
  @inlinable @inline(__always) public init(rows: UnsafePointer<Float>) { self = rows.pointee }
}

extension Double: Lane {
  public typealias Mask = Bool
  public typealias Single = Float

  @inlinable @inline(__always) public static func isLess(_ a: Double, _ b: Double) -> Bool { a < b }
  @inlinable @inline(__always) public static func isAction(_ number: Int, at actions: UnsafePointer<Int>) -> Bool {
    actions.pointee == number
  }
  @inlinable @inline(__always) public static func either(_ a: Bool, _ b: Bool) -> Bool { a || b }
  @inlinable @inline(__always) public static func both(_ a: Bool, _ b: Bool) -> Bool { a && b }
  @inlinable @inline(__always) public static func isAtMost(_ a: Double, _ b: Double) -> Bool { a <= b }
  @inlinable @inline(__always) public static func areAll(_ mask: Bool) -> Bool { mask }
  @inlinable @inline(__always) public static func isAny(_ mask: Bool) -> Bool { mask }
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
  @inlinable @inline(__always)
  public static func writeRows(
    _ a: Float, _ b: Float, _ c: Float, _ d: Float, _ e: Float, _ f: Float, to rows: UnsafeMutablePointer<Float>
  ) {
    writeRows(a, b, c, d, to: rows)
    writeRows(e, f, to: rows + 4)
  }
}

/// As many lanes as one register holds: eight with AVX-512, else four.
public struct Wide: Lane {
  public typealias Mask = rl_mask
  public typealias Single = WideSingle

  /// Lanes.
  @inlinable public static var count: Int { Int(RL_LANES) }

  @usableFromInline var values: rl_doubles

  @inlinable @inline(__always) init(values: rl_doubles) { self.values = values }
  @inlinable @inline(__always) public init(_ value: Double) { values = .init(repeating: value) }
  @inlinable @inline(__always) public init(_ single: WideSingle) { values = rl_widen(single.values) }

  @inlinable @inline(__always) public static func + (a: Wide, b: Wide) -> Wide { .init(values: a.values + b.values) }
  @inlinable @inline(__always) public static func - (a: Wide, b: Wide) -> Wide { .init(values: a.values - b.values) }
  @inlinable @inline(__always) public static func * (a: Wide, b: Wide) -> Wide { .init(values: a.values * b.values) }
  @inlinable @inline(__always) public static func / (a: Wide, b: Wide) -> Wide { .init(values: a.values / b.values) }
  @inlinable @inline(__always) public static prefix func - (a: Wide) -> Wide {
    .init(values: unsafeBitCast(unsafeBitCast(a.values, to: rl_bits.self) ^ 1 << 63, to: rl_doubles.self))
  }

  @inlinable @inline(__always) public static func isLess(_ a: Wide, _ b: Wide) -> Mask { rl_less(a.values, b.values) }
  @inlinable @inline(__always) public static func isAction(_ number: Int, at actions: UnsafePointer<Int>) -> Mask {
    rl_is_action(number, actions)
  }
  @inlinable @inline(__always) public static func either(_ a: Mask, _ b: Mask) -> Mask { a | b }
  @inlinable @inline(__always) public static func both(_ a: Mask, _ b: Mask) -> Mask { a & b }
  @inlinable @inline(__always) public static func isAtMost(_ a: Wide, _ b: Wide) -> Mask {
    rl_less_equal(a.values, b.values)
  }
  @inlinable @inline(__always) public static func areAll(_ mask: Mask) -> Bool { rl_all(mask) }
  @inlinable @inline(__always) public static func isAny(_ mask: Mask) -> Bool { rl_any(mask) }
  @inlinable @inline(__always) public static func choose(_ mask: Mask, _ a: Wide, _ b: Wide) -> Wide {
    .init(values: rl_choose(mask, a.values, b.values))
  }

  @inlinable @inline(__always) public var magnitude: Wide { .init(values: rl_magnitude(values)) }
  @inlinable @inline(__always) public var floor: Wide { .init(values: rl_floor(values)) }
  @inlinable @inline(__always) public var single: WideSingle { .init(values: rl_narrow(values)) }

  @inlinable @inline(__always)
  public static func turn(_ sine: Wide, _ cosine: Wide, byQuartersIn shifted: Wide) -> (sine: Wide, cosine: Wide) {
    let quadrant = unsafeBitCast(shifted.values, to: rl_bits.self)
    let (s, c) = (unsafeBitCast(sine.values, to: rl_bits.self), unsafeBitCast(cosine.values, to: rl_bits.self))
    let swap = (s ^ c) & (rl_bits(repeating: 0) &- (quadrant & 1))
    let turned = (s ^ swap ^ ((quadrant & 2) &<< 62), c ^ swap ^ (((quadrant &+ 1) & 2) &<< 62))
    return (
      .init(values: unsafeBitCast(turned.0, to: rl_doubles.self)),
      .init(values: unsafeBitCast(turned.1, to: rl_doubles.self))
    )
  }

  @inline(never)
  public static func wideSineCosine(_ x: Wide) -> (sine: Wide, cosine: Wide) {
    var (sine, cosine) = (x, x)
    for i in 0..<Self.count {
      let one = sineCosine(x.values[i])
      sine.values[i] = one.sine
      cosine.values[i] = one.cosine
    }
    return (sine, cosine)
  }

  @inlinable @inline(__always)
  public static func writeRows(_ a: WideSingle, _ b: WideSingle, to rows: UnsafeMutablePointer<Float>) {
    rl_write_pairs(a.values, b.values, rows)
  }
  @inlinable @inline(__always)
  public static func writeRows(
    _ a: WideSingle, _ b: WideSingle, _ c: WideSingle, to rows: UnsafeMutablePointer<Float>
  ) {
    rl_write_triples(a.values, b.values, c.values, rows)
  }
  @inlinable @inline(__always)
  public static func writeRows(
    _ a: WideSingle, _ b: WideSingle, _ c: WideSingle, _ d: WideSingle, to rows: UnsafeMutablePointer<Float>
  ) {
    rl_write_quads(a.values, b.values, c.values, d.values, rows)
  }
  @inlinable @inline(__always)
  public static func writeRows(
    _ a: WideSingle, _ b: WideSingle, _ c: WideSingle, _ d: WideSingle, _ e: WideSingle, _ f: WideSingle,
    to rows: UnsafeMutablePointer<Float>
  ) {
    rl_write_sextets(a.values, b.values, c.values, d.values, e.values, f.values, rows)
  }
}

/// The single-precision side of ``Wide``.
public struct WideSingle: SingleLane {
  @usableFromInline var values: rl_floats

  @inlinable @inline(__always) init(values: rl_floats) { self.values = values }
  @inlinable @inline(__always) public init(_ value: Float) { values = .init(repeating: value) }
  @inlinable @inline(__always) public init(rows: UnsafePointer<Float>) { values = rl_load_floats(rows) }
  @inlinable @inline(__always) public static func + (a: WideSingle, b: WideSingle) -> WideSingle {
    .init(values: a.values + b.values)
  }
  @inlinable @inline(__always) public static func * (a: WideSingle, b: WideSingle) -> WideSingle {
    .init(values: a.values * b.values)
  }
}
