import Environments
import Foundation
import RLCore
import Testing

@testable import Agents

/// What each kind of features promises, at random points and by its formula.
@Suite struct FeaturesTests {
  private func points(_ count: Int, dimensions: Int, seed: UInt64 = 1) -> [[Double]] {
    var random = RandomStream(seed: seed)
    // The ends of the range are points too.
    return [.init(repeating: 0, count: dimensions), .init(repeating: 1, count: dimensions)]
      + (0..<count).map { _ in (0..<dimensions).map { _ in random.uniform() } }
  }

  private func active(_ basis: Basis, at point: [Double]) -> ActiveFeatures {
    var x = ActiveFeatures(basis.active, dimensions: basis.dimensions)
    x.point = point
    basis.write(into: &x)
    return x
  }

  @Test(arguments: [(8, 8, 2), (1, 5, 1), (50, 5, 1), (4, 3, 3), (16, 2, 4)])
  func aPointIsInOneTileOfEachTiling(_ tilings: Int, _ tiles: Int, _ dimensions: Int) {
    let coding = TileCoding(tilings: tilings, tiles: tiles, dimensions: dimensions)
    let each = coding.count / tilings
    for point in points(500, dimensions: dimensions) {
      let x = active(.tiles(coding), at: point)
      #expect(x.count == tilings)
      for k in 0..<x.count {
        #expect(x[k].value == 1)
        #expect(x[k].index / each == k, "tiling \(k) has a block of its own")
      }
    }
  }

