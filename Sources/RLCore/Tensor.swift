/// An array with a shape, as it lies in a file: row-major.
public struct Tensor: Sendable, Equatable {
  public enum Values: Sendable, Equatable {
    case float32([Float])
    case float64([Double])
    case int64([Int64])
    case uint64([UInt64])
    case bool([Bool])
  }

  public var shape: [Int]
  public var values: Values

  public init(shape: [Int], values: Values) {
    self.shape = shape
    self.values = values
    precondition(shape.reduce(1, *) == count, "shape \(shape) does not hold \(count) values")
  }

  public var count: Int {
    switch values {
    case .float32(let a): a.count
    case .float64(let a): a.count
    case .int64(let a): a.count
    case .uint64(let a): a.count
    case .bool(let a): a.count
    }
  }

  /// The values as doubles, whatever they are stored as.
  public var doubles: [Double] {
    switch values {
    case .float32(let a): a.map(Double.init)
    case .float64(let a): a
    case .int64(let a): a.map(Double.init)
    case .uint64(let a): a.map { Double($0) }
    case .bool(let a): a.map { $0 ? 1 : 0 }
    }
  }

  /// Row `i` of the first axis, as doubles.
  public func row(_ i: Int) -> [Double] {
    let width = shape.dropFirst().reduce(1, *)
    let range = i * width..<(i + 1) * width
    switch values {
    case .float32(let a): return a[range].map(Double.init)
    case .float64(let a): return Array(a[range])
    case .int64(let a): return a[range].map(Double.init)
    case .uint64(let a): return a[range].map { Double($0) }
    case .bool(let a): return a[range].map { $0 ? 1 : 0 }
    }
  }

  /// Some rows of the first axis.
  public func rows(_ range: Range<Int>) -> Tensor {
    let width = shape.dropFirst().reduce(1, *)
    let part = range.lowerBound * width..<range.upperBound * width
    let values: Values =
      switch values {
      case .float32(let a): .float32(Array(a[part]))
      case .float64(let a): .float64(Array(a[part]))
      case .int64(let a): .int64(Array(a[part]))
      case .uint64(let a): .uint64(Array(a[part]))
      case .bool(let a): .bool(Array(a[part]))
      }
    return Tensor(shape: [range.count] + shape.dropFirst(), values: values)
  }
}
