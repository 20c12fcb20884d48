import Environments
import Foundation
import RLCore
import RunStore
import Testing

@testable import Agents
@testable import Trainer

@Suite struct TrainerTests {
  // MARK: cadence

  @Test func rowsEvaluationsAndCheckpointsComeWhenTheyAreDue() throws {
    let folder = try Folder()
    let run = try folder.run()
    var settings = TrainingSettings()
    settings.steps = 103
    settings.logEvery = 10
    settings.evaluateEvery = 25
    settings.evaluationEpisodes = 2
    settings.checkpointEvery = 40
    var trainer = try Trainer(settings: settings, in: run, as: Subject.toy.metadata) { _ in Toy() }
    #expect(try trainer.train { false } == .finished)
    #expect(trainer.clock == 103 && trainer.lastEvaluation?.returns.count == 2)

    let rows = run.rows()
    #expect(rows.map(\.step) == [10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 100, 103])
    #expect(rows.filter { $0.values["eval/mean_reward"] != nil }.map(\.step) == [25, 50, 75, 100, 103])
    #expect(run.episodes().map(\.step) == [25, 50, 75, 100, 103])
    for row in rows {
      #expect(row.values["time/total_timesteps"] == Double(row.step))
      #expect(try #require(row.values["time/fps"]) > 0)
      #expect(row.values["train/level"] != nil)
      #expect((row.values["eval/std_reward"] != nil) == (row.values["eval/mean_reward"] != nil))
    }
    #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.time <= $1.time })
    #expect(try Subject.toy.step(of: .latest, in: run) == 103)
  }

