import RunStore

/// The line in which a person changes a schedule of a live run: which, and to what.
struct SchedulePrompt: Sendable, Equatable {
  enum Answer: Equatable {
    case typing, cancelled
    case change(String, Double)
  }

  /// One or more.
  private let schedules: [RunSchedule]
  private var selected = 0
  private var typed = ""
  /// Why the last Enter was not followed.
  private var problem = ""

  /// `nil` where there is nothing to change.
  init?(_ schedules: [RunSchedule]) {
    if schedules.isEmpty { return nil }
    self.schedules = schedules
  }

  /// Follows a key. What cannot stand in a number is not taken.
  mutating func handle(_ key: Key) -> Answer {
    problem = ""
    let schedule = schedules[selected]
    switch key {
    case .escape: return .cancelled
    case .up: selected = (selected + schedules.count - 1) % schedules.count
    case .down: selected = (selected + 1) % schedules.count
    case .backspace: typed = String(typed.dropLast())
    case .character(let sign) where "0123456789.eE+-".contains(sign) && typed.count < 24: typed.append(sign)
    case .enter:
      if let value = Double(typed), schedule.range.contains(value) { return .change(schedule.name, value) }
      problem = "expected a number in \(schedule.range)"
    default: break
    }
    return .typing
  }

  /// `learningRate, now 0.001, from here on: 0.0005▏ · Enter · Esc`, or as much of it as there is room for.
  func text(room: Int) -> String {
    let schedule = schedules[selected]
    let choice = schedules.count > 1 ? "↑↓ " : ""
    let entry = "\(choice)\(schedule.name), now \(schedule.value), from here on: \(typed)▏"
    let brief = "\(schedule.name)=\(typed)▏"
    let texts =
      problem.isEmpty
      ? ["\(entry) · Enter · Esc", entry, "\(choice)\(brief)", brief]
      : ["\(entry) \(problem)", "\(brief) \(problem)", brief]
    return texts.first { $0.count <= room } ?? "\(typed)▏"
  }
}

extension RunRequest {
  /// What it asks for, to follow "asked to".
  var words: String {
    switch self {
    case .pause: "pause"
    case .resume: "go on"
    case .checkpoint: "save a checkpoint"
    case .evaluate: "evaluate"
    case .stop: "save and stop"
    case .set: "\(self)"
    }
  }
}
