import ArgumentParser
import Foundation
import Networks
import RunStore
import Terminal
import Trainer

struct Train: ScreenCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train an agent in an environment, or go on with a run.",
    discussion: """
      rlgym train --agent ddpg                                  # everything else has a default
      rlgym train --agent q-learning --env world.yaml --set epsilon=0.2 --set env.slip=0.1
      rlgym train --agent td --env Zhao-5x5 --policy my-run     # the values of what another run has found
      rlgym train --resume my-run --steps 50000                 # exactly as if it had never stopped
      """)

  enum DashboardMode: String, ExpressibleByArgument, CaseIterable { case auto, on, off }

  @Option(name: [.customLong("agent"), .customLong("algo")], help: "Agent id; see: rlgym list agents.")
  var agent: String?
  @Option(name: .customLong("env"), help: "Environment id, or a grid world's YAML file.")
  var environment: String?
  @Option(
    name: [.customLong("steps"), .customLong("total-timesteps"), .customLong("n-timesteps")],
    parsing: .unconditional,
    help: ArgumentHelp("Environment steps (planners: sweeps), warm-up included.", valueName: "integer"))
  var steps: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seed of the first run; 0 where left out.", valueName: "whole-number"))
  var seed: UInt64?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Runs to train, with this many seeds from --seed on.", valueName: "integer"))
  var seeds = 1
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: "Setting as name=value; env.name=value and train.name=value for the environment's and the trainer's.")
  var sets: [String] = []
  @Option(
    help: ArgumentHelp(
      "Policy to predict or evaluate, as --set policy=…: uniform, a run, or a file with a solution or a list.",
      valueName: "uniform|run|file"))
  var policy: String?
  @Option(help: "YAML file of settings, a section per environment.") var preset: String?
  @Option(help: "Folder that runs are made in.") var runs = "Runs"
  @Option(help: "Name of the run's folder.") var name: String?
  @Option(help: "Live dashboard: auto, on or off.") var dashboard = DashboardMode.auto
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Threads that one matrix product may use.", valueName: "integer"))
  var threads = 1
  @Flag(help: "Print one JSON object on the last line of standard output.") var json = false
  @Option(help: "Run to go on with: a name or a folder.") var resume: String?

  @MainActor func runOnScreen() throws {
    guard (1...256).contains(threads) else { throw UsageError("--threads \(threads): expected 1...256") }
    if let steps, steps < 1 { throw UsageError("--steps \(steps): expected an integer in 1 or more") }
    BLAS.setThreads(threads)
    let (setup, tasks) = try resume.map(resumed) ?? fresh()
    let job = TrainingJob(setup, tasks)
    job.start()
    try watch(job, setup, tasks.map(\.run))
    try report(job.results, setup)
  }

  private func fresh() throws -> (Setup, [TrainingJob.Task]) {
    guard let agent else { throw UsageError("train needs --agent ID; see them all with: rlgym list agents") }
    guard (1...10_000).contains(seeds) else { throw UsageError("--seeds \(seeds): expected 1...10000") }
    let first = seed ?? 0
    guard first <= UInt64.max - 10_000 else { throw UsageError("--seed \(first): expected at most 2^64 - 10001") }
    if seeds > 1, name != nil { throw UsageError("--name names one run; leave it out with --seeds \(seeds)") }
    let setup = try Setup(
      agent: agent, environment: environment, presetFile: preset, sets: sets, policy: policy, steps: steps, runs: runs)
    // A misfit is found before anything is made.
    _ = try setup.learner(seed: first)
    let tasks = try begin(setup, seeds: first..<first + UInt64(seeds))
    if !setup.hasPreset { printError("\(agent) has no preset for \(setup.world.id): general defaults are used") }
    if let remark = setup.world.remark(setup.agent) { printError(remark) }
    return (setup, tasks)
  }

  /// Makes the folders of new runs: all of them, or none.
  private func begin(_ setup: Setup, seeds: Range<UInt64>) throws -> [TrainingJob.Task] {
    let now = Date()
    var tasks: [TrainingJob.Task] = []
    do {
      for seed in seeds {
        let run = try RunDirectory.create(
          in: URL(filePath: runs), environment: setup.world.id, agent: setup.agent.id, seed: seed, name: name, at: now)
        tasks.append(.init(run: run, seed: seed, isResumed: false))
        try setup.config(seed: seed).write(to: run)
        try setup.writeCopies(to: run, seed: seed)
      }
      return tasks
    } catch {
      for task in tasks { try? FileManager.default.removeItem(at: task.run.url) }
      switch error {
      case RunStoreError.badName, RunStoreError.runExists: throw UsageError("--name: \(error)")
      default: throw error
      }
    }
  }

  private func resumed(_ name: String) throws -> (Setup, [TrainingJob.Task]) {
    let others: [(String, Bool)] = [
      ("--agent", agent != nil), ("--env", environment != nil), ("--preset", preset != nil), ("--set", !sets.isEmpty),
      ("--policy", policy != nil),
      ("--seed", seed != nil), ("--seeds", seeds != 1), ("--name", self.name != nil),
    ]
    if let other = others.first(where: \.1) {
      throw UsageError("--resume takes the run's own settings: leave out \(other.0); only --steps may be given anew")
    }
    let run = try UsageError.of { try RunDirectory.find(name, in: URL(filePath: runs)) }
    var config = try RunConfig(from: run)
    var setup = try Setup(of: run)
    try setup.readClips(runs: runs)
    if RunLock.isHeld(run) { throw UsageError("--resume: \(RunStoreError.runInUse(path: run.path))") }
    let done = try step(of: run, config)
    if let steps {
      guard steps >= done else { throw UsageError("--steps \(steps): \(run.name) has \(done) already; expected more") }
      setup.training.steps = steps
      config.trainingSettings["steps"] = .integer(steps)
      try config.write(to: run)
    }
    return (setup, [.init(run: run, seed: config.seed, isResumed: true)])
  }

  /// Where a run stands: 0 where it was killed before its first checkpoint. A file that is damaged or foreign is found
  /// here, before anything is changed.
  private func step(of run: RunDirectory, _ config: RunConfig) throws -> Int {
    let url = run.checkpointURL(.latest)
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else { return 0 }
    return try CheckpointFile.read(url, agent: config.agent, environment: config.environment).metadata.step
  }

  /// Shows what the files say until training is over. Leaving the dashboard does not end the training.
  @MainActor private func watch(_ job: TrainingJob, _ setup: Setup, _ runs: [RunDirectory]) throws {
    if dashboard == .on || (dashboard == .auto && !json && hasUsableTerminal()) {
      do {
        _ = try showDashboard(
          of: runs, background: setup.background, stayOpenWhenOver: true, isOver: { job.isOver },
          isInterrupted: { Interruption.isRequested })
      } catch let error as TerminalError {
        printError("no dashboard: \(error)")
      }
      if !job.isOver { printError("training goes on; Ctrl-C saves and stops") }
    }
    var progress = ProgressLine(of: runs)
    while !job.isOver {
      job.wait(seconds: 0.1)
      progress.poll()
    }
    progress.end(hasBegun: job.results.contains { $0.steps > 0 })
  }

  private func report(_ results: [TrainingJob.Result], _ setup: Setup) throws {
    for result in results {
      let path = result.run.path
      switch result.outcome {
      case .success(.finished):
        if !json { try printOut(summary(result)) }
      case .success(.interrupted):
        printError("stopped and saved at step \(result.steps); go on with: rlgym train --resume \(path)")
      case .failure(let error):
        // An error of one of the run's files names it already.
        printError("\(error)".contains(result.run.name + "/") ? "rlgym: \(error)" : "rlgym: \(path): \(error)")
      }
    }
    if results.contains(where: { if case .failure = $0.outcome { true } else { false } }) { throw ExitCode(1) }
    if json { try printJSON(TrainReport(results, agent: setup.agent.id, environment: setup.world.id)) }
    if results.contains(where: { if case .success(.interrupted) = $0.outcome { true } else { false } }) {
      throw ExitCode(130)
    }
  }

  private func summary(_ result: TrainingJob.Result) -> String {
    var line = "\(result.run.path)  \(result.steps) steps in \(rounded(result.seconds, 2)) s"
    if let evaluation = result.evaluation {
      line += "  eval \(rounded(evaluation.meanReward, 2)) ± \(rounded(evaluation.stdReward, 2))"
      line += " over \(evaluation.episodes) episode" + (evaluation.episodes == 1 ? "" : "s")
    }
    return line
  }
}

