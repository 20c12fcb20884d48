import Foundation
import RLCore
import Testing

@testable import RunStore

@Suite struct RunConfigTests {
  private let folder: Folder
  private let config = RunConfig(
    version: "0.1.0", command: ["rlgym", "train", "--agent", "ddpg", "--set", "a=[1, 2]", "yes", "1", ""],
    agent: "ddpg",
    environment: "Pendulum-v1", seed: .max, created: Date(timeIntervalSince1970: 1_700_000_000),
    agentSettings: ["learningRate": .number(1e-3), "hidden": .list([.integer(64), .integer(64)]), "a": .flag(true)],
    environmentSettings: [:], trainingSettings: ["steps": .integer(10_000)],
    world: "name: Maze\nmap: |\n  S..#\n  ...T\n\n# end: of 'it'\n")

  init() throws { folder = try Folder() }

  @Test func readsWhatItWrote() throws {
    let run = try folder.run()
    try config.write(to: run)
    let read = try RunConfig(from: run)
    #expect(read == config)
    #expect(Array(read.agentSettings.keys) == ["learningRate", "hidden", "a"])
    #expect(try config.yaml() == config.yaml())
  }

  @Test(arguments: ["", "x", "x\n\n\n", "  indented\n", "tab\there\n", "é ü\n", "trailing \nspace\n", "\n first\n"])
  func aWorldKeepsEveryCharacter(_ world: String) throws {
    var config = config
    config.world = world
    #expect(try RunConfig(yaml: config.yaml(), file: "f").world == world)
  }

  @Test func peopleCanReadIt() throws {
    let yaml = try config.yaml()
    #expect(yaml.contains("created: \"2023-11-14T22:13:20Z\"\n") || yaml.contains("created: 2023-11-14T22:13:20Z\n"))
    #expect(yaml.contains("seed: 18446744073709551615\n"))
    #expect(yaml.contains("  hidden: [64, 64]\n"))
    #expect(yaml.contains("world: |\n  name: Maze\n  map: |\n    S..#\n"))
  }

  @Test(arguments: [
    ("seed: 18446744073709551615", "seed: -1", "seed: expected an integer"),
    ("seed: 18446744073709551615", "seed: [1]", "seed: expected text"),
    ("agent: ddpg", "agnet: ddpg", "no property 'agnet'; nearest: agent"),
    ("agent: ddpg", "# nothing", "agent: expected text"),
    ("steps: 10000", "steps: {a: 1}", "not a mapping"),
    ("  a: true", " a: true", "not YAML"),
  ])
  func mistakesAreNamed(_ good: String, _ bad: String, _ words: String) throws {
    let run = try folder.run()
    let yaml = try config.yaml()
    try #require(yaml.contains(good))
    try Data(yaml.replacing(good, with: bad).utf8).write(to: run.configURL)
    let error = storeError { _ = try RunConfig(from: run) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    #expect(error?.description.contains("config.yaml") == true)
  }

  @Test func cutAnywhereItNeverCrashes() throws {
    let yaml = try config.yaml()
    let settled = try #require(yaml.range(of: "trainingSettings:")).upperBound
    for end in yaml.indices {
      let error = storeError { _ = try RunConfig(yaml: String(yaml[..<end]), file: "f") }
      // Cut within the last section, a YAML text is a whole one.
      if end < settled { #expect(error != nil, "\(yaml[..<end].count) characters") }
    }
  }

  @Test func aFolderWithoutOneIsNoRun() throws {
    let run = try folder.run()
    guard case .notARun? = storeError({ _ = try RunConfig(from: run) }) else {
      Issue.record("accepted")
      return
    }
  }
}
