import Foundation
import RLCore
import RunStore

/// Advances any learner through its budget: rows of metrics, evaluations, checkpoints, and an end that can be resumed.
///
/// What is written depends on the learner's clock alone, never on the wall clock, so that a run is the same to the
/// byte whether or not it was interrupted (the tags of ``RunStore/MetricsRow`` that begin with `time/`, and `time`
/// itself, aside). A person may pause it, and ask for more checkpoints and evaluations than its own: those requests of
/// ``RunStore/RunRequests`` change nothing of what is learned and written beside them. One request does: to make a
/// schedule another number. The log has it with its step, and a run that goes on repeats it there.
public struct Trainer: ~Copyable {
  public enum Outcome: Sendable, Equatable { case finished, interrupted }
  /// Makes a run's fresh learner, with settings that have changed. Throws ``RLCore/CoreError`` where one may not.
  public typealias Making = @Sendable ([SettingChange]) throws -> any Learner

  /// Evaluations during training use the first of the selection starts (DESIGN §9).
  public static let selectionSeed: UInt64 = 20_000

  private var learner: any Learner
  private let make: Making
  /// What has been changed so far, and what an earlier sitting changed at a later step.
  private var changes: (made: [SettingChange], ahead: [SettingChange])
  private let settings: TrainingSettings
  private let run: RunDirectory
  private let metadata: CheckpointMetadata

  private var meter: Meter
  private var best: (step: Int, reward: Double)
  /// What the first evaluation is to be better than, until that has its row.
  private var idleReturn: Double?
  public private(set) var lastEvaluation: Evaluation?

  private let lock: RunLock
  private let log: RunLog
  private var requests: RunRequests
  private let disk = DiskWriter()
  private var metrics: MetricsWriter
  private var events: EventWriter

  /// Seconds of training before this process took up the run.
  private let earlierSeconds: Double
  private let start = ContinuousClock.now
  /// Spent waiting, because a person asked for it.
  private var pausedSeconds = 0.0
  /// Where the last row stood.
  private var lastRow: (clock: Int, seconds: Double)
  private var evaluationSeconds = 0.0
  /// Steps given to the learner at once: as many as take about 20 ms, so that a signal is soon seen.
  private var slice = 64

  /// Begins a run in a directory that was made for it. Throws ``RunStore/RunStoreError``.
  public init(
    settings: TrainingSettings, in run: RunDirectory, as metadata: CheckpointMetadata, making make: @escaping Making
  ) throws {
    let lock = try RunLock(run)
    let learner = try make([])
    try self.init(
      learner, make, ([], []), Meter(tags: learner.metricTags), (-1, -.infinity), settings, run, metadata, lock,
      .started)
  }

  /// Takes a run up from its latest checkpoint, or from the beginning where it was killed before its first.
  /// Throws ``RLCore/CoreError/badCheckpoint`` or ``RunStore/RunStoreError``.
  public init(
    resuming run: RunDirectory, settings: TrainingSettings, as metadata: CheckpointMetadata,
    making make: @escaping Making
  ) throws {
    let lock = try RunLock(run)
    let url = run.checkpointURL(.latest)
    let isThere = FileManager.default.fileExists(atPath: url.path(percentEncoded: false))
    let saved =
      isThere ? try CheckpointFile.read(url, agent: metadata.agent, environment: metadata.environment) : nil
    let all = try RunLog(run).changes()
    let step = saved?.metadata.step ?? 0
    let changes = (made: all.filter { $0.step <= step }, ahead: all.filter { $0.step > step })
    var learner = try changes.made.isEmpty ? make([]) : Self.learner(by: make, with: changes.made, loggedIn: run)
    var meter = Meter(tags: learner.metricTags)
    var best = (step: -1, reward: -Double.infinity)
    if let checkpoint = saved?.0 {
      try learner.restore(from: checkpoint)
      try meter.restore(from: checkpoint)
      best = (try checkpoint.int("best/step"), try checkpoint.double("best/reward"))
    }
    try self.init(
      learner, make, changes, meter, best, settings, run, metadata, lock, .resumed(step: learner.clock))
  }

  /// Throws ``RunStore/RunStoreError/badFile`` where the log says what cannot be.
  private static func learner(
    by make: Making, with changes: [SettingChange], loggedIn run: RunDirectory
  ) throws -> any Learner {
    do { return try make(changes) } catch let error as CoreError {
      throw RunStoreError.badFile(path: run.logURL.relativePath, line: nil, reason: "\(error)")
    }
  }