  /// The first evaluation's row has what always doing the same earns: in the cliff's world, going up until the limit.
  @Test(arguments: [Subject.qLearning, .ddpg, .ppo, .toy]) func doingNothingIsMeasuredOnce(_ subject: Subject) throws {
    let folder = try Folder()
    let run = try folder.run()
    var trainer = try subject.trainer(in: run)
    _ = try trainer.train { false }
    let rows = run.rows().filter { $0.values[MetricsRow.idleTag] != nil }
    #expect(rows.map(\.step) == (subject == .toy ? [] : [101]))
    if subject == .qLearning { #expect(rows[0].values[MetricsRow.idleTag] == -60) }
    // The same pendulums, left alone.
    if subject != .qLearning, let idle = rows.first?.values[MetricsRow.idleTag] { #expect(idle < -100 && idle > -500) }
  }

  @Test func aRowMeansTheStepsSinceTheLast() throws {
    let folder = try Folder()
    let run = try folder.run()
    var trainer = try Subject.toy.trainer(in: run)
    _ = try trainer.train { false }
    // The same learner, step by step.
    var learner = Toy()
    var meter = Meter(tags: learner.metricTags)
    for row in run.rows() {
      try learner.advance(by: row.step - learner.clock, into: &meter)
      for (tag, value) in meter.drain() { #expect(row.values[tag] == value, "\(tag) at \(row.step)") }
    }
  }

  @Test(arguments: [1, 3, 64, 65]) func aBudgetShorterThanEverythingIsKept(_ steps: Int) throws {
    let folder = try Folder()
    let run = try folder.run()
    var settings = TrainingSettings()
    settings.steps = steps
    settings.evaluationEpisodes = 1
    var trainer = try Trainer(settings: settings, in: run, as: Subject.toy.metadata) { _ in Toy() }
    #expect(try trainer.train { false } == .finished)
    #expect(run.rows().map(\.step) == [steps] && run.episodes().map(\.step) == [steps])
    #expect(try Subject.toy.step(of: .latest, in: run) == steps && Subject.toy.step(of: .best, in: run) == steps)
  }

  /// Four lanes step together: a row stands at the first step of theirs at or after each multiple, once.
  @Test func lanesMayStepOverAMultiple() throws {
    let folder = try Folder()
    let run = try folder.run()
    var configuration = PPOConfiguration()
    (configuration.hidden, configuration.lanes, configuration.horizon) = ([4], 4, 8)
    var settings = TrainingSettings()
    (settings.steps, settings.logEvery, settings.evaluateEvery, settings.checkpointEvery) = (101, 7, 50, 30)
    settings.evaluationEpisodes = 1
    let learner = configuration.learner(in: TimeLimit(Pendulum(), limit: 50), seed: 1)
    var trainer = try Trainer(settings: settings, in: run, as: Subject.ppo.metadata) { _ in learner }
    #expect(try trainer.train { false } == .finished)
    let multiples = Set(stride(from: 7, through: 101, by: 7)).union([50, 100, 101])
    #expect(run.rows().map(\.step) == Set(multiples.map { ($0 + 3) / 4 * 4 }).sorted())
    #expect(run.episodes().map(\.step) == [52, 100, 104])
  }

  @Test func theBestCheckpointIsTheFirstOfTheBestEvaluations() throws {
    let folder = try Folder()
    let run = try folder.run()
    var settings = TrainingSettings()
    settings.steps = 6
    settings.evaluateEvery = 1
    settings.evaluationEpisodes = 1
    var toy = Toy()
    toy.scores = [-5, 2, 1, 7, 7, 3]
    var trainer = try Trainer(settings: settings, in: run, as: Subject.toy.metadata) { [toy] _ in toy }
    _ = try trainer.train { false }
    #expect(run.rows().compactMap { $0.values["eval/mean_reward"] } == toy.scores)
    #expect(try Subject.toy.step(of: .best, in: run) == 4 && Subject.toy.step(of: .latest, in: run) == 6)
  }

  /// Evaluations use the selection starts, and leave no trace in the training.
  @Test func evaluationsAreOnTheirOwnStream() throws {
    let folder = try Folder()
    func train(_ name: String, evaluateEvery: Int) throws -> RunDirectory {
      let run = try folder.run(name)
      var settings = Subject.ddpg.settings
      settings.evaluateEvery = evaluateEvery
      var trainer = try Trainer(settings: settings, in: run, as: Subject.ddpg.metadata) {
        try Subject.ddpg.learner(with: $0)
      }
      _ = try trainer.train { false }
      return run
    }
    let (rare, often) = (try train("rare", evaluateEvery: 1003), try train("often", evaluateEvery: 37))
    func training(_ run: RunDirectory) -> [[Double?]] {
      run.rows().map { [$0.values["rollout/ep_rew_mean"], $0.values["train/critic_loss"], $0.values["train/q_value"]] }
    }
    #expect(training(rare) == training(often))
    #expect(rare.rows().last?.values["eval/mean_reward"] == often.rows().last?.values["eval/mean_reward"])
    let (episode, _) = try EpisodeFile.read(often.episodeURL(step: 37, index: 0))
    #expect(episode.seed == 20_000 && episode.length == 50)
  }

  @Test func aPlannerStopsWhereItConverges() throws {
    let folder = try Folder()
    let run = try folder.run()
    let simulator = try Simulator(try GridWorld(bundled: "Zhao-5x5"))
    let planner = Planning(ValueIteration(.init(), for: simulator.table), in: TimeLimit(simulator, limit: 20))
    var settings = TrainingSettings()
    settings.logEvery = 1
    settings.evaluationEpisodes = 1
    let metadata = Subject.valueIteration.metadata
    var trainer = try Trainer(settings: settings, in: run, as: metadata) { _ in planner }
    #expect(try trainer.train { false } == .finished)
    #expect((200...300).contains(trainer.clock))
    let rows = run.rows()
    #expect(rows.map(\.step) == Array(1...trainer.clock))
    let bounds = rows.compactMap { $0.values["train/bound"] }
    #expect(bounds.count == rows.count && bounds.last! <= 1e-10 && bounds.dropLast().allSatisfy { $0 > 1e-10 })
    #expect(rows.last?.values["eval/mean_reward"] != nil)
    let solution = try SolutionFile.read(run.solutionURL)
    #expect(solution.states == 25 && abs(solution.v[17] - 10) < 1e-9)
    #expect(try RunLog(run).lastEvent() == .finished(step: trainer.clock))
    #expect(try Subject.valueIteration.step(of: .latest, in: run) == trainer.clock)
  }

  @Test func theNextStopIsTheNearest() {
    var settings = TrainingSettings()
    (settings.steps, settings.logEvery, settings.evaluateEvery, settings.checkpointEvery) = (100, 10, 25, 40)
    #expect([0, 9, 10, 20, 25, 39, 99].map(settings.nextStop) == [10, 10, 20, 25, 30, 40, 100])
    (settings.steps, settings.logEvery, settings.evaluateEvery) = (.max, .max, .max)
    settings.checkpointEvery = .max - 1
    #expect(settings.nextStop(after: 5) == .max - 1 && settings.nextStop(after: .max - 1) == .max)
  }

  // MARK: failing well

  /// The error of a training that fails.
  private func failure(_ trainer: consuming Trainer) -> (any Error)? {
    do {
      _ = try trainer.train { false }
      return nil
    } catch {
      return error
    }
  }

  private func loggedFailure(_ run: RunDirectory) throws -> String? {
    guard case .failed(let reason) = try RunLog(run).lastEvent() else { return nil }
    return reason
  }

  @Test(arguments: [1, 40, 250, 1003]) func aRewardThatIsNotANumberStopsTheRun(_ step: Int) throws {
    let folder = try Folder()
    let run = try folder.run()
    var toy = Toy()
    toy.badStep = step
    let error = failure(try Subject.toy.trainer(in: run, toy))
    #expect(error as? CoreError == .nonFinite(quantity: "the reward", step: step))
    #expect(try loggedFailure(run) == error.map { "\($0)" })
    // The last good checkpoint, and it can be taken up.
    let good = (step - 1) / 83 * 83
    if good > 0 { #expect(try Subject.toy.step(of: .latest, in: run) == good) }
    #expect(run.rows().allSatisfy { $0.step < step })
    var resumed = try Subject.toy.trainer(resuming: run)
    #expect(resumed.clock == good)
    #expect(try resumed.train { false } == .finished)
  }

  @Test(arguments: [Double.nan, .infinity]) func anEvaluationWithoutAScoreStopsTheRun(_ score: Double) throws {
    let folder = try Folder()
    let run = try folder.run()
    var toy = Toy()
    toy.scores = [1, score]
    let error = failure(try Subject.toy.trainer(in: run, toy))
    guard case .nonFinite("eval/mean_reward", let step) = error as? CoreError else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try loggedFailure(run) == error.map { "\($0)" })
    #expect(run.rows().allSatisfy { $0.step < step })
  }

  /// A pendulum that breaks after some steps.
  private struct Broken: Environment {
    enum Part: Sendable { case reward, observation }

    var world = Pendulum()
    var part: Part
    var left: Int

    var observationSpace: Space { world.observationSpace }
    var actionSpace: Space { world.actionSpace }
    var state: [Double] { world.state }
    var random: RandomStream {
      get { world.random }
      set { world.random = newValue }
    }

    mutating func reset(seed: UInt64?, into observation: inout [Float]) { world.reset(seed: seed, into: &observation) }

    mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
      var step = world.step(action, into: &observation)
      left -= 1
      if left == 0 {
        if part == .reward { step.reward = .infinity } else { observation[0] = .nan }
      }
      return step
    }

    mutating func restore(state: [Double], into observation: inout [Float]) throws {
      try world.restore(state: state, into: &observation)
    }

    func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }
  }

  @Test(arguments: [false, true]) func aBrokenWorldStopsDeepLearning(_ isReward: Bool) throws {
    let folder = try Folder()
    let run = try folder.run()
    var configuration = DDPG.Configuration()
    (configuration.hidden, configuration.batch, configuration.warmup) = ([8, 8], 32, 50)
    let world = TimeLimit(Broken(part: isReward ? .reward : .observation, left: 300), limit: 100)
    let agent = DDPG(
      configuration, observations: world.observationSpace, actions: world.actionSpace, seed: 1)
    let learner = Interaction(world, agent, seed: 1)
    let error = failure(try Subject.ddpg.trainer(in: run, learner))
    guard case .nonFinite(let quantity, let step) = error as? CoreError else {
      Issue.record("\(String(describing: error))")
      return
    }
    if isReward {
      // A copy of the world breaks in the evaluation before.
      #expect(quantity == "eval/mean_reward" && step == 202)
    } else {
      // Found once the transition is drawn: here, soon.
      #expect(quantity == "train/critic_loss" && (300..<340).contains(step))
    }
    #expect(try Subject.ddpg.step(of: .latest, in: run) == (isReward ? 166 : 249))
    #expect(try loggedFailure(run) == "\(CoreError.nonFinite(quantity: quantity, step: step))")
  }

  @Test(arguments: ["checkpoints", "episodes"]) func aFolderThatIsGoneIsAnError(_ name: String) throws {
    let folder = try Folder()
    let run = try folder.run()
    let trainer = try Subject.qLearning.trainer(in: run)
    let gone = run.url.appending(path: name)
    try FileManager.default.removeItem(at: gone)
    try Data().write(to: gone)
    guard case .system(let action, let path, _) = failure(trainer) as? RunStoreError else {
      Issue.record("no error")
      return
    }
    #expect(action == "write" && path.contains("/\(name)/"))
    #expect(try #require(try loggedFailure(run)).contains(path))
  }

  @Test func aFullDiskIsAnError() throws {
    let folder = try Folder()
    let run = try folder.run()
    try FileManager.default.createSymbolicLink(atPath: run.metricsURL.path(), withDestinationPath: "/dev/full")
    let error = failure(try Subject.toy.trainer(resuming: run))
    guard case .system("write", let path, let reason) = error as? RunStoreError else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path.hasSuffix("metrics.jsonl") && reason == String(cString: strerror(ENOSPC)))
    #expect(try loggedFailure(run) == error.map { "\($0)" })
  }

  @Test func noRunIsOverwritten() throws {
    let folder = try Folder()
    let run = try folder.run()
    do {
      var trainer = try Subject.toy.trainer(in: run)
      _ = try trainer.train { false }
    }
    let before = try run.fingerprint()
    #expect(throws: RunStoreError.runExists(path: run.metricsURL.relativePath)) { _ = try Subject.toy.trainer(in: run) }
    #expect(differences(try run.fingerprint(), before).isEmpty)
  }

  @Test func twoTrainersDoNotShareARun() throws {
    let folder = try Folder()
    let run = try folder.run()
    do {
      var first = try Subject.toy.trainer(in: run)
      #expect(throws: RunStoreError.runInUse(path: run.url.relativePath)) { _ = try Subject.toy.trainer(resuming: run) }
      _ = try first.train { true }
    }
    var second = try Subject.toy.trainer(resuming: run)
    #expect(try second.train { false } == .finished)
  }
}
