/// A value as it stands in a YAML file or after `--set name=`.
public enum SettingValue: Sendable, Hashable {
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case text(String)
  case list([SettingValue])
}

extension SettingValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): "\(value)"
    case .text(let value): value
    case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    }
  }

  /// The value as a double, when it is a number of either kind.
  public var asNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}

/// One named, documented, range-checked property of a configuration. The list of a type's settings is its help
/// text, its YAML form and its `--set` interface at once.
public struct Setting<Root>: Sendable {
  public let name: String
  public let help: String
  /// What a valid value is, to follow "expected".
  public let expected: String
  public let read: @Sendable (Root) -> SettingValue
  /// Writes the value; `false` when it is not valid.
  let write: @Sendable (inout Root, SettingValue) -> Bool
  /// The bounds of a schedule, which may become another number while a run goes on; `nil` of what may not.
  public private(set) var scheduleRange: ClosedRange<Double>?
}

extension Setting {
  public typealias Path<Value> = WritableKeyPath<Root, Value> & Sendable

  public static func number(
    _ name: String, _ path: Path<Double>, in range: ClosedRange<Double>, _ help: String
  ) -> Setting {
    Setting(
      name: name, help: help, expected: "a number in \(text(range))", read: { .number($0[keyPath: path]) },
      write: { root, value in
        guard let number = value.asNumber, range.contains(number) else { return false }
        root[keyPath: path] = number
        return true
      })
  }

  /// A number that may be left to the environment, which is what `environment` says.
  public static func inherited(
    _ name: String, _ path: Path<Double?>, in range: ClosedRange<Double>, _ help: String
  ) -> Setting {
    Setting(
      name: name, help: help, expected: "a number in \(text(range)), or `environment` for the environment's own",
      read: { $0[keyPath: path].map(SettingValue.number) ?? .text("environment") },
      write: { root, value in
        if value == .text("environment") {
          root[keyPath: path] = nil
          return true
        }
        guard let number = value.asNumber, range.contains(number) else { return false }
        root[keyPath: path] = number
        return true
      })
  }

  /// A number, `[from, to, steps]` for a straight line over the first steps and the end value from then on, or `a/(b+n)`
  /// in the n-th step.
  public static func schedule(
    _ name: String, _ path: Path<Schedule>, in range: ClosedRange<Double>, _ help: String
  ) -> Setting {
    Setting(
      name: name, help: help,
      expected: "a number in \(text(range)), [from, to, steps] for a straight line, or a/(b+n) in the n-th step",
      read: { value(of: $0[keyPath: path]) },
      write: { root, value in
        guard let schedule = schedule(value, in: range) else { return false }
        root[keyPath: path] = schedule
        return true
      }, scheduleRange: range)
  }

  /// A schedule, but that `1/n` and `a/(b+n)` count an entry's own updates.
  public static func stepSize(
    _ name: String, _ path: Path<StepSize>, in range: ClosedRange<Double>, _ help: String
  ) -> Setting {
    Setting(
      name: name, help: help,
      expected:
        "a number in \(text(range)), [from, to, steps] for a straight line, or 1/n or a/(b+n) at the n-th update",
      read: { root in
        switch root[keyPath: path] {
        case .scheduled(let schedule): value(of: schedule)
        case .visits(let reciprocal): .text("\(reciprocal)")
        }
      },
      write: { root, value in
        guard let schedule = schedule(value, in: range) else { return false }
        if case .reciprocal(let reciprocal) = schedule {
          root[keyPath: path] = .visits(reciprocal)
        } else {
          root[keyPath: path] = .scheduled(schedule)
        }
        return true
      }, scheduleRange: range)
  }

  private static func value(of schedule: Schedule) -> SettingValue {
    switch schedule {
    case .constant(let value): .number(value)
    case .linear(let start, let end, let steps): .list([.number(start), .number(end), .integer(steps)])
    case .reciprocal(let reciprocal): .text("\(reciprocal)")
    }
  }

  private static func schedule(_ value: SettingValue, in range: ClosedRange<Double>) -> Schedule? {
    guard let schedule = Schedule(value) else { return nil }
    switch schedule {
    case .constant(let number): return range.contains(number) ? schedule : nil
    case .linear(let start, let end, _): return range.contains(start) && range.contains(end) ? schedule : nil
    case .reciprocal(let reciprocal):
      // It is greatest at first and falls towards 0.
      return range.contains(0) && range.contains(reciprocal.value(at: 1)) ? schedule : nil
    }
  }

