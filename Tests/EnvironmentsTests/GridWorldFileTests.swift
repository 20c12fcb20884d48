import Foundation
import RLCore
import Testing

@testable import Environments

@Suite struct GridWorldFileTests {
  @Test func readsTheWholeFormat() throws {
    let world = try GridWorld(
      yaml: """
        # a comment
        name: everything
        source: nowhere
        map: |
          S.#
          FCT
        actions: [stay, up-left, down]
        rewards: { step: -1, boundary: -2, forbidden: -3, cliff: -4, target: 5 }
        discount: 1
        target: continue
        slip: 0.25
        wind: [0, 1, -2]
        wind_noise: true
        teleports:
          - { from: [0, 1], to: [1, 2], reward: 7.5 }
        limit: 30
        """, file: "w.yaml")
    #expect(world.name == "everything" && world.source == "nowhere")
    #expect(world.rows == 2 && world.columns == 3)
    #expect(world.cells == [.start, .free, .wall, .forbidden, .cliff, .target])
    #expect(world.actions == [.stay, .upLeft, .down])
    #expect([world.step, world.boundary, world.forbidden, world.cliff, world.target] == [-1, -2, -3, -4, 5])
    #expect(world.discount == 1 && world.continuing && world.slip == 0.25)
    #expect(world.wind == [0, 1, -2] && world.windNoise)
    #expect(world.teleports == [1: .init(to: 5, reward: 7.5)])
    #expect(world.limit == 30)
  }

  @Test func fillsInTheDefaults() throws {
    let world = try GridWorld(yaml: "map: |\n  ST\nrewards: {step: -2}\n", file: "some/where/tiny.yaml")
    #expect(world.name == "tiny" && world.source == "")
    #expect(world.actions == [.up, .right, .down, .left])
    #expect([world.step, world.boundary, world.forbidden, world.cliff, world.target] == [-2, -2, -2, -100, 1])
    #expect(world.discount == 0.9 && !world.continuing && world.slip == 0)
    #expect(world.wind == [] && !world.windNoise && world.teleports == [:] && world.limit == nil)
    var cheaper = world
    try cheaper.set("step", to: .number(-1))
    #expect(cheaper.boundary == -1)
  }

  @Test func readsWindowsLinesAndCommentsInBetween() throws {
    let text = "# first\nmap: | # the map\n  S.\n  .T\n\n# last\nlimit: 5\n"
    let world = try GridWorld(yaml: text, file: "w.yaml")
    let other = try GridWorld(yaml: text.replacing("\n", with: "\r\n"), file: "w.yaml")
    #expect(world == other && world.rows == 2 && world.limit == 5)
  }

