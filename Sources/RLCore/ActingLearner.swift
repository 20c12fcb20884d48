/// A learner whose policy acts in a world: it can be played there.
public protocol ActingLearner: Learner {
  associatedtype World: Environment
  associatedtype Behaviour: Policy
  where Behaviour.Observation == World.Observation, Behaviour.Action == World.Action

  /// What the policy is played in.
  var world: World { get }

  /// A frozen copy of the present policy: deterministic, or as it explores where `seed` is given.
  func policy(sampledWith seed: UInt64?) -> Behaviour
}

extension ActingLearner {
  public func evaluate(episodes: Int, seed: UInt64, sample: Bool) -> Evaluation {
    var policy = policy(sampledWith: sample ? seed : nil)
    return Evaluation(of: &policy, in: world, episodes: episodes, seed: seed)
  }

  public func sample(
    _ starts: [EpisodeStart], steps: Int?, keeping kept: KeptMoment, seed: UInt64
  ) throws -> [SampledEpisode] {
    var policy = policy(sampledWith: seed)
    return try sampleEpisodes(of: &policy, in: world, from: starts, steps: steps, keeping: kept, seed: seed)
  }

  public func verify(_ episode: Episode) -> Verification? { Verification(of: episode, in: world) }
}
