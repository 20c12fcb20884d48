import Foundation
import RLCore
import Yams

extension GridWorld {
  /// Reads a world from YAML text; `file` is what errors call it.
  ///
  /// Keys: `name`, `source`, `map`, `actions`, `rewards` (`step`, `boundary`, `forbidden`, `cliff`, `target`),
  /// `discount`, `target` (`continue` or `end`), `slip`, `wind`, `wind_noise`, `teleports`, `limit`; only `map` must
  /// be there. Rows and columns count from 0 at the top left. Throws ``EnvironmentError/badFile(file:line:problem:expected:)``.
  public init(yaml: String, file: String) throws(EnvironmentError) {
    let reader = GridWorldReader(file: file)
    let fields = try reader.fields(
      of: reader.compose(yaml), called: "the file",
      keys: [
        "name", "source", "map", "actions", "rewards", "discount", "target", "slip", "wind", "wind_noise", "teleports",
        "limit",
      ])
    guard let map = fields.values["map"] else {
      throw reader.error(fields.line, "there is no map", expected: "'map: |' and rows of cells below it")
    }
    self = try reader.world(of: map)
    name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    if let node = fields.values["name"] { name = try reader.text(node, "name") }
    if let node = fields.values["source"] { source = try reader.text(node, "source") }
    if let node = fields.values["actions"] { actions = try reader.actions(node) }
    if let node = fields.values["rewards"] { try reader.setRewards(node, of: &self) }
    if let node = fields.values["discount"] { discount = try reader.number(node, "discount", in: 0...1) }
    if let node = fields.values["target"] { continuing = try reader.continues(node) }
    if let node = fields.values["slip"] { slip = try reader.number(node, "slip", in: 0...0.5) }
    if let node = fields.values["wind"] { wind = try reader.wind(node, columns: columns) }
    if let node = fields.values["wind_noise"] { windNoise = try reader.flag(node, "wind_noise") }
    if let node = fields.values["teleports"] { teleports = try reader.teleports(node, in: self) }
    if let node = fields.values["limit"] { limit = try reader.integer(node, "limit", in: 1...Int.max) }
  }

  /// Reads a world from a YAML file. Throws ``EnvironmentError/unreadable(file:reason:)`` too.
  public init(contentsOfFile path: String) throws(EnvironmentError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "there is no such file"
      throw .unreadable(file: path, reason: reason)
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw .unreadable(file: path, reason: "it is not UTF-8 text")
    }
    try self.init(yaml: text, file: path)
  }
}

/// Turns YAML nodes into the parts of a grid world; every error carries the file and the node's line.
struct GridWorldReader {
  let file: String

  /// A mapping's values by key, and the line it starts at.
  struct Fields {
    var values: [String: Node] = [:]
    var line: Int
  }

  func error(_ line: Int, _ problem: String, expected: String) -> EnvironmentError {
    .badFile(file: file, line: line, problem: problem, expected: expected)
  }

  func wrong(_ node: Node, _ name: String, expected: String) -> EnvironmentError {
    error(line(of: node), "\(name) is \(described(node))", expected: expected)
  }

  func line(of node: Node) -> Int { node.mark?.line ?? 1 }

  /// A value in one short line.
  func described(_ node: Node) -> String {
    switch node {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    case .scalar(let scalar):
      scalar.string.isEmpty ? "empty" : "'" + scalar.string.prefix(40).replacing(/\s+/, with: " ") + "'"
    }
  }

  // MARK: YAML

  func compose(_ yaml: String) throws(EnvironmentError) -> Node {
    do {
      guard let node = try Yams.compose(yaml: yaml) else {
        throw self.error(1, "it is empty", expected: "a mapping with a map")
      }
      return node
    } catch let error as EnvironmentError {
      throw error
    } catch let error as YamlError {
      throw translated(error, yaml)
    } catch {
      throw self.error(1, "it is not YAML", expected: "a mapping with a map")
    }
  }

