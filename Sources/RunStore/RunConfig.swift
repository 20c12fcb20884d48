import Foundation
import OrderedCollections
import RLCore
import Yams

/// What `config.yaml` holds: everything needed to run a run again.
public struct RunConfig: Sendable, Equatable {
  /// The version of rlgym that began the run.
  public var version: String
  /// The command line, program name first.
  public var command: [String]
  public var agent: String
  public var environment: String
  public var seed: UInt64
  /// To the second.
  public var created: Date
  public var agentSettings: OrderedDictionary<String, SettingValue>
  public var environmentSettings: OrderedDictionary<String, SettingValue>
  public var trainingSettings: OrderedDictionary<String, SettingValue>
  /// The text of a world's file, where the environment was given as one: the run does not need the file any more.
  public var world: String?
  /// The run whose reward model paid instead of the world, where one did; it is beside the configuration.
  public var reward: String?

  public init(
    version: String, command: [String], agent: String, environment: String, seed: UInt64, created: Date,
    agentSettings: OrderedDictionary<String, SettingValue> = [:],
    environmentSettings: OrderedDictionary<String, SettingValue> = [:],
    trainingSettings: OrderedDictionary<String, SettingValue> = [:], world: String? = nil, reward: String? = nil
  ) {
    self.version = version
    self.command = command
    self.agent = agent
    self.environment = environment
    self.seed = seed
    self.created = Date(timeIntervalSince1970: created.timeIntervalSince1970.rounded(.down))
    self.agentSettings = agentSettings
    self.environmentSettings = environmentSettings
    self.trainingSettings = trainingSettings
    self.world = world
    self.reward = reward
  }

  public func write(to run: RunDirectory) throws {
    try writeAtomically(Data(yaml().utf8), to: run.configURL)
  }

  /// Throws ``RunStoreError/badFile`` with file and line, or ``RunStoreError/notARun``.
  public init(from run: RunDirectory) throws {
    guard FileMark(run.configURL) != nil else { throw RunStoreError.notARun(path: run.url.relativePath) }
    try self.init(yaml: readText(run.configURL), file: run.configURL.relativePath)
  }
}

extension RunConfig {
  func yaml() throws -> String {
    func section(_ settings: OrderedDictionary<String, SettingValue>) -> Node {
      Node(settings.map { (textNode($0.key), $0.value.node) }, .implicit, settings.isEmpty ? .flow : .block)
    }
    var pairs: [(Node, Node)] = [
      (Node("version"), textNode(version)), (Node("command"), Node(command.map(textNode), .implicit, .flow)),
      (Node("created"), textNode(created.formatted(.iso8601))), (Node("agent"), textNode(agent)),
      (Node("environment"), textNode(environment)), (Node("seed"), Node("\(seed)", .implicit, .plain)),
      (Node("agentSettings"), section(agentSettings)), (Node("environmentSettings"), section(environmentSettings)),
      (Node("trainingSettings"), section(trainingSettings)),
    ]
    if let world { pairs.append((Node("world"), Node(world, Tag(.str), .literal))) }
    if let reward { pairs.append((Node("reward"), textNode(reward))) }
    do {
      return try Yams.serialize(node: Node(pairs, .implicit, .block), width: -1, allowUnicode: true)
    } catch let error as YamlError {
      throw RunStoreError.cannotEncode(what: "the configuration", reason: "\(error)")
    }
  }

  init(yaml: String, file: String) throws {
    let known = [
      "version", "command", "created", "agent", "environment", "seed", "agentSettings", "environmentSettings",
      "trainingSettings", "world", "reward",
    ]
    var found: OrderedDictionary<String, Node> = [:]
    for (key, value, line) in try entries(composed(yaml, file: file), file: file, of: "properties") {
      guard known.contains(key) else {
        throw RunStoreError.badFile(
          path: file, line: line,
          reason: "there is no property '\(key)'" + suggestion(nearestNames(to: key, in: known)))
      }
      found[key] = value
    }
    func bad(_ key: String, _ expected: String) -> RunStoreError {
      .badFile(path: file, line: found[key]?.mark?.line, reason: "\(key): expected \(expected)")
    }
    func text(_ key: String) throws -> String {
      guard case .scalar(let scalar)? = found[key] else { throw bad(key, "text") }
      return scalar.string
    }
    func settings(_ key: String) throws -> OrderedDictionary<String, SettingValue> {
      guard let node = found[key] else { throw bad(key, "settings as 'name: value', or {}") }
      return try OrderedDictionary(
        uniqueKeysWithValues: entries(node, file: file, of: "settings").map {
          ($0.key, try SettingValue(node: $0.value, file: file))
        })
    }
    guard let seed = UInt64(try text("seed")) else { throw bad("seed", "an integer in 0...\(UInt64.max)") }
    guard let created = try? Date(text("created"), strategy: .iso8601) else {
      throw bad("created", "a time such as 2026-01-31T12:00:00Z")
    }
    guard case .sequence(let command)? = found["command"], case let words = command.compactMap(\.string),
      words.count == command.count
    else { throw bad("command", "a list of words") }
    try self.init(
      version: text("version"), command: words, agent: text("agent"), environment: text("environment"), seed: seed,
      created: created, agentSettings: settings("agentSettings"),
      environmentSettings: settings("environmentSettings"), trainingSettings: settings("trainingSettings"),
      world: found["world"] == nil ? nil : text("world"), reward: found["reward"] == nil ? nil : text("reward"))
  }
}
