import RLCore
import RunStore

/// The list of all runs between two frames. Keys change it, ``fleetFrame(_:width:height:)`` draws it.
struct FleetState: Sendable {
  /// What a key asks for beyond the list itself.
  enum Wish: Equatable {
    case quit
    /// To see the run of this name alone.
    case open(String)
  }

  /// In the order of ``FleetCollector``: live ones first, then the newest.
  private(set) var runs: [RunView] = []
  /// Runs that are not read yet.
  private(set) var unread = 0
  /// The name of the run under the cursor: it stays there when the order changes.
  private var cursor: String?
  /// The names of the runs whose curves are compared.
  private(set) var marks: Set<String> = []
  private(set) var showsHelp = false
  /// Of the screen, in cells: what lies where a person clicks.
  var bounds = Rect(x: 0, y: 0, width: 0, height: 0)

  init(runs: [RunView] = []) { take(runs) }

  mutating func take(_ runs: [RunView], unread: Int = 0) {
    self.unread = unread
    // What has gone takes the cursor to what is in its place.
    let place = selected
    self.runs = runs
    if !runs.contains(where: { $0.name == cursor }) {
      cursor = runs.isEmpty ? nil : runs[min(place, runs.count - 1)].name
    }
    marks.formIntersection(runs.map(\.name))
  }

  /// The place of the cursor.
  var selected: Int { runs.firstIndex { $0.name == cursor } ?? 0 }

  /// The runs whose curves are drawn: those that are marked, or the one under the cursor.
  var compared: [RunView] {
    marks.isEmpty ? (runs.isEmpty ? [] : [runs[selected]]) : runs.filter { marks.contains($0.name) }
  }

  /// Follows a key. Returns what it asks for.
  mutating func handle(_ key: Key) -> Wish? {
    if showsHelp {
      showsHelp = false
      return key == .character("q") ? .quit : nil
    }
    switch key {
    case .character("q"), .character("Q"), .escape: return .quit
    case .enter, .right: return runs.isEmpty ? nil : .open(runs[selected].name)
    case .click(_, let y):
      guard let index = run(at: y) else { break }
      if index == selected { return .open(runs[index].name) }
      move(to: index)
    case .wheel(let up, _, _): move(to: selected + (up ? -1 : 1))
    case .up, .character("k"): move(to: selected - 1)
    case .down, .character("j"): move(to: selected + 1)
    case .home: move(to: 0)
    case .end: move(to: runs.count - 1)
    case .character(" "):
      guard let cursor else { break }
      if marks.remove(cursor) == nil { marks.insert(cursor) }
      move(to: selected + 1)
    case .character("c"): marks = []
    case .character("?"), .character("h"): showsHelp = true
    default: break
    }
    return nil
  }

  /// The run in line `y` of the screen.
  private func run(at y: Int) -> Int? {
    let rows = FleetLayout(self, width: bounds.width, height: bounds.height).rows
    let index = FleetLayout.firstRun(self, room: rows.height) + y - rows.y
    return y >= rows.y && y < rows.maxY && index < runs.count ? index : nil
  }

  private mutating func move(to index: Int) {
    if !runs.isEmpty { cursor = runs[min(max(index, 0), runs.count - 1)].name }
  }
}