  private func translated(_ failure: YamlError, _ yaml: String) -> EnvironmentError {
    switch failure {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return error(mark.line, "it is not YAML: \(problem)", expected: "one YAML mapping")
    case .reader(let problem, let offset, _, _):
      let line = yaml.prefix(offset ?? 0).count(where: \.isNewline) + 1
      return error(line, "it is not YAML: \(problem)", expected: "printable text")
    case .duplicatedKeysInMapping(let keys, let context):
      // The mark is that of the first of the equal keys; the one too many stands below it.
      let lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      let again = lines.indices.dropFirst(context.mark.line).first {
        lines[$0].drop { " {,-".contains($0) }.hasPrefix(keys[0] + ":")
      }
      return error(again.map { $0 + 1 } ?? context.mark.line, "'\(keys[0])' is there twice", expected: "it once")
    default:
      return error(1, "it is not YAML", expected: "a mapping with a map")
    }
  }

  func fields(of node: Node, called what: String, keys: [String]) throws(EnvironmentError) -> Fields {
    guard case .mapping(let mapping) = node else {
      throw wrong(node, what, expected: "a mapping with the keys " + keys.joined(separator: ", "))
    }
    var fields = Fields(line: line(of: node))
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key, keys.contains(scalar.string) else {
        let near = key.string.map { nearestNames(to: $0, in: keys) } ?? []
        let expected = (near.isEmpty ? keys : near).joined(separator: ", ")
        throw error(
          line(of: key), "\(what) has the unknown key \(described(key))",
          expected: near.count == 1 ? expected : "one of " + expected)
      }
      fields.values[scalar.string] = value
    }
    return fields
  }

  private func items(_ node: Node, _ name: String, expected: String) throws(EnvironmentError) -> [Node] {
    guard case .sequence(let sequence) = node else { throw wrong(node, name, expected: expected) }
    return Array(sequence)
  }

  // MARK: Scalars

  func text(_ node: Node, _ name: String) throws(EnvironmentError) -> String {
    guard case .scalar(let scalar) = node, !scalar.string.isEmpty else { throw wrong(node, name, expected: "a text") }
    return scalar.string.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func number(
    _ node: Node, _ name: String, in range: ClosedRange<Double>? = nil
  ) throws(EnvironmentError) -> Double {
    let expected = range.map { "a number from \($0.lowerBound) to \($0.upperBound)" } ?? "a finite number"
    guard let value = plain(node).flatMap(Double.init), value.isFinite, range?.contains(value) ?? true else {
      throw wrong(node, name, expected: expected)
    }
    return value
  }

  func integer(_ node: Node, _ name: String, in range: ClosedRange<Int>) throws(EnvironmentError) -> Int {
    guard let value = plain(node).flatMap(Int.init), range.contains(value) else {
      let bounds =
        range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
      throw wrong(node, name, expected: "an integer, \(bounds)")
    }
    return value
  }

  func flag(_ node: Node, _ name: String) throws(EnvironmentError) -> Bool {
    guard let value = plain(node).flatMap(Bool.init) else { throw wrong(node, name, expected: "true or false") }
    return value
  }

  /// An unquoted scalar: in quotes, 1 is a text.
  private func plain(_ node: Node) -> String? {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
    return scalar.string
  }

  // MARK: Parts of a world

  func world(of node: Node) throws(EnvironmentError) -> GridWorld {
    guard case .scalar(let scalar) = node else { throw wrong(node, "map", expected: "rows of cells below 'map: |'") }
    var rows = scalar.string.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while rows.last == "" { rows.removeLast() }
    // The rows of a literal block stand on the lines below its mark; other styles fold lines.
    let isBlock = scalar.style == .literal
    for (row, text) in rows.enumerated() {
      if let problem = GridWorld.problem(inRow: row, text, columns: rows[0].count) {
        throw error(line(of: node) + (isBlock ? row + 1 : 0), problem.text, expected: problem.expected)
      }
    }
    do {
      return try GridWorld(map: rows)
    } catch .badMap(let problem, let expected) {
      throw error(line(of: node), "the map: \(problem)", expected: expected)
    }
  }

  func actions(_ node: Node) throws(EnvironmentError) -> [GridWorld.Direction] {
    let names = GridWorld.Direction.allCases.map(\.rawValue).joined(separator: ", ")
    let nodes = try items(node, "actions", expected: "a list of \(names)")
    if nodes.isEmpty { throw error(line(of: node), "there are no actions", expected: "a list of \(names)") }
    var actions: [GridWorld.Direction] = []
    for item in nodes {
      guard let action = item.string.flatMap(GridWorld.Direction.init) else {
        throw wrong(item, "an action", expected: "one of \(names)")
      }
      if actions.contains(action) {
        throw error(line(of: item), "the action '\(action.rawValue)' is there twice", expected: "each action once")
      }
      actions.append(action)
    }
    return actions
  }

  func setRewards(_ node: Node, of world: inout GridWorld) throws(EnvironmentError) {
    let rewards = try fields(of: node, called: "rewards", keys: ["step", "boundary", "forbidden", "cliff", "target"])
    if let node = rewards.values["step"] { world.step = try number(node, "step") }
    if let node = rewards.values["boundary"] { world.boundary = try number(node, "boundary") }
    if let node = rewards.values["forbidden"] { world.forbidden = try number(node, "forbidden") }
    if let node = rewards.values["cliff"] { world.cliff = try number(node, "cliff") }
    if let node = rewards.values["target"] { world.target = try number(node, "target") }
  }

  func continues(_ node: Node) throws(EnvironmentError) -> Bool {
    switch plain(node) {
    case "continue": true
    case "end": false
    default: throw wrong(node, "target", expected: "continue or end")
    }
  }

  func wind(_ node: Node, columns: Int) throws(EnvironmentError) -> [Int] {
    let expected = "a list of \(columns) integers, the upward push of each column"
    let nodes = try items(node, "wind", expected: expected)
    if nodes.count != columns {
      throw error(line(of: node), "wind has \(nodes.count) values", expected: expected)
    }
    var pushes: [Int] = []
    for item in nodes { pushes.append(try integer(item, "a push of wind", in: -1000...1000)) }
    return pushes
  }

  func teleports(_ node: Node, in world: GridWorld) throws(EnvironmentError) -> [Int: GridWorld.Teleport] {
    var teleports: [Int: GridWorld.Teleport] = [:]
    let shape = "{from: [row, column], to: [row, column], reward: number}"
    for item in try items(node, "teleports", expected: "a list of \(shape)") {
      let fields = try fields(of: item, called: "a teleport", keys: ["from", "to", "reward"])
      guard let from = fields.values["from"], let to = fields.values["to"], let reward = fields.values["reward"] else {
        let missing = ["from", "to", "reward"].first { fields.values[$0] == nil }!
        throw error(fields.line, "a teleport has no '\(missing)'", expected: shape)
      }
      let cell = try cell(from, "from", in: world)
      if teleports[cell] != nil {
        throw error(line(of: from), "a second teleport leaves this cell", expected: "one a cell")
      }
      teleports[cell] = .init(to: try self.cell(to, "to", in: world), reward: try number(reward, "reward"))
    }
    return teleports
  }

  private func cell(_ node: Node, _ name: String, in world: GridWorld) throws(EnvironmentError) -> Int {
    let expected = "[row, column], counted from 0, on the \(world.rows) by \(world.columns) grid"
    let nodes = try items(node, name, expected: expected)
    if nodes.count != 2 { throw error(line(of: node), "\(name) has \(nodes.count) numbers", expected: expected) }
    guard let row = plain(nodes[0]).flatMap(Int.init), let column = plain(nodes[1]).flatMap(Int.init) else {
      throw error(line(of: node), "\(name) is not two integers", expected: expected)
    }
    guard (0..<world.rows).contains(row), (0..<world.columns).contains(column) else {
      throw error(line(of: node), "\(name) is [\(row), \(column)], off the grid", expected: expected)
    }
    let cell = row * world.columns + column
    if world.cells[cell] == .wall {
      throw error(line(of: node), "\(name) is [\(row), \(column)], a wall", expected: "a cell that is not a wall")
    }
    return cell
  }
}
