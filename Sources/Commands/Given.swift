import Agents
import Foundation
import RLCore
import RunStore

/// A setting that somebody gave, and where, for the error that refuses it.
struct Given: Sendable {
  /// `--set` on the command line, or a file and line.
  let place: String
  /// What stands before the name there: `env.`, `train.` or nothing.
  var prefix = ""
  let name: String
  let value: SettingValue

  /// Sets it. Throws ``UsageError`` that says where the mistake is and what would be right.
  func apply<Root: Configurable>(to root: inout Root) throws {
    do { try root.set(name, to: value) } catch CoreError.unknownSetting(_, let nearest) {
      let choice =
        nearest.isEmpty
        ? "; expected one of " + Root.settings.map { prefix + $0.name }.joined(separator: ", ")
        : suggestion(nearest.map { prefix + $0 })
      throw UsageError("\(place): there is no setting '\(prefix)\(name)'" + choice)
    } catch CoreError.badSetting(_, let value, let expected) {
      throw UsageError("\(place): \(prefix)\(name): \(value) is not valid; expected \(expected)")
    }
  }

  /// Those whose names begin with `prefix`, without it.
  static func part(_ prefix: String, of all: [Given]) -> [Given] {
    all.filter { $0.name.hasPrefix(prefix) }.map {
      Given(place: $0.place, prefix: prefix, name: String($0.name.dropFirst(prefix.count)), value: $0.value)
    }
  }
}

extension Given {
  /// `name=value` after `--set`. Throws ``UsageError``.
  init(assignment text: String) throws {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw UsageError("--set \(text): expected name=value, such as --set discount=0.95")
    }
    let value = try UsageError.of("--set \(text): ") {
      try settingValue(yaml: String(text[text.index(after: equals)...]))
    }
    self.init(place: "--set", name: String(text[..<equals]), value: value)
  }
}

/// Policies and data that are named.
extension Given {
  /// What `--policy` says, which is `--set policy=…`. Throws ``UsageError``.
  init(policy text: String) throws {
    let value = try UsageError.of("--policy \(text): ") { try settingValue(yaml: text) }
    self.init(place: "--policy", name: "policy", value: value)
  }

  /// With the table or the steps themselves in the place of the file or run that has them, so that the run's
  /// configuration holds all that it follows. Throws ``UsageError``.
  func withFilesRead(runs: URL) throws -> Given {
    if name == RecordedSteps.settingName { return try withStepsRead(runs: runs) }
    let name = value.description
    guard FollowedPolicy.settingNames.contains(self.name), !FollowedPolicy.words.contains(name) else { return self }
    if case .list = value { return self }
    do {
      let policy = try Self.policy(of: name, runs: runs)
      return Given(place: place, prefix: prefix, name: self.name, value: policy.value)
    } catch { throw UsageError("\(place): \(self.name): \(error)") }
  }

  private func withStepsRead(runs: URL) throws -> Given {
    if case .list = value { return self }
    let name = value.description
    if name == "none" { return self }
    do {
      let steps = try Self.isFile(name) ? Self.steps(in: URL(filePath: name)) : Self.steps(of: name, runs: runs)
      guard !steps.isEmpty else { throw UsageError("\(name) has no steps") }
      return Given(place: place, prefix: prefix, name: self.name, value: RecordedSteps(steps).value)
    } catch { throw UsageError("\(place): \(self.name): \(error)") }
  }

  /// All episodes that a run has saved, the oldest first.
  private static func steps(of name: String, runs: URL) throws -> [RecordedSteps.One] {
    let run: RunDirectory
    do { run = try RunDirectory.find(name, in: runs) } catch { throw UsageError("\(name) is no file, and \(error)") }
    return try run.episodes().flatMap { file -> [RecordedSteps.One] in
      let episode = try EpisodeFile.read(file.url).episode
      guard episode.observations.shape.count == 1, episode.actions.shape.count == 1 else {
        throw UsageError("\(name) is of vectors; expected a run in a finite world")
      }
      return RecordedSteps(episode).all
    }
  }

  /// What `rollout --json` prints, one line after another; t = 0 begins an episode.
  private static func steps(in file: URL) throws -> [RecordedSteps.One] {
    struct Line: Decodable {
      let t: Int
      let observation: Int
      let action: Int?
      let reward: Double?
      let terminated: Bool
      let truncated: Bool
    }
    var steps: [RecordedSteps.One] = []
    var state: Int?
    for (i, text) in try readText(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if text.allSatisfy(\.isWhitespace) { continue }
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else {
        throw UsageError(
          "\(file.relativePath):\(i + 1): expected a step in a finite world, as `rlgym rollout --json` prints it")
      }
      if let state, let action = line.action, let reward = line.reward {
        let ending: Ending = line.terminated ? .terminated : line.truncated ? .truncated : .running
        steps.append(.init(state, action, reward, line.observation, ending))
      }
      state = line.observation
    }
    return steps
  }

  private static func isFile(_ name: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) && !isFolder.boolValue
  }

  private static func policy(of name: String, runs: URL) throws -> FollowedPolicy {
    if isFile(name) { return try policy(in: URL(filePath: name)) }
    let run: RunDirectory
    do { run = try RunDirectory.find(name, in: runs) } catch {
      throw UsageError("\(name) is no file, and \(error)")
    }
    guard FileManager.default.fileExists(atPath: run.solutionURL.path(percentEncoded: false)) else {
      throw UsageError(
        "\(run.path) has no solution.json; expected a run of a planner or a tabular agent, once evaluated")
    }
    return try policy(in: run.solutionURL)
  }

  /// That of a solution, or of a list with an action or a row of probabilities for each state.
  private static func policy(in file: URL) throws -> FollowedPolicy {
    let text = try readText(file)
    var policy: FollowedPolicy?
    if text.first(where: { !$0.isWhitespace }) == "{" {
      let solution = try SolutionFile.read(file)
      policy = FollowedPolicy(FollowedPolicy(probabilities: solution.policy, actions: solution.actions).value)
    } else {
      policy = FollowedPolicy(try settingValue(yaml: text, file: file.relativePath))
    }
    guard let policy else {
      throw UsageError(
        "\(file.relativePath): expected a solution.json, or a list with an action or a row of probabilities that sum to "
          + "1 for each state")
    }
    return policy
  }
}

/// The `--set env.name=value` of a command that has no agent. Throws ``UsageError``.
func environmentSettings(_ sets: [String]) throws -> [Given] {
  let given = try sets.map(Given.init(assignment:))
  if let other = given.first(where: { !$0.name.hasPrefix("env.") }) {
    throw UsageError("--set \(other.name)=\(other.value): expected env.name=value, an environment's setting")
  }
  return Given.part("env.", of: given)
}
