import Agents
import Foundation
import RLCore
import RunStore
import Trainer

/// What a run is made of: defaults, then the preset, then `--preset`, then `--set` and flags, decided and checked.
struct Setup {
  let agent: AgentConfiguration
  let world: World
  /// The text of a grid-world file given by its path.
  let worldText: String?
  var training: TrainingSettings
  /// Whether the agent has a tuned preset for the environment.
  let hasPreset: Bool

  private typealias Values = [(name: String, value: SettingValue)]

  /// Throws ``UsageError``.
  init(agent id: String, environment name: String?, presetFile: String?, sets: [String], steps: Int?) throws {
    let entry = try Catalog.agent(id)
    let presets = try Self.builtInPresets(of: id)
    guard let name = name ?? presets.first?.environment else {
      throw UsageError("\(id) has no default environment; choose one with --env")
    }
    let environment = try Catalog.environment(name)
    let preset = presets.first { $0.environment == name }?.values
    var values = preset ?? []
    if let presetFile { values += try Self.preset(file: presetFile, environment: name) }
    values += try sets.map(Self.assignment)
    if let steps { values.append(("train.steps", .integer(steps))) }
    hasPreset = preset != nil || presetFile != nil
    worldText = environment.text

    func part(_ prefix: String) -> Values {
      values.filter { $0.name.hasPrefix(prefix) }.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
    }
    world = try environment.world(part("env."))
    var training = TrainingSettings()
    for (name, value) in part("train.") { try UsageError.of("train.") { try training.set(name, to: value) } }
    self.training = training
    let own = values.filter { !$0.name.hasPrefix("env.") && !$0.name.hasPrefix("train.") }
    agent = try UsageError.of("\(id): ") { try entry.configure(own) }
  }

  /// The setup that a run was begun with.
  init(of run: RunDirectory) throws {
    let config = try RunConfig(from: run)
    let environment =
      try config.world.map { EnvironmentEntry(file: config.environment, text: $0) }
      ?? Catalog.environment(config.environment)
    world = try environment.world(config.environmentSettings.map { ($0.key, $0.value) })
    worldText = config.world
    agent = try UsageError.of("\(run.configURL.relativePath): ") {
      try Catalog.agent(config.agent).configure(config.agentSettings.map { ($0.key, $0.value) })
    }
    var training = TrainingSettings()
    for (name, value) in config.trainingSettings {
      try UsageError.of("\(run.configURL.relativePath): ") { try training.set(name, to: value) }
    }
    self.training = training
    hasPreset = true
  }

  /// What `config.yaml` says of a run with this setup.
  func config(seed: UInt64) -> RunConfig {
    func section(_ values: Values) -> OrderedDictionary<String, SettingValue> {
      OrderedDictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
    }
    return RunConfig(
      version: version, command: ["rlgym"] + CommandLine.arguments.dropFirst(), agent: agent.id,
      environment: world.id, seed: seed, created: Date(), agentSettings: section(agent.settingValues),
      environmentSettings: section(world.settings), trainingSettings: section(training.settingValues),
      world: worldText)
  }

  func metadata(seed: UInt64) -> CheckpointMetadata {
    CheckpointMetadata(version: version, agent: agent.id, environment: world.id, seed: seed, step: 0)
  }

  /// A fresh learner; its spaces are checked.
  func learner(seed: UInt64) throws -> any Learner { try world.learner(agent, seed) }

  /// The sections of an agent's own presets, in their order.
  private static func builtInPresets(of agent: String) throws -> [(environment: String, values: Values)] {
    guard let yaml = Presets.yaml(of: agent) else { return [] }
    return try readSettings(yaml: yaml, file: "Presets/\(agent).yaml").map { section in
      (section.key, section.value.map { ($0.key, $0.value.value) })
    }
  }

  /// The environments that an agent has presets for, the default first.
  static func presetEnvironments(of agent: String) throws -> [String] { try builtInPresets(of: agent).map(\.environment) }

  private static func preset(file: String, environment: String) throws -> Values {
    let text = try UsageError.of { try readText(URL(filePath: file)) }
    let sections = try UsageError.of { try readSettings(yaml: text, file: file) }
    guard let section = sections[environment] else {
      throw UsageError(
        "\(file): it has no section '\(environment)'; expected the environment's id over its settings")
    }
    return section.map { ($0.key, $0.value.value) }
  }

  /// `name=value`.
  static func assignment(_ text: String) throws -> (name: String, value: SettingValue) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw UsageError("--set \(text): expected name=value, such as --set discount=0.95")
    }
    let value = try UsageError.of("--set ") { try settingValue(yaml: String(text[text.index(after: equals)...])) }
    return (String(text[..<equals]), value)
  }
}

/// The learner of a run as one of its checkpoints has it.
func trained(_ run: RunDirectory, _ kind: CheckpointKind) throws -> (Setup, any Learner) {
  let config = try RunConfig(from: run)
  let setup = try Setup(of: run)
  var learner = try setup.learner(seed: config.seed)
  let (checkpoint, _) = try CheckpointFile.read(
    run.checkpointURL(kind), agent: config.agent, environment: config.environment)
  try learner.restore(from: checkpoint)
  return (setup, learner)
}
