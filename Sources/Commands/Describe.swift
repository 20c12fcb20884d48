import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal

struct Describe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describe an agent, an environment, a grid world's file, or a run.")

  @Argument(help: "An agent's or environment's id, a YAML file, or a run.") var subject: String
  @Flag(help: "Print a finite world's transition table as JSON.") var transitions = false
  @Option(name: .customLong("set"), parsing: .singleValue, help: "Environment setting as env.name=value.")
  var sets: [String] = []
  @Option(help: "Folder of runs.") var runs = "Runs"
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(help: "Print an environment's page as Markdown, for DocC.") var markdown = false
  @Option(
    help:
      "Draw instead: of a run its maps or state values and its charts, of an environment a first state; an SVG file.")
  var svg: String?

  func run() throws {
    if let agent = Catalog.agents.first(where: { $0.id == subject }) {
      if svg != nil { throw UsageError("--svg: \(subject) is an agent; expected a run or an environment") }
      return try describe(agent)
    }
    let asRun = try? RunDirectory.find(subject, in: URL(filePath: runs))
    if let asRun, !Catalog.environments.contains(where: { $0.id == subject }) { return try describe(asRun) }
    let names = Catalog.agents.map(\.id) + Catalog.environments.map(\.id)
    let isKnown = names.contains(subject) || FileManager.default.fileExists(atPath: subject)
    guard isKnown || subject.hasSuffix(".yaml") || subject.hasSuffix(".yml") else {
      throw UsageError(
        "there is no agent, environment, file or run '\(subject)'" + suggestion(nearestNames(to: subject, in: names)))
    }
    try describe(try Catalog.environment(subject))
  }

  private func describe(_ entry: AgentEntry) throws {
    let presets = try Setup.presetEnvironments(of: entry.id)
    if json {
      return try printJSON(
        AgentReport(
          id: entry.id, summary: entry.summary, needs: entry.needs, presets: presets,
          settings: entry.settings.map(SettingReport.init)))
    }
    try printOut("\(entry.id): \(entry.summary)")
    try printOut("needs    \(entry.needs)")
    try printOut("presets  \(presets.joined(separator: ", "))")
    try printOut("settings")
    for line in settingLines(entry.settings) { try printOut(line) }
  }

  private func describe(_ entry: EnvironmentEntry) throws {
    let world = try entry.world(environmentSettings(sets))
    if transitions {
      guard let table = world.table else {
        throw UsageError("\(subject) has no transition table: it has \(world.kind.rawValue)")
      }
      return try printJSON(TransitionReport(table: table))
    }
    if let svg {
      var played = world.played()
      played.reset(seed: 0)
      return try write(Terminal.svg(of: world.drawing(played.state)), to: svg)
    }
    let fitting = Catalog.agents.filter { $0.kinds.contains(world.kind) }.map(\.id)
    let settings = try entry.settings().map { setting in
      SettingReport(setting, value: world.settings.first { $0.name == setting.name }?.value ?? setting.value)
    }
    if json {
      return try printJSON(EnvironmentReport(world, agents: fitting, settings: settings))
    }
    let page = EnvironmentPage(world: world, agents: fitting, settings: settings)
    for line in markdown ? page.markdown : page.text { try printOut(line) }
  }

  private func describe(_ run: RunDirectory) throws {
    let config = try RunConfig(from: run)
    var reader = RunReader(run)
    reader.poll()
    let last = reader.rows.last
    if json {
      return try printJSON(
        RunReport(
          run: run.path, agent: config.agent, env: config.environment, seed: config.seed,
          steps: last?.step ?? 0, status: "\(reader.status)", bestReward: reader.best?.reward,
          bestStep: reader.best?.step))
    }
    // What is damaged is left out below, and named here.
    if let problem = reader.problem { printError("left out: \(problem)") }
    let page = RunPage(run: run, config: config, reader: reader)
    if let svg {
      guard let picture = page.svg() else { throw UsageError("--svg: \(run.name) has nothing to draw yet") }
      return try write(picture, to: svg)
    }
    for line in page.text(width: terminalWidth(), isColoured: isColoured()) { try printOut(line) }
  }

  private func write(_ picture: String, to file: String) throws {
    try writeAtomically(Data(picture.utf8), to: URL(filePath: file))
    printError("wrote \(file)")
  }

  private func settingLines(_ settings: [SettingSummary]) -> [String] {
    table(settings.map { ["  \($0.name)", "\($0.value)", "\($0.help) (\($0.expected))"] })
  }
}

struct SettingReport: Encodable {
  let name: String
  let value: String
  let expected: String
  let help: String

  init(_ setting: SettingSummary) { self.init(setting, value: setting.value) }

  init(_ setting: SettingSummary, value: SettingValue) {
    name = setting.name
    self.value = "\(value)"
    expected = setting.expected
    help = setting.help
  }
}

private struct AgentReport: Encodable {
  let id: String
  let summary: String
  let needs: String
  let presets: [String]
  let settings: [SettingReport]
}

private struct EnvironmentReport: Encodable {
  let id: String
  let summary: String
  let observationSpace: String
  let actionSpace: String
  let stepLimit: Int?
  let agents: [String]
  let settings: [SettingReport]
  /// Text by heading.
  let sections: [String: String]
  /// `[name, unit]` of each number of a vector observation.
  let quantities: [[String]]

  init(_ world: World, agents: [String], settings: [SettingReport]) {
    id = world.id
    summary = world.documentation.summary
    observationSpace = "\(world.observationSpace)"
    actionSpace = "\(world.actionSpace)"
    stepLimit = world.stepLimit
    self.agents = agents
    self.settings = settings
    sections = Dictionary(uniqueKeysWithValues: world.documentation.sections.map { ($0.heading, $0.text) })
    quantities = world.documentation.quantities.map { [$0.name, $0.unit] }
  }
}

private struct RunReport: Encodable {
  let run: String
  let agent: String
  let env: String
  let seed: UInt64
  let steps: Int
  let status: String
  let bestReward: Double?
  let bestStep: Int?
}

/// `P[s][a] = [[probability, next, reward, terminated], …]`, as Gymnasium's toy-text environments have it.
private struct TransitionReport: Encodable {
  let table: TransitionTable

  private enum Key: String, CodingKey {
    case states, actions, initial
    case model = "P"
  }

  private struct Row: Encodable {
    let probability: Double
    let branch: TransitionTable.Branch

    func encode(to encoder: any Encoder) throws {
      var row = encoder.unkeyedContainer()
      try row.encode(probability)
      try row.encode(branch.next)
      try row.encode(branch.reward)
      try row.encode(branch.isTerminal)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(table.states, forKey: .states)
    try container.encode(table.actions, forKey: .actions)
    try container.encode(table.initial, forKey: .initial)
    let rows = (0..<table.states * table.actions).map { pair in
      (Int(table.starts[pair])..<Int(table.starts[pair + 1])).map {
        Row(probability: table.probabilities[$0], branch: table.branches[$0])
      }
    }
    let states = (0..<table.states).map { Array(rows[$0 * table.actions..<($0 + 1) * table.actions]) }
    try container.encode(states, forKey: .model)
  }
}
