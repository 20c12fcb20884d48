import RLCore
import RunStore

/// A setting that somebody gave, and where, for the error that refuses it.
struct Given: Sendable {
  /// `--set` on the command line, or a file and line.
  let place: String
  /// What stands before the name there: `env.`, `train.` or nothing.
  var prefix = ""
  let name: String
  let value: SettingValue

  /// Sets it. Throws ``UsageError`` that says where the mistake is and what would be right.
  func apply<Root: Configurable>(to root: inout Root) throws {
    do { try root.set(name, to: value) } catch CoreError.unknownSetting(_, let nearest) {
      let choice =
        nearest.isEmpty
        ? "; expected one of " + Root.settings.map { prefix + $0.name }.joined(separator: ", ")
        : suggestion(nearest.map { prefix + $0 })
      throw UsageError("\(place): there is no setting '\(prefix)\(name)'" + choice)
    } catch CoreError.badSetting(_, let value, let expected) {
      throw UsageError("\(place): \(prefix)\(name): \(value) is not valid; expected \(expected)")
    }
  }

  /// Those whose names begin with `prefix`, without it.
  static func part(_ prefix: String, of all: [Given]) -> [Given] {
    all.filter { $0.name.hasPrefix(prefix) }.map {
      Given(place: $0.place, prefix: prefix, name: String($0.name.dropFirst(prefix.count)), value: $0.value)
    }
  }
}

extension Given {
  /// `name=value` after `--set`. Throws ``UsageError``.
  init(assignment text: String) throws {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw UsageError("--set \(text): expected name=value, such as --set discount=0.95")
    }
    let value = try UsageError.of("--set \(text): ") {
      try settingValue(yaml: String(text[text.index(after: equals)...]))
    }
    self.init(place: "--set", name: String(text[..<equals]), value: value)
  }
}

/// The `--set env.name=value` of a command that has no agent. Throws ``UsageError``.
func environmentSettings(_ sets: [String]) throws -> [Given] {
  let given = try sets.map(Given.init(assignment:))
  if let other = given.first(where: { !$0.name.hasPrefix("env.") }) {
    throw UsageError("--set \(other.name)=\(other.value): expected env.name=value, an environment's setting")
  }
  return Given.part("env.", of: given)
}
