import Agents
import Environments
import Foundation
import Networks
import RLCore
import RunStore
import Testing
import Trainer

/// A folder that goes away with the test.
final class Folder: Sendable {
  let url: URL

  /// In memory where the system has such a place: a run syncs its files, which a disk takes long for.
  init() throws {
    let memory = URL(filePath: "/dev/shm", directoryHint: .isDirectory)
    let isThere = FileManager.default.isWritableFile(atPath: memory.path())
    url = (isThere ? memory : FileManager.default.temporaryDirectory)
      .appending(path: "rlgym-tests-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func run(_ name: String = "run") throws -> RunDirectory {
    try RunDirectory.create(in: url, environment: "e", agent: "a", seed: 1, name: name, at: Date())
  }
}

/// What is trained, and how: budgets that are multiples of nothing.
enum Subject: String, CaseIterable, Sendable {
  case toy, qLearning, valueIteration, ddpg, ppo

  var settings: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = self == .valueIteration ? 203 : 1003
    settings.logEvery = 37
    settings.evaluateEvery = 101
    settings.evaluationEpisodes = 3
    settings.checkpointEvery = 83
    return settings
  }

  func learner(seed: UInt64 = 5, with changes: [SettingChange] = []) throws -> any Learner {
    func changed<Settings: Configurable>(_ settings: Settings) throws -> Settings {
      var settings = settings
      for change in changes { try settings.setSchedule(change.name, to: change.value) }
      return settings
    }
    switch self {
    case .toy: return Toy()
    case .qLearning:
      let simulator = try Simulator(CliffWalking())
      return try changed(QLearning.Configuration()).learner(in: TimeLimit(simulator, limit: 60), model: nil, seed: seed)
    case .valueIteration:
      var world = try GridWorld(bundled: "Zhao-5x5")
      world.discount = 0.99
      let simulator = try Simulator(world)
      return try Planning(ValueIteration(changed(.init()), for: simulator.table), in: TimeLimit(simulator, limit: 20))
    case .ddpg:
      BLAS.setThreads(1)
      var configuration = DDPG.Configuration()
      configuration.hidden = [8, 8]
      configuration.batch = 8
      configuration.warmup = 100
      configuration.capacity = 300
      configuration.noise = .ornsteinUhlenbeck
      let world = TimeLimit(Pendulum(), limit: 50)
      let agent = try DDPG(
        changed(configuration), observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    case .ppo:
      BLAS.setThreads(1)
      var configuration = PPOConfiguration()
      configuration.hidden = [8, 8]
      (configuration.lanes, configuration.horizon, configuration.batch) = (1, 23, 8)
      (configuration.normalizeObservations, configuration.normalizeRewards) = (true, true)
      return try changed(configuration).learner(in: TimeLimit(Pendulum(), limit: 50), seed: seed)
    }
  }

  var metadata: CheckpointMetadata {
    CheckpointMetadata(version: "test", agent: rawValue, environment: "world", seed: 5, step: 0)
  }

  func trainer(in run: RunDirectory, _ learner: (any Learner)? = nil) throws -> Trainer {
    try Trainer(settings: settings, in: run, as: metadata) { try learner ?? self.learner(with: $0) }
  }

  func trainer(resuming run: RunDirectory) throws -> Trainer {
    try Trainer(resuming: run, settings: settings, as: metadata) { try learner(with: $0) }
  }

  /// The clock of a checkpoint.
  func step(of kind: CheckpointKind, in run: RunDirectory) throws -> Int {
    try CheckpointFile.read(run.checkpointURL(kind), agent: rawValue, environment: "world").metadata.step
  }
}

/// A learner whose level wanders, and whose evaluations return it.
struct Toy: Learner {
  private(set) var clock = 0
  private var random = RandomStream(seed: 3)
  private var level = 0.0
  /// The step whose reward is not a number.
  var badStep: Int?
  /// The steps at which an evaluation says 1, 2, …; the level where it is empty.
  var scores: [Double] = []

  var isConverged: Bool { false }
  var metricTags: [String] { ["train/level"] }
  var solution: Solution? { nil }

  mutating func advance(by count: Int, into meter: inout Meter) throws {
    for _ in 0..<count {
      clock += 1
      level += random.normal()
      meter.add(level, to: 0)
      let ending = random.integer(below: 7) == 0 ? Ending.terminated : .running
      meter.record(Step(reward: clock == badStep ? .nan : level, ending: ending))
    }
    if let fault = meter.fault { throw fault }
  }

  func evaluate(episodes: Int, seed: UInt64, sample: Bool) -> Evaluation {
    var policy = UniformPolicy<Int, Int>(over: .discrete(1), random: RandomStream(seed: 1))
    let score = scores.isEmpty ? level : scores[(clock - 1) % scores.count]
    return Evaluation(of: &policy, in: Payer(pay: score), episodes: episodes, seed: seed)
  }