func rounded(_ value: Double, _ digits: Int) -> String {
  value.formatted(.number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
}

/// The JSON of `train`; with several seeds also one object a run, and the evaluation over their means.
private struct TrainReport: Encodable {
  struct One: Encodable {
    var run: String
    var agent: String
    var env: String
    var seed: UInt64
    var steps: Int
    var wallSeconds: Double
    var stepsPerSecond: Double
    /// `null` where training was stopped before its first evaluation.
    var eval: EvaluationSummary?

    private enum Key: CodingKey { case run, agent, env, seed, steps, wallSeconds, stepsPerSecond, eval }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(run, forKey: .run)
      try container.encode(agent, forKey: .agent)
      try container.encode(env, forKey: .env)
      try container.encode(seed, forKey: .seed)
      try container.encode(steps, forKey: .steps)
      try container.encode(wallSeconds, forKey: .wallSeconds)
      try container.encode(stepsPerSecond, forKey: .stepsPerSecond)
      try container.encode(eval, forKey: .eval)
    }
  }

  let whole: One
  let runs: [One]

  init(_ results: [TrainingJob.Result], agent: String, environment: String) {
    runs = results.map {
      One(
        run: $0.run.path, agent: agent, env: environment, seed: $0.seed, steps: $0.steps,
        wallSeconds: $0.seconds, stepsPerSecond: $0.stepsPerSecond, eval: $0.evaluation)
    }
    var whole = runs[0]
    if runs.count > 1 {
      let means = results.compactMap(\.evaluation?.meanReward)
      let mean = means.reduce(0, +) / Double(max(means.count, 1))
      let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(means.count, 1))
      whole.steps = runs.map(\.steps).reduce(0, +)
      whole.wallSeconds = runs.map(\.wallSeconds).max() ?? 0
      whole.stepsPerSecond = runs.map(\.stepsPerSecond).reduce(0, +)
      whole.eval = EvaluationSummary(
        meanReward: mean, stdReward: variance.squareRoot(),
        episodes: results.compactMap(\.evaluation?.episodes).reduce(0, +))
    }
    self.whole = whole
  }

  private enum Key: CodingKey { case runs }

  func encode(to encoder: any Encoder) throws {
    try whole.encode(to: encoder)
    if runs.count > 1 {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(runs, forKey: .runs)
    }
  }
}