  private init(
    _ learner: any Learner, _ make: @escaping Making, _ changes: (made: [SettingChange], ahead: [SettingChange]),
    _ meter: Meter, _ best: (step: Int, reward: Double), _ settings: TrainingSettings, _ run: RunDirectory,
    _ metadata: CheckpointMetadata, _ lock: consuming RunLock, _ event: RunEvent
  ) throws {
    let kept = event == .started ? nil : learner.clock
    let metrics = try MetricsWriter(appendingTo: run.metricsURL, keepingStepsUpTo: kept)
    let events = try EventWriter(appendingIn: run.url, keepingStepsUpTo: kept)
    let log = RunLog(run)
    try log.append(event)
    self.learner = learner
    self.make = make
    self.changes = changes
    self.meter = meter
    self.settings = settings
    self.run = run
    self.metadata = metadata
    self.lock = lock
    self.metrics = metrics
    self.events = events
    self.log = log
    requests = RunRequests(of: run)
    self.best = best
    var tail = MetricsTail(run.metricsURL)
    earlierSeconds = tail.poll().last?.time ?? 0
    lastRow = (learner.clock, earlierSeconds)
  }

  /// The learner's clock.
  public var clock: Int { learner.clock }
  /// Wall-clock seconds of training, earlier sittings included.
  public var seconds: Double { earlierSeconds + (ContinuousClock.now - start) / .seconds(1) - pausedSeconds }

  /// Trains to the end of the budget, to convergence, or until `shouldStop` says so; then the run is saved and can be
  /// resumed. Throws ``RLCore/CoreError/nonFinite`` and ``RunStore/RunStoreError``, and says so in the run's log.
  public mutating func train(until shouldStop: () -> Bool) throws -> Outcome {
    do {
      let outcome = try loop(until: shouldStop)
      try disk.flush()
      try metrics.sync()
      try events.sync()
      try log.append(outcome == .finished ? .finished(step: clock) : .interrupted(step: clock))
      return outcome
    } catch {
      // The last checkpoint may still be on its way. The reason for stopping matters more than a file that cannot be
      // written, as on a full disk.
      try? disk.flush()
      try? log.append(.failed(reason: "\(error)"))
      throw error
    }
  }

  private mutating func loop(until shouldStop: () -> Bool) throws -> Outcome {
    while clock < settings.steps && !learner.isConverged {
      let last = clock
      guard try advance(to: settings.nextStop(after: last), until: shouldStop) else {
        saveCheckpoint()
        return .interrupted
      }
      let isOver = clock >= settings.steps || learner.isConverged
      // A learner of several lanes may step over a multiple.
      func isDue(_ every: Int) -> Bool { isOver || clock / every > last / every }
      let evaluation = isDue(settings.evaluateEvery) ? try evaluate() : nil
      if evaluation != nil || isDue(settings.logEvery) { try record(evaluation) }
      if isDue(settings.checkpointEvery) { saveCheckpoint() }
    }
    return .finished
  }

  /// Whether `stop` was reached, or convergence before it.
  private mutating func advance(to stop: Int, until shouldStop: () -> Bool) throws -> Bool {
    while clock < stop && !learner.isConverged {
      if shouldStop() { return false }
      try repeatChanges()
      if try followRequests(until: shouldStop) { return false }
      if let failure = disk.failure { throw failure }
      let count = min(slice, (changes.ahead.map(\.step) + [stop]).min()! - clock)
      let began = ContinuousClock.now
      try learner.advance(by: count, into: &meter)
      let took = max((ContinuousClock.now - began) / .milliseconds(1), 1e-6)
      slice = max(1, min(4 * slice, Int(min(Double(count) * 20 / took, 1e9))))
    }
    return true
  }

  /// Does what a person has asked for since the last look, and waits out a pause. Returns whether to save and stop.
  private mutating func followRequests(until shouldStop: () -> Bool) throws -> Bool {
    var pauseBegan: ContinuousClock.Instant?
    defer { if let pauseBegan { pausedSeconds += (ContinuousClock.now - pauseBegan) / .seconds(1) } }
    repeat {
      let (asked, others) = requests.poll()
      if others > 0 { try log.append("commands.jsonl: \(others) of its lines ask for nothing that is known") }
      for request in asked {
        switch request {
        case .stop: return true
        case .checkpoint:
          saveCheckpoint()
          try log.append("saved a checkpoint at step \(clock), as asked")
        case .evaluate: try evaluateAsAsked()
        case .set(let name, let value): try change(name, to: value)
        case .pause where pauseBegan == nil:
          pauseBegan = .now
          try log.append(.paused(step: clock))
        case .resume:
          guard let began = pauseBegan else { break }
          pausedSeconds += (ContinuousClock.now - began) / .seconds(1)
          pauseBegan = nil
          try log.append(.continued(step: clock))
        case .pause: break
        }
      }
      if pauseBegan != nil {
        if shouldStop() { return true }
        usleep(50_000)
      }
    } while pauseBegan != nil
    return false
  }

  /// Makes a schedule one number from here on, where that may be, and says in the log what came of it.
  private mutating func change(_ name: String, to value: Double) throws {
    let change = SettingChange(name: name, value: value, step: clock)
    do { try remake(with: changes.made + [change]) } catch let error as CoreError {
      return try log.append("not changed at step \(clock): \(error)")
    }
    changes.ahead.removeAll { $0.name == name }
    try log.append(change)
  }

