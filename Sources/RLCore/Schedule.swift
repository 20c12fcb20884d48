/// A quantity that changes over training, such as a learning rate.
public enum Schedule: Sendable, Equatable {
  case constant(Double)
  /// From `start` to `end` in a straight line over the first `steps` steps, then `end`.
  case linear(from: Double, to: Double, over: Int)
  /// A reciprocal of the number of steps, the present one included.
  case reciprocal(Reciprocal)

  /// The value after `step` steps.
  @inlinable public func value(at step: Int) -> Double {
    switch self {
    case .constant(let value): value
    case .linear(let start, let end, let steps):
      step >= steps ? end : start + (end - start) * Double(step) / Double(steps)
    case .reciprocal(let reciprocal): reciprocal.value(at: step + 1)
    }
  }
}

extension Schedule {
  /// As it is written: a number, `[from, to, steps]`, or `a/(b+n)`.
  public init?(_ value: SettingValue) {
    switch value {
    case .integer, .number:
      guard let number = value.asNumber else { return nil }
      self = .constant(number)
    case .text(let text):
      guard let reciprocal = Reciprocal(text) else { return nil }
      self = .reciprocal(reciprocal)
    case .list(let items):
      guard items.count == 3, let start = items[0].asNumber, let end = items[1].asNumber,
        case .integer(let steps) = items[2], steps > 0
      else { return nil }
      self = .linear(from: start, to: end, over: steps)
    case .flag: return nil
    }
  }
}

/// a / (b + n) for a count n from 1 on.
public struct Reciprocal: Sendable, Equatable {
  public let a: Double
  public let b: Double

  /// 1/n where nothing else is said.
  @inlinable public init(_ a: Double = 1, plus b: Double = 0) {
    self.a = a
    self.b = b
  }

  @inlinable @inline(__always)
  public func value(at n: Int) -> Double { a / (b + Double(n)) }
}

/// The step size α of a tabular rule.
public enum StepSize: Sendable, Equatable {
  case scheduled(Schedule)
  /// A reciprocal of an entry's own updates, the present one included.
  case visits(Reciprocal)

  /// 1/n at the n-th update of an entry, which makes the entry the mean of its targets.
  public static let reciprocal = StepSize.visits(Reciprocal())
}

extension Schedule: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .constant(value) }
  public init(integerLiteral value: Int) { self = .constant(Double(value)) }
}

extension StepSize: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .scheduled(.constant(value)) }
  public init(integerLiteral value: Int) { self = .scheduled(.constant(Double(value))) }
}

/// As it is written: `1/n`, `10/n` or `10/(20+n)`.
extension Reciprocal: CustomStringConvertible {
  public var description: String { b == 0 ? "\(short(a))/n" : "\(short(a))/(\(short(b))+n)" }

  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let a = Double(parts[0]), a.isFinite, a >= 0 else { return nil }
    if parts[1] == "n" {
      self.init(a)
      return
    }
    guard parts[1].hasPrefix("("), parts[1].hasSuffix("+n)"), let b = Double(parts[1].dropFirst().dropLast(3)),
      b.isFinite, b >= 0
    else { return nil }
    self.init(a, plus: b)
  }

  private func short(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}
