import RLCore
import Testing

@Suite struct EvaluationTests {
  private let world = TimeLimit(Walk(size: 8), limit: 30)

  private func evaluate(_ episodes: Int, seed: UInt64, in world: TimeLimit<Walk>? = nil) -> Evaluation {
    var policy = UniformPolicy<Int, Int>(over: .discrete(2), random: RandomStream(seed: 5))
    return Evaluation(of: &policy, in: world ?? self.world, episodes: episodes, seed: seed)
  }

  /// Always goes right.
  private func evaluateRight(_ episodes: Int, seed: UInt64) -> Evaluation {
    var policy = TabularPolicy(probabilities: (0..<8).flatMap { _ in [0.0, 1.0] }, actions: 2, sampledWith: nil)
    return Evaluation(of: &policy, in: world, episodes: episodes, seed: seed)
  }

  @Test func episodeIStartsFromSeedPlusI() {
    let evaluation = evaluateRight(70, seed: 1000)
    for i in 0..<70 {
      var world = world
      var place = 0
      world.reset(seed: 1000 + UInt64(i), into: &place)
      var total = 0.0
      var length = 0
      var ending = Ending.running
      while ending == .running {
        let step = world.step(1, into: &place)
        total += step.reward
        length += 1
        ending = step.ending
      }
      #expect(evaluation.returns[i] == total && evaluation.lengths[i] == length, "episode \(i)")
    }
  }

  @Test(arguments: [1, 2, 31, 32, 33, 64, 65])
  func resultsDoNotDependOnTheNumberOfEpisodes(_ episodes: Int) {
    let all = evaluate(100, seed: 50)
    let some = evaluate(episodes, seed: 50)
    #expect(some.returns == Array(all.returns.prefix(episodes)))
    #expect(some.lengths == Array(all.lengths.prefix(episodes)))
    #expect(some.episode == all.episode)
  }

  @Test func theFirstEpisodeIsKeptWhole() {
    let evaluation = evaluate(3, seed: 9)
    let episode = evaluation.episode
    #expect(episode.seed == 9)
    #expect(episode.length == evaluation.lengths[0] && episode.totalReward == evaluation.returns[0])
    #expect(episode.observations.shape == [episode.length + 1] && episode.actions.shape == [episode.length])
    #expect(episode.states.shape == [episode.length + 1, 1])
    #expect(episode.observations.doubles == episode.states.doubles)
    #expect(Array(episode.states.doubles.dropFirst()) == episode.rewards, "the reward is the place reached")
    let ends = zip(episode.terminations, episode.truncations).map { $0 || $1 }
    #expect(ends.dropLast().allSatisfy { !$0 } && ends.last == true)
  }

  @Test func anEndlessWorldIsCut() {
    var policy = TabularPolicy(probabilities: (0..<8).flatMap { _ in [1.0, 0.0] }, actions: 2, sampledWith: nil)
    let endless = TimeLimit(Walk(size: 8), limit: nil)
    let evaluation = Evaluation(of: &policy, in: endless, episodes: 2, seed: 1, stepLimit: 40)
    #expect(evaluation.lengths == [40, 40])
    #expect(evaluation.episode.truncations.last == true && evaluation.episode.terminations.last == false)
  }

  @Test func meansAndDeviations() {
    var evaluation = evaluate(4, seed: 1)
    evaluation.returns = [1, 2, 3, 6]
    evaluation.lengths = [1, 2, 3, 4]
    #expect(evaluation.meanReturn == 3 && evaluation.meanLength == 2.5)
    #expect(abs(evaluation.stdReturn - 3.5.squareRoot()) < 1e-15)
  }
}
