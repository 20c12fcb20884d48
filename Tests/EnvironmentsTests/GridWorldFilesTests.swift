import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct GridWorldFilesTests {
  @Test func everyFileOfTheFolderIsInTheTable() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Environments/GridWorlds")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(names.map { $0.dropLast(5) }.sorted() == GridWorld.bundled.map { $0[...] })
  }

  @Test(arguments: GridWorld.bundled)
  func isNamedAfterItsFileAndNamesItsSource(id: String) throws {
    let world = try GridWorld(bundled: id)
    #expect(world.name == id)
    #expect(!world.source.isEmpty)
  }

  @Test func offersNearNames() throws {
    let error = try #require(throws: EnvironmentError.self) { try GridWorld(bundled: "zhao-5x6") }
    #expect(error.description == "there is no grid world 'zhao-5x6'; nearest: Zhao-5x5, Zhao-1x2, Zhao-2x2")
  }

  /// Zhao, figure 3.4(a) to (d): the first row of optimal values.
  static let figures: [(forbidden: Double, discount: Double, row: [Double])] = [
    (-1, 0.9, [5.832, 5.58, 6.2, 6.48, 5.832]),
    (-1, 0.5, [0.001953125, 0.00390625, 0.0078125, 0.015625, 0.03125]),
    (-1, 0, [0, 0, 0, 0, 0]),
    (-10, 0.9, [3.486784401, 3.87420489, 4.3046721, 4.782969, 5.31441]),
  ]

  @Test(arguments: figures)
  func zhaosWorldHasItsOptimalValues(forbidden: Double, discount: Double, row: [Double]) throws {
    var world = try GridWorld(bundled: "Zhao-5x5")
    try world.set("forbidden", to: .number(forbidden))
    try world.set("discount", to: .number(discount))
    #expect(zip(optimalValues(of: world), row).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test func zhaosSmallWorldsHaveTheirOptimalValues() throws {
    #expect(
      zip(optimalValues(of: try GridWorld(bundled: "Zhao-2x2")), [9, 10, 10, 10]).allSatisfy { abs($0 - $1) < 1e-9 })
    let three = optimalValues(of: try GridWorld(bundled: "Zhao-3x3"))
    #expect(zip(three, [7.29, 8.1, 8, 8.1, 9, 10, 9, 10, 10]).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  /// Sutton and Barto, example 6.5 and exercise 6.9: 15 steps with four moves, 7 with the king's.
  @Test func theWindyWorldsTakeTheirKnownNumberOfSteps() throws {
    let four = try GridWorld(bundled: "SB-windy")
    #expect(abs(optimalValues(of: four)[30] + 15) < 1e-9)
    let kings = try GridWorld(bundled: "SB-windy-kings")
    #expect(abs(optimalValues(of: kings)[30] + 7) < 1e-9)
  }
}
