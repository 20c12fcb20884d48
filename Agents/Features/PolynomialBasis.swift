import RLCore

/// Products of powers of the coordinates, each power from 0 to the order.
///
/// Source: Sutton & Barto, 2nd ed., §9.5.1, equation 9.17.
public struct PolynomialBasis: Sendable, Equatable {
  public let order: Int
  public let dimensions: Int
  /// The powers of each feature, the first dimension's changing slowest. Shape `[count, dimensions]`.
  private let powers: [Int]

  public init(order: Int, dimensions: Int) {
    (self.order, self.dimensions) = (order, dimensions)
    powers = exponents(upTo: order, dimensions: dimensions).flatMap(\.self)
  }

  public var count: Int { powers.count / dimensions }

  /// The products at `x.point`.
  func write(into x: inout ActiveFeatures) {
    x.clear()
    for feature in 0..<count {
      var product = 1.0
      for i in 0..<dimensions {
        for _ in 0..<powers[feature &* dimensions &+ i] { product *= x.point[i] }
      }
      x.append(feature, product)
    }
  }
}
