import RLCore

/// Tile coding: several grids over the same space, each displaced by a part of a tile; a point is in one tile of each.
///
/// Source: Albus (1975), doi:10.1115/1.3426922; Sutton & Barto, 2nd ed., §9.5.4, with the displacement (1, 3, 5, …) of
/// Miller & Glanz (1996).
///
/// A tile that is hashed may share its weight with others: ``sharedTiles`` counts them.
public struct TileCoding: Sendable, Equatable {
  public let tilings: Int
  /// Tiles along each dimension of the space; each tiling has one more, for its displacement.
  public let tiles: Int
  public let dimensions: Int
  /// Weights that all tiles are hashed into; 0: each has its own.
  public let slots: Int
  /// How far each tiling is displaced, in parts of a tile. Shape `[dimensions, tilings]`.
  private let offsets: [Int]

  public init(tilings: Int, tiles: Int, dimensions: Int, slots: Int = 0) {
    (self.tilings, self.tiles, self.dimensions, self.slots) = (tilings, tiles, dimensions, slots)
    offsets = (0..<dimensions).flatMap { i in (0..<tilings).map { k in k * (2 * i + 1) % tilings } }
  }

  /// Tiles of all tilings, as a floating-point number because there can be very many.
  public var tileCount: Double {
    (0..<dimensions).reduce(Double(tilings)) { product, _ in product * Double(tiles + 1) }
  }

  public var count: Int { slots > 0 ? slots : Int(tileCount) }
  public var active: Int { tilings }

  /// The tile that `x.point` is in, of each tiling.
  @inline(__always)
  func write(into x: inout ActiveFeatures) {
    x.clear()
    for k in 0..<tilings { x.append(k, 1) }
    for i in 0..<dimensions {
      // The place in parts of a tile: the tile without displacement, and how far into it.
      let place = Int(x.point[i] * Double(tilings &* tiles))
      let tile = place / tilings
      let rest = place &- tile &* tilings
      for k in 0..<tilings {
        let carry = rest &+ offsets[i &* tilings &+ k] >= tilings ? 1 : 0
        x.move(k, to: x[k].index &* (tiles &+ 1) &+ tile &+ carry)
      }
    }
    if slots > 0 {
      for k in 0..<tilings { x.move(k, to: slot(of: x[k].index)) }
    }
  }

  /// The weight of a tile: its number, mixed (Vigna's SplitMix64), scaled to the slots.
  private func slot(of tile: Int) -> Int {
    var z = UInt64(bitPattern: Int64(tile)) &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ z &>> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z &>> 27) &* 0x94d0_49bb_1331_11eb
    return Int(z.multipliedFullWidth(by: UInt64(slots)).high)
  }

  /// Tiles above which no collisions are counted.
  static let mostCounted = 20_000_000

  /// Tiles that share their weight with others: collisions of the hash. 0 where tiles are not hashed, `nil` where there
  /// are too many.
  public var sharedTiles: Int? {
    guard slots > 0 else { return 0 }
    guard tileCount <= Double(Self.mostCounted) else { return nil }
    var users = [Int](repeating: 0, count: slots)
    for tile in 0..<Int(tileCount) { users[slot(of: tile)] += 1 }
    return users.reduce(0) { $0 + ($1 > 1 ? $1 : 0) }
  }
}