  /// Does again what an earlier sitting, which ended further on, was asked to do at this step.
  private mutating func repeatChanges() throws {
    let here = clock
    let due = changes.ahead.filter { $0.step <= here }
    guard !due.isEmpty else { return }
    try remake(with: changes.made + due)
    changes.ahead.removeAll { $0.step <= here }
  }

  /// The same learner by other settings: made anew, in the state that this one is in.
  private mutating func remake(with made: [SettingChange]) throws {
    var state = CheckpointWriter()
    learner.save(to: &state)
    var next = try make(made)
    try next.restore(from: CheckpointReader(state))
    (learner, changes.made) = (next, made)
  }

  /// An evaluation beside the run's own: it has a row and an episode, and neither resets what the next row averages nor
  /// chooses the best.
  private mutating func evaluateAsAsked() throws {
    let evaluation = try play()
    var row = MetricsRow(step: clock, time: seconds, values: Self.values(of: evaluation))
    row.values[MetricsRow.askedTag] = 1
    try metrics.append(row)
    try events.append(row)
    try log.append("evaluated at step \(clock), as asked: \(evaluation.meanReturn) ± \(evaluation.stdReturn)")
  }

  private mutating func evaluate() throws -> Evaluation {
    let evaluation = try play()
    if best.step < 0 {
      let began = ContinuousClock.now
      idleReturn = learner.idleReturn(episodes: settings.evaluationEpisodes, seed: Self.selectionSeed)
      evaluationSeconds += (ContinuousClock.now - began) / .seconds(1)
    }
    if evaluation.meanReturn > best.reward {
      best = (clock, evaluation.meanReturn)
      disk.write(checkpoint(), to: run.checkpointURL(.best))
    }
    lastEvaluation = evaluation
    return evaluation
  }

  /// Plays the present policy, and writes the first episode and what the learner holds its world to be worth.
  private mutating func play() throws -> Evaluation {
    let began = ContinuousClock.now
    let evaluation = try learner.evaluate(
      episodes: settings.evaluationEpisodes, seed: Self.selectionSeed, sample: false)
    // The spread is finite only where every return is.
    guard evaluation.stdReturn.isFinite else {
      throw CoreError.nonFinite(quantity: "eval/mean_reward", step: clock)
    }
    let episode = EpisodeFile.encode(
      evaluation.episode, agent: metadata.agent, environment: metadata.environment, step: clock)
    disk.write(episode, to: run.episodeURL(step: clock, index: 0))
    if let solution = learner.solution { disk.write(try SolutionFile.encode(solution), to: run.solutionURL) }
    if let surface = learner.surface { disk.write(SurfaceFile.encode(surface), to: run.surfaceURL) }
    evaluationSeconds += (ContinuousClock.now - began) / .seconds(1)
    return evaluation
  }

  private mutating func record(_ evaluation: Evaluation?) throws {
    var row = MetricsRow(step: clock, time: seconds, values: [:])
    for (tag, value) in meter.drain() { row.values[tag] = value }
    if let evaluation { row.values.merge(Self.values(of: evaluation)) { $1 } }
    row.values[MetricsRow.idleTag] = idleReturn
    idleReturn = nil
    let elapsed = max(row.time - lastRow.seconds, 1e-9)
    row.values["time/total_timesteps"] = Double(clock)
    row.values["time/fps"] = Double(clock - lastRow.clock) / elapsed
    let evaluationShare = min(evaluationSeconds / elapsed, 1)
    let shares = meter.shares
    if shares.total > 0 {
      row.values["time/act"] = (1 - evaluationShare) * shares.act / shares.total
      row.values["time/step"] = (1 - evaluationShare) * shares.step / shares.total
      row.values["time/learn"] = (1 - evaluationShare) * shares.learn / shares.total
      // Agents without a network have none.
      if shares.products > 0 {
        row.values["time/gemm"] = (1 - evaluationShare) * min(shares.products / shares.total, 1)
      }
    }
    row.values["time/evaluate"] = evaluationShare
    meter.shares = PhaseTimes()
    evaluationSeconds = 0
    lastRow = (clock, row.time)
    try metrics.append(row)
    try events.append(row)
  }

  private static func values(of evaluation: Evaluation) -> OrderedDictionary<String, Double> {
    [
      "eval/mean_reward": evaluation.meanReturn, "eval/std_reward": evaluation.stdReturn,
      "eval/mean_ep_length": evaluation.meanLength,
    ]
  }

  private func saveCheckpoint() { disk.write(checkpoint(), to: run.checkpointURL(.latest)) }

  private func checkpoint() -> Data {
    var writer = CheckpointWriter()
    learner.save(to: &writer)
    meter.save(to: &writer)
    writer.add("best/step", best.step)
    writer.add("best/reward", best.reward)
    var metadata = metadata
    metadata.step = clock
    return CheckpointFile.encode(writer, metadata)
  }
}
