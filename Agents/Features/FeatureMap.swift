import RLCore

/// What turns an observation into the features x that a linear function weighs.
///
/// Where values are of actions, each action has weights of its own for the features x(s) of a state; or, in a joint map,
/// each pair has features x(s, a) of its own and all share one vector of weights.
public protocol FeatureMap<Observation>: Sendable {
  associatedtype Observation: SpaceElement
  /// The actions of a joint map; `nil` where features are of observations alone.
  var jointActions: Int? { get }
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

  /// Sets the features of an observation; in a joint map those with each action.
  func write(_ observation: Observation, into x: inout ActiveFeatures)
}

extension FeatureMap {
  public var jointActions: Int? { nil }
}

/// The features of one observation that are not 0; of a joint map, all features with each action, one of which is chosen.
/// The storage is made once and written again and again.
public struct ActiveFeatures: Sendable {
  public private(set) var count = 0
  /// Where those of the chosen action begin, and how far those of one action are from the next one's.
  private var first = 0
  private let stride: Int
  private var indices: [Int]
  private var values: [Double]
  /// Where the observation is, each coordinate in 0…1.
  var point: [Double]

  /// With room for so many, with each of the actions where the map is joint.
  public init(_ capacity: Int, dimensions: Int = 0, jointActions: Int? = nil) {
    indices = .init(repeating: 0, count: capacity * (jointActions ?? 1))
    values = .init(repeating: 0, count: indices.count)
    point = .init(repeating: 0, count: dimensions)
    stride = jointActions == nil ? 0 : capacity
  }

  public init(for map: some FeatureMap) {
    self.init(map.active, dimensions: map.dimensions, jointActions: map.jointActions)
  }

  @inline(__always)
  public subscript(i: Int) -> (index: Int, value: Double) { (indices[first &+ i], values[first &+ i]) }

  /// Makes the features those with an action; they are the same for all where the map is not joint.
  @inline(__always)
  mutating func choose(_ action: Int) { first = action &* stride }

  @inline(__always)
  mutating func clear() { count = 0 }

  /// Adds a feature. One that is 0 is left out, but for joint features, of which each action has as many.
  @inline(__always)
  mutating func append(_ index: Int, _ value: Double) {
    if value == 0 && stride == 0 { return }
    indices[first &+ count] = index
    values[first &+ count] = value
    count &+= 1
  }

  /// Gives a feature another place.
  @inline(__always)
  mutating func move(_ i: Int, to index: Int) { indices[first &+ i] = index }

  /// Σ w_i x_i over the block of weights that begins at `start`.
  @inline(__always)
  func product(_ w: [Double], from start: Int = 0) -> Double {
    var sum = 0.0
    for i in first..<first &+ count { sum += w[start &+ indices[i]] * values[i] }
    return sum
  }

  /// w ← w + `amount` · rates · x in the block of weights that begins at `start`.
  @inline(__always)
  func add(_ amount: Double, to w: inout [Double], from start: Int = 0, rates: [Double]) {
    if rates.isEmpty {
      for i in first..<first &+ count { w[start &+ indices[i]] += amount * values[i] }
    } else {
      for i in first..<first &+ count { w[start &+ indices[i]] += amount * rates[indices[i]] * values[i] }
    }
  }

  /// All features. Shape `[d]`.
  func dense(_ d: Int) -> [Double] {
    var x = [Double](repeating: 0, count: d)
    for i in first..<first + count { x[indices[i]] += values[i] }
    return x
  }
}
