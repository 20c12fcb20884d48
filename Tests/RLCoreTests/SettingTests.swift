import RLCore
import Testing

private struct Plan: Configurable {
  enum Shape: String, CaseIterable { case round, square }

  var rate = 0.1
  var steps = 10
  var isEager = false
  var layers = [64, 64]
  var shape = Shape.round
  var discount: Double?
  var pace = Schedule.constant(0.5)
  var word = "even"

  static var settings: [Setting<Plan>] {
    [
      .number("rate", \.rate, in: 0...1, "How fast."), .integer("steps", \.steps, in: 1...100, "How far."),
      .flag("eager", \.isEager, "How."), .layers("layers", \.layers, "What."), .choice("shape", \.shape, "Which."),
      .inherited("discount", \.discount, in: 0...1, "How much."), .schedule("pace", \.pace, in: 0...1, "How long."),
      .custom(
        "word", expected: "a word of four letters", "What it says.", read: { .text($0.word) },
        write: { plan, value in
          guard value.description.count == 4 else { return false }
          plan.word = value.description
          return true
        }),
    ]
  }
}

@Suite struct SettingTests {
  @Test(
    arguments: [
      ("rate", .number(0.5), \.rate == 0.5), ("rate", .integer(1), \.rate == 1),
      ("steps", .integer(100), \.steps == 100),
      ("steps", .number(1e2), \.steps == 100), ("eager", .flag(true), \.isEager == true),
      ("layers", .list([.integer(8)]), \.layers == [8]), ("shape", .text("square"), \.shape == .square),
      ("discount", .number(0.9), \.discount == 0.9), ("discount", .text("environment"), \.discount == nil),
      ("pace", .integer(1), \.pace == .constant(1)),
      ("pace", .list([.number(1), .integer(0), .integer(9)]), \.pace == .linear(from: 1, to: 0, over: 9)),
      ("word", .text("four"), \.word == "four"),
    ] as [(String, SettingValue, Check)])
  private func takesValidValues(_ name: String, _ value: SettingValue, _ check: Check) throws {
    var plan = Plan()
    plan.discount = 0.5
    try plan.set(name, to: value)
    #expect(check.holds(plan))
  }

  @Test(
    arguments: [
      ("rate", .number(1.01), "a number in 0.0...1.0"), ("rate", .number(.nan), "a number"),
      ("rate", .text("abc"), "a number"), ("rate", .flag(true), "a number"),
      ("steps", .integer(0), "an integer in 1...100"),
      ("steps", .integer(101), "an integer"), ("steps", .number(2.5), "an integer"),
      ("steps", .number(1e300), "an integer"),
      ("eager", .integer(1), "true or false"), ("eager", .text("yes"), "true or false"),
      ("layers", .list([]), "1 to 8"),
      ("layers", .integer(64), "1 to 8"), ("layers", .list([.integer(0)]), "1...4096"),
      ("layers", .list([.integer(8), .text("x")]), "1...4096"), ("shape", .text("oval"), "one of round, square"),
      ("shape", .integer(1), "one of"), ("discount", .number(2), "environment"),
      ("discount", .text("none"), "environment"), ("pace", .number(1.5), "[from, to, steps]"),
      ("pace", .list([.number(0.5), .number(0.1)]), "[from, to, steps]"),
      ("pace", .list([.number(0.5), .number(1.1), .integer(9)]), "[from, to, steps]"),
      ("pace", .list([.number(0.5), .number(0.1), .integer(0)]), "[from, to, steps]"),
      ("pace", .list([.number(0.5), .number(0.1), .number(9)]), "[from, to, steps]"),
      ("word", .text("three"), "a word of four letters"),
    ] as [(String, SettingValue, String)])
  func refusesOthersAndKeepsTheOld(_ name: String, _ value: SettingValue, _ expected: String) throws {
    var plan = Plan()
    let before = plan.settingValues.map(\.value)
    let error = try #require(coreError { try plan.set(name, to: value) })
    guard case .badSetting(name, value.description, let words) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(words.contains(expected))
    #expect("\(error)".hasPrefix("\(name): \(value) is not valid; expected "))
    #expect(plan.settingValues.map(\.value) == before)
  }

  @Test func unknownNamesGetTheNearest() {
    var plan = Plan()
    let error = coreError { try plan.set("layer", to: .integer(1)) }
    #expect(error == .unknownSetting(name: "layer", nearest: ["layers", "eager"]))
    #expect(error?.description == "there is no setting 'layer'; nearest: layers, eager")
  }

  @Test func valuesStandInTheOrderDeclared() {
    let values = Plan().settingValues
    #expect(values.map(\.name) == ["rate", "steps", "eager", "layers", "shape", "discount", "pace", "word"])
    #expect(
      values.map(\.value) == [
        .number(0.1), .integer(10), .flag(false), .list([.integer(64), .integer(64)]), .text("round"),
        .text("environment"), .number(0.5), .text("even"),
      ])
  }

  @Test func openRangesReadWell() {
    let above = Setting<Plan>.number("rate", \.rate, in: 0 ... .greatestFiniteMagnitude, "")
    #expect(above.expected == "a number in 0.0 or more")
    let any = Setting<Plan>.number(
      "rate", \.rate, in: -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude, "")
    #expect(any.expected == "a number in the finite numbers")
    #expect(Setting<Plan>.integer("steps", \.steps, in: 1 ... .max, "").expected == "an integer in 1 or more")
  }

  @Test func descriptionsOfValues() {
    let value = SettingValue.list([.integer(1), .number(0.5), .flag(true), .text("a")])
    #expect("\(value)" == "[1, 0.5, true, a]")
    #expect(SettingValue.integer(3).asNumber == 3)
    #expect(SettingValue.text("3").asNumber == nil)
  }
}

/// What a test expects of a property.
private struct Check: Sendable {
  let holds: @Sendable (Plan) -> Bool
}

private func == <Value: Equatable & Sendable>(path: KeyPath<Plan, Value> & Sendable, value: Value) -> Check {
  Check { $0[keyPath: path] == value }
}
