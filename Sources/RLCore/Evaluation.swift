/// The returns of a policy over fixed starts.
public struct Evaluation: Sendable {
  /// Episodes that are played side by side, so that a network sees a batch. Always this many, the last ones padded:
  /// an episode's result depends neither on how many others are played nor on which.
  public static let lanes = 50
  /// Episodes of a world without a time limit are cut here: a greedy policy may walk in circles.
  public static let stepLimit = 1000

  /// Undiscounted return of each episode.
  public var returns: [Double]
  /// Steps of each episode.
  public var lengths: [Int]
  /// The first episode, whole.
  public var episode: Episode

  public var meanReturn: Double { returns.reduce(0, +) / Double(returns.count) }
  public var meanLength: Double { Double(lengths.reduce(0, +)) / Double(lengths.count) }

  /// The population standard deviation, as NumPy's `std`.
  public var stdReturn: Double {
    let mean = meanReturn
    return (returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(returns.count)).squareRoot()
  }

  /// What a learner found that plays in a way of its own.
  public init(returns: [Double], lengths: [Int], episode: Episode) {
    self.returns = returns
    self.lengths = lengths
    self.episode = episode
  }

  /// Plays `episodes` episodes; episode i starts from `reset(seed: seed + i)`. The copies of `world` that are played
  /// are frozen: no episode changes what another one sees.
  @inlinable public init<World: Environment, Behaviour: Policy>(
    of policy: inout Behaviour, in world: World, episodes: Int, seed: UInt64, stepLimit: Int = Evaluation.stepLimit
  ) where World.Observation == Behaviour.Observation, World.Action == Behaviour.Action {
    returns = .init(repeating: 0, count: episodes)
    lengths = .init(repeating: 0, count: episodes)
    var recorder = EpisodeRecorder(world)
    let lanes = Evaluation.lanes
    var frozen = world
    frozen.freeze()
    var worlds = [World](repeating: frozen, count: lanes)
    var observations = [World.Observation](repeating: world.emptyObservation(), count: lanes)
    var actions = [World.Action](repeating: world.emptyAction(), count: lanes)
    let limit = world.stepLimit ?? stepLimit

    for first in stride(from: 0, to: episodes, by: lanes) {
      var isRunning = [Bool](repeating: false, count: lanes)
      for lane in 0..<lanes {
        worlds[lane].reset(seed: seed &+ UInt64(first + lane), into: &observations[lane])
        isRunning[lane] = first + lane < episodes
      }
      if first == 0 { recorder.start(observations[0], worlds[0].state) }
      while isRunning.contains(true) {
        policy.act(observations, into: &actions)
        for lane in 0..<lanes where isRunning[lane] {
          var step = worlds[lane].step(actions[lane], into: &observations[lane])
          let episode = first + lane
          returns[episode] += step.reward
          lengths[episode] += 1
          if lengths[episode] >= limit && step.ending == .running { step.ending = .truncated }
          if episode == 0 { recorder.append(actions[0], step, observations[0], worlds[0].state) }
          isRunning[lane] = step.ending == .running
        }
      }
    }
    episode = recorder.episode(seed: seed)
  }
}

extension Evaluation {
  /// Actions that ``idleReturn(in:episodes:seed:)`` tries at most.
  private static let idleActions = 8

  /// The greatest mean return of always taking one and the same action: of finitely many each, up to a number of them, of
  /// others the middle of their bounds. What is not better has learnt nothing. `nil` where every state looks the same, as a
  /// bandit's: there one action is all there is to find.
  public static func idleReturn<World: Environment>(in world: World, episodes: Int, seed: UInt64) -> Double? {
    if case .discrete(1) = world.observationSpace { return nil }
    let choices: [[Double]] =
      switch world.actionSpace {
      case .discrete(let count): (0..<min(count, idleActions)).map { [Double($0)] }
      case .box(let low, let high): [zip(low, high).map { ($0 + $1).isFinite ? Double($0 + $1) / 2 : 0 }]
      }
    let returns = choices.compactMap { World.Action(numbers: $0, in: world.actionSpace) }.map { action in
      var policy = ConstantPolicy<World.Observation, World.Action>(action: action)
      return Evaluation(of: &policy, in: world, episodes: episodes, seed: seed).meanReturn
    }
    return returns.max().flatMap { $0.isFinite ? $0 : nil }
  }
}

/// Takes one and the same action in every state.
private struct ConstantPolicy<Observation: SpaceElement, Action: SpaceElement>: Policy {
  let action: Action

  mutating func act(_ observations: [Observation], into actions: inout [Action]) {
    for i in observations.indices { actions[i] = action }
  }
}