  /// Every kind of mistake: the text, and the message after "w.yaml:".
  static let mistakes: [(yaml: String, message: String)] = [
    ("", "1: it is empty; expected a mapping with a map"),
    ("# nothing\n", "1: it is empty; expected a mapping with a map"),
    ("- a\n- b\n", "1: the file is a list; expected a mapping with the keys \(keys)"),
    ("just text\n", "1: the file is 'just text'; expected a mapping with the keys \(keys)"),
    ("name: x\n", "1: there is no map; expected 'map: |' and rows of cells below it"),
    ("map:\n", "1: the map: it is empty; expected at least one row of cells"),
    ("map: [S, T]\n", "1: map is a list; expected rows of cells below 'map: |'"),
    ("name: x\nmap: |\n  S..\n  ..\n", "4: row 1 has 2 cells; expected 3, as row 0 has"),
    ("map: |\n  S.\n\n  .T\n", "3: row 1 has 0 cells; expected 2, as row 0 has"),
    ("\nmap: |\n  S.\n  .X\n", "4: 'X' at row 1, column 1 is not a cell; expected one of . S T F # C"),
    ("map: |\n  S s\n", "2: ' ' at row 0, column 1 is not a cell; expected one of . S T F # C"),
    ("map: >\n  S.\n  .T\n", "1: ' ' at row 0, column 2 is not a cell; expected one of . S T F # C"),
    ("map: |\n  #T\n", "1: the map: it has no cell to start in; expected a start 'S' or a free cell '.'"),
    (map("discuont: 0.5"), "4: the file has the unknown key 'discuont'; expected discount"),
    (map("zzzzzzzzzz: 1"), "4: the file has the unknown key 'zzzzzzzzzz'; expected one of \(keys)"),
    (map("[a]: 1"), "4: the file has the unknown key a list; expected one of \(keys)"),
    (map("limit: 5\nlimit: 6"), "5: 'limit' is there twice; expected it once"),
    (map("name: [a]"), "4: name is a list; expected a text"),
    (map("source:"), "4: source is empty; expected a text"),
    (map("actions: up"), "4: actions is 'up'; expected a list of \(actions)"),
    (map("actions: []"), "4: there are no actions; expected a list of \(actions)"),
    (map("actions: [up, sideways]"), "4: an action is 'sideways'; expected one of \(actions)"),
    (map("actions:\n  - up\n  - [up]"), "6: an action is a list; expected one of \(actions)"),
    (map("actions: [up, down, up]"), "4: the action 'up' is there twice; expected each action once"),
    (map("rewards: 3"), "4: rewards is '3'; expected a mapping with the keys \(rewards)"),
    (map("rewards: { goal: 3 }"), "4: rewards has the unknown key 'goal'; expected one of \(rewards)"),
    (map("rewards:\n  step: 0\n  traget: 1"), "6: rewards has the unknown key 'traget'; expected target"),
    (map("rewards:\n  step: lots"), "5: step is 'lots'; expected a finite number"),
    (map("rewards: { boundary: .nan }"), "4: boundary is '.nan'; expected a finite number"),
    (map("rewards: { forbidden: nan }"), "4: forbidden is 'nan'; expected a finite number"),
    (map("rewards: { cliff: -.inf }"), "4: cliff is '-.inf'; expected a finite number"),
    (map("rewards: { target: '1' }"), "4: target is '1'; expected a finite number"),
    (map("rewards: { target: }"), "4: target is empty; expected a finite number"),
    (map("discount: 2"), "4: discount is '2'; expected a number from 0.0 to 1.0"),
    (map("discount: -0.1"), "4: discount is '-0.1'; expected a number from 0.0 to 1.0"),
    (map("discount: {}"), "4: discount is a mapping; expected a number from 0.0 to 1.0"),
    (map("target: stop"), "4: target is 'stop'; expected continue or end"),
    (map("slip: 0.6"), "4: slip is '0.6'; expected a number from 0.0 to 0.5"),
    (map("slip: -0.1"), "4: slip is '-0.1'; expected a number from 0.0 to 0.5"),
    (map("wind: 1"), "4: wind is '1'; expected a list of 2 integers, the upward push of each column"),
    (map("wind: [0, 1, 2]"), "4: wind has 3 values; expected a list of 2 integers, the upward push of each column"),
    (map("wind: [0, 1.5]"), "4: a push of wind is '1.5'; expected an integer, -1000 to 1000"),
    (map("wind: [0, 9999999999999999999]"), "4: a push of wind is '9999999999999999999'; \(pushes)"),
    (map("wind_noise: maybe"), "4: wind_noise is 'maybe'; expected true or false"),
    (map("teleports: 1"), "4: teleports is '1'; expected a list of \(teleport)"),
    (map("teleports: [1]"), "4: a teleport is '1'; expected a mapping with the keys from, to, reward"),
    (map("teleports:\n  - { from: [0, 0], to: [1, 1] }"), "5: a teleport has no 'reward'; expected \(teleport)"),
    (map("teleports: [{ from: [0, 2], to: [1, 1], reward: 1 }]"), "4: from is [0, 2], off the grid; \(cell)"),
    (map("teleports: [{ from: [0, 0], to: [-1, 1], reward: 1 }]"), "4: to is [-1, 1], off the grid; \(cell)"),
    (map("teleports: [{ from: [0], to: [1, 1], reward: 1 }]"), "4: from has 1 numbers; \(cell)"),
    (map("teleports: [{ from: 0, to: [1, 1], reward: 1 }]"), "4: from is '0'; \(cell)"),
    (map("teleports: [{ from: [0, a], to: [1, 1], reward: 1 }]"), "4: from is not two integers; \(cell)"),
    (map("teleports: [{ from: [1, 0], to: [0, 0], reward: 1 }]"), "4: from is [1, 0], a wall; \(notWall)"),
    (map("teleports: [{ from: [0, 0], to: [1, 0], reward: 1 }]"), "4: to is [1, 0], a wall; \(notWall)"),
    (map("teleports: [{ from: [0, 0], to: [0, 1], reward: x }]"), "4: reward is 'x'; expected a finite number"),
    (
      map("teleports:\n  - &t { from: [0, 0], to: [0, 1], reward: 1 }\n  - { from: [0, 0], to: [1, 1], reward: 1 }"),
      "6: a second teleport leaves this cell; expected one a cell"
    ),
    (map("limit: 0"), "4: limit is '0'; expected an integer, 1 or more"),
    (map("limit: 2.5"), "4: limit is '2.5'; expected an integer, 1 or more"),
    (map("rewards: { step: 1"), "5: it is not YAML: did not find expected ',' or '}'; expected one YAML mapping"),
    (map("a: b: c"), "4: it is not YAML: mapping values are not allowed in this context; expected one YAML mapping"),
    (
      map("\tlimit: 1"),
      "4: it is not YAML: found a tab character where an indentation space is expected; expected one YAML mapping"
    ),
    (map("name: *missing"), "4: it is not YAML: found undefined alias; expected one YAML mapping"),
    (map("---\nmap: S"), "4: it is not YAML: but found another document; expected one YAML mapping"),
    (map("name: \u{1}"), "4: it is not YAML: control characters are not allowed; expected printable text"),
  ]

