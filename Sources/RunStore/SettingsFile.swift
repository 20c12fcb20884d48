import Foundation
import RLCore
import Yams

/// A YAML scalar or flow list as it stands in a file or after `--set name=`: `0.1`, `true`, `[64, 64]`, `relu`.
///
/// Throws ``RunStoreError/badFile`` where it is malformed, empty or a mapping.
public func settingValue(yaml: String, file: String? = nil) throws -> SettingValue {
  let file = file ?? "'\(yaml)'"
  return try SettingValue(node: composed(yaml, file: file), file: file)
}

extension SettingValue {
  /// A plain scalar is a flag (`true`, `false`), an integer or a number where it spells one, else text; a quoted one
  /// is text. Throws ``RunStoreError/badFile`` with `file` and the line where the node is a mapping or null.
  public init(node: Node, file: String = "the value") throws {
    let reason: String
    switch node {
    case .scalar(let scalar) where ![.any, .plain].contains(scalar.style):
      self = .text(scalar.string)
      return
    case .scalar(let scalar):
      if let value = SettingValue(plain: scalar.string) {
        self = value
        return
      }
      reason = "expected a value after the name, such as 0.1, true, text or [64, 64]"
    case .sequence(let items):
      self = .list(try items.map { try SettingValue(node: $0, file: file) })
      return
    case .mapping: reason = "expected a number, a flag, text or a list, not a mapping"
    case .alias: reason = "expected a value; YAML aliases are not used here"
    }
    throw RunStoreError.badFile(path: file, line: node.mark?.line, reason: reason)
  }

  /// YAML 1.2's core schema without its infinities: 1e-4 is a number and `no` is text, unlike in YAML 1.1.
  private init?(plain text: String) {
    switch text {
    case "", "~", "null": return nil
    case "true", "True": self = .flag(true)
    case "false", "False": self = .flag(false)
    default:
      let isNumeric = text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
      if isNumeric, let integer = Int(text) {
        self = .integer(integer)
      } else if isNumeric, let number = Double(text), number.isFinite {
        self = .number(number)
      } else {
        self = .text(text)
      }
    }
  }

  /// The node that ``init(node:file:)`` reads back as this value.
  var node: Node {
    switch self {
    case .integer(let value): Node("\(value)", .implicit, .plain)
    case .number(let value): Node("\(value)", .implicit, .plain)
    case .flag(let value): Node("\(value)", .implicit, .plain)
    case .text(let value): textNode(value)
    case .list(let values): Node(values.map(\.node), .implicit, .flow)
    }
  }
}

/// Quoted where it would read as something else.
func textNode(_ text: String) -> Node {
  let reads = try? settingValue(yaml: text)
  return Node(text, Tag(.str), reads == .text(text) ? .any : .doubleQuoted)
}

/// Settings by section: `section: {name: value, …}`, each with its line, as in a preset file whose sections are
/// environments. An empty file has no sections.
///
/// Throws ``RunStoreError/badFile`` with `file` and line.
public func readSettings(
  yaml: String, file: String
) throws -> OrderedDictionary<String, OrderedDictionary<String, (value: SettingValue, line: Int)>> {
  var sections: OrderedDictionary<String, OrderedDictionary<String, (value: SettingValue, line: Int)>> = [:]
  for (name, section, _) in try entries(composed(yaml, file: file), file: file, of: "sections") {
    var settings: OrderedDictionary<String, (value: SettingValue, line: Int)> = [:]
    for (setting, value, line) in try entries(section, file: file, of: "settings") {
      settings[setting] = (try SettingValue(node: value, file: file), line)
    }
    sections[name] = settings
  }
  return sections
}

/// The pairs of a mapping with the line of each key; none where it is empty.
func entries(_ node: Node, file: String, of what: String) throws -> [(key: String, value: Node, line: Int)] {
  guard case .mapping(let mapping) = node else {
    if case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
      ["", "~", "null"].contains(scalar.string)
    {
      return []
    }
    throw RunStoreError.badFile(
      path: file, line: node.mark?.line, reason: "expected \(what) as 'name: value', one a line")
  }
  return try mapping.map { key, value in
    guard case .scalar(let name) = key else {
      throw RunStoreError.badFile(path: file, line: key.mark?.line, reason: "expected a name before the colon")
    }
    return (name.string, value, key.mark?.line ?? 1)
  }
}

/// The one document in a YAML text; null where it is empty. No tags are guessed, by slow regular expressions: what a
/// scalar is, ``SettingValue/init(node:file:)`` says.
func composed(_ yaml: String, file: String) throws -> Node {
  do {
    return try Yams.compose(yaml: yaml, .basic) ?? Node("null", .implicit, .plain)
  } catch let error as YamlError {
    let (line, reason) = error.place(in: yaml)
    throw RunStoreError.badFile(path: file, line: line, reason: "it is not YAML: \(reason)")
  }
}

extension YamlError {
  /// The line, counted from 1, and what is wrong there, on one line.
  fileprivate func place(in yaml: String) -> (line: Int?, reason: String) {
    let (line, reason): (Int?, String) =
      switch self {
      case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
        .composer(let context, let problem, let mark, _):
        (mark.line, [context?.text, problem].compactMap(\.self).joined(separator: ", "))
      case .reader(let problem, let offset, _, _):
        (offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }, problem)
      case .duplicatedKeysInMapping(let duplicates, let context):
        (context.mark.line, "it names \(duplicates.sorted().joined(separator: ", ")) twice")
      default: (nil, "\(self)")
      }
    return (line, reason.split(whereSeparator: \.isNewline).joined(separator: " "))
  }
}
