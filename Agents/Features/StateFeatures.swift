import RLCore

/// Features of the states of a finite world, or of its pairs of a state and an action, as a table.
public struct StateFeatures: FeatureMap {
  public let count: Int
  public let rates: [Double]
  public let jointActions: Int?
  /// The features of row i, a state or a pair, lie at `starts[i] ..< starts[i + 1]`. Shape `[rows + 1]`.
  private var starts: [Int] = [0]
  private var indices: [Int] = []
  private var values: [Double] = []

  /// One feature for each state, which makes a linear function a table.
  public init(oneHot states: Int) {
    count = states
    (rates, jointActions) = ([], nil)
    (starts, indices) = (Array(0...states), Array(0..<states))
    values = .init(repeating: 1, count: states)
  }

  /// The features of each state, shape `[states, d]`, or of each pair, shape `[states · jointActions, d]`.
  public init(rows: [[Double]], jointActions: Int? = nil) {
    count = rows[0].count
    (rates, self.jointActions) = ([], jointActions)
    for row in rows {
      for (i, value) in row.enumerated() where value != 0 || jointActions != nil { append(i, value) }
      starts.append(indices.count)
    }
  }

  /// A basis at the place of each state. `points`: shape `[states, dimensions]`, each coordinate in 0…1.
  public init(_ basis: Basis, at points: [[Double]]) {
    (count, rates, jointActions) = (basis.count, basis.rates, nil)
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

  public var states: Int { (starts.count - 1) / (jointActions ?? 1) }
  public var active: Int { zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0 }
  public var dimensions: Int { 0 }
  public var observations: [Int] { Array(0..<states) }

  @inline(__always)
  public func write(_ s: Int, into x: inout ActiveFeatures) {
    guard let jointActions else { return write(row: s, into: &x) }
    for a in 0..<jointActions {
      x.choose(a)
      write(row: s &* jointActions &+ a, into: &x)
    }
  }

  @inline(__always)
  private func write(row: Int, into x: inout ActiveFeatures) {
    x.clear()
    for i in starts[row]..<starts[row &+ 1] { x.append(indices[i], values[i]) }
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
