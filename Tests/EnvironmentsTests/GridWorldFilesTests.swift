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
}
