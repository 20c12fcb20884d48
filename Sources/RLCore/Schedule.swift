/// A quantity that changes over training, such as a learning rate.
public enum Schedule: Sendable, Equatable {
  case constant(Double)
  /// From `start` to `end` in a straight line over the first `steps` steps, then `end`.
  case linear(from: Double, to: Double, over: Int)

  /// The value after `step` steps.
  @inlinable public func value(at step: Int) -> Double {
    switch self {
    case .constant(let value): value
    case .linear(let start, let end, let steps):
      step >= steps ? end : start + (end - start) * Double(step) / Double(steps)
    }
  }
}
