/// Where a replay stands. Keys and time change it; nothing here knows a screen.
struct ReplayState: Sendable, Equatable {
  /// Steps of each episode; at least one episode.
  let lengths: [Int]
  /// The step of each episode with the greatest error of its value, where there are values.
  let worst: [Int?]
  private(set) var episode = 0
  /// Steps played, 0…length.
  private(set) var position = 0
  private(set) var isPaused = false
  private(set) var loops = false
  private(set) var showsHelp = false
  /// Whether the state values take the world's place.
  private(set) var showsSurface = false
  /// Whether a person asks to go on from here by hand, until that has been answered.
  private(set) var wantsControls = false
  /// What came of a key, until the next one.
  private(set) var notice = ""
  /// Times the natural pace, 1/16…64.
  private(set) var speed: Double
  /// Of the screen, in cells: what lies where a person clicks.
  var bounds = Rect(x: 0, y: 0, width: 0, height: 0)
  /// The part of a step that has passed since the last whole one.
  private var owed = 0.0

  init(lengths: [Int], worst: [Int?] = [], speed: Double) {
    precondition(!lengths.isEmpty, "a replay has at least one episode")
    self.lengths = lengths
    self.worst = worst.isEmpty ? lengths.map { _ in nil } : worst
    self.speed = speed.isFinite ? min(max(speed, 1 / 16), 64) : 1
  }

  var length: Int { lengths[episode] }
  var isAtEnd: Bool { position >= length }

  /// Lets `seconds` pass; `pace` is the steps a second at speed 1. Returns whether the picture changed.
  mutating func advance(seconds: Double, pace: Double) -> Bool {
    guard !isPaused, !showsHelp, seconds > 0 else { return false }
    owed += seconds * pace * speed
    let steps = Int(min(owed, Double(Int32.max)))
    guard steps > 0 else { return false }
    owed -= Double(steps)
    if isAtEnd && loops {
      position = 0
      return true
    }
    let next = min(position + steps, length)
    defer { position = next }
    return next != position
  }

  /// Follows a key. Returns whether it asks to quit.
  mutating func handle(_ key: Key) -> Bool {
    if showsHelp {
      showsHelp = false
      return key == .character("q")
    }
    notice = ""
    switch key {
    case .character("q"), .character("Q"), .escape: return true
    case .character("w"):
      guard let worst = worst[episode] else {
        notice = "no values were recorded, so no errors of them"
        break
      }
      isPaused = true
      move(to: worst)
    case .character("b"):
      isPaused = true
      wantsControls = true
    case .character(" "):
      if isAtEnd && !isPaused {
        move(to: 0)
      } else {
        isPaused.toggle()
        if !isPaused && isAtEnd { move(to: 0) }
      }
    case .character("."), .right: step(by: 1)
    case .character(","), .left: step(by: -1)
    case .character("+"), .character("="), .up: speed = min(speed * 2, 64)
    case .character("-"), .down: speed = max(speed / 2, 1 / 16)
    case .home: move(to: 0)
    case .end: move(to: length)
    case .character("n"): select(episode + 1)
    case .character("p"): select(episode - 1)
    case .character("l"): loops.toggle()
    case .character("v"): showsSurface.toggle()
    case .character("?"), .character("h"): showsHelp = true
    case .character(let digit): if let tenth = digit.wholeNumberValue { move(to: length * tenth / 10) }
    case .click(let x, let y):
      let bar = ReplayLayout(width: bounds.width, height: bounds.height).bar
      if bar.contains(x, y) { move(to: length * (x - bar.x) / max(bar.width - 1, 1)) }
    case .wheel(let up, _, _): step(by: up ? -1 : 1)
    case .resize, .enter, .backspace, .tab: break
    }
    return false
  }

  /// The person had the controls, or `notice` says why not.
  mutating func answer(_ notice: String) {
    wantsControls = false
    self.notice = notice
  }

  private mutating func step(by count: Int) {
    isPaused = true
    move(to: position + count)
  }

  private mutating func move(to target: Int) {
    position = min(max(target, 0), length)
    owed = 0
  }

  private mutating func select(_ index: Int) {
    episode = (index + lengths.count) % lengths.count
    move(to: 0)
  }
}
