import RLCore
import Testing

@testable import RunStore

@Suite struct SettingsFileTests {
  @Test(
    arguments: [
      ("1", .integer(1)), ("-7", .integer(-7)), ("0.5", .number(0.5)), ("1e-4", .number(1e-4)), ("1E5", .number(1e5)),
      ("+3", .integer(3)), (".5", .number(0.5)), ("99999999999999999999", .number(1e20)), ("true", .flag(true)),
      ("False", .flag(false)), ("relu", .text("relu")), ("no", .text("no")), ("'1'", .text("1")),
      ("\"true\"", .text("true")), ("nan", .text("nan")), ("inf", .text("inf")), (".inf", .text(".inf")),
      ("1e999", .text("1e999")), ("0x10", .text("0x10")), ("1.2.3", .text("1.2.3")), ("-", .list([.text("")])),
      ("[64, 64]", .list([.integer(64), .integer(64)])), ("[]", .list([])),
      ("[[1], [a, 2.5]]", .list([.list([.integer(1)]), .list([.text("a"), .number(2.5)])])),
      ("ornstein-uhlenbeck", .text("ornstein-uhlenbeck")),
    ] as [(String, SettingValue)])
  func values(_ yaml: String, _ expected: SettingValue) throws {
    if yaml == "-" {
      #expect(storeError { _ = try settingValue(yaml: yaml) } != nil)
    } else {
      #expect(try settingValue(yaml: yaml) == expected)
    }
  }

  @Test(arguments: ["", "~", "null", "{a: 1}", "[1", "[1, ]x", "\"a", "a: b: c", "&a [*a]", "*a", "- ", "\u{1}"])
  func whatIsNoValueIsRefused(_ yaml: String) { #expect(storeError { _ = try settingValue(yaml: yaml) } != nil) }

  @Test(
    arguments: [
      .integer(.max), .number(0.1), .number(1), .number(1e300), .flag(true), .text("relu"), .text("1"), .text("true"),
      .text("null"), .text(""), .text("a: b # c"), .text(" x "), .text("é\n\"'"), .text("[1]"), .text("*a"),
      .list([.integer(1), .text("2"), .list([])]),
    ] as [SettingValue])
  func writtenAndReadTheyAreTheSame(_ value: SettingValue) throws {
    var config = RunConfig(version: "1", command: [], agent: "a", environment: "e", seed: 1, created: .now)
    config.agentSettings = ["x": value]
    #expect(try RunConfig(yaml: config.yaml(), file: "f").agentSettings["x"] == value)
  }

  @Test func sectionsKeepTheirOrderAndLines() throws {
    let yaml = """
      # A preset.
      Pendulum-v1:
        learningRate: 1e-3
        layers: [64, 64]

      CartPole-v1: {discount: 0.99}
      Empty-v0:
      """
    let settings = try readSettings(yaml: yaml, file: "p.yaml")
    #expect(Array(settings.keys) == ["Pendulum-v1", "CartPole-v1", "Empty-v0"])
    let pendulum = try #require(settings["Pendulum-v1"])
    #expect(Array(pendulum.keys) == ["learningRate", "layers"])
    #expect(pendulum["learningRate"]! == (.number(1e-3), 3) && pendulum["layers"]!.line == 4)
    #expect(settings["CartPole-v1"]?["discount"]?.line == 6)
    #expect(settings["Empty-v0"]?.isEmpty == true)
    #expect(try readSettings(yaml: "", file: "f").isEmpty)
    #expect(try readSettings(yaml: "# nothing\n", file: "f").isEmpty)
  }

  @Test(arguments: [
    ("a:\n  b: 1\n c: 2\n", 3), ("a:\n  b: {c: 1}\n", 2), ("a:\n  b:\n", 2), ("a: 1\n", 1), ("- a\n", 1),
    ("a:\n  b: 1\n\n  b: 2\n", 2), ("a:\n\t b: 1\n", 2), ("a:\n  ? [1]\n  : 2\n", 2), ("a: {b: 1\n", 2),
    ("a:\n  b: \"x\n", 3), ("text\n", 1), ("a:\n  b: 1\na:\n  b: 1\n", 1), ("a:\n  b: 1\n--- \nc: 2\n", 3),
  ])
  func mistakesAreNamedWithTheirLine(_ yaml: String, _ line: Int) throws {
    let error = storeError { _ = try readSettings(yaml: yaml, file: "p.yaml") }
    #expect(error?.description.hasPrefix("p.yaml:\(line): ") == true, "\(error?.description ?? "accepted")")
  }
}