  func sample(_ starts: [EpisodeStart], steps: Int?, keeping kept: KeptMoment, seed: UInt64) -> [SampledEpisode] { [] }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    checkpoint.add("random", random)
    checkpoint.add("level", level)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    random = try checkpoint.random("random")
    level = try checkpoint.double("level")
  }
}

/// One step that pays.
private struct Payer: Environment {
  let pay: Double
  var random = RandomStream(seed: 0)

  init(pay: Double) { self.pay = pay }

  var observationSpace: Space { .discrete(1) }
  var actionSpace: Space { .discrete(1) }
  var state: [Double] { [0] }
  mutating func reset(seed: UInt64?, into observation: inout Int) { observation = 0 }
  mutating func step(_ action: Int, into observation: inout Int) -> Step { Step(reward: pay, ending: .terminated) }
  mutating func restore(state: [Double], into observation: inout Int) throws { observation = 0 }
  func drawing(of state: [Double]) -> Drawing { Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
}

/// A learner that tells when it is about to advance or to be evaluated.
struct Watched: Learner {
  enum Moment: Sendable { case advance, evaluation }

  var learner: any Learner
  let tell: @Sendable (Moment, Int) -> Void

  var clock: Int { learner.clock }
  var isConverged: Bool { learner.isConverged }
  var metricTags: [String] { learner.metricTags }
  var solution: Solution? { learner.solution }
  var surface: Surface? { learner.surface }

  mutating func advance(by count: Int, into meter: inout Meter) throws {
    tell(.advance, clock)
    try learner.advance(by: count, into: &meter)
  }

  func evaluate(episodes: Int, seed: UInt64, sample: Bool) throws -> Evaluation {
    tell(.evaluation, clock)
    return try learner.evaluate(episodes: episodes, seed: seed, sample: sample)
  }

  func idleReturn(episodes: Int, seed: UInt64) -> Double? { learner.idleReturn(episodes: episodes, seed: seed) }

  func sample(
    _ starts: [EpisodeStart], steps: Int?, keeping kept: KeptMoment, seed: UInt64
  ) throws -> [SampledEpisode] {
    try learner.sample(starts, steps: steps, keeping: kept, seed: seed)
  }

  func save(to checkpoint: inout CheckpointWriter) { learner.save(to: &checkpoint) }
  mutating func restore(from checkpoint: CheckpointReader) throws { try learner.restore(from: checkpoint) }
}

extension RunDirectory {
  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.appending(path: folder).path()).sorted()
  }

  /// Everything that a run leaves but its log and what was asked of it, wall-clock fields aside: path by path.
  func fingerprint() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for folder in ["checkpoints", "episodes"] {
      for name in try names(folder) {
        files["\(folder)/\(name)"] = try Data(contentsOf: url.appending(path: folder).appending(path: name))
      }
    }
    for name in try names("") where !["checkpoints", "episodes", "log.txt", "commands.jsonl"].contains(name) {
      let data = try Data(contentsOf: url.appending(path: name))
      if name == "metrics.jsonl" {
        files[name] = Data(timelessMetrics(String(decoding: data, as: UTF8.self)).utf8)
      } else if name.hasPrefix("events.out.tfevents.") {
        files["events"] = try timelessEvents([UInt8](data))
      } else {
        files[name] = data
      }
    }
    return files
  }

  /// The rows of `metrics.jsonl`.
  func rows() -> [MetricsRow] {
    var tail = MetricsTail(metricsURL)
    return tail.poll()
  }
}

/// The lines without `"time"` and the values whose tags begin with `time/`, as text: the digits are compared too.
private func timelessMetrics(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    line.split(separator: ",").filter { !$0.hasPrefix("\"time") }.joined(separator: ",")
  }.joined(separator: "\n")
}

/// The events without their wall-clock times and the values whose tags begin with `time/`.
private func timelessEvents(_ bytes: [UInt8]) throws -> Data {
  var kept = Data()
  var at = 0
  while at < bytes.count {
    // Length, its checksum, the event, its checksum; the event begins with its time: a byte and a double.
    let length = bytes[at..<at + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let event = bytes[at + 12 + 9..<at + 12 + length]
    try #require(bytes[at + 12] == 0x09)
    at += length + 16
    guard let summary = event.firstIndex(of: 0x2a) else {
      kept += event
      continue
    }
    // Step and the summary's header, then one value after another: 0x0a, size (one byte), 0x0a, size, tag, …
    kept += event[..<summary]
    var value = summary + 1
    while bytes[value] >= 0x80 { value += 1 }
    value += 1
    while value < event.endIndex {
      try #require(bytes[value] == 0x0a && bytes[value + 2] == 0x0a)
      let end = value + 2 + Int(bytes[value + 1])
      let tag = String(decoding: bytes[value + 4..<value + 4 + Int(bytes[value + 3])], as: UTF8.self)
      if !tag.hasPrefix("time/") { kept += bytes[value..<end] }
      value = end
    }
  }
  return kept
}

/// What differs between two fingerprints, by name.
func differences(_ a: [String: Data], _ b: [String: Data]) -> [String] {
  Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }.sorted()
}
