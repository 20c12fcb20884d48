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

/// The step size α of a tabular rule.
public enum StepSize: Sendable, Equatable {
  case scheduled(Schedule)
  /// 1/n at the n-th update of an entry, which makes the entry the mean of its targets.
  case reciprocal
}

extension Schedule: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .constant(value) }
  public init(integerLiteral value: Int) { self = .constant(Double(value)) }
}

extension StepSize: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .scheduled(.constant(value)) }
  public init(integerLiteral value: Int) { self = .scheduled(.constant(Double(value))) }
}
