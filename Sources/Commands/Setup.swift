import Agents
import Foundation
import RLCore
import RunStore
import Terminal
import Trainer

/// What a run is made of: defaults, then the preset, then `--preset`, then `--set` and flags, decided and checked.
struct Setup {
  private(set) var agent: any AgentSettings
  let world: World
  /// Whose rewards the agent learns from instead of the world's own.
  let reward: NamedReward?
  /// The text of a grid-world file given by its path.
  let worldText: String?
  var training: TrainingSettings
  /// Whether the agent has a tuned preset for the environment.
  let hasPreset: Bool

  /// Throws ``UsageError``.
  init(
    agent id: String, environment name: String?, presetFile: String? = nil, sets: [String] = [],
    policy: String? = nil, steps: Int? = nil, runs: String = "Runs"
  ) throws {
    let entry = try Catalog.agent(id)
    let presets = try Self.builtInPresets(of: id)
    let assigned = try sets.map { try Given(assignment: $0) }
    let root = URL(filePath: runs)
    let clips = try NamedClips(entry, assigned, runs: root)
    let reference = try NamedReference(entry, assigned, runs: root)
    guard let name = name ?? reference?.environment ?? clips?.environment ?? presets.first?.environment else {
      throw UsageError("\(id) has no default environment; choose one with --env")
    }
    let known = try reference?.entry(of: name) ?? clips?.entry(of: name)
    let environment = try known?.entry ?? Catalog.environment(name)
    let preset = presets.first { $0.environment == name }?.settings
    var given = (preset ?? []) + (known?.settings ?? [])
    if let presetFile { given += try Self.preset(file: presetFile, environment: name) }
    given += assigned
    if let policy { given.append(try Given(policy: policy)) }
    hasPreset = preset != nil || presetFile != nil
    worldText = environment.text

    var worldly = Given.part("env.", of: given)
    reward = try NamedReward(&worldly, in: environment, runs: root)
    world = try environment.world(worldly)
    var training = TrainingSettings()
    // What sweeps a model may be done within a thousand sweeps, and the residual of each is its learning curve.
    if entry.kinds == [.finite] { training.logEvery = 1 }
    for setting in Given.part("train.", of: given) { try setting.apply(to: &training) }
    if let steps { training.steps = steps }
    self.training = training
    let names = Set(entry.settings.map(\.name))
    agent = try entry.configure(
      given.filter { !$0.name.hasPrefix("env.") && !$0.name.hasPrefix("train.") }
        .map { clips == nil && names.contains($0.name) ? try $0.withFilesRead(runs: root) : $0 })
    if let reference, let learning = agent as? any ReferenceLearning {
      agent = try reference.filled(learning, in: world)
    }
    if let clips, let learning = agent as? any ClipLearning { agent = try clips.filled(learning, in: world) }
    try reward?.check(agent, in: world)
    // Rounds end of themselves.
    if let updates = (agent as? any ClipLearning)?.ownUpdates, steps == nil,
      !assigned.contains(where: { $0.name == "train.steps" })
    {
      self.training.steps = updates
    }
  }

  /// Reads again the clips that a run learns from, to go on with it. Throws ``UsageError``.
  mutating func readClips(runs: String) throws {
    guard let learning = agent as? any ClipLearning, learning.ownUpdates == nil else { return }
    let clips = try NamedClips(learning, runs: URL(filePath: runs))
    agent = try clips.filled(learning, in: world)
  }

  /// The setup that a run was begun with.
  /// Throws ``RunStore/RunStoreError`` that names the run's configuration.
  init(of run: RunDirectory) throws {
    let config = try RunConfig(from: run)
    do { try self.init(config, of: run) } catch let error as UsageError {
      throw RunStoreError.badFile(path: run.configURL.relativePath, line: nil, reason: error.description)
    }
  }

  private init(_ config: RunConfig, of run: RunDirectory) throws {
    let environment =
      try config.world.map { EnvironmentEntry(file: config.environment, text: $0) }
      ?? Catalog.environment(config.environment)
    func given(_ section: String, _ settings: OrderedDictionary<String, SettingValue>) -> [Given] {
      settings.map { Given(place: section, name: $0.key, value: $0.value) }
    }
    world = try environment.world(given("environmentSettings", config.environmentSettings))
    worldText = config.world
    agent = try Catalog.agent(config.agent).configure(given("agentSettings", config.agentSettings))
    var training = TrainingSettings()
    for setting in given("trainingSettings", config.trainingSettings) { try setting.apply(to: &training) }
    self.training = training
    hasPreset = true
    reward = try config.reward.map {
      NamedReward(name: $0, model: try RewardModel(from: run.copy(of: .reward, config)))
    }
    if var learning = agent as? any ReferenceLearning, !learning.reference.isEmpty, run.has(.reference) {
      learning.start = try SavedPolicy(from: run.copy(of: .reference, config))
      agent = learning
    }
  }

  /// Keeps in a run's folder what it takes from other runs, so that it needs them no more.
  func writeCopies(to run: RunDirectory, seed: UInt64) throws {
    var copies: [(kind: CopyKind, content: CheckpointWriter)] = []
    if let start = (agent as? any ReferenceLearning)?.start {
      var writer = CheckpointWriter()
      start.save(to: &writer)
      copies.append((.reference, writer))
    }
    if let reward {
      var writer = CheckpointWriter()
      reward.model.save(to: &writer)
      copies.append((.reward, writer))
    }
    for copy in copies {
      try writeAtomically(CheckpointFile.encode(copy.content, metadata(seed: seed)), to: run.copyURL(copy.kind))
    }
  }

