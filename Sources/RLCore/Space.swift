/// The set that observations or actions come from, as in Gymnasium.
public enum Space: Sendable, Equatable {
  /// The integers 0 ..< n.
  case discrete(Int)
  /// Vectors between two bounds, either of which may be infinite. Shape `[low.count]`.
  case box(low: [Float], high: [Float])

  /// Numbers in one element: 1 for a discrete space.
  public var size: Int {
    switch self {
    case .discrete: 1
    case .box(let low, _): low.count
    }
  }
}

extension Space: CustomStringConvertible {
  public var description: String {
    switch self {
    case .discrete(let n): "Discrete(\(n))"
    case .box(let low, let high): "Box(\(low), \(high))"
    }
  }
}

/// A value that lives in a ``Space``: `Int` or `[Float]`.
public protocol SpaceElement: Sendable {
  /// What contiguous memory holds of it: `Int` itself, or the `Float`s of a vector.
  associatedtype Scalar: Numeric & BitwiseCopyable & Sendable
  /// The zero of a space, with storage of the right size.
  init(zeroIn space: Space)
  /// The element that these numbers spell; `nil` when there are too many or too few, one is not finite, or an integer
  /// is not in the space. What lies outside a box's bounds is the environment's to clip.
  init?(numbers: [Double], in space: Space)
  /// Whether the element is in the space, bounds included, and finite.
  func lies(in space: Space) -> Bool
  /// The element as plain numbers, for files and output.
  var numbers: [Double] { get }
  /// Draws uniformly; an unbounded direction of a box is drawn from the standard normal distribution.
  mutating func sample(from space: Space, using random: inout RandomStream)
  /// Elements stacked into one array of shape `[count, size]`, or `[count]` when they are integers.
  static func stack(_ elements: [Self], in space: Space) -> Tensor
  /// Takes over the numbers at `row`, as many as it has; returns the row after.
  mutating func read(from row: UnsafePointer<Scalar>) -> UnsafePointer<Scalar>
  /// Writes its numbers to `row`; returns the row after.
  @discardableResult func write(to row: UnsafeMutablePointer<Scalar>) -> UnsafeMutablePointer<Scalar>
  /// Draws one element a row from the distribution of ``sample(from:using:)``, row i from stream i.
  static func sampleRows(into rows: inout [Scalar], from space: Space, using streams: inout ActionStreams)
}

extension Int: SpaceElement {
  @inlinable public init(zeroIn space: Space) { self = 0 }

  public init?(numbers: [Double], in space: Space) {
    guard case .discrete(let n) = space, numbers.count == 1, let value = Int(exactly: numbers[0]),
      (0..<n).contains(value)
    else { return nil }
    self = value
  }

  public func lies(in space: Space) -> Bool {
    guard case .discrete(let n) = space else { return false }
    return (0..<n).contains(self)
  }

  public var numbers: [Double] { [Double(self)] }

  public mutating func sample(from space: Space, using random: inout RandomStream) {
    guard case .discrete(let n) = space else { preconditionFailure("an Int comes from a discrete space") }
    self = random.integer(below: n)
  }

  public static func stack(_ elements: [Int], in space: Space) -> Tensor {
    Tensor(shape: [elements.count], values: .int64(elements.map(Int64.init)))
  }

  @inlinable @inline(__always)
  public mutating func read(from row: UnsafePointer<Int>) -> UnsafePointer<Int> {
    self = row.pointee
    return row + 1
  }

  @inlinable @inline(__always) @discardableResult
  public func write(to row: UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<Int> {
    row.pointee = self
    return row + 1
  }

  public static func sampleRows(into rows: inout [Int], from space: Space, using streams: inout ActionStreams) {
    guard case .discrete(let n) = space else { preconditionFailure("an Int comes from a discrete space") }
    streams.integers(below: n, into: &rows)
  }
}

extension [Float]: SpaceElement {
  @inlinable public init(zeroIn space: Space) { self.init(repeating: 0, count: space.size) }

  public init?(numbers: [Double], in space: Space) {
    guard case .box(let low, _) = space, numbers.count == low.count else { return nil }
    self = numbers.map { Float($0) }
    guard allSatisfy(\.isFinite) else { return nil }
  }

  public func lies(in space: Space) -> Bool {
    guard case .box(let low, let high) = space, count == low.count else { return false }
    return indices.allSatisfy { low[$0] <= self[$0] && self[$0] <= high[$0] && self[$0].isFinite }
  }

  public var numbers: [Double] { map(Double.init) }

  public mutating func sample(from space: Space, using random: inout RandomStream) {
    guard case .box(let low, let high) = space else { preconditionFailure("a vector comes from a box") }
    for i in indices {
      self[i] =
        low[i].isFinite && high[i].isFinite
        ? Float(random.uniform(Double(low[i]), Double(high[i]))) : Float(random.normal())
    }
  }

  public static func stack(_ elements: [[Float]], in space: Space) -> Tensor {
    Tensor(shape: [elements.count, space.size], values: .float32(elements.flatMap(\.self)))
  }

  @inlinable @inline(__always)
  public mutating func read(from row: UnsafePointer<Float>) -> UnsafePointer<Float> {
    for i in indices { self[i] = row[i] }
    return row + count
  }

  @inlinable @inline(__always) @discardableResult
  public func write(to row: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    for i in indices { row[i] = self[i] }
    return row + count
  }

  public static func sampleRows(into rows: inout [Float], from space: Space, using streams: inout ActionStreams) {
    guard case .box(let low, let high) = space else { preconditionFailure("a vector comes from a box") }
    let width = low.count
    rows.withUnsafeMutableBufferPointer { rows in
      streams.streams.withUnsafeMutableBufferPointer { streams in
        for j in 0..<width {
          let (from, to) = (Double(low[j]), Double(high[j]))
          if from.isFinite && to.isFinite {
            for i in streams.indices { rows[i &* width &+ j] = Float(streams[i].uniform(from, to)) }
          } else {
            for i in streams.indices { rows[i &* width &+ j] = Float(streams[i].normal()) }
          }
        }
      }
    }
  }
}
