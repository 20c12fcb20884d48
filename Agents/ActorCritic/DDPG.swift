import Networks
import RLCore

/// Deep deterministic policy gradient.
///
/// Source: Lillicrap et al., "Continuous control with deep reinforcement learning" (2015, arXiv:1509.02971),
/// algorithm 1; the gradient is Silver et al.'s (2014) deterministic policy gradient.
///
/// Deviations from the source
/// 1. The action enters the critic at its first layer (the paper: at its second); no batch normalisation: as in
///    Stable-Baselines3 and CleanRL. `weightDecay` is 0 unless set, as there (the paper: 0.01), and takes in the biases;
///    Pendulum's preset has it, since without it final policies fall behind the best ones.
/// 2. Noise is Gaussian by default (the paper: Ornstein–Uhlenbeck; `noise` chooses), restarts with each episode, and
///    may fall over time.
/// 3. The first `warmup` actions are uniform, and learning starts after them.
/// 4. A truncated step bootstraps; only termination ends the future (Pardo et al. 2018, arXiv:1712.00378).
/// 5. Learning rates may fall over time (the paper: constant, 1e-4 for the actor and 1e-3 for the critic).
/// 6. Rewards are multiplied by `rewardScale` on their way into the replay buffer.
/// 7. Observations that their space keeps below 1 are stretched to ±1.
///
/// Metrics: `train/critic_loss` mean (Q − y)², without the decay's part; `train/actor_loss` −mean Q(s, μ(s));
/// `train/q_value` mean Q(s, a) before the update, all in scaled rewards; `train/saturation` the share of the actor's
/// outputs next to a bound.
public struct DDPG: Agent {
  public struct Configuration: OffPolicyActorSettings, Equatable {
    public static let id = "ddpg"
    public static let summary = "deep deterministic policy gradient with replay and target networks"

    public var hidden = [64, 64]
    public var batch = 64
    public var learningRate = Schedule.constant(1e-3)
    public var actorLearningRate = Schedule.constant(1e-3)
    public var discount = 0.99
    public var tau = 0.02
    public var noise = ExplorationNoise.Kind.gaussian
    public var noiseScale = Schedule.constant(0.1)
    public var noiseReversion = 0.15
    public var warmup = 1000
    public var capacity = 1_000_000
    public var rewardScale = 1.0
    public var maxGradientNorm = 0.0
    public var weightDecay = 0.0

    public init() {}

    public static let settings =
      offPolicyActorSettings + [
        .number("maxGradientNorm", \.maxGradientNorm, in: 0...1e6, "longest gradient, longer ones are scaled; 0: any"),
        .number("weightDecay", \.weightDecay, in: 0...1e3, "weight of the critic's squared parameters in its loss"),
      ]

    public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
      let world = ScaledObservations(world)
      let agent = DDPG(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
  }

  public static let metricTags = ["train/critic_loss", "train/actor_loss", "train/q_value", "train/saturation"]
  private enum Slot { static let criticLoss = 0, actorLoss = 1, value = 2, saturation = 3 }

  public let configuration: Configuration
  /// Q(s, a) and μ(s): the shapes; parameters, gradients and targets are flat buffers beside them.
  private let critic: MLP
  private let actor: MLP
  private var theta: (critic: [Float], actor: [Float])
  private var target: (critic: [Float], actor: [Float])
  private var gradient: (critic: [Float], actor: [Float])
  private var optimiser: (critic: Adam, actor: Adam)

  private var experience: Experience
  private var batch: TransitionBatch
  private var criticWork: MLP.Workspace
  private var actorWork: MLP.Workspace
  private var actingWork: MLP.Workspace
  /// Shape `[batch, actions]`.
  private var actionGradient: [Float]

  /// The spaces must be boxes, the action space bounded: the catalogue sees to that.
  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    self.configuration = configuration
    let o = observations.size
    let a = actions.size
    critic = MLP([o + a] + configuration.hidden + [1], hidden: .relu, output: .identity)
    actor = MLP([o] + configuration.hidden + [a], hidden: .relu, output: .tanh)

    let root = SeedSequence(seed)
    experience = Experience(configuration, observationSize: o, actions: actions, root)
    var weights = RandomStream(root.spawn(2))
    theta.critic = critic.initialParameters(outputRange: 3e-3, using: &weights)
    theta.actor = actor.initialParameters(outputRange: 3e-3, using: &weights)
    target = theta
    gradient = (theta.critic, theta.actor)
    optimiser = (
      Adam(parameterCount: critic.parameterCount), Adam(parameterCount: actor.parameterCount)
    )

