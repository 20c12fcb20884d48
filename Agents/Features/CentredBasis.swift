import Foundation
import RLCore

/// Features around centres that stand on a grid over the space: radial basis functions, or circles.
///
/// Source: Sutton & Barto, 2nd ed., §9.5.3 (coarse coding) and §9.5.5 (radial basis functions).
public struct CentredBasis: Sendable, Equatable {
  public enum Shape: Sendable {
    /// exp(−‖x − c‖² / 2σ²), the width being σ.
    case radial
    /// 1 within the width of the centre, 0 outside: coarse coding.
    case circle
  }

  public let shape: Shape
  public let dimensions: Int
  /// In distances from one centre to the next.
  public let width: Double
  /// Centres along each dimension.
  private let side: Int
  /// In distances from one centre to the next. Shape `[count, dimensions]`.
  private let centres: [Double]

  public init(_ shape: Shape, centres side: Int, width: Double, dimensions: Int) {
    (self.shape, self.side, self.width, self.dimensions) = (shape, side, width, dimensions)
    centres = exponents(upTo: side - 1, dimensions: dimensions).flatMap { $0.map(Double.init) }
  }

  public var count: Int { centres.count / dimensions }

  /// The features at `x.point`.
  func write(into x: inout ActiveFeatures) {
    x.clear()
    for feature in 0..<count {
      var square = 0.0
      for i in 0..<dimensions {
        let gap = x.point[i] * Double(side - 1) - centres[feature &* dimensions &+ i]
        square += gap * gap
      }
      switch shape {
      case .radial: x.append(feature, exp(-square / (2 * width * width)))
      case .circle: x.append(feature, square <= width * width ? 1 : 0)
      }
    }
  }
}
