import RLCore

/// State aggregation: the space in a grid of groups, each a feature of its own.
///
/// Source: Sutton & Barto, 2nd ed., §9.3, example 9.1.
public struct StateAggregation: Sendable, Equatable {
  /// Along each dimension.
  public let groups: Int
  public let dimensions: Int

  public init(groups: Int, dimensions: Int) { (self.groups, self.dimensions) = (groups, dimensions) }

  /// As a floating-point number because there can be very many.
  public var groupCount: Double { (0..<dimensions).reduce(1) { product, _ in product * Double(groups) } }
  public var count: Int { Int(groupCount) }

  /// The group of `x.point`.
  @inline(__always)
  func write(into x: inout ActiveFeatures) {
    x.clear()
    var group = 0
    for i in 0..<dimensions { group = group &* groups &+ min(Int(x.point[i] * Double(groups)), groups &- 1) }
    x.append(group, 1)
  }
}
