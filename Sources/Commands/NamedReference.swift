import Agents
import Foundation
import RLCore
import RunStore

/// The run whose policy an agent was told to begin from, and to stay near.
struct NamedReference {
  /// The settings of the command line, which must not contradict it.
  private let given: [Given]
  private let config: RunConfig
  private let settings: any PolicyNetworkSettings
  private let policy: SavedPolicy

  /// `nil` for an agent that was told nothing of the kind. Throws ``UsageError``.
  init?(_ entry: AgentEntry, _ given: [Given], runs: URL) throws {
    let names = Set(entry.settings.map(\.name))
    let own = given.filter { names.contains($0.name) }
    guard names.contains("reference"), let agent = try entry.configure(own) as? any ReferenceLearning,
      !agent.reference.isEmpty
    else { return nil }
    self.given = own
    (config, settings, policy) = try UsageError.of("--set reference: ") { try Self.read(agent.reference, runs: runs) }
  }

  private static func read(
    _ name: String, runs: URL
  ) throws -> (config: RunConfig, settings: any PolicyNetworkSettings, policy: SavedPolicy) {
    let run = try RunDirectory.find(name, in: runs)
    let config = try RunConfig(from: run)
    let given = config.agentSettings.map { Given(place: run.configURL.relativePath, name: $0.key, value: $0.value) }
    guard let settings = try Catalog.agent(config.agent).configure(given) as? any PolicyNetworkSettings else {
      let fitting = Catalog.agents.filter { (try? $0.configure([])) is any PolicyNetworkSettings }.map(\.id)
      throw UsageError(
        "--set reference: \(run.name) is of \(config.agent), which has no policy network; expected a run of "
          + fitting.joined(separator: ", "))
    }
    return (config, settings, try SavedPolicy(from: run.latestCheckpoint(config)))
  }

  /// The world that it was trained in.
  var environment: String { config.environment }

  /// That world's entry and settings.
  func entry(of name: String) throws -> (entry: EnvironmentEntry, settings: [Given])? {
    try config.environment == name ? config.entry() : nil
  }

  /// The agent with what was read, checked against the world. Throws ``UsageError``.
  func filled<Learning: ReferenceLearning>(_ agent: Learning, in world: World) throws -> Learning {
    var agent = agent
    try refuseOthers()
    agent.hidden = settings.hidden
    agent.activation = settings.activation
    agent.normalizeObservations = settings.normalizeObservations
    agent.states = settings.states
    agent.start = policy
    let size = world.observationSize(states: agent.states)
    if let reason = policy.misfit(with: agent, observations: size, actions: world.actionSpace) {
      throw UsageError("--set reference=\(agent.reference): \(reason) in \(world.id)")
    }
    return agent
  }

  /// What the command line says of the network must be what the reference is.
  private func refuseOthers() throws {
    let present = Dictionary(uniqueKeysWithValues: settings.settingValues.map { ($0.name, $0.value) })
    for setting in given where ["hidden", "activation", "normalizeObservations", "states"].contains(setting.name) {
      guard let value = present[setting.name], value != setting.value else { continue }
      throw UsageError(
        "\(setting.place): \(setting.name): \(setting.value) is not the reference's; expected \(value), or leave it out"
      )
    }
  }
}

/// The run of a reward model whose rewards an agent was told to learn from.
struct NamedReward {
  let name: String
  let model: RewardModel

  init(name: String, model: RewardModel) {
    self.name = name
    self.model = model
  }

  /// What `env.reward=RUN` names, which is taken out of `given`; `nil` where it says nothing, or chooses among rewards that
  /// the world itself pays. Throws ``UsageError``.
  init?(_ given: inout [Given], in environment: EnvironmentEntry, runs: URL) throws {
    guard let place = given.lastIndex(where: { $0.name == "reward" }),
      (try? environment.world([given[place]])) == nil
    else { return nil }
    let name = given.remove(at: place).value.description
    try self.init(name, in: environment.id, runs: runs, option: "--set env.reward")
  }

  /// The run of a reward model for a world. Throws ``UsageError``, which begins with `option`.
  init(_ name: String, in environment: String, runs: URL, option: String) throws {
    self.name = name
    model = try UsageError.of("\(option): ") {
      let run = try RunDirectory.find(name, in: runs)
      let config = try RunConfig(from: run)
      guard config.agent == RewardLearningConfiguration.id else {
        throw UsageError(
          "\(option): \(run.name) is of \(config.agent); expected a run of \(RewardLearningConfiguration.id)")
      }
      guard config.environment == environment else {
        throw UsageError("\(option): \(run.name) learned from clips of \(config.environment); expected \(environment)")
      }
      return try RewardModel(from: run.latestCheckpoint(config))
    }
  }

  /// Throws ``UsageError`` where an agent cannot learn from it in a world.
  func check(_ agent: any AgentSettings, in world: World) throws {
    func wrong(_ reason: String) -> UsageError { UsageError("--set env.reward=\(name): \(reason)") }
    if agent is any ClipLearning { throw wrong("\(agent.id) learns from clips, not from rewards") }
    guard !(agent is any FiniteLearning), agent is any ContinuousLearning || agent is any DiscreteLearning else {
      throw wrong("\(agent.id) learns from the world's own rewards; expected an agent with networks, such as ppo")
    }
    let states = (agent as? any DiscreteLearning)?.states ?? .oneHot
    if let reason = model.misfit(observations: world.observationSize(states: states), actions: world.actionSpace) {
      throw wrong("\(reason) in \(world.id)")
    }
  }
}

extension RunDirectory {
  /// Throws ``UsageError`` where there is none yet.
  func latestCheckpoint(_ config: RunConfig) throws -> CheckpointReader {
    let url = checkpointURL(.latest)
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
      throw UsageError("\(name) has no checkpoint yet; go on with: rlgym train --resume \(path)")
    }
    return try CheckpointFile.read(url, agent: config.agent, environment: config.environment).reader
  }
}

extension RunConfig {
  /// The run's world, and its settings.
  func entry() throws -> (entry: EnvironmentEntry, settings: [Given]) {
    let entry = try world.map { EnvironmentEntry(file: environment, text: $0) } ?? Catalog.environment(environment)
    let settings = environmentSettings.map {
      Given(place: "environmentSettings", prefix: "env.", name: "env." + $0.key, value: $0.value)
    }
    return (entry, settings)
  }
}

extension World {
  /// Numbers that a network sees of a state.
  func observationSize(states: StateEncoding) -> Int {
    guard case .discrete(let count) = observationSpace else { return observationSpace.size }
    if states == .oneHot { return count }
    return drawing([0]).grid.map { $0.cells.count == count } == true ? 2 : 1
  }
}
