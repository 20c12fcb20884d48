/// One episode with Minari's field names: T steps, T + 1 observations and states.
public struct Episode: Sendable, Equatable {
  /// Shape `[T + 1, …]`.
  public var observations: Tensor
  /// Shape `[T, …]`.
  public var actions: Tensor
  /// Shape `[T]`.
  public var rewards: [Double]
  public var terminations: [Bool]
  public var truncations: [Bool]
  /// Complete physical states. Shape `[T + 1, size]`.
  public var states: Tensor
  /// The seed of the reset that began it.
  public var seed: UInt64
  /// What the agent held each observation to be worth, T + 1 of them; none where it does not say.
  public var estimates: [ValueEstimate] = []

  public init(
    observations: Tensor, actions: Tensor, rewards: [Double], terminations: [Bool], truncations: [Bool],
    states: Tensor, seed: UInt64
  ) {
    self.observations = observations
    self.actions = actions
    self.rewards = rewards
    self.terminations = terminations
    self.truncations = truncations
    self.states = states
    self.seed = seed
  }

  /// Steps.
  public var length: Int { rewards.count }
  /// Undiscounted return.
  public var totalReward: Double { rewards.reduce(0, +) }
}

/// Gathers the steps of one episode as they happen.
public struct EpisodeRecorder<World: Environment>: Sendable {
  private let observationSpace: Space
  private let actionSpace: Space
  private var observations: [World.Observation] = []
  private var actions: [World.Action] = []
  private var steps: [Step] = []
  private var states: [[Double]] = []

  public init(_ world: World) {
    observationSpace = world.observationSpace
    actionSpace = world.actionSpace
  }

  public mutating func start(_ observation: World.Observation, _ state: [Double]) {
    observations = [observation]
    states = [state]
    actions = []
    steps = []
  }

  public mutating func append(
    _ action: World.Action, _ step: Step, _ observation: World.Observation, _ state: [Double]
  ) {
    actions.append(action)
    steps.append(step)
    observations.append(observation)
    states.append(state)
  }

  public func episode(seed: UInt64) -> Episode {
    Episode(
      observations: World.Observation.stack(observations, in: observationSpace),
      actions: World.Action.stack(actions, in: actionSpace), rewards: steps.map(\.reward),
      terminations: steps.map { $0.ending == .terminated }, truncations: steps.map { $0.ending == .truncated },
      states: Tensor(shape: [states.count, states[0].count], values: .float64(states.flatMap(\.self))), seed: seed)
  }
}
