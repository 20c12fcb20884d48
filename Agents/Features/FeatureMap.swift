import RLCore

/// What turns an observation into the features x that a linear function weighs.
public protocol FeatureMap<Observation>: Sendable {
  associatedtype Observation: SpaceElement
  /// The number d of features.
  var count: Int { get }
  /// Features that can differ from 0 at once.
  var active: Int { get }
  /// Numbers that a place in the observation space has.
  var dimensions: Int { get }
  /// What the step size of each feature is multiplied by; empty where that is 1 for all. Shape `[count]`.
  var rates: [Double] { get }
  /// All observations, where they are finitely many.
  var observations: [Observation] { get }

  /// Sets the features of an observation.
  func write(_ observation: Observation, into x: inout ActiveFeatures)
}

/// The features of one observation that are not 0. The storage is made once and written again and again.
public struct ActiveFeatures: Sendable {
  public private(set) var count = 0
  private var indices: [Int]
  private var values: [Double]
  /// Where the observation is, each coordinate in 0…1.
  var point: [Double]

  /// With room for so many.
  public init(_ capacity: Int, dimensions: Int = 0) {
    indices = .init(repeating: 0, count: capacity)
    values = .init(repeating: 0, count: capacity)
    point = .init(repeating: 0, count: dimensions)
  }

  public init(for map: some FeatureMap) { self.init(map.active, dimensions: map.dimensions) }

  @inline(__always)
  public subscript(i: Int) -> (index: Int, value: Double) { (indices[i], values[i]) }

  @inline(__always)
  mutating func clear() { count = 0 }

  /// Adds a feature. One that is 0 is left out.
  @inline(__always)
  mutating func append(_ index: Int, _ value: Double) {
    if value == 0 { return }
    indices[count] = index
    values[count] = value
    count &+= 1
  }

  /// Gives a feature another place.
  @inline(__always)
  mutating func move(_ i: Int, to index: Int) { indices[i] = index }

  /// Σ w_i x_i over the block of weights that begins at `start`.
  @inline(__always)
  func product(_ w: [Double], from start: Int = 0) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += w[start &+ indices[i]] * values[i] }
    return sum
  }

  /// w ← w + `amount` · rates · x in the block of weights that begins at `start`.
  @inline(__always)
  func add(_ amount: Double, to w: inout [Double], from start: Int = 0, rates: [Double]) {
    if rates.isEmpty {
      for i in 0..<count { w[start &+ indices[i]] += amount * values[i] }
    } else {
      for i in 0..<count { w[start &+ indices[i]] += amount * rates[indices[i]] * values[i] }
    }
  }

  /// All features. Shape `[d]`.
  func dense(_ d: Int) -> [Double] {
    var x = [Double](repeating: 0, count: d)
    for i in 0..<count { x[indices[i]] += values[i] }
    return x
  }
}
