import Foundation
import RLCore
import RunStore

/// How ``showDashboard(of:drawing:schedules:stayOpenWhenOver:isOver:isInterrupted:)`` came to its end.
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
/// `drawing` makes a picture of a state of the runs' environment; `schedules` may change while they go on. `isOver` and `isInterrupted` are asked at every
/// frame. Throws ``TerminalError/unusable``; ask ``hasUsableTerminal()`` before.
@MainActor public func showDashboard(
  of runs: [RunDirectory], drawing: @escaping ([Double]) -> Drawing, schedules: [RunSchedule], stayOpenWhenOver: Bool,
  isOver: () -> Bool, isInterrupted: () -> Bool
) throws -> DashboardExit {
  var screen = try Screen()
  return try runDashboard(
    of: runs, on: &screen, showing: (drawing, schedules), isOver: { !stayOpenWhenOver && isOver() },
    isInterrupted: isInterrupted)
}

/// Shows all runs of a folder, and of those one that a person opens, until the person quits or a signal came.
///
/// `showing` gives the function that makes a picture of a state of a run's environment, and what may change while it goes
/// on. Throws ``TerminalError/unusable``; ask ``hasUsableTerminal()`` before.
@MainActor public func showFleet(
  in root: URL, showing: (RunDirectory) -> (drawing: ([Double]) -> Drawing, schedules: [RunSchedule]),
  isInterrupted: () -> Bool
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
      let size = screen.size
      screen.present(fleetFrame(state, width: size.width, height: size.height))
      isStale = false
    }
    guard let key = try ticker.key(from: &screen) else { continue }
    isStale = true
    switch state.handle(key) {
    case .quit: return .quit
    case .open(let name):
      let run = RunDirectory(root.appending(path: name, directoryHint: .isDirectory))
      let exit = try runDashboard(
        of: [run], on: &screen, showing: showing(run), isOver: { false }, isInterrupted: isInterrupted)
      if exit == .interrupted { return exit }
      _ = ticker.elapsed()
    case nil: break
    }
  }
}

@MainActor private func runDashboard(
  of runs: [RunDirectory], on screen: inout Screen,
  showing: (drawing: ([Double]) -> Drawing, schedules: [RunSchedule]), isOver: () -> Bool, isInterrupted: () -> Bool
) throws -> DashboardExit {
  var collectors = runs.map { RunCollector($0, drawing: showing.drawing, schedules: showing.schedules) }
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
    }
    var hasMoved = false
    if !state.isPaused, !state.showsHelp, !state.showsAlarms, collectors.indices.contains(state.selected) {
      hasMoved = collectors[state.selected].play(seconds: seconds, speed: state.speed)
    }
    if isStale || hasMoved {
      state.take(collectors.map(\.view), hasNews: isStale)
      let size = screen.size
      if isStale || frame.width != size.width || frame.height != size.height {
        frame = dashboardFrame(state, width: size.width, height: size.height)
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