    batch = TransitionBatch(count: configuration.batch, observationSize: o, actionSize: a)
    criticWork = MLP.Workspace(for: critic, rows: configuration.batch)
    actorWork = MLP.Workspace(for: actor, rows: configuration.batch)
    actingWork = MLP.Workspace(for: actor, rows: 1, gradients: false)
    actionGradient = .init(repeating: 0, count: configuration.batch * a)
  }

  public mutating func act(_ observation: [Float], into action: inout [Float]) {
    if experience.isWarmingUp { return experience.actAtRandom(into: &action) }
    // a_t = μ(s_t) + N_t
    actor.forward(theta.actor, observation, stride: observation.count, rows: 1, into: &actingWork)
    experience.explore(from: actingWork, into: &action)
  }

  public mutating func learn(
    _ observation: [Float], _ action: [Float], _ reward: Double, _ next: [Float], _ ending: Ending,
    into meter: inout Meter
  ) {
    experience.append(observation, reward, next, ending)
    if experience.suffices { update(into: &meter) }
  }

  /// One pass through the body of algorithm 1.
  mutating func update(into meter: inout Meter) {
    let n = batch.count
    let o = actor.sizes[0]
    let a = actor.sizes.last!
    let tau = Float(configuration.tau)
    let criticRate = configuration.learningRate.value(at: experience.steps)
    let actorRate = configuration.actorLearningRate.value(at: experience.steps)
    experience.sample(into: &batch)

    // y_i = r_i + γ Q′(s_{i+1}, μ′(s_{i+1}))
    actor.forward(target.actor, batch.nextPairs, stride: o + a, rows: n, into: &actorWork)
    actorWork.copyOutput(a, to: &batch.nextPairs, column: o, stride: o + a, rows: n)
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
    if configuration.weightDecay > 0 {
      addDecay(Float(configuration.weightDecay), of: theta.critic, to: &gradient.critic)
    }
    clipGradient(&gradient.critic)
    optimiser.critic.step(&theta.critic, gradient.critic, rate: criticRate, tracking: &target.critic, tau: tau)
    meter.add(Double(loss) / Double(n), to: Slot.criticLoss)
    meter.add(Double(value) / Double(n), to: Slot.value)

    // Update the actor by ∇J ≈ 1/N Σ ∇_a Q(s, a)|_{a = μ(s)} ∇_θ μ(s)
    actor.forward(theta.actor, batch.pairs, stride: o + a, rows: n, into: &actorWork)
    actorWork.copyOutput(a, to: &batch.pairs, column: o, stride: o + a, rows: n)
    meter.add(actorWork.saturation(n * a), to: Slot.saturation)
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

  /// Q(s, μ(s)), in the world's own rewards.
  public func estimate(of observation: [Float]) -> ValueEstimate? {
    guard configuration.rewardScale > 0 else { return nil }
    let pair = observation + actor.outputs(theta.actor, of: observation)
    return ValueEstimate(v: Double(critic.outputs(theta.critic, of: pair)[0]) / configuration.rewardScale)
  }

  public func policy(sampledWith seed: UInt64?) -> ActorPolicy {
    ActorPolicy(actor, theta.actor, experience.range, noise: experience.noise, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("critic", theta.critic)
    checkpoint.add("actor", theta.actor)
    checkpoint.add("target/critic", target.critic)
    checkpoint.add("target/actor", target.actor)
    optimiser.critic.save(as: "optimiser/critic", to: &checkpoint)
    optimiser.actor.save(as: "optimiser/actor", to: &checkpoint)
    experience.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    theta.critic = try checkpoint.floats("critic", count: critic.parameterCount)
    theta.actor = try checkpoint.floats("actor", count: actor.parameterCount)
    target.critic = try checkpoint.floats("target/critic", count: critic.parameterCount)
    target.actor = try checkpoint.floats("target/actor", count: actor.parameterCount)
    try optimiser.critic.restore("optimiser/critic", from: checkpoint)
    try optimiser.actor.restore("optimiser/actor", from: checkpoint)
    try experience.restore(from: checkpoint)
  }
}
