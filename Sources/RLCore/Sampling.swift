/// Where an episode begins.
public enum EpisodeStart: Sendable {
  /// With a reset from this seed.
  case seed(UInt64)
  /// Where a world was when it was saved, with its clock and its random stream.
  case moment(CheckpointReader)
}

/// An episode, or its first steps, as a policy played it while it explored.
public struct SampledEpisode: Sendable {
  public var episode: Episode
  /// A world to go on from: at a time drawn uniformly from those at which the policy acted, where that was asked for, else
  /// after the last step.
  public var moment: CheckpointReader
}

/// What of the world is kept.
public enum KeptMoment: Sendable { case last, any }

/// Plays one episode from each start with `policy`, of at most `steps` steps.
///
/// They are played in batches of ``Evaluation/lanes``, so that the same starts, policy and `seed`, which draws the kept
/// moments, give the same episodes. Frozen copies of `world` are played. Throws ``CoreError/badCheckpoint`` for a moment
/// of another world.
public func sampleEpisodes<World: Environment, Behaviour: Policy>(
  of policy: inout Behaviour, in world: World, from starts: [EpisodeStart], steps: Int?, keeping kept: KeptMoment,
  seed: UInt64
) throws -> [SampledEpisode]
where World.Observation == Behaviour.Observation, World.Action == Behaviour.Action {
  let lanes = Evaluation.lanes
  let limit = world.stepLimit ?? Evaluation.stepLimit
  var frozen = world
  frozen.freeze()
  var random = RandomStream(SeedSequence(seed).spawn(1))
  var sampled: [SampledEpisode] = []
  for first in stride(from: 0, to: starts.count, by: lanes) {
    let count = min(lanes, starts.count - first)
    var worlds = [World](repeating: frozen, count: count)
    var observations = [World.Observation](repeating: world.emptyObservation(), count: lanes)
    var actions = [World.Action](repeating: world.emptyAction(), count: lanes)
    var recorders = [EpisodeRecorder<World>](repeating: EpisodeRecorder(world), count: count)
    var moments = [CheckpointReader](repeating: CheckpointReader([:]), count: count)
    var isRunning = [Bool](repeating: true, count: count)
    var seeds = [UInt64](repeating: 0, count: count)
    for lane in 0..<count {
      switch starts[first + lane] {
      case .seed(let seed):
        seeds[lane] = seed
        worlds[lane].reset(seed: seed, into: &observations[lane])
      case .moment(let moment):
        worlds[lane].reset(seed: 0, into: &observations[lane])
        try worlds[lane].restore(from: moment, into: &observations[lane])
      }
      recorders[lane].start(observations[lane], worlds[lane].state)
    }
    var time = 0
    while isRunning.contains(true) {
      policy.act(observations, into: &actions)
      for lane in 0..<count where isRunning[lane] {
        // Each of the times so far is kept with the same probability.
        if kept == .any && random.integer(below: time + 1) == 0 { moments[lane] = saved(worlds[lane]) }
        var step = worlds[lane].step(actions[lane], into: &observations[lane])
        if time + 1 >= limit && step.ending == .running { step.ending = .truncated }
        recorders[lane].append(actions[lane], step, observations[lane], worlds[lane].state)
        isRunning[lane] = step.ending == .running && time + 1 < steps ?? .max
      }
      time += 1
    }
    for lane in 0..<count {
      sampled.append(
        SampledEpisode(
          episode: recorders[lane].episode(seed: seeds[lane]),
          moment: kept == .any ? moments[lane] : saved(worlds[lane])))
    }
  }
  return sampled
}

private func saved(_ world: some Environment) -> CheckpointReader {
  var writer = CheckpointWriter()
  world.save(to: &writer)
  return CheckpointReader(writer)
}
