import Networks
import RLCore

/// Deep deterministic policy gradient.
///
/// Source: Lillicrap et al., "Continuous control with deep reinforcement learning" (2015, arXiv:1509.02971),
/// algorithm 1; the gradient is Silver et al.'s (2014) deterministic policy gradient.
///
/// Deviations from the source
/// 1. The action enters the critic at its first layer (the paper: at its second); no batch normalisation, no weight
///    decay: as in Stable-Baselines3 and CleanRL.
/// 2. Noise is Gaussian by default (the paper: Ornstein–Uhlenbeck; `noise` chooses), and restarts with each episode.
/// 3. The first `warmup` actions are uniform, and learning starts after them.
/// 4. A truncated step bootstraps; only termination ends the future (Pardo et al. 2018, arXiv:1712.00378).
/// 5. Learning rates may fall over time (the paper: constant, 1e-4 for the actor and 1e-3 for the critic).
/// 6. Rewards are multiplied by `rewardScale` on their way into the replay buffer.
///
/// Metrics: `train/critic_loss` mean (Q − y)²; `train/actor_loss` −mean Q(s, μ(s)); `train/q_value` mean Q(s, a)
/// before the update. All in scaled rewards.
public struct DDPG: Agent {
  public struct Configuration: ContinuousLearning, Equatable {
    public static let id = "ddpg"
    public static let summary = "deep deterministic policy gradient with replay and target networks"

    public var hidden = [64, 64]
    public var batch = 64
    public var learningRate = Schedule.constant(1e-3)
    public var actorLearningRate = Schedule.constant(1e-3)
    public var discount = 0.99
    public var tau = 0.02
    public var noise = ExplorationNoise.Kind.gaussian
    public var noiseScale = 0.1
    public var warmup = 1000
    public var capacity = 1_000_000
    public var rewardScale = 1.0
    public var maxGradientNorm = 0.0

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .layers("hidden", \.hidden, "widths of the hidden layers of actor and critic"),
      .integer("batch", \.batch, in: 1...65_536, "transitions in an update"),
      .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate for the critic"),
      .schedule("actorLearningRate", \.actorLearningRate, in: 0...10, "Adam's learning rate for the actor"),
      .number("discount", \.discount, in: 0...1, "discount γ"),
      .number("tau", \.tau, in: 0...1, "how far the targets follow in one update, τ"),
      .choice("noise", \.noise, "kind of exploration noise"),
      .number("noiseScale", \.noiseScale, in: 0...10, "its standard deviation, in half action ranges"),
      .integer("warmup", \.warmup, in: 0...Int.max, "uniformly random steps before learning"),
      .integer("capacity", \.capacity, in: 1...100_000_000, "transitions the replay buffer holds"),
      .number("rewardScale", \.rewardScale, in: 0...1e6, "factor on rewards"),
      .number("maxGradientNorm", \.maxGradientNorm, in: 0...1e6, "longest gradient, longer ones are scaled; 0: any"),
    ]

    public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
      let agent = DDPG(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
  }

  public static let metricTags = ["train/critic_loss", "train/actor_loss", "train/q_value"]
  private enum Slot { static let criticLoss = 0, actorLoss = 1, value = 2 }

  public let configuration: Configuration
  private let range: ActionRange
  /// Q(s, a) and μ(s): the shapes; parameters, gradients and targets are flat buffers beside them.
  private let critic: MLP
  private let actor: MLP
  private var theta: (critic: [Float], actor: [Float])
  private var target: (critic: [Float], actor: [Float])
  private var gradient: (critic: [Float], actor: [Float])
  private var optimiser: (critic: Adam, actor: Adam)

  private var replay: Replay
  private var noise: ExplorationNoise
  private var stream: (policy: RandomStream, replay: RandomStream)
  /// Actions taken so far.
  private var steps = 0

  private var batch: TransitionBatch
  private var criticWork: MLP.Workspace
  private var actorWork: MLP.Workspace
  private var actingWork: MLP.Workspace
  private var actionGradient: [Float]
  /// The last action, in −1 … 1.
  private var unitAction: [Float]

