import RLCore

/// A game between two frames: what the person does next, and how it stands. Keys and time change it; nothing here knows a
/// screen or the world.
struct PlayState: Sendable, Equatable {
  enum Wish: Sendable, Equatable { case quit, restart, step, save }

  /// What the next step does: an action's number, or a number between the bounds.
  private(set) var action: Double
  /// Discrete actions, or `nil` where the action is a number in `bounds`.
  let actions: Int?
  let bounds: ClosedRange<Double>
  let isTurnBased: Bool
  /// Whether time stands still, as before the first key.
  private(set) var isPaused = true
  private(set) var showsHelp = false
  /// Times the natural pace.
  var speed = 0.5
  private(set) var steps = 0
  private(set) var lastReward: Double?
  private(set) var totalReward = 0.0
  private(set) var ending = Ending.running
  /// For each action of a grid its direction.
  private let moves: [Drawing.Grid.Move]
  private var owed = 0.0

  /// `nil` where a keyboard cannot choose: an action of several numbers, or without bounds.
  init?(_ space: Space, isTurnBased: Bool, moves: [Drawing.Grid.Move] = []) {
    switch space {
    case .discrete(let count):
      (actions, bounds, action) = (count, 0...Double(count - 1), 0)
      // With three, the one in the middle does nothing in most worlds.
      if count == 3 && !isTurnBased { action = 1 }
    case .box(let low, let high):
      guard low.count == 1, low[0].isFinite, high[0].isFinite, low[0] < high[0] else { return nil }
      (actions, bounds) = (nil, Double(low[0])...Double(high[0]))
      action = (bounds.lowerBound + bounds.upperBound) / 2
    }
    self.isTurnBased = isTurnBased
    self.moves = moves
  }

  /// The steps that are due after `seconds`; `pace` is the steps a second at speed 1.
  mutating func due(after seconds: Double, pace: Double) -> Int {
    guard !isTurnBased, !isPaused, !showsHelp, ending == .running else { return 0 }
    owed += seconds * pace * speed
    let steps = Int(min(owed, 100))
    owed -= Double(steps)
    return steps
  }

  /// What a step brought.
  mutating func take(_ step: Step) {
    steps += 1
    lastReward = step.reward
    totalReward += step.reward
    ending = step.ending
  }

  /// Follows a key. Returns what it asks for beyond another action.
  mutating func handle(_ key: Key) -> Wish? {
    if showsHelp {
      showsHelp = false
      return key == .character("q") ? .quit : nil
    }
    switch key {
    case .character("q"), .character("Q"), .escape: return .quit
    case .character("r"): return .restart
    case .character("s"): return .save
    case .character("?"), .character("h"): showsHelp = true
    case .enter where ending != .running: return .restart
    case .character(" ") where !isTurnBased: isPaused.toggle()
    case .character("+"), .character("="): speed = min(speed * 2, 8)
    case .character("-"): speed = max(speed / 2, 1 / 16)
    case .character(".") where ending == .running:
      isPaused = true
      return .step
    default:
      guard ending == .running, let chosen = action(of: key) else { return nil }
      action = chosen
      isPaused = false
      return isTurnBased ? .step : nil
    }
    return nil
  }

  /// The action that a key stands for.
  private func action(of key: Key) -> Double? {
    if case .character(let digit) = key, let number = digit.wholeNumberValue {
      guard let actions else {
        return bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) * Double(number) / 9
      }
      return number < actions ? Double(number) : nil
    }
    let (down, right) =
      switch key {
      case .up: (-1, 0)
      case .down: (1, 0)
      case .left: (0, -1)
      case .right: (0, 1)
      default: (0, 0)
      }
    guard down != 0 || right != 0 else { return nil }
    if !moves.isEmpty {
      return moves.firstIndex { $0.down.signum() == down && $0.right.signum() == right }.map(Double.init)
    }
    guard let actions else {
      let quarter = (bounds.upperBound - bounds.lowerBound) / 8
      let middle = (bounds.lowerBound + bounds.upperBound) / 2
      return down != 0 ? middle : min(max(action + Double(right) * quarter, bounds.lowerBound), bounds.upperBound)
    }
    // From left to right, as most worlds number them; up and down for what lies between.
    if right != 0 { return right < 0 ? 0 : Double(actions - 1) }
    return actions == 3 ? 1 : nil
  }
}
