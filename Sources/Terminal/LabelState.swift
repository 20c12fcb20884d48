import RLCore
import RunStore

/// Where labelling stands. Keys and time change it; nothing here knows a screen.
struct LabelState: Sendable, Equatable {
  /// Pairs that are to have a preference in the end.
  let wanted: Int
  private(set) var labels: [Int: PairLabel]
  /// The pairs with a label, in the order they were given as far as that is known.
  private var history: [Int]
  /// The pair on the screen.
  private(set) var pair = 0
  /// Steps of its two clips, and what they are worth.
  private(set) var lengths = [0, 0]
  private var worths: [Double] = []
  /// Steps played of both.
  private(set) var position = 0
  private(set) var isPaused = false
  /// Times the natural pace, 1/16…64.
  private(set) var speed = 1.0
  private var owed = 0.0

  init(wanted: Int, labels: [Int: PairLabel]) {
    self.wanted = wanted
    self.labels = labels
    history = labels.keys.sorted()
    moveOn()
  }

  /// Pairs that have a preference.
  var decided: Int { labels.values.count { $0.preference != nil } }
  var isOver: Bool { decided >= wanted }
  var length: Int { max(lengths[0], lengths[1]) }

  /// Shows the clips of ``pair`` from their start.
  mutating func show(lengths: [Int], worths: [Double]) {
    self.lengths = lengths
    self.worths = worths
    replay()
  }

  /// Lets `seconds` pass; `pace` is the steps a second at speed 1. Returns whether the picture changed.
  mutating func advance(seconds: Double, pace: Double) -> Bool {
    guard !isPaused, position < length, seconds > 0 else { return false }
    owed += seconds * pace * speed
    let steps = Int(min(owed, Double(Int32.max)))
    owed -= Double(steps)
    position = min(position + steps, length)
    return steps > 0
  }

  enum Request: Sendable, Equatable {
    case nothing, quit
    /// To be written down; another pair is on the screen then.
    case say(PairLabel)
  }

  mutating func handle(_ key: Key) -> Request {
    switch key {
    // Not Escape: what is typed before the screen is there may begin with it, as an arrow does.
    case .character("q"), .character("Q"): return .quit
    case .left: return prefer(1)
    case .right: return prefer(0)
    case .character("="), .character("0"): return prefer(0.5)
    case .character("s"): return prefer(nil)
    case .character("u"): return undo()
    case .character("r"), .home: replay()
    case .character(" "): isPaused.toggle()
    case .character("+"), .up: speed = min(speed * 2, 64)
    case .character("-"), .down: speed = max(speed / 2, 1 / 16)
    case .end: position = length
    default: break
    }
    return .nothing
  }

  private mutating func prefer(_ preference: Double?) -> Request {
    let label = PairLabel(pair: pair, preference: preference, labeler: "human", worths: worths)
    labels[pair] = label
    history.append(pair)
    moveOn()
    return .say(label)
  }

  /// Takes the last label back and shows its pair again.
  private mutating func undo() -> Request {
    guard let last = history.popLast(), var label = labels.removeValue(forKey: last) else { return .nothing }
    pair = last
    label.preference = nil
    label.undone = true
    return .say(label)
  }

  private mutating func moveOn() {
    while labels[pair] != nil { pair += 1 }
  }

  private mutating func replay() {
    position = 0
    owed = 0
    isPaused = false
  }
}
