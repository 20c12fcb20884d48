import RLCore

/// Features of the states of a finite world, as a table.
public struct StateFeatures: FeatureMap {
  public let count: Int
  public let rates: [Double]
  /// The features of state s lie at `starts[s] ..< starts[s + 1]`. Shape `[states + 1]`.
  private var starts: [Int] = [0]
  private var indices: [Int] = []
  private var values: [Double] = []

  /// One feature for each state, which makes a linear function a table.
  public init(oneHot states: Int) {
    count = states
    rates = []
    (starts, indices) = (Array(0...states), Array(0..<states))
    values = .init(repeating: 1, count: states)
  }

  /// The features of each state. Shape `[states, d]`.
  public init(rows: [[Double]]) {
    count = rows[0].count
    rates = []
    for row in rows {
      for (i, value) in row.enumerated() where value != 0 { append(i, value) }
      starts.append(indices.count)
    }
  }

  /// A basis at the place of each state. `points`: shape `[states, dimensions]`, each coordinate in 0…1.
  public init(_ basis: Basis, at points: [[Double]]) {
    (count, rates) = (basis.count, basis.rates)
    var x = ActiveFeatures(basis.active, dimensions: basis.dimensions)
    for point in points {
      x.point = point
      basis.write(into: &x)
      for i in 0..<x.count { append(x[i].index, x[i].value) }
      starts.append(indices.count)
    }
  }

  private mutating func append(_ index: Int, _ value: Double) {
    indices.append(index)
    values.append(value)
  }

  public var states: Int { starts.count - 1 }
  public var active: Int { zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0 }
  public var dimensions: Int { 0 }
  public var observations: [Int] { Array(0..<states) }

  @inline(__always)
  public func write(_ s: Int, into x: inout ActiveFeatures) {
    x.clear()
    for i in starts[s]..<starts[s &+ 1] { x.append(indices[i], values[i]) }
  }

  /// w · x(s)
  @inline(__always)
  func product(_ s: Int, _ w: [Double]) -> Double {
    var sum = 0.0
    for i in starts[s]..<starts[s &+ 1] { sum += w[indices[i]] * values[i] }
    return sum
  }

  /// w ← w + `amount` · rates · x(s)
  @inline(__always)
  func add(_ amount: Double, of s: Int, to w: inout [Double]) {
    if rates.isEmpty {
      for i in starts[s]..<starts[s &+ 1] { w[indices[i]] += amount * values[i] }
    } else {
      for i in starts[s]..<starts[s &+ 1] { w[indices[i]] += amount * rates[indices[i]] * values[i] }
    }
  }

  /// The features of a state. Shape `[d]`.
  public func features(of s: Int) -> [Double] {
    var x = ActiveFeatures(for: self)
    write(s, into: &x)
    return x.dense(count)
  }
}