  public static func integer(
    _ name: String, _ path: Path<Int>, in range: ClosedRange<Int>, _ help: String
  ) -> Setting {
    Setting(
      name: name, help: help, expected: "an integer in \(text(range))", read: { .integer($0[keyPath: path]) },
      write: { root, value in
        guard let number = value.asNumber, let integer = Int(exactly: number), range.contains(integer) else {
          return false
        }
        root[keyPath: path] = integer
        return true
      })
  }

  public static func flag(_ name: String, _ path: Path<Bool>, _ help: String) -> Setting {
    Setting(
      name: name, help: help, expected: "true or false", read: { .flag($0[keyPath: path]) },
      write: { root, value in
        guard case .flag(let flag) = value else { return false }
        root[keyPath: path] = flag
        return true
      })
  }

  /// The sizes of a network's hidden layers, as `[64, 64]`; with `orNone` there may be none.
  public static func layers(_ name: String, _ path: Path<[Int]>, orNone: Bool = false, _ help: String) -> Setting {
    let least = orNone ? 0 : 1
    return Setting(
      name: name, help: help, expected: "a list of \(least) to 8 layer sizes in 1...4096, such as [64, 64]",
      read: { .list($0[keyPath: path].map(SettingValue.integer)) },
      write: { root, value in
        guard case .list(let items) = value, (least...8).contains(items.count) else { return false }
        var sizes: [Int] = []
        for case .integer(let size) in items where (1...4096).contains(size) { sizes.append(size) }
        guard sizes.count == items.count else { return false }
        root[keyPath: path] = sizes
        return true
      })
  }

  public static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: Path<Value>, _ help: String
  ) -> Setting {
    let names = Value.allCases.map(\.rawValue)
    return Setting(
      name: name, help: help, expected: "one of " + names.joined(separator: ", "),
      read: { .text($0[keyPath: path].rawValue) },
      write: { root, value in
        guard case .text(let text) = value, let choice = Value(rawValue: text) else { return false }
        root[keyPath: path] = choice
        return true
      })
  }

  /// A property with a rule of its own: `write` returns `false` for a value that it does not accept.
  public static func custom(
    _ name: String, expected: String, _ help: String, read: @escaping @Sendable (Root) -> SettingValue,
    write: @escaping @Sendable (inout Root, SettingValue) -> Bool
  ) -> Setting {
    Setting(name: name, help: help, expected: expected, read: read, write: write)
  }

  fileprivate static func text(_ range: ClosedRange<Double>) -> String {
    if range.upperBound == .greatestFiniteMagnitude && range.lowerBound == -.greatestFiniteMagnitude {
      return "the finite numbers"
    }
    return range.upperBound == .greatestFiniteMagnitude
      ? "\(range.lowerBound) or more" : "\(range.lowerBound)...\(range.upperBound)"
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound)...\(range.upperBound)"
  }
}

/// A type that people configure by name.
public protocol Configurable {
  static var settings: [Setting<Self>] { get }
}

extension Configurable {
  /// Sets one property. Throws ``CoreError/unknownSetting`` with the nearest names, or ``CoreError/badSetting``.
  public mutating func set(_ name: String, to value: SettingValue) throws {
    guard let setting = Self.settings.first(where: { $0.name == name }) else {
      throw CoreError.unknownSetting(
        name: name, nearest: nearestNames(to: name, in: Self.settings.map(\.name)))
    }
    guard setting.write(&self, value) else {
      throw CoreError.badSetting(name: name, value: value.description, expected: setting.expected)
    }
  }

  /// Makes a schedule one number. Throws ``CoreError/fixedSetting`` with the names of the schedules there are, or
  /// ``CoreError/badSetting``.
  public mutating func setSchedule(_ name: String, to value: Double) throws {
    let schedules = Self.settings.filter { $0.scheduleRange != nil }
    guard let setting = schedules.first(where: { $0.name == name }), let range = setting.scheduleRange else {
      throw CoreError.fixedSetting(name: name, schedules: schedules.map(\.name))
    }
    guard setting.write(&self, .number(value)) else {
      throw CoreError.badSetting(name: name, value: "\(value)", expected: "a number in \(Setting<Self>.text(range))")
    }
  }

  /// Every setting with its present value, in the order they are declared.
  public var settingValues: [(name: String, value: SettingValue)] {
    Self.settings.map { ($0.name, $0.read(self)) }
  }
}
