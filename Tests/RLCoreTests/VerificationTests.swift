import RLCore
import Testing

@Suite struct VerificationTests {
  private let world = TimeLimit(Walk(size: 6), limit: 7)
  private let learner = Interaction(TimeLimit(Walk(size: 6), limit: 7), Scribe(seed: 11), seed: 3)
  private var episode: Episode { learner.evaluate(episodes: 1, seed: 8, sample: true).episode }

  private func divergence(_ change: (inout Episode) -> Void) -> Verification.Divergence? {
    var episode = episode
    change(&episode)
    return Verification(of: episode, in: world).divergence
  }

  @Test func whatWasRecordedHappensAgain() throws {
    let result = try #require(learner.verify(episode))
    #expect(result.divergence == nil && result.largestDifference == 0 && result.steps == episode.length)
    // Training in between changes nothing.
    var trained = learner
    var meter = Meter(tags: Scribe.metricTags)
    try trained.advance(by: 500, into: &meter)
    #expect(trained.verify(episode) == result)
  }

  @Test func theFirstStepThatDiffersIsNamed() throws {
    let length = episode.length
    try #require(length >= 3)
    let reward = divergence { $0.rewards[1] += 1 }
    #expect(reward?.step == 2 && reward?.quantity == .reward && reward?.recorded == [episode.rewards[1] + 1])
    #expect(reward?.found == [episode.rewards[1]])
    let state = divergence {
      $0.states = Tensor(shape: [length + 1, 1], values: .float64(.init(repeating: 9, count: length + 1)))
    }
    #expect(state?.step == 0 && state?.quantity == .state)
    let ending = divergence { $0.truncations[0] = true }
    #expect(ending?.step == 1 && ending?.quantity == .ending && ending?.recorded == [0, 1])
    let action = divergence { $0.actions = Tensor(shape: [length], values: .int64(.init(repeating: 7, count: length))) }
    #expect(action?.step == 0 && action?.quantity == .action)
    let observation = divergence { episode in
      var places = episode.observations.doubles.map { Int64($0) }
      places[length] += 1
      episode.observations = Tensor(shape: [length + 1], values: .int64(places))
    }
    #expect(observation?.step == length && observation?.quantity == .observation)
  }

  /// Another seed gives another walk.
  @Test func anotherSeedIsNotTheEpisodes() {
    #expect((0..<5).contains { seed in divergence { $0.seed = UInt64(seed) } != nil })
  }

  @Test func roundingPasses() {
    var world = Drift()
    var observation = world.emptyObservation()
    var recorder = EpisodeRecorder(world)
    world.reset(seed: 4, into: &observation)
    recorder.start(observation, world.state)
    for _ in 0..<5 {
      let step = world.step([1, 20], into: &observation)
      recorder.append([1, 20], step, observation, world.state)
    }
    var episode = recorder.episode(seed: 4)
    #expect(Verification(of: episode, in: Drift()).largestDifference == 0)
    episode.rewards[2] += 1e-9
    let rounded = Verification(of: episode, in: Drift())
    #expect(rounded.divergence == nil && rounded.largestDifference > 1e-10 && rounded.largestDifference < 1e-8)
    episode.rewards[2] += 1e-3
    #expect(Verification(of: episode, in: Drift()).divergence?.step == 3)
    episode.rewards[2] = .nan
    #expect(Verification(of: episode, in: Drift()).divergence?.step == 3)
  }

  /// In a world without a limit the evaluation makes an end.
  @Test func anEpisodeThatTheEvaluationCutIsAsRecorded() {
    let learner = Interaction(Walk(size: 1_000_000), Scribe(seed: 1), seed: 3)
    let episode = learner.evaluate(episodes: 1, seed: 2, sample: true).episode
    #expect(episode.length == Evaluation.stepLimit && episode.truncations.last == true)
    #expect(learner.verify(episode)?.divergence == nil)
  }
}
