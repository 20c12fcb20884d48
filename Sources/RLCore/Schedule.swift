import Foundation

/// A quantity that changes over training, such as an exploration rate.
public enum Schedule: Sendable, Equatable {
  case constant(Double)
  /// From `start` to `end` in a straight line over the first `steps` steps, then `end`.
  case linear(from: Double, to: Double, over: Int)
  /// `start · (end / start)^(t / steps)` over the first `steps` steps, then `end`.
  case exponential(from: Double, to: Double, over: Int)

  /// The value after `step` steps.
  public func value(at step: Int) -> Double {
    switch self {
    case .constant(let value): return value
    case .linear(let start, let end, let steps):
      return step >= steps ? end : start + (end - start) * Double(step) / Double(steps)
    case .exponential(let start, let end, let steps):
      return step >= steps ? end : start * pow(end / start, Double(step) / Double(steps))
    }
  }
}
