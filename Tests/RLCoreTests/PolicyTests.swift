import RLCore
import Testing

@Suite struct PolicyTests {
  private let probabilities = [0.2, 0.5, 0.3, 0.4, 0.2, 0.4, 0, 0, 1]

  @Test func withoutASeedItTakesTheModeAndTheLowestAmongEquals() {
    var policy = TabularPolicy(probabilities: probabilities, actions: 3, sampledWith: nil)
    var actions = [9, 9, 9, 9]
    policy.act([0, 1, 2, 0], into: &actions)
    #expect(actions == [1, 0, 2, 1])
  }

  @Test func withASeedItDrawsFromTheRow() {
    var policy = TabularPolicy(probabilities: probabilities, actions: 3, sampledWith: 4)
    var random = RandomStream(seed: 4)
    var actions = [0, 0, 0]
    for _ in 0..<100 {
      policy.act([0, 1, 2], into: &actions)
      let expected = (0..<3).map { random.categorical(Array(probabilities[3 * $0..<3 * $0 + 3])) }
      #expect(actions == expected)
    }
  }

  @Test func theUniformPolicyDrawsFromTheSpace() {
    var policy = UniformPolicy<Int, Int>(over: .discrete(3), random: RandomStream(seed: 4))
    var random = RandomStream(seed: 4)
    var actions = [0, 0, 0, 0]
    policy.act([0, 0, 0, 0], into: &actions)
    #expect(actions == (0..<4).map { _ in random.integer(below: 3) })
  }
}
