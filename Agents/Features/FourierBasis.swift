import Foundation
import RLCore

/// The Fourier basis: cos(π c·x) for all c whose elements are 0 to the order.
///
/// Source: Konidaris, Osentoski & Thomas (2011), AAAI 25, doi:10.1609/aaai.v25i1.7903; Sutton & Barto, 2nd ed., §9.5.2.
/// The step size of a feature is α / ‖c‖, and α where c is 0.
public struct FourierBasis: Sendable, Equatable {
  public let order: Int
  public let dimensions: Int
  /// π c of each feature, the first dimension's changing slowest. Shape `[count, dimensions]`.
  private let frequencies: [Double]
  /// 1 / ‖c‖. Shape `[count]`.
  public let rates: [Double]

  public init(order: Int, dimensions: Int) {
    (self.order, self.dimensions) = (order, dimensions)
    let rows = exponents(upTo: order, dimensions: dimensions).map { $0.map(Double.init) }
    frequencies = rows.flatMap { $0.map { .pi * $0 } }
    rates = rows.map { row in
      let square = row.reduce(0) { $0 + $1 * $1 }
      return square == 0 ? 1 : 1 / square.squareRoot()
    }
  }

  public var count: Int { rates.count }

  /// The waves at `x.point`.
  func write(into x: inout ActiveFeatures) {
    x.clear()
    for feature in 0..<count {
      var phase = 0.0
      for i in 0..<dimensions { phase += frequencies[feature &* dimensions &+ i] * x.point[i] }
      x.append(feature, cos(phase))
    }
  }
}

/// All rows of `dimensions` integers in 0 to `order`, the first changing slowest.
func exponents(upTo order: Int, dimensions: Int) -> [[Int]] {
  (0..<dimensions).reduce([[]]) { rows, _ in rows.flatMap { row in (0...order).map { row + [$0] } } }
}
