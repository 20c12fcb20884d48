import Foundation
import RLCore
import RunStore

/// Gathers what the dashboard shows of one run from its files, and plays its latest evaluation episode.
struct RunCollector {
  private(set) var view = RunView()
  private var reader: RunReader
  private let drawing: ([Double]) -> Drawing
  private let schedules: [RunSchedule]
  private var rowsSeen = 0
  private var stepSeen: Int?
  private var episode: (step: Int, url: URL, episode: Episode)?
  /// Where the episode is, in steps; beyond its end for a pause.
  private var playhead = 0.0

  init(
    _ run: RunDirectory, drawing: @escaping ([Double]) -> Drawing, schedules: [RunSchedule] = [],
    nearOptimal: Double? = nil
  ) {
    reader = RunReader(run)
    self.drawing = drawing
    self.schedules = schedules
    view.name = run.name
    view.nearOptimal = nearOptimal
  }

  /// Reads what is new. Returns whether anything is.
  mutating func poll() -> Bool {
    let before = (view.status, view.step, view.tags.count, view.solution)
    let (surface, changes) = (view.surface, view.changes.count)
    reader.poll()
    if let config = reader.config {
      view.agent = config.agent
      view.environment = config.environment
      view.seed = "\(config.seed)"
      view.budget = config.trainingSettings["steps"]?.asNumber.flatMap { Int(exactly: $0) }
      view.status = reader.status
      takeChanges(of: config)
      view.replayCapacity = number("capacity", of: config)
      if let lanes = number("lanes", of: config), let horizon = number("horizon", of: config) {
        view.rolloutSize = lanes.multipliedReportingOverflow(by: horizon).partialValue
      }
      if view.pairs == nil, case .text(let folder)? = config.agentSettings["preferences"] {
        view.pairs = (try? PreferenceFolder(URL(filePath: folder)).labels())?.values.count { $0.preference != nil } ?? 0
      }
    }
    view.surface = reader.surface == nil && reader.solution == view.solution ? surface : reader.valueSurface
    view.solution = reader.solution
    takeRows()
    return (view.status, view.step, view.tags.count, view.solution) != before || view.surface != surface
      || view.changes.count != changes
  }

  private func number(_ name: String, of config: RunConfig) -> Int? {
    config.agentSettings[name]?.asNumber.flatMap { Int(exactly: $0) }
  }

  private mutating func takeChanges(of config: RunConfig) {
    view.changes = reader.changes
    view.schedules = schedules.map { schedule in
      var schedule = schedule
      let change = reader.changes.last { $0.name == schedule.name }
      schedule.value =
        change.map { "\($0.value)" } ?? config.agentSettings[schedule.name].map { "\($0)" } ?? "unknown"
      return schedule
    }
  }

  private mutating func takeRows() {
    let rows = reader.rows
    // The reader thins long runs, and a resumed run's file is cut: then the curves are made anew.
    let isContinued = rowsSeen == 0 || (rowsSeen <= rows.count && rows[rowsSeen - 1].step == stepSeen)
    if !isContinued {
      view.tags = []
      view.series = [:]
      rowsSeen = 0
    }
    for row in rows[rowsSeen...] {
      for (tag, value) in row.values { view.append(tag, step: row.step, value: value) }
      for (name, value) in schedules(at: row.step) where !isLogged(name, in: row) {
        view.append(RunView.scheduleTag(name), step: row.step, value: value)
      }
    }
    rowsSeen = rows.count
    stepSeen = rows.last?.step
    view.step = rows.last?.step ?? 0
    view.elapsed = rows.last?.time ?? 0
  }

  /// What follows a straight line, or has been changed, as it was after so many steps.
  private func schedules(at step: Int) -> [(name: String, value: Double)] {
    schedules.compactMap { schedule in
      let changes = view.changes.filter { $0.name == schedule.name }
      if let change = changes.last(where: { $0.step <= step }) { return (schedule.name, change.value) }
      guard let value = reader.config?.agentSettings[schedule.name], let planned = Schedule(value) else { return nil }
      switch planned {
      case .constant: return changes.isEmpty ? nil : (schedule.name, planned.value(at: step))
      case .linear: return (schedule.name, planned.value(at: step))
      // It may count what the files do not tell, such as the updates of an entry.
      case .reciprocal: return nil
      }
    }
  }

  /// Some agents say themselves how much they explore.
  private func isLogged(_ name: String, in row: MetricsRow) -> Bool {
    name == "epsilon" && row.values["rollout/exploration_rate"] != nil
  }

  /// Lets the episode play on. A newer one takes its place when it is over. Returns whether the picture changed.
  mutating func play(seconds: Double, speed: Double) -> Bool {
    let pace = stepsPerSecond(of: view.scene?.drawing) * speed
    playhead += seconds * pace
    let isOver = episode.map { playhead >= Double($0.episode.length) + pace / speed } ?? true
    if isOver {
      guard let next = reader.latestEpisode ?? episode else { return false }
      episode = next
      playhead = 0
    }
    guard let episode else { return false }
    let position = min(Int(playhead), episode.episode.length)
    if !isOver, let scene = view.scene, scene.position == position { return false }
    view.scene = RunView.Scene(
      recordedAt: episode.step, position: position, length: episode.episode.length,
      returnSoFar: episode.episode.rewards.prefix(position).reduce(0, +), totalReward: episode.episode.totalReward,
      drawing: drawing(episode.episode.states.row(position)),
      path: view.surface == nil ? [] : episode.episode.path(to: position),
      estimate: episode.episode.estimates.isEmpty ? nil : episode.episode.estimates[position])
    return true
  }
}

/// The natural pace of a world on the screen, in steps a second: physics flows, a grid is followed move by move.
func stepsPerSecond(of drawing: Drawing?) -> Double { drawing?.grid == nil ? 20 : 4 }