  private static let keys =
    "name, source, map, actions, rewards, discount, target, slip, wind, wind_noise, teleports, limit"
  private static let actions = "up, right, down, left, stay, up-right, down-right, down-left, up-left"
  private static let rewards = "step, boundary, forbidden, cliff, target"
  private static let teleport = "{from: [row, column], to: [row, column], reward: number}"
  private static let cell = "expected [row, column], counted from 0, on the 2 by 2 grid"
  private static let notWall = "expected a cell that is not a wall"
  private static let pushes = "expected an integer, -1000 to 1000"

  /// A good map of three lines, then `rest` from line 4 on.
  private static func map(_ rest: String) -> String { "map: |\n  S.\n  #T\n\(rest)\n" }

  @Test(arguments: mistakes.indices)
  func refusesMistakesWithFileAndLine(index: Int) throws {
    let (yaml, message) = Self.mistakes[index]
    let error = try #require(throws: EnvironmentError.self) { try GridWorld(yaml: yaml, file: "w.yaml") }
    #expect(error.description == "w.yaml:" + message)
  }

  @Test func refusesFilesThatCannotBeRead() throws {
    let missing = try #require(throws: EnvironmentError.self) { try GridWorld(contentsOfFile: "/no/such.yaml") }
    #expect(missing.description == "/no/such.yaml: there is no such file; expected a grid world in YAML")
    let folder = try #require(throws: EnvironmentError.self) { try GridWorld(contentsOfFile: "/") }
    #expect(folder.description == "/: cannot be read; expected a grid world in YAML")
    let path = NSTemporaryDirectory() + "rlgym-\(UUID().uuidString).yaml"
    try Data([0xff, 0xfe, 0x00]).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let binary = try #require(throws: EnvironmentError.self) { try GridWorld(contentsOfFile: path) }
    #expect(binary.description == "\(path): it is not UTF-8 text; expected a grid world in YAML")
  }
}
