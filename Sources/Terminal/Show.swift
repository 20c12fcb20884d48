import Foundation
import RLCore
import RunStore

/// What the files of a run do not tell.
public struct RunBackground {
  let drawing: ([Double]) -> Drawing
  let schedules: [RunSchedule]
  let nearOptimal: Double?

  /// `drawing` makes a picture of a state of the run's environment; `schedules` may change while it goes on; `nearOptimal`
  /// is the mean return of the best play that is known.
  public init(drawing: @escaping ([Double]) -> Drawing, schedules: [RunSchedule] = [], nearOptimal: Double? = nil) {
    (self.drawing, self.schedules, self.nearOptimal) = (drawing, schedules, nearOptimal)
  }
}

/// How ``showDashboard(of:background:stayOpenWhenOver:isOver:isInterrupted:)`` came to its end.
public enum DashboardExit: Sendable, Equatable {
  /// A person pressed q: training, if there is any, goes on.
  case quit
  /// Training is over.
  case over
  case interrupted
}

/// Frames a second while something moves.
private let frameRate = 15.0

/// Shows runs from their files until a person quits, training is over, or a signal came.
///
/// `isOver` and `isInterrupted` are asked at every frame. Throws ``TerminalError/unusable``; ask ``hasUsableTerminal()`` before.
@MainActor public func showDashboard(
  of runs: [RunDirectory], background: RunBackground, stayOpenWhenOver: Bool, isOver: () -> Bool,
  isInterrupted: () -> Bool
) throws -> DashboardExit {
  var screen = try Screen()
  return try runDashboard(
    of: runs, on: &screen, against: background, isOver: { !stayOpenWhenOver && isOver() },
    isInterrupted: isInterrupted)
}

/// Shows all runs of a folder, and of those one that a person opens, until the person quits or a signal came.
///
/// `background` gives what a run's files do not tell. Throws ``TerminalError/unusable``; ask ``hasUsableTerminal()`` before.
@MainActor public func showFleet(
  in root: URL, background: (RunDirectory) -> RunBackground, isInterrupted: () -> Bool
) throws -> DashboardExit {
  var screen = try Screen()
  var collector = FleetCollector(root)
  var state = FleetState()
  var ticker = Ticker()
  var untilPoll = 0.0
  var isStale = true
  while true {
    if isInterrupted() { return .interrupted }
    let seconds = ticker.elapsed()
    untilPoll -= seconds
    if untilPoll <= 0 {
      if collector.poll(elapsed: 0.25) { isStale = true }
      untilPoll = collector.unread > 0 ? 0 : 0.25
    }
    if isStale {
      state.take(collector.views, unread: collector.unread)
      let bounds = screen.bounds
      state.bounds = bounds
      screen.present(fleetFrame(state, width: bounds.width, height: bounds.height))
      isStale = false
    }
    guard let key = try ticker.key(from: &screen) else { continue }
    isStale = true
    switch state.handle(key) {
    case .quit: return .quit
    case .open(let name):
      let run = RunDirectory(root.appending(path: name, directoryHint: .isDirectory))
      let exit = try runDashboard(
        of: [run], on: &screen, against: background(run), isOver: { false }, isInterrupted: isInterrupted)
      if exit == .interrupted { return exit }
      _ = ticker.elapsed()
    case nil: break
    }
  }
}

@MainActor private func runDashboard(
  of runs: [RunDirectory], on screen: inout Screen, against background: RunBackground, isOver: () -> Bool,
  isInterrupted: () -> Bool
) throws -> DashboardExit {
  var collectors = runs.map {
    RunCollector(
      $0, drawing: background.drawing, schedules: background.schedules, nearOptimal: background.nearOptimal)
  }
  var state = DashboardState(runs: collectors.map(\.view), showsAll: true)
  var frame = Frame(width: 0, height: 0)
  var ticker = Ticker()
  var untilPoll = 0.0
  var isStale = true
  while true {
    if isInterrupted() { return .interrupted }
    if isOver() { return .over }
    let seconds = ticker.elapsed()
    untilPoll -= seconds
    if untilPoll <= 0 {
      untilPoll = 0.25
      for index in collectors.indices where collectors[index].poll() { isStale = true }
      state.load = MachineLoad()
    }
    var hasMoved = false
    if !state.isPaused, !state.showsHelp, !state.showsAlarms, collectors.indices.contains(state.selected) {
      hasMoved = collectors[state.selected].play(seconds: seconds, speed: state.speed)
    }
    if isStale || hasMoved {
      state.take(collectors.map(\.view), hasNews: isStale)
      let bounds = screen.bounds
      state.bounds = bounds
      if isStale || frame.width != bounds.width || frame.height != bounds.height {
        frame = dashboardFrame(state, width: bounds.width, height: bounds.height)
      } else {
        redrawScene(state, in: &frame)
      }
      screen.present(frame)
      isStale = false
    }
    if let key = try ticker.key(from: &screen) {
      isStale = true
      if state.handle(key) { return .quit }
      if let request = state.request {
        do {
          for view in state.addressed {
            for run in runs where run.name == view.name { try RunRequests.send(request, to: run) }
          }
          state.answer(nil)
        } catch { state.answer("\(error)") }
      }
    }
  }
}

/// Keeps the time between frames.
struct Ticker {
  private var last = ContinuousClock.now

  /// Seconds since the last call, at most half a second: a suspended program does not catch up.
  mutating func elapsed() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return min((now - last) / .seconds(1), 0.5)
  }

  /// The next key, or `nil` when a frame's time is over. Throws ``TerminalError/lost`` when there is no keyboard.
  @MainActor func key(from screen: inout Screen) throws(TerminalError) -> Key? {
    try screen.key(within: Int(1000 / frameRate))
  }
}
