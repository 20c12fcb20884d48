import Foundation
import RLCore
import RunStore
import Synchronization
import Trainer

/// Runs that are trained side by side, each on a thread of its own, as many at once as there are cores.
final class TrainingJob: Sendable {
  struct Result: Sendable {
    let run: RunDirectory
    let seed: UInt64
    let outcome: Swift.Result<Trainer.Outcome, any Error>
    let steps: Int
    let seconds: Double
    let stepsPerSecond: Double
    let evaluation: EvaluationSummary?
  }

  struct Task: Sendable {
    let run: RunDirectory
    let seed: UInt64
    /// Whether the run goes on where it stopped.
    let isResumed: Bool
  }

  private let setup: Setup
  private let tasks: [Task]
  private let state = Mutex<(next: Int, results: [Result?])>((0, []))
  private let left: Atomic<Int>
  private let finished = DispatchSemaphore(value: 0)

  init(_ setup: Setup, _ tasks: [Task]) {
    self.setup = setup
    self.tasks = tasks
    left = Atomic(tasks.count)
    state.withLock { $0.results = .init(repeating: nil, count: tasks.count) }
  }

  func start() {
    let threads = min(tasks.count, ProcessInfo.processInfo.activeProcessorCount)
    for _ in 0..<threads { Thread.detachNewThread { self.work() } }
  }

  var isOver: Bool { left.load(ordering: .acquiring) == 0 }

  /// Waits for the end, or for `seconds`.
  func wait(seconds: Double) {
    if finished.wait(timeout: .now() + seconds) == .success { finished.signal() }
  }

  /// In the order of the tasks, once it is over.
  var results: [Result] { state.withLock { $0.results.compactMap(\.self) } }

  private func work() {
    while true {
      let index = state.withLock { state in
        defer { state.next += 1 }
        return state.next
      }
      guard index < tasks.count else { return }
      let result = train(tasks[index])
      state.withLock { $0.results[index] = result }
      if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { finished.signal() }
    }
  }

  private func train(_ task: Task) -> Result {
    // A new run that could not even begin leaves nothing behind.
    var hasBegun = task.isResumed
    do {
      let metadata = setup.metadata(seed: task.seed)
      let make: Trainer.Making = { [setup] in try setup.learner(seed: task.seed, with: $0) }
      var trainer =
        try task.isResumed
        ? Trainer(resuming: task.run, settings: setup.training, as: metadata, making: make)
        : Trainer(settings: setup.training, in: task.run, as: metadata, making: make)
      hasBegun = true
      let (firstStep, firstSecond) = (trainer.clock, trainer.seconds)
      let outcome = Swift.Result { try trainer.train(until: { Interruption.isRequested }) }
      let evaluation =
        trainer.lastEvaluation.map {
          EvaluationSummary(meanReward: $0.meanReturn, stdReward: $0.stdReturn, episodes: $0.returns.count)
        } ?? earlierEvaluation(task.run)
      return Result(
        run: task.run, seed: task.seed, outcome: outcome, steps: trainer.clock, seconds: trainer.seconds,
        stepsPerSecond: Double(trainer.clock - firstStep) / max(trainer.seconds - firstSecond, 1e-9),
        evaluation: evaluation)
    } catch {
      if !hasBegun { try? FileManager.default.removeItem(at: task.run.url) }
      return Result(
        run: task.run, seed: task.seed, outcome: .failure(error), steps: 0, seconds: 0, stepsPerSecond: 0,
        evaluation: nil)
    }
  }

  /// The last evaluation of an earlier sitting.
  private func earlierEvaluation(_ run: RunDirectory) -> EvaluationSummary? {
    var tail = MetricsTail(run.metricsURL)
    let values = tail.poll().last { $0.values["eval/mean_reward"] != nil }?.values
    guard let mean = values?["eval/mean_reward"], let deviation = values?["eval/std_reward"] else { return nil }
    return EvaluationSummary(meanReward: mean, stdReward: deviation, episodes: setup.training.evaluationEpisodes)
  }
}