  /// The spaces must be boxes, the action space bounded: the catalogue sees to that.
  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    self.configuration = configuration
    range = ActionRange(actions)
    let o = observations.size
    let a = actions.size
    critic = MLP([o + a] + configuration.hidden + [1], hidden: .relu, output: .identity)
    actor = MLP([o] + configuration.hidden + [a], hidden: .relu, output: .tanh)

    let root = SeedSequence(seed)
    stream = (RandomStream(root.spawn(0)), RandomStream(root.spawn(1)))
    var weights = RandomStream(root.spawn(2))
    theta.critic = critic.initialParameters(outputRange: 3e-3, using: &weights)
    theta.actor = actor.initialParameters(outputRange: 3e-3, using: &weights)
    target = theta
    gradient = (theta.critic, theta.actor)
    optimiser = (
      Adam(parameterCount: critic.parameterCount), Adam(parameterCount: actor.parameterCount)
    )

    replay = Replay(capacity: configuration.capacity, observationSize: o, actionSize: a)
    noise = ExplorationNoise(configuration.noise, scale: configuration.noiseScale, size: a)
    batch = TransitionBatch(count: configuration.batch, observationSize: o, actionSize: a)
    criticWork = MLP.Workspace(for: critic, rows: configuration.batch)
    actorWork = MLP.Workspace(for: actor, rows: configuration.batch)
    actingWork = MLP.Workspace(for: actor, rows: 1, gradients: false)
    actionGradient = .init(repeating: 0, count: configuration.batch * a)
    unitAction = .init(repeating: 0, count: a)
  }

  public mutating func act(_ observation: [Float], into action: inout [Float]) {
    if steps < configuration.warmup {
      for i in unitAction.indices { unitAction[i] = Float(stream.policy.uniform(-1, 1)) }
    } else {
      // a_t = μ(s_t) + N_t
      actor.forward(theta.actor, observation, stride: observation.count, rows: 1, into: &actingWork)
      for i in unitAction.indices { unitAction[i] = actingWork.output(i) }
      noise.perturb(&unitAction, using: &stream.policy)
      for i in unitAction.indices { unitAction[i] = max(-1, min(1, unitAction[i])) }
    }
    range.scale(unitAction, into: &action)
  }

  public mutating func learn(
    _ observation: [Float], _ action: [Float], _ reward: Double, _ next: [Float], _ ending: Ending,
    into meter: inout Meter
  ) {
    replay.append(
      observation, unitAction, Float(reward * configuration.rewardScale), next,
      bootstrap: Float(ending.bootstrapFactor))
    steps += 1
    if ending != .running { noise.reset() }
    if steps > configuration.warmup { update(into: &meter) }
  }

  /// One pass through the body of algorithm 1.
  mutating func update(into meter: inout Meter) {
    let n = batch.count
    let o = actor.sizes[0]
    let a = unitAction.count
    let tau = Float(configuration.tau)
    let criticRate = configuration.learningRate.value(at: steps)
    let actorRate = configuration.actorLearningRate.value(at: steps)
    replay.sample(into: &batch, using: &stream.replay)

    // y_i = r_i + γ Q′(s_{i+1}, μ′(s_{i+1}))
    actor.forward(target.actor, batch.nextPairs, stride: o + a, rows: n, into: &actorWork)
    Self.write(actorWork, into: &batch.nextPairs, from: o, width: a, rows: n)
    critic.forward(target.critic, batch.nextPairs, stride: o + a, rows: n, into: &criticWork)
    let discount = Float(configuration.discount)
    for i in 0..<n { batch.rewards[i] += discount * batch.bootstraps[i] * criticWork.output(i) }

    // Update the critic by minimising L = 1/N Σ (y_i − Q(s_i, a_i))²
    critic.forward(theta.critic, batch.pairs, stride: o + a, rows: n, into: &criticWork)
    var loss: Float = 0
    var value: Float = 0
    for i in 0..<n {
      let error = criticWork.output(i) - batch.rewards[i]
      criticWork.setGradient(i, to: 2 * error / Float(n))
      loss += error * error
      value += criticWork.output(i)
    }
    critic.backward(theta.critic, batch.pairs, stride: o + a, rows: n, &criticWork, into: &gradient.critic)
    clipGradient(&gradient.critic)
    optimiser.critic.step(&theta.critic, gradient.critic, rate: criticRate, tracking: &target.critic, tau: tau)
    meter.add(Double(loss) / Double(n), to: Slot.criticLoss)
    meter.add(Double(value) / Double(n), to: Slot.value)

    // Update the actor by ∇J ≈ 1/N Σ ∇_a Q(s, a)|_{a = μ(s)} ∇_θ μ(s)
    actor.forward(theta.actor, batch.pairs, stride: o + a, rows: n, into: &actorWork)
    Self.write(actorWork, into: &batch.pairs, from: o, width: a, rows: n)
    critic.forward(theta.critic, batch.pairs, stride: o + a, rows: n, into: &criticWork)
    var objective: Float = 0
    for i in 0..<n {
      objective += criticWork.output(i)
      criticWork.setGradient(i, to: -1 / Float(n))
    }
    critic.inputGradient(theta.critic, columns: o..<o + a, rows: n, &criticWork, into: &actionGradient)
    for i in 0..<n * a { actorWork.setGradient(i, to: actionGradient[i]) }
    actor.backward(theta.actor, batch.pairs, stride: o + a, rows: n, &actorWork, into: &gradient.actor)
    clipGradient(&gradient.actor)
    optimiser.actor.step(&theta.actor, gradient.actor, rate: actorRate, tracking: &target.actor, tau: tau)
    meter.add(-Double(objective) / Double(n), to: Slot.actorLoss)
  }

  /// The library products of one ``update(into:)``, none of which can be left out: what a benchmark measures alone.
  public var updateProducts: [GEMM] {
    let n = batch.count
    let forward = [actor, critic, critic, actor, critic].flatMap { $0.forwardProducts(rows: n) }
    return forward + critic.backwardProducts(rows: n, keepingGradients: true)
      + critic.backwardProducts(rows: n, keepingGradients: false)
      + actor.backwardProducts(rows: n, keepingGradients: true)
  }

  private func clipGradient(_ gradient: inout [Float]) {
    if configuration.maxGradientNorm > 0 { clip(&gradient, toNorm: Float(configuration.maxGradientNorm)) }
  }

  /// Copies a network's output into columns `from ..< from + width` of `pairs`.
  private static func write(
    _ work: MLP.Workspace, into pairs: inout [Float], from: Int, width: Int, rows: Int
  ) {
    for i in 0..<rows {
      for j in 0..<width { pairs[i * (from + width) + from + j] = work.output(i * width + j) }
    }
  }

  public func policy(sampledWith seed: UInt64?) -> ActorPolicy {
    ActorPolicy(actor, theta.actor, range, noise: noise, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("critic", theta.critic)
    checkpoint.add("actor", theta.actor)
    checkpoint.add("target/critic", target.critic)
    checkpoint.add("target/actor", target.actor)
    optimiser.critic.save(as: "optimiser/critic", to: &checkpoint)
    optimiser.actor.save(as: "optimiser/actor", to: &checkpoint)
    replay.save(to: &checkpoint)
    noise.save(to: &checkpoint)
    checkpoint.add("random/policy", stream.policy)
    checkpoint.add("random/replay", stream.replay)
    checkpoint.add("steps", steps)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    theta.critic = try checkpoint.floats("critic", count: critic.parameterCount)
    theta.actor = try checkpoint.floats("actor", count: actor.parameterCount)
    target.critic = try checkpoint.floats("target/critic", count: critic.parameterCount)
    target.actor = try checkpoint.floats("target/actor", count: actor.parameterCount)
    try optimiser.critic.restore("optimiser/critic", from: checkpoint)
    try optimiser.actor.restore("optimiser/actor", from: checkpoint)
    try replay.restore(from: checkpoint)
    try noise.restore(from: checkpoint)
    stream.policy = try checkpoint.random("random/policy")
    stream.replay = try checkpoint.random("random/replay")
    steps = try checkpoint.int("steps")
  }
}
