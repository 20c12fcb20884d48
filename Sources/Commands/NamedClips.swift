import Agents
import Foundation
import RLCore
import RunStore

/// The clips that an agent was told to learn from: pairs or episodes.
struct NamedClips {
  private let setting: String
  private let source: String
  private var data: Preferences
  private var origin: RunConfig?

  /// `nil` for an agent that learns otherwise. Throws ``UsageError``.
  init?(_ entry: AgentEntry, _ given: [Given], runs: URL) throws {
    guard entry.learnsFromClips else { return nil }
    let names = Set(entry.settings.map(\.name))
    let own = given.filter { names.contains($0.name) }
    guard let agent = try entry.configure(own) as? any ClipLearning, agent.ownUpdates == nil else { return nil }
    try self.init(agent, runs: runs)
  }

  /// Of a run's own settings, where it is gone on with.
  init(_ agent: some ClipLearning, runs: URL) throws {
    setting = type(of: agent).clipSetting
    let (setting, source) = (setting, agent.clipsFrom)
    self.source = source
    guard !source.isEmpty else {
      throw UsageError(
        "\(agent.id) needs --set \(setting)=…, "
          + (agent.savedEpisodes == nil ? "a folder that rlgym label made" : "a run or a folder that rlgym label made"))
    }
    (data, origin) = try UsageError.of("--set \(setting): ") {
      let folder = PreferenceFolder(URL(filePath: source))
      if folder.exists { return (try folder.read(), nil) }
      let run: RunDirectory
      do { run = try RunDirectory.find(source, in: runs) } catch {
        throw UsageError("--set \(setting): \(source) holds no pairs.jsonl, and \(error)")
      }
      if let count = agent.savedEpisodes {
        return (try Self.episodes(of: run, last: count), try RunConfig(from: run))
      }
      return (try PreferenceFolder(run.url.appending(path: "preferences")).read(), nil)
    }
  }

  private static func episodes(of run: RunDirectory, last count: Int) throws -> Preferences {
    let saved = run.episodes().suffix(count)
    guard !saved.isEmpty else { throw UsageError("--set data: \(run.name) has no saved episodes yet") }
    let read = try saved.map { try EpisodeFile.read($0.url) }
    return Preferences(environment: read[0].metadata.environment, clips: read.map(\.episode), pairs: [])
  }

  /// The world that the clips are of.
  var environment: String { data.environment }

  /// That world's entry and settings, where a run has them.
  func entry(of name: String) throws -> (entry: EnvironmentEntry, settings: [Given])? {
    try origin.flatMap { try $0.environment == name ? $0.entry() : nil }
  }

  /// The agent with what was read, checked against the world. Throws ``UsageError``.
  func filled<Learning: ClipLearning>(_ agent: Learning, in world: World) throws -> Learning {
    var agent = agent
    func wrong(_ reason: String) -> UsageError { UsageError("--set \(setting)=\(source): \(reason)") }
    if data.environment != world.id { throw wrong("its clips are of \(data.environment); expected \(world.id)") }
    if agent.savedEpisodes == nil {
      if data.pairs.isEmpty { throw wrong("it has no pairs with a preference; make some with: rlgym label") }
      if data.pairs.allSatisfy({ $0.preference == 0.5 }) {
        throw wrong("all \(data.pairs.count) pairs are ties, from which nothing can be learned")
      }
    }
    let size = world.observationSize(states: agent.states)
    if let reason = misfit(of: data.clips, observations: size, actions: world.actionSpace) { throw wrong(reason) }
    agent.data = data
    return agent
  }
}
