import Foundation
import RLCore

/// Where an episode comes from.
public struct EpisodeMetadata: Sendable, Equatable {
  public var agent: String
  public var environment: String
  /// The learner's clock when the episode was played.
  public var step: Int

  public init(agent: String, environment: String, step: Int) {
    self.agent = agent
    self.environment = environment
    self.step = step
  }
}

/// `episodes/*.safetensors`: one episode with Minari's field names (DESIGN §6), and where the agent says it what it held
/// each observation to be worth, `values [T+1]` and `action_values [T+1, actions]`, and how probable each action was,
/// `action_probabilities [T+1, actions]`.
public enum EpisodeFile {
  public static let format = "rlgym-episode-1"
  /// In the agent's place where a person played.
  public static let human = "human"

  public static func encode(_ episode: Episode, agent: String, environment: String, step: Int) -> Data {
    let steps = [episode.length]
    var values: [(name: String, tensor: Tensor)] = []
    if let first = episode.estimates.first {
      let rows = episode.estimates.count
      values.append(("values", Tensor(shape: [rows], values: .float64(episode.estimates.map(\.v)))))
      for (name, path) in [("action_values", \ValueEstimate.q), ("action_probabilities", \ValueEstimate.p)] {
        let (width, table) = (first[keyPath: path].count, episode.estimates.flatMap { $0[keyPath: path] })
        if width > 0 { values.append((name, Tensor(shape: [rows, width], values: .float64(table)))) }
      }
    }
    return Safetensors.encode(
      [
        ("observations", episode.observations), ("actions", episode.actions),
        ("rewards", Tensor(shape: steps, values: .float64(episode.rewards))),
        ("terminations", Tensor(shape: steps, values: .bool(episode.terminations))),
        ("truncations", Tensor(shape: steps, values: .bool(episode.truncations))), ("states", episode.states),
      ] + values,
      metadata: [
        "format": format, "agent": agent, "environment": environment, "step": "\(step)", "seed": "\(episode.seed)",
      ])
  }

  /// Saves an episode that a person played in `folder`, which is made, as `<environment>__s<seed>.safetensors`, with `-2`,
  /// `-3`, … where there is one already. Returns its name. Throws ``RunStoreError/system``.
  public static func saveDemonstration(_ episode: Episode, environment: String, in folder: URL) throws -> String {
    try makeFolders(folder)
    let stem = "\(fileName(environment))__s\(episode.seed)"
    var (name, attempt) = ("\(stem).safetensors", 1)
    while FileMark(folder.appending(path: name)) != nil {
      attempt += 1
      name = "\(stem)-\(attempt).safetensors"
    }
    let data = encode(episode, agent: human, environment: environment, step: 0)
    try writeAtomically(data, to: folder.appending(path: name))
    return name
  }

  /// Throws ``RunStoreError/badFile`` where the file is damaged, is no episode, or its arrays do not fit together.
  public static func read(_ url: URL) throws -> (episode: Episode, metadata: EpisodeMetadata) {
    let path = url.relativePath
    let (tensors, words) = try Safetensors.decode(readFile(url), file: path)
    func bad(_ reason: String) -> RunStoreError { .badFile(path: path, line: nil, reason: reason) }
    let fields = MetadataFields(words: words, path: path)
    try fields.expect(format: format, name: "episode")
    func tensor(_ name: String, rows: Int?) throws -> Tensor {
      guard let tensor = tensors[name] else { throw bad("it has no array '\(name)'") }
      guard let first = tensor.shape.first, first == rows ?? first else {
        throw bad("its array '\(name)' has shape \(tensor.shape); expected \(rows ?? 0) rows")
      }
      return tensor
    }
    func flags(_ name: String, _ length: Int) throws -> [Bool] {
      let tensor = try tensor(name, rows: length)
      guard case .bool(let flags) = tensor.values, tensor.shape.count == 1 else {
        throw bad("its '\(name)' are not flags")
      }
      return flags
    }
    let rewardTensor = try tensor("rewards", rows: nil)
    guard case .float64(let rewards) = rewardTensor.values, rewardTensor.shape.count == 1, !rewards.isEmpty else {
      throw bad("its 'rewards' are not one or more 64-bit floats")
    }
    let states = try tensor("states", rows: rewards.count + 1)
    guard case .float64(let numbers) = states.values, states.shape.count == 2, numbers.allSatisfy(\.isFinite) else {
      throw bad("its 'states' are not rows of finite 64-bit floats")
    }
    func estimated(_ name: String, axes: Int) throws -> Tensor? {
      guard tensors[name] != nil else { return nil }
      let tensor = try tensor(name, rows: rewards.count + 1)
      guard case .float64(let numbers) = tensor.values, tensor.shape.count == axes, numbers.allSatisfy(\.isFinite)
      else {
        throw bad("its '\(name)' are not finite 64-bit floats")
      }
      return tensor
    }
    var episode = Episode(
      observations: try tensor("observations", rows: rewards.count + 1),
      actions: try tensor("actions", rows: rewards.count), rewards: rewards,
      terminations: try flags("terminations", rewards.count), truncations: try flags("truncations", rewards.count),
      states: states, seed: try fields.integer("seed"))
    if let values = try estimated("values", axes: 1) {
      let q = try estimated("action_values", axes: 2)
      let p = try estimated("action_probabilities", axes: 2)
      episode.estimates = values.doubles.enumerated().map {
        ValueEstimate(v: $1, q: q?.row($0) ?? [], p: p?.row($0) ?? [])
      }
    }
    let metadata = EpisodeMetadata(
      agent: try fields.text("agent"), environment: try fields.text("environment"), step: try fields.integer("step"))
    return (episode, metadata)
  }
}
