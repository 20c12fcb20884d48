import Agents
import Environments
import Foundation
import RLCore
import RunStore

/// Where ids meet concrete types, once.
enum Catalog {
  static let agents: [AgentEntry] = [
    AgentEntry(
      "value-iteration", "sweeps of the Bellman optimality operator over a known model", .finite,
      ValueIteration.Configuration(), AgentConfiguration.valueIteration),
    AgentEntry(
      "q-learning", "off-policy temporal-difference control with a table", .finite, QLearning.Configuration(),
      AgentConfiguration.qLearning),
    AgentEntry(
      "ddpg", "deep deterministic policy gradient with replay and target networks", .continuousControl,
      DDPG.Configuration(), AgentConfiguration.ddpg),
  ]

  static let environments: [EnvironmentEntry] =
    [
      EnvironmentEntry(
        "Pendulum-v1", "swing a pendulum up and hold it upright", Pendulum(), { World($0, continuous: $1, limit: 200) }),
      EnvironmentEntry(
        "CartPole-v1", "balance a pole on a cart", CartPole(), { World($0, discrete: $1, limit: 500) }),
      EnvironmentEntry(
        "FrozenLake-v1", "cross a slippery lake without falling into a hole (4×4)", FrozenLake.fourByFour,
        { try World($0, finite: $1, limit: 100) }),
      EnvironmentEntry(
        "CliffWalking-v1", "walk along a cliff to the goal", CliffWalking(),
        { try World($0, finite: $1, limit: nil) }),
    ]
    + GridWorld.bundled.map { id in
      EnvironmentEntry(id, make: { try GridWorld(bundled: id) }, world: { try World($0, finite: $1, limit: $1.limit) })
    }

  static func agent(_ id: String) throws -> AgentEntry {
    guard let entry = agents.first(where: { $0.id == id }) else {
      throw UsageError("there is no agent '\(id)'" + nearest(id, agents.map(\.id), "rlgym list agents"))
    }
    return entry
  }

  /// The entry of an id, or one for a grid-world file.
  static func environment(_ name: String) throws -> EnvironmentEntry {
    if let entry = environments.first(where: { $0.id == name }) { return entry }
    guard isFile(name) else {
      throw UsageError("there is no environment '\(name)'" + nearest(name, environments.map(\.id), "rlgym list envs"))
    }
    do { return EnvironmentEntry(file: name, text: try readText(URL(filePath: name))) } catch {
      throw UsageError("\(error); expected a grid world in YAML")
    }
  }

  private static func isFile(_ name: String) -> Bool {
    [".yaml", ".yml"].contains { name.hasSuffix($0) } || FileManager.default.fileExists(atPath: name)
  }

  private static func nearest(_ name: String, _ names: [String], _ command: String) -> String {
    let near = nearestNames(to: name, in: names)
    return near.isEmpty ? "; see them all with: \(command)" : suggestion(near)
  }
}

/// A setting as `describe` shows it.
struct SettingSummary: Sendable {
  let name: String
  let value: SettingValue
  let expected: String
  let help: String

  static func all<Root: Configurable>(of root: Root) -> [SettingSummary] {
    Root.settings.map {
      SettingSummary(name: $0.name, value: $0.read(root), expected: $0.expected, help: $0.help)
    }
  }
}

struct EnvironmentEntry: Sendable {
  let id: String
  let summary: String
  /// The text of a grid-world file given by its path.
  let text: String?
  /// The world with settings applied in order. Throws ``UsageError``.
  let world: @Sendable ([Given]) throws -> World
  let settings: @Sendable () throws -> [SettingSummary]

  init<Made: Configurable & Sendable>(
    _ id: String, _ summary: String, _ made: Made, _ world: @escaping @Sendable (String, Made) throws -> World
  ) {
    self.init(id, summary: summary, make: { made }, world: world)
  }

  init<Made: Configurable & Sendable>(
    _ id: String, summary: String, text: String? = nil, make: @escaping @Sendable () throws -> Made,
    world: @escaping @Sendable (String, Made) throws -> World
  ) {
    self.id = id
    self.summary = summary
    self.text = text
    self.world = { given in
      var made = try make()
      for setting in given { try setting.apply(to: &made) }
      return try UsageError.of { try world(id, made) }
    }
    settings = { SettingSummary.all(of: try make()) }
  }

  /// A grid world that comes with rlgym.
  init(
    _ id: String, make: @escaping @Sendable () throws -> GridWorld,
    world: @escaping @Sendable (String, GridWorld) throws -> World
  ) {
    let source = (try? make().source) ?? ""
    self.init(id, summary: source, make: make, world: world)
  }

  /// A grid world from the text of a file.
  init(file: String, text: String) {
    self.init(
      file, summary: "grid world from a file", text: text,
      make: { try UsageError.of { try GridWorld(yaml: text, file: file) } },
      world: { try World($0, finite: $1, limit: $1.limit) })
  }
}

/// An agent's settings, decided.
enum AgentConfiguration: Sendable {
  case valueIteration(ValueIteration.Configuration)
  case qLearning(QLearning.Configuration)
  case ddpg(DDPG.Configuration)

  var id: String {
    switch self {
    case .valueIteration: "value-iteration"
    case .qLearning: "q-learning"
    case .ddpg: "ddpg"
    }
  }

  var settingValues: [(name: String, value: SettingValue)] {
    switch self {
    case .valueIteration(let configuration): configuration.settingValues
    case .qLearning(let configuration): configuration.settingValues
    case .ddpg(let configuration): configuration.settingValues
    }
  }
}

struct AgentEntry: Sendable {
  let id: String
  let summary: String
  /// The worlds it fits.
  let kind: World.Kind
  let settings: [SettingSummary]
  /// The configuration with settings applied in order. Throws ``UsageError``.
  let configure: @Sendable ([Given]) throws -> AgentConfiguration

  init<Configuration: Configurable & Sendable>(
    _ id: String, _ summary: String, _ kind: World.Kind, _ defaults: Configuration,
    _ wrap: @escaping @Sendable (Configuration) -> AgentConfiguration
  ) {
    self.id = id
    self.summary = summary
    self.kind = kind
    settings = SettingSummary.all(of: defaults)
    configure = { given in
      var configuration = defaults
      for setting in given { try setting.apply(to: &configuration) }
      return wrap(configuration)
    }
  }
}
