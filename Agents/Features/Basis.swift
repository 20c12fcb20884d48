import RLCore

/// Features of a point whose coordinates lie in 0…1.
public enum Basis: Sendable, Equatable {
  case tiles(TileCoding)
  case fourier(FourierBasis)
  case polynomial(PolynomialBasis)
  case centred(CentredBasis)
  case aggregation(StateAggregation)

  public var count: Int {
    switch self {
    case .tiles(let basis): basis.count
    case .fourier(let basis): basis.count
    case .polynomial(let basis): basis.count
    case .centred(let basis): basis.count
    case .aggregation(let basis): basis.count
    }
  }

  /// Features that can differ from 0 at once.
  public var active: Int {
    switch self {
    case .tiles(let basis): basis.active
    case .aggregation: 1
    default: count
    }
  }

  public var dimensions: Int {
    switch self {
    case .tiles(let basis): basis.dimensions
    case .fourier(let basis): basis.dimensions
    case .polynomial(let basis): basis.dimensions
    case .centred(let basis): basis.dimensions
    case .aggregation(let basis): basis.dimensions
    }
  }

  /// As ``FeatureMap/rates``.
  public var rates: [Double] {
    if case .fourier(let basis) = self { basis.rates } else { [] }
  }

  /// The features of `x.point`.
  @inline(__always)
  func write(into x: inout ActiveFeatures) {
    switch self {
    case .tiles(let basis): basis.write(into: &x)
    case .fourier(let basis): basis.write(into: &x)
    case .polynomial(let basis): basis.write(into: &x)
    case .centred(let basis): basis.write(into: &x)
    case .aggregation(let basis): basis.write(into: &x)
    }
  }

  /// The features of a point, each coordinate in 0…1. Shape `[count]`.
  public func features(of point: [Double]) -> [Double] {
    var x = ActiveFeatures(active, dimensions: dimensions)
    x.point = point
    write(into: &x)
    return x.dense(count)
  }
}
