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

  /// The exact returns that are published or known otherwise; of worlds without a table those that documentation tells, of
  /// the world as it is registered only.
  @Test(arguments: [
    ("CliffWalking-v1", -13, 1e-9), ("FrozenLake-v1", 0.7442, 5e-5), ("Taxi-v4", 7.93, 5e-3),
    ("bsuite-catch", 1, 1e-9), ("Zhao-5x5", 990, 1e-9), ("Pendulum-v1", -137.8, 0), ("CartPole-v1", 500, 0),
  ])
  func nearOptimalReturns(_ id: String, _ expected: Double, _ tolerance: Double) throws {
    let known = try #require(try Catalog.environment(id).world([]).nearOptimal())
    #expect(abs(known - expected) <= tolerance, "\(known)")
  }

  @Test func anotherWorldHasAnotherOptimum() throws {
    let light = try Catalog.environment("Pendulum-v1").world(environmentSettings(["env.gravity=5"]))
    #expect(light.nearOptimal() == nil)
    #expect(try Catalog.environment("Acrobot-v1").world([]).nearOptimal() == nil)
  }
}
