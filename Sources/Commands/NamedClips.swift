import Agents
import Foundation
import RLCore
import RunStore

/// What an agent that learns from clips was told to read: pairs or episodes, and a reference policy.
struct NamedClips {
  /// The settings of the command line, which must not contradict the reference.
  private let given: [Given]
  private let setting: String
  private let source: String
  private var data: Preferences?
  private var reference: (config: RunConfig, settings: any PolicyNetworkSettings, policy: SavedPolicy)?
  private var origin: RunConfig?

  /// `nil` for an agent that learns otherwise. Throws ``UsageError``.
  init?(_ entry: AgentEntry, _ given: [Given], runs: URL) throws {
    guard entry.learnsFromClips else { return nil }
    let names = Set(entry.settings.map(\.name))
    let own = given.filter { names.contains($0.name) }
    guard let agent = try entry.configure(own) as? any ClipLearning else { return nil }
    try self.init(agent, own, runs: runs)
  }

  /// Of a run's own settings, where it is gone on with.
  init(_ agent: some ClipLearning, _ given: [Given] = [], runs: URL) throws {
    self.given = given
    setting = type(of: agent).clipSetting
    source = agent.clipsFrom
    guard !source.isEmpty else {
      throw UsageError(
        "\(agent.id) needs --set \(setting)=…, "
          + (agent.savedEpisodes == nil ? "a folder that rlgym label made" : "a run or a folder that rlgym label made"))
    }
    if !agent.reference.isEmpty {
      reference = try UsageError.of("--set reference: ") { try Self.reference(agent.reference, runs: runs) }
    }
    try UsageError.of("--set \(setting): ") {
      let folder = PreferenceFolder(URL(filePath: source))
      if folder.exists {
        data = try folder.read()
      } else {
        let run: RunDirectory
        do { run = try RunDirectory.find(source, in: runs) } catch {
          throw UsageError("--set \(setting): \(source) holds no pairs.jsonl, and \(error)")
        }
        if let count = agent.savedEpisodes {
          origin = try RunConfig(from: run)
          data = try Self.episodes(of: run, last: count)
        } else {
          data = try PreferenceFolder(run.url.appending(path: "preferences")).read()
        }
      }
    }
  }

  private static func reference(
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
    let (checkpoint, _) = try CheckpointFile.read(
      run.checkpointURL(.latest), agent: config.agent, environment: config.environment)
    return (config, settings, try SavedPolicy(from: checkpoint))
  }

  private static func episodes(of run: RunDirectory, last count: Int) throws -> Preferences {
    let saved = run.episodes().suffix(count)
    guard !saved.isEmpty else { throw UsageError("--set data: \(run.name) has no saved episodes yet") }
    let read = try saved.map { try EpisodeFile.read($0.url) }
    return Preferences(environment: read[0].metadata.environment, clips: read.map(\.episode), pairs: [])
  }

  /// The world that the reference was trained in, or the clips are of.
  var environment: String? { reference?.config.environment ?? data?.environment }

  /// That world's entry and settings, where a run has them.
  func entry(of name: String) throws -> (entry: EnvironmentEntry, settings: [Given])? {
    guard let config = reference?.config ?? origin, config.environment == name else { return nil }
    let entry = try config.world.map { EnvironmentEntry(file: name, text: $0) } ?? Catalog.environment(name)
    let settings = config.environmentSettings.map {
      Given(place: "environmentSettings", prefix: "env.", name: "env." + $0.key, value: $0.value)
    }
    return (entry, settings)
  }

  /// The agent with what was read, checked against the world. Throws ``UsageError``.
  func filled<Learning: ClipLearning>(_ agent: Learning, in world: World) throws -> Learning {
    var agent = agent
    if let reference {
      try refuseOthers(than: reference.settings)
      agent.hidden = reference.settings.hidden
      agent.activation = reference.settings.activation
      agent.normalizeObservations = reference.settings.normalizeObservations
      agent.states = reference.settings.states
      agent.start = reference.policy
      let size = observationSize(of: world, states: agent.states)
      if let reason = reference.policy.misfit(with: agent, observations: size, actions: world.actionSpace) {
        throw UsageError("--set reference=\(agent.reference): \(reason) in \(world.id)")
      }
    }
    guard let data else { return agent }
    func wrong(_ reason: String) -> UsageError { UsageError("--set \(setting)=\(source): \(reason)") }
    if data.environment != world.id { throw wrong("its clips are of \(data.environment); expected \(world.id)") }
    if agent.savedEpisodes == nil {
      if data.pairs.isEmpty { throw wrong("it has no pairs with a preference; make some with: rlgym label") }
      if data.pairs.allSatisfy({ $0.preference == 0.5 }) {
        throw wrong("all \(data.pairs.count) pairs are ties, from which nothing can be learned")
      }
    }
    let size = observationSize(of: world, states: agent.states)
    if let reason = misfit(of: data.clips, observations: size, actions: world.actionSpace) { throw wrong(reason) }
    agent.data = data
    return agent
  }

  /// What the command line says of the network must be what the reference is.
  private func refuseOthers(than settings: some PolicyNetworkSettings) throws {
    let present = Dictionary(uniqueKeysWithValues: settings.settingValues.map { ($0.name, $0.value) })
    for setting in given where ["hidden", "activation", "normalizeObservations", "states"].contains(setting.name) {
      guard let value = present[setting.name], value != setting.value else { continue }
      throw UsageError(
        "\(setting.place): \(setting.name): \(setting.value) is not the reference's; expected \(value), or leave it out"
      )
    }
  }

  /// Numbers that a policy network sees of a state.
  private func observationSize(of world: World, states: StateEncoding) -> Int {
    guard case .discrete(let count) = world.observationSpace else { return world.observationSpace.size }
    if states == .oneHot { return count }
    return world.drawing([0]).grid.map { $0.cells.count == count } == true ? 2 : 1
  }
}