  /// Two points share the tile of tiling k where floor((q + (2i + 1) k) / tilings) agrees in each dimension, q being the
  /// place in parts of a tile.
  @Test func tilesAreDisplacedByOddNumbers() {
    let (tilings, tiles) = (8, 8)
    let coding = Basis.tiles(TileCoding(tilings: tilings, tiles: tiles, dimensions: 2))
    func tile(_ k: Int, _ point: [Double]) -> [Int] {
      (0..<2).map { i in (Int(point[i] * 64) + (2 * i + 1) * k) / 8 }
    }
    // Near one another, so that they often share tiles.
    let all = points(120, dimensions: 2).map { $0.map { 0.3 + 0.2 * $0 } }
    for a in all {
      for b in all {
        let (x, y) = (active(coding, at: a), active(coding, at: b))
        for k in 0..<tilings { #expect((x[k].index == y[k].index) == (tile(k, a) == tile(k, b))) }
      }
    }
  }

  @Test func generalisationFadesByOneTilingAStep() {
    let coding = Basis.tiles(TileCoding(tilings: 8, tiles: 4, dimensions: 1))
    let here = Set((0..<8).map { active(coding, at: [0.5])[$0].index })
    for parts in 0...10 {
      let there = active(coding, at: [0.5 + Double(parts) / 32 + 1e-9])
      let shared = (0..<8).count { here.contains(there[$0].index) }
      #expect(shared == max(8 - parts, 0))
    }
  }

  @Test func hashedTilesStayInTheirSlots() throws {
    let plain = TileCoding(tilings: 8, tiles: 8, dimensions: 2)
    #expect(plain.count == 8 * 81 && plain.sharedTiles == 0)
    for slots in [64, 648, 100_000] {
      let hashed = TileCoding(tilings: 8, tiles: 8, dimensions: 2, slots: slots)
      var users: [Int: Set<Int>] = [:]
      // Every part of a tile once: all tiles are met.
      for i in 0...64 {
        for j in 0...64 {
          let point = [Double(i) / 64, Double(j) / 64]
          let (x, own) = (active(.tiles(hashed), at: point), active(.tiles(plain), at: point))
          for k in 0..<8 {
            #expect((0..<slots).contains(x[k].index))
            users[x[k].index, default: []].insert(own[k].index)
          }
        }
      }
      #expect(users.values.reduce(0) { $0 + $1.count } == 648)
      #expect(hashed.sharedTiles == users.values.filter { $0.count > 1 }.reduce(0) { $0 + $1.count })
      #expect((try #require(hashed.sharedTiles) > 600) == (slots == 64))
    }
  }

  @Test func wavesAreCosines() {
    let basis = FourierBasis(order: 3, dimensions: 2)
    #expect(basis.count == 16)
    for point in points(50, dimensions: 2) {
      let x = Basis.fourier(basis).features(of: point)
      for i in 0...3 {
        for j in 0...3 {
          let phase = Double.pi * (Double(i) * point[0] + Double(j) * point[1])
          #expect(abs(x[4 * i + j] - cos(phase)) < 1e-12)
        }
      }
    }
    #expect(basis.rates[0] == 1 && basis.rates[1] == 1 && basis.rates[4 * 3 + 3] == 1 / 18.0.squareRoot())
  }

  @Test func powersAreProducts() {
    let basis = Basis.polynomial(PolynomialBasis(order: 2, dimensions: 3))
    #expect(basis.count == 27)
    for point in points(50, dimensions: 3) {
      let x = basis.features(of: point)
      for (i, row) in exponents(upTo: 2, dimensions: 3).enumerated() {
        let product = zip(point, row).reduce(1) { $0 * pow($1.0, Double($1.1)) }
        #expect(abs(x[i] - product) < 1e-12)
      }
    }
  }

  @Test func centresAreOnAGrid() {
    let radial = Basis.centred(CentredBasis(.radial, centres: 5, width: 0.7, dimensions: 2))
    let circles = Basis.centred(CentredBasis(.circle, centres: 5, width: 0.7, dimensions: 2))
    for point in points(100, dimensions: 2) {
      let (x, y) = (radial.features(of: point), circles.features(of: point))
      for i in 0..<5 {
        for j in 0..<5 {
          let distance = hypot(point[0] * 4 - Double(i), point[1] * 4 - Double(j))
          #expect(abs(x[5 * i + j] - exp(-distance * distance / 0.98)) < 1e-12)
          #expect(y[5 * i + j] == (distance <= 0.7 ? 1 : 0))
        }
      }
    }
  }

  @Test func everyPlaceHasOneGroup() {
    let basis = Basis.aggregation(StateAggregation(groups: 4, dimensions: 2))
    for point in points(200, dimensions: 2) {
      let (row, column) = (min(Int(point[0] * 4), 3), min(Int(point[1] * 4), 3))
      #expect(basis.features(of: point) == (0..<16).map { $0 == 4 * row + column ? 1 : 0 })
    }
  }

  @Test func observationsAreScaledFromTheirRanges() {
    var settings = FeatureSettings(.polynomial)
    settings.order = 1
    settings.ranges = [-1...3, 0...10]
    let map = settings.map(of: TimeLimit(MountainCar(), limit: 10))
    var x = ActiveFeatures(for: map)
    for (observation, scaled) in [([1, 2.5], [0.5, 0.25]), ([-9, 99], [0, 1])] as [([Float], [Double])] {
      map.write(observation, into: &x)
      #expect(x.dense(4) == [1, scaled[1], scaled[0], scaled[0] * scaled[1]])
    }
    // A feature that is 0 is left out.
    #expect(x.count == 2)
  }

  @Test(arguments: FeatureSettings.Kind.allCases) func statesOfAFiniteWorldHaveAllKinds(_ kind: FeatureSettings.Kind)
    throws
  {
    let world = TimeLimit(try Simulator(CliffWalking()), limit: nil)
    let settings = FeatureSettings(kind)
    #expect(settings.misfit(in: world, blocks: 4) == nil)
    let map = settings.map(of: world)
    #expect(map.states == 48)
    let rows = (0..<48).map(map.features)
    for row in rows { #expect(row.count == map.count && row.contains { $0 != 0 }) }
    if kind == .oneHot { #expect(Set(rows).count == 48) }
    if kind == .aggregation { #expect(Set(rows).count == 10) }
  }

  @Test func misfitsAreOneLine() throws {
    let pole = TimeLimit(CartPole(), limit: 500)
    var settings = FeatureSettings(.tiles)
    #expect(settings.misfit(in: pole)?.contains("coordinate 1 has no bounds") == true)
    settings.ranges = [-1...1]
    #expect(settings.misfit(in: pole)?.contains("expected one [low, high] for each of 4") == true)
    settings.ranges = .init(repeating: -3...3, count: 4)
    #expect(settings.misfit(in: pole) == nil)
    settings.tiles = 1000
    #expect(settings.misfit(in: pole)?.contains("more than 100000000 weights") == true)
    settings.slots = 4096
    #expect(settings.misfit(in: pole) == nil)
    var square = LSPIConfiguration()
    square.features = settings
    #expect(square.misfit(in: pole)?.contains("more than 2000 weights") == true)
    settings.kind = .oneHot
    #expect(settings.misfit(in: pole)?.contains("finite worlds") == true)
    #expect(settings.misfit(in: try Simulator(CliffWalking()), blocks: 4)?.contains("vector observations") == true)
  }

  @Test func rangesReadAsTheyAreWritten() throws {
    var configuration = LinearSarsaConfiguration()
    let ranges = SettingValue.list([.list([.number(-1.2), .number(0.5)]), .list([.integer(0), .number(0.07)])])
    try configuration.set("ranges", to: ranges)
    #expect(configuration.features.ranges == [-1.2...0.5, 0...0.07])
    for wrong in [SettingValue.number(1), .list([.number(1)]), .list([.list([.number(1), .number(0)])])] {
      #expect(throws: CoreError.self) { try configuration.set("ranges", to: wrong) }
    }
  }
}
