import RLCore
import Testing

@Suite struct CoreErrorTests {
  private static let names = ["q-learning", "double-q-learning", "sarsa", "expected-sarsa", "ddpg", "td3", "dqn"]

  @Test(arguments: [
    ("q-learnig", ["q-learning"]), ("Q-Learning", ["q-learning", "double-q-learning"]), ("ddgp", ["ddpg"]),
    ("dpg", ["ddpg", "dqn"]), ("sara", ["sarsa"]), ("sarsa", ["sarsa", "expected-sarsa"]), ("xyzzy", []), ("", []),
  ])
  func nearest(_ name: String, _ expected: [String]) {
    #expect(nearestNames(to: name, in: Self.names).filter { $0 != "td3" } == expected)
  }

  @Test func atMostThreeAreNamed() {
    #expect(nearestNames(to: "a1", in: ["a2", "a3", "a4", "a5"]) == ["a2", "a3", "a4"])
  }

  @Test func transpositionsCountOnce() {
    // Two plain substitutions would put "abdc" as far away as "abxy".
    #expect(nearestNames(to: "abcd", in: ["abxy", "abdc"]) == ["abdc", "abxy"])
  }

  @Test func descriptionsAreOneLine() {
    let errors: [CoreError] = [
      .nonFinite(quantity: "the reward", step: 3), .badState("x"), .badCheckpoint("x"),
      .unknownSetting(name: "a", nearest: ["b", "c"]), .badSetting(name: "a", value: "b", expected: "c"),
      .badModel("x"),
    ]
    for error in errors { #expect(!"\(error)".contains("\n") && !"\(error)".isEmpty) }
    #expect("\(errors[0])".contains("the reward is not a finite number at step 3"))
    #expect(suggestion([]).isEmpty)
  }
}
