import RLCore
import Testing

@testable import Environments

/// What ToyTextTests leaves: maps, chances and rewards that people choose.
@Suite struct FrozenLakeTests {
  /// Written by Fixtures/frozen-maps.py.
  private struct Recorded: Decodable {
    struct Map: Decodable {
      var size: Int
      var frozenProbability: Double
      var seed: UInt64
      var rows: [String]
    }

    var maps: [Map]
    var model: [[[RecordedOutcome]]]

    enum CodingKeys: String, CodingKey {
      case maps
      case model = "P"
    }
  }

  @Test func randomMapsAreGymnasiumsSeedForSeed() throws {
    for map in try fixture("frozen-maps", as: Recorded.self).maps {
      let rows = FrozenLake.randomMap(size: map.size, frozenProbability: map.frozenProbability, seed: map.seed)
      #expect(rows == map.rows)
      var lake = FrozenLake.fourByFour
      try lake.set("map", to: .text("random"))
      try lake.set("mapSize", to: .integer(map.size))
      try lake.set("frozenProbability", to: .number(map.frozenProbability))
      try lake.set("mapSeed", to: .integer(Int(map.seed)))
      #expect(String(lake.cells) == map.rows.joined())
      #expect(lake.rows == map.size && lake.columns == map.size)
    }
  }

  @Test func chancesAndRewardsAreGymnasiums() throws {
    var lake = FrozenLake.fourByFour
    let changes: [(String, SettingValue)] = [
      ("map", .text("SFH,HFG")), ("successRate", .number(0.7)), ("goalReward", .integer(5)),
      ("holeReward", .integer(-2)), ("frozenReward", .number(-0.5)),
    ]
    for (name, value) in changes { try lake.set(name, to: value) }
    let table = try fixture("frozen-maps", as: Recorded.self).model
    #expect(model(of: lake) == table.map { $0.map { $0.map(\.outcome) } })
    #expect(checkFiniteMDP(lake) == [])
  }

  @Test func namedMapsAreSettings() throws {
    var lake = FrozenLake.fourByFour
    #expect(lake.settingValues.first { $0.name == "map" }?.value == .text("4x4"))
    try lake.set("map", to: .text("8x8"))
    #expect(lake.cells == FrozenLake.eightByEight.cells && lake.rows == 8)
    try lake.set("map", to: .text("4x4"))
    #expect(model(of: lake) == model(of: FrozenLake.fourByFour))
    let own = try FrozenLake(map: ["SFG", "FFF"])
    #expect(own.settingValues.first { $0.name == "map" }?.value == .text("SFG,FFF"))
  }

  /// What a run's configuration holds makes the same lake again.
  @Test func settingsMakeTheSameLakeAgain() throws {
    var lake = FrozenLake.eightByEight
    for (name, value) in [("map", SettingValue.text("random")), ("mapSize", .integer(12)), ("mapSeed", .integer(9))] {
      try lake.set(name, to: value)
    }
    var again = FrozenLake.fourByFour
    for (name, value) in lake.settingValues { try again.set(name, to: value) }
    #expect(model(of: again) == model(of: lake) && again.stateCount == 144)
  }

  @Test(arguments: [
    ("map", SettingValue.text("5x5")), ("map", .text("SF,F")), ("map", .text("FF,FG")), ("map", .text("")),
    ("map", .text("SFFF,")), ("map", .list([.text("SF"), .text("FG")])), ("mapSize", .integer(1)),
    ("mapSize", .integer(65)), ("mapSize", .number(4.5)), ("mapSeed", .integer(-1)), ("frozenProbability", .number(2)),
    ("successRate", .number(1.5)), ("goalReward", .number(.infinity)),
  ])
  func wrongSettingsAreRefused(name: String, value: SettingValue) throws {
    var lake = FrozenLake.fourByFour
    let error = try #require(throws: CoreError.self) { try lake.set(name, to: value) }
    #expect(error.description.hasPrefix("\(name): \(value) is not valid; expected "))
    #expect(!error.description.contains("\n"))
    #expect(model(of: lake) == model(of: FrozenLake.fourByFour))
  }

  @Test func aLakeWithoutAWayIsRefused() throws {
    var lake = FrozenLake.fourByFour
    try lake.set("map", to: .text("random"))
    let cells = lake.cells
    #expect(throws: CoreError.self) { try lake.set("frozenProbability", to: .number(0)) }
    #expect(lake.cells == cells)
  }
}
