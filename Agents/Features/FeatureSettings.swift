import RLCore

/// Which features a linear method has, and how fine they are.
public struct FeatureSettings: Sendable, Equatable {
  public enum Kind: String, CaseIterable, Sendable {
    case oneHot = "one-hot"
    case aggregation, tiles, fourier, polynomial, rbf, coarse
  }

  /// Weights above which a linear function is refused, and a method that keeps a square of them.
  static let most = 100_000_000
  static let mostSquared = 2000

  public var kind = Kind.tiles
  public var tilings = 8
  public var tiles = 8
  public var slots = 0
  public var order = 3
  public var groups = 10
  public var width = 1.0
  /// Of the coordinates of vector observations; the bounds of their space where this is empty.
  public var ranges: [ClosedRange<Double>] = []

  public init(_ kind: Kind = .tiles) { self.kind = kind }

  /// Why they are no features for `world`, in which there may be `most` weights; `nil` where they are. `blocks`: copies of
  /// the features, one an action.
  func misfit(in world: some FiniteEnvironment, blocks: Int, most: Int = Self.most) -> String? {
    if !ranges.isEmpty { return "ranges are for vector observations; expected none in a finite world" }
    let features = kind == .oneHot ? Double(world.sizes.states) : count(dimensions(of: world))
    return misfit(features * Double(blocks), most)
  }

  func misfit(in world: some Environment<[Float], Int>, most: Int = Self.most) -> String? {
    guard case (.box(let low, let high), .discrete(let actions)) = (world.observationSpace, world.actionSpace) else {
      return "they are for vector observations and discrete actions"
    }
    if kind == .oneHot { return "one-hot features are for finite worlds; expected others" }
    if !ranges.isEmpty && ranges.count != low.count {
      return "there are \(ranges.count) ranges; expected one [low, high] for each of \(low.count) coordinates"
    }
    // Gymnasium writes the greatest float where there is no bound.
    if ranges.isEmpty, let open = low.indices.first(where: { !(high[$0] - low[$0] < 1e30) }) {
      return "coordinate \(open) has no bounds; expected ranges, one [low, high] for each of \(low.count)"
    }
    return misfit(count(low.count) * Double(actions), most)
  }

  private func misfit(_ weights: Double, _ most: Int) -> String? {
    weights <= Double(most)
      ? nil : "they would have more than \(most) weights; expected coarser features, or slots for tiles"
  }

  /// The number of features over a space, as a floating-point number because there can be very many.
  private func count(_ dimensions: Int) -> Double {
    func power(_ n: Int) -> Double { (0..<dimensions).reduce(1) { product, _ in product * Double(n) } }
    switch kind {
    case .oneHot: preconditionFailure("one-hot features are no basis of a space")
    case .aggregation, .rbf, .coarse: return power(groups)
    case .tiles: return slots > 0 ? Double(slots) : Double(tilings) * power(tiles + 1)
    case .fourier, .polynomial: return power(order + 1)
    }
  }

  /// How many tiles share a weight where they are hashed, in one line; `nil` where they are not.
  public func collisions(in world: some FiniteEnvironment) -> String? { collisions(dimensions(of: world)) }

  public func collisions(in world: some Environment<[Float], Int>) -> String? {
    collisions(world.observationSpace.size)
  }

  private func collisions(_ dimensions: Int) -> String? {
    guard kind == .tiles, slots > 0 else { return nil }
    let coding = TileCoding(tilings: tilings, tiles: tiles, dimensions: dimensions, slots: slots)
    guard let shared = coding.sharedTiles else {
      return "more than \(TileCoding.mostCounted) tiles are hashed into \(slots) weights: too many to count collisions"
    }
    return "\(shared) of \(Int(coding.tileCount)) tiles share one of \(slots) weights with others"
  }

  private func basis(_ dimensions: Int) -> Basis {
    switch kind {
    case .tiles: .tiles(TileCoding(tilings: tilings, tiles: tiles, dimensions: dimensions, slots: slots))
    case .fourier: .fourier(FourierBasis(order: order, dimensions: dimensions))
    case .polynomial: .polynomial(PolynomialBasis(order: order, dimensions: dimensions))
    case .rbf: .centred(CentredBasis(.radial, centres: groups, width: width, dimensions: dimensions))
    case .coarse: .centred(CentredBasis(.circle, centres: groups, width: width, dimensions: dimensions))
    case .aggregation: .aggregation(StateAggregation(groups: groups, dimensions: dimensions))
    case .oneHot: preconditionFailure("one-hot features are no basis of a space")
    }
  }

  private func dimensions(of world: some FiniteEnvironment) -> Int {
    kind == .aggregation ? 1 : world.coordinates[0].count
  }

  /// The features of the states of a world. Groups are of successive states; the others are over their coordinates.
  public func map(of world: some FiniteEnvironment) -> StateFeatures {
    let states = world.sizes.states
    switch kind {
    case .oneHot: return StateFeatures(oneHot: states)
    case .aggregation: return StateFeatures(basis(1), at: (0..<states).map { [Double($0) / Double(states)] })
    default:
      let points = world.coordinates.map { $0.map { ($0 + 1) / 2 } }
      return StateFeatures(basis(points[0].count), at: points)
    }
  }

  /// The features of vector observations, which must have bounds or ranges.
  public func map(of world: some Environment<[Float], Int>) -> VectorFeatures {
    guard case .box(let low, let high) = world.observationSpace else {
      preconditionFailure("vector observations have a box")
    }
    return VectorFeatures(
      basis(low.count), ranges: ranges.isEmpty ? zip(low, high).map { Double($0)...Double($1) } : ranges)
  }
}

/// What every linear method is told of its features.
public protocol FeatureChoice: AgentSettings {
  var features: FeatureSettings { get set }
}

extension FeatureChoice {
  static var featureSettings: [Setting<Self>] {
    [
      .choice("features", \.features.kind, "what the values are linear in"),
      .integer("tilings", \.features.tilings, in: 1...1024, "tilings, each displaced by a part of a tile"),
      .integer("tiles", \.features.tiles, in: 1...10_000, "tiles along each dimension"),
      .integer("slots", \.features.slots, in: 0...100_000_000, "weights that tiles are hashed into; 0: one each"),
      .integer("order", \.features.order, in: 0...100, "greatest frequency (fourier) or power (polynomial)"),
      .integer(
        "groups", \.features.groups, in: 1...10_000, "groups or centres along each dimension (aggregation, rbf, coarse)"
      ),
      .number("width", \.features.width, in: 1e-3...1e3, "width of rbf, radius of coarse, in distances of centres"),
      .custom(
        "ranges", expected: "[[low, high], …], one pair a coordinate, or [] for the bounds of the space",
        "ranges of vector observations",
        read: { .list($0.features.ranges.map { .list([.number($0.lowerBound), .number($0.upperBound)]) }) },
        write: { root, value in
          guard case .list(let items) = value else { return false }
          var ranges: [ClosedRange<Double>] = []
          for case .list(let pair) in items {
            let ends = pair.compactMap(\.asNumber)
            guard ends.count == 2, pair.count == 2, ends[0] < ends[1], ends[1] - ends[0] < 1e30 else { return false }
            ranges.append(ends[0]...ends[1])
          }
          guard ranges.count == items.count else { return false }
          root.features.ranges = ranges
          return true
        }),
    ]
  }
}
