import Foundation
import RLCore
import RunStore

/// Gathers how all runs of a folder stand, from their metrics alone: many of them, some live, others long finished.
struct FleetCollector {
  /// Tags that the list and its chart show.
  private static let tags: Set = [
    "rollout/ep_rew_mean", "eval/mean_reward", "eval/std_reward", "time/fps", "train/residual",
    "train/q_value", MetricsRow.idleTag,
  ]

  private struct Entry {
    let run: RunDirectory
    var tail: MetricsTail
    var view = RunView()
    var isRead = false

    init(_ run: RunDirectory) {
      self.run = run
      tail = MetricsTail(run.metricsURL, sampling: true)
      view.name = run.name
    }

    /// Returns whether anything is new.
    mutating func poll() -> Bool {
      let before = (view.status, view.step)
      if !isRead, let config = try? RunConfig(from: run) {
        view.agent = config.agent
        view.environment = config.environment
        view.seed = "\(config.seed)"
        view.budget = config.trainingSettings["steps"]?.asNumber.flatMap { Int(exactly: $0) }
      }
      let rows = tail.poll()
      if tail.didRestart { (view.tags, view.series) = ([], [:]) }
      for row in rows {
        for (tag, value) in row.values where tags.contains(tag) { view.append(tag, step: row.step, value: value) }
      }
      if let last = rows.last { (view.step, view.elapsed) = (last.step, last.time) }
      view.status = (try? RunStatus(of: run)) ?? .stopped
      defer { isRead = true }
      return !isRead || !rows.isEmpty || (view.status, view.step) != before
    }
  }

  private let root: URL
  private var entries: [Entry] = []
  /// Where the round of those that are not live goes on.
  private var next = 0
  private var untilList = 0.0

  init(_ root: URL) { self.root = root }

  /// In the order of the list: live ones first, then those that were written last when they were found, as far as they have
  /// been read.
  var views: [RunView] {
    let read = entries.filter(\.isRead).map(\.view)
    return read.filter { $0.status?.isLive == true } + read.filter { $0.status?.isLive != true }
  }

  /// Runs that have not been read yet.
  var unread: Int { entries.count { !$0.isRead } }

  /// Reads what is new for about as long as `budget` says: all live runs, and as many of the others as there is time for.
  /// Returns whether anything is.
  mutating func poll(elapsed: Double, budget: Duration = .milliseconds(30)) -> Bool {
    let end = ContinuousClock.now + budget
    var isNew = false
    untilList -= elapsed
    if untilList <= 0 {
      untilList = 2
      isNew = list()
    }
    for index in entries.indices where entries[index].view.status?.isLive == true {
      if entries[index].poll() { isNew = true }
    }
    // New runs first; then one round of the rest, in which a run that is taken up again shows.
    for index in entries.indices where !entries[index].isRead && ContinuousClock.now < end {
      isNew = entries[index].poll() || isNew
    }
    for _ in 0..<min(entries.count, 8) where ContinuousClock.now < end {
      next = (next + 1) % entries.count
      if entries[next].view.status?.isLive != true, entries[next].poll() { isNew = true }
    }
    return isNew
  }

  /// Looks which runs there are. New ones come first, the others keep their order: the list stands still while they
  /// write. Returns whether there are others than before.
  private mutating func list() -> Bool {
    let runs = RunDirectory.all(in: root)
    let (present, known) = (Set(runs), Set(entries.map(\.run)))
    guard present != known else { return false }
    entries = runs.filter { !known.contains($0) }.map(Entry.init) + entries.filter { present.contains($0.run) }
    next = 0
    return true
  }
}
