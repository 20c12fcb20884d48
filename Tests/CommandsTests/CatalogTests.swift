import RLCore
import Testing

@testable import Commands

/// What holds for every environment by being in the catalogue.
@Suite struct CatalogTests {
  static let ids = Catalog.environments.map(\.id)

  /// Spaces, determinism, independence, exact continuation, sound models, complete documentation; a million random
  /// steps and as many extreme ones.
  @Test(arguments: ids) func keepsItsPromises(_ id: String) throws {
    #expect(try Catalog.environment(id).world([]).check(1_000_000) == [])
  }

  @Test func idsAreDistinct() { #expect(Set(Self.ids).count == Self.ids.count) }

  /// What a setting reads is what it takes: a run's configuration makes the same world again.
  @Test(arguments: ids) func settingsReadBack(_ id: String) throws {
    let entry = try Catalog.environment(id)
    let given = try entry.settings().map { Given(place: "test", name: $0.name, value: $0.value) }
    let (world, again) = (try entry.world([]), try entry.world(given))
    #expect(world.settings.map(\.name) == again.settings.map(\.name))
    #expect(world.settings.map(\.value) == again.settings.map(\.value))
    #expect(world.table?.branches.count == again.table?.branches.count)
  }
}
