import RLCore

/// Features of vector observations, whose coordinates are scaled from their ranges to 0…1.
public struct VectorFeatures: FeatureMap {
  public let basis: Basis
  public let count: Int
  public let rates: [Double]
  /// The least of each coordinate, and what 1 is divided by for its range. Shape `[dimensions]`.
  private let low: [Double]
  private let factors: [Double]

  /// What lies outside the ranges counts as their end.
  public init(_ basis: Basis, ranges: [ClosedRange<Double>]) {
    precondition(ranges.count == basis.dimensions, "each dimension has a range")
    self.basis = basis
    (count, rates) = (basis.count, basis.rates)
    low = ranges.map(\.lowerBound)
    factors = ranges.map { 1 / ($0.upperBound - $0.lowerBound) }
  }

  public var active: Int { basis.active }
  public var dimensions: Int { low.count }
  public var observations: [[Float]] { [] }

  @inline(__always)
  public func write(_ observation: [Float], into x: inout ActiveFeatures) {
    for i in low.indices { x.point[i] = min(max((Double(observation[i]) - low[i]) * factors[i], 0), 1) }
    basis.write(into: &x)
  }
}