  /// What `config.yaml` says of a run with this setup.
  func config(seed: UInt64) -> RunConfig {
    func section(_ values: [(name: String, value: SettingValue)]) -> OrderedDictionary<String, SettingValue> {
      OrderedDictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
    }
    return RunConfig(
      version: version, command: ["rlgym"] + CommandLine.arguments.dropFirst(), agent: agent.id,
      environment: world.id, seed: seed, created: Date(), agentSettings: section(agent.settingValues),
      environmentSettings: section(world.settings), trainingSettings: section(training.settingValues),
      world: worldText, reward: reward?.name)
  }

  func metadata(seed: UInt64) -> CheckpointMetadata {
    CheckpointMetadata(version: version, agent: agent.id, environment: world.id, seed: seed, step: 0)
  }

  /// A fresh learner, with what was changed while the run went on; its spaces are checked.
  func learner(seed: UInt64, with changes: [SettingChange] = []) throws -> any Learner {
    var agent = agent
    for change in changes { try agent.setSchedule(change.name, to: change.value) }
    return try world.learner(agent, reward?.model, seed)
  }

  /// The γ of the agent's values; `nil` where it has none.
  var discount: Double? {
    guard let value = agent.settingValues.first(where: { $0.name == "discount" })?.value else { return nil }
    // Left to a world without one, it is 1.
    return value.asNumber ?? world.discount ?? 1
  }

  /// What may change while a run goes on.
  var schedules: [RunSchedule] {
    func schedules<Settings: AgentSettings>(_ agent: Settings) -> [RunSchedule] {
      Settings.settings.compactMap { setting in
        setting.scheduleRange.map { RunSchedule(name: setting.name, range: $0) }
      }
    }
    return schedules(agent)
  }

  /// What a run's files do not tell a screen.
  var background: RunBackground {
    RunBackground(drawing: world.drawing, schedules: schedules, nearOptimal: world.nearOptimal())
  }

  /// The sections of an agent's own presets, in their order.
  private static func builtInPresets(of agent: String) throws -> [(environment: String, settings: [Given])] {
    guard let yaml = Presets.yaml(of: agent) else { return [] }
    return try sections(yaml, file: "Presets/\(agent).yaml")
  }

  private static func sections(_ yaml: String, file: String) throws -> [(environment: String, settings: [Given])] {
    try UsageError.of { try readSettings(yaml: yaml, file: file) }.map { section in
      (
        section.key,
        section.value.map { Given(place: "\(file):\($0.value.line)", name: $0.key, value: $0.value.value) }
      )
    }
  }

  /// The environments that an agent has presets for, the default first.
  static func presetEnvironments(of agent: String) throws -> [String] {
    try builtInPresets(of: agent).map(\.environment)
  }

  private static func preset(file: String, environment: String) throws -> [Given] {
    let text = try UsageError.of { try readText(URL(filePath: file)) }
    guard let section = try sections(text, file: file).first(where: { $0.environment == environment }) else {
      throw UsageError(
        "\(file): it has no section '\(environment)'; expected the environment's id over its settings")
    }
    return section.settings
  }
}

/// The learner of a run as one of its checkpoints has it.
func trained(_ run: RunDirectory, _ kind: CheckpointKind) throws -> (Setup, any Learner) {
  let config = try RunConfig(from: run)
  var setup = try Setup(of: run)
  // It is judged by clips, and by nothing else.
  if setup.agent is RewardLearningConfiguration { try setup.readClips(runs: run.url.deletingLastPathComponent().path) }
  guard FileManager.default.fileExists(atPath: run.checkpointURL(kind).path(percentEncoded: false)) else {
    throw UsageError(
      "\(run.name) has no \(kind.rawValue) checkpoint yet; go on with: rlgym train --resume \(run.path)")
  }
  let (checkpoint, metadata) = try CheckpointFile.read(
    run.checkpointURL(kind), agent: config.agent, environment: config.environment)
  let changes = try RunLog(run).changes().filter { $0.step <= metadata.step }
  var learner = try setup.learner(seed: config.seed, with: changes)
  do { try learner.restore(from: checkpoint) } catch let error as CoreError {
    throw RunStoreError.badFile(path: run.checkpointURL(kind).relativePath, line: nil, reason: "\(error)")
  }
  return (setup, learner)
}

extension RunDirectory {
  /// What another run gave when this one began.
  fileprivate func copy(of kind: CopyKind, _ config: RunConfig) throws -> CheckpointReader {
    try CheckpointFile.read(copyURL(kind), agent: config.agent, environment: config.environment).reader
  }

  fileprivate func has(_ kind: CopyKind) -> Bool {
    FileManager.default.fileExists(atPath: copyURL(kind).path(percentEncoded: false))
  }

  /// Its path as a person would type it here.
  var path: String {
    let path = url.path(percentEncoded: false)
    let here = FileManager.default.currentDirectoryPath + "/"
    let short = path.hasPrefix(here) ? path.dropFirst(here.count) : path[...]
    return short.hasSuffix("/") && short.count > 1 ? String(short.dropLast()) : String(short)
  }
}
