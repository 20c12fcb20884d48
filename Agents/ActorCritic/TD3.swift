import Networks
import RLCore

/// Twin delayed deep deterministic policy gradient: DDPG that does not believe its critic too early.
///
/// Source: Fujimoto, van Hoof & Meger, "Addressing function approximation error in actor-critic methods" (2018,
/// arXiv:1802.09477), algorithm 1.
///
/// Deviations from the source
/// 1. Noise is Gaussian by default and independent, as in the paper; `noise` can correlate it in time, and it restarts with
///    each episode then.
/// 2. A truncated step bootstraps; only termination ends the future (Pardo et al. 2018, arXiv:1712.00378).
/// 3. Learning rates may fall over time (the paper: constant, 1e-3).
/// 4. Rewards are multiplied by `rewardScale` on their way into the replay buffer.
/// 5. Observations that their space keeps below 1 are stretched to ±1.
/// 6. `updates` may be more than one after each step, and `weightDecay` above 0, as DDPG's paper has it.
///
/// Metrics: `train/critic_loss` mean (Q − y)² over both critics; `train/actor_loss` −mean Q₁(s, π(s)); `train/q_value` mean
/// Q(s, a) of both before the update, all in scaled rewards; `train/saturation` the share of the actor's outputs next to a
/// bound.
public struct TD3: Agent {
  public struct Configuration: OffPolicyActorSettings, Equatable {
    public static let id = "td3"
    public static let summary = "twin delayed deep deterministic policy gradient: two critics, a slower actor"

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
    public var weightDecay = 0.0
    public var updates = 1
    public var delay = 2
    public var smoothing = 0.2
    public var smoothingLimit = 0.5

    public init() {}

    public static let settings =
      offPolicyActorSettings + [
        .number("weightDecay", \.weightDecay, in: 0...1e3, "weight of the critics' squared parameters in their loss"),
        .integer("updates", \.updates, in: 1...1_000_000, "updates after each step"),
        .integer("delay", \.delay, in: 1...1_000_000, "critic updates from one actor update to the next, d"),
        .number("smoothing", \.smoothing, in: 0...10, "standard deviation σ̃ of the noise on target actions"),
        .number("smoothingLimit", \.smoothingLimit, in: 0...10, "its largest size c"),
      ]

    public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
      let world = ScaledObservations(world)
      let agent = TD3(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
  }

  public static let metricTags = ["train/critic_loss", "train/actor_loss", "train/q_value", "train/saturation"]
  private enum Slot { static let criticLoss = 0, actorLoss = 1, value = 2, saturation = 3 }

  public let configuration: Configuration
  /// π(s): the shape; parameters and their target are flat buffers beside it.
  private let actor: MLP
  private var phi: [Float]
  private var target: [Float]
  private var gradient: [Float]
  private var optimiser: Adam
  private var critics: Critics
  private var experience: Experience
  private var updates = 0

  private var batch: TransitionBatch
  private var actorWork: MLP.Workspace
  private var actingWork: MLP.Workspace

  /// The spaces must be boxes, the action space bounded: the catalogue sees to that.
  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    self.configuration = configuration
    let (o, a, n) = (observations.size, actions.size, configuration.batch)
    actor = MLP([o] + configuration.hidden + [a], hidden: .relu, output: .tanh)

    let root = SeedSequence(seed)
    experience = Experience(configuration, observationSize: o, actions: actions, root)
    var weights = RandomStream(root.spawn(2))
    critics = Critics(2, hidden: configuration.hidden, observationSize: o, actionSize: a, rows: n, using: &weights)
    phi = actor.initialParameters(outputRange: 3e-3, using: &weights)
    target = phi
    gradient = phi
    optimiser = Adam(parameterCount: actor.parameterCount)

    batch = TransitionBatch(count: n, observationSize: o, actionSize: a)
    actorWork = MLP.Workspace(for: actor, rows: n)
    actingWork = MLP.Workspace(for: actor, rows: 1, gradients: false)
  }

  public mutating func act(_ observation: [Float], into action: inout [Float]) {
    if experience.isWarmingUp { return experience.actAtRandom(into: &action) }
    // a ~ π(s) + ε
    actor.forward(phi, observation, stride: observation.count, rows: 1, into: &actingWork)
    experience.explore(from: actingWork, into: &action)
  }

  public mutating func learn(
    _ observation: [Float], _ action: [Float], _ reward: Double, _ next: [Float], _ ending: Ending,
    into meter: inout Meter
  ) {
    experience.append(observation, reward, next, ending)
    if experience.suffices {
      for _ in 0..<configuration.updates { update(into: &meter) }
    }
  }

  /// One pass through the body of algorithm 1.
  mutating func update(into meter: inout Meter) {
    let (o, a, n) = (actor.sizes[0], actor.sizes.last!, batch.count)
    updates += 1
    experience.sample(into: &batch)

    // ã ← π′(s′) + ε, ε ~ clip(N(0, σ̃), −c, c)
    actor.forward(target, batch.nextPairs, stride: o + a, rows: n, into: &actorWork)
    smoothTargetActions()
    // y ← r + γ min_i Q′_i(s′, ã)
    critics.valueByTargets(batch.nextPairs)
    let discount = Float(configuration.discount)
    for i in 0..<n { batch.rewards[i] += discount * batch.bootstraps[i] * critics.least[i] }

    // Update critics θ_i ← argmin 1/N Σ (y − Q_i(s, a))²; where the actor moves too, their targets follow
    let isActorsTurn = updates % configuration.delay == 0
    let (loss, value) = critics.fit(
      batch.pairs, to: batch.rewards, rate: configuration.learningRate.value(at: experience.steps),
      tau: isActorsTurn ? Float(configuration.tau) : 0, decay: Float(configuration.weightDecay))
    meter.add(loss, to: Slot.criticLoss)
    meter.add(value, to: Slot.value)

    // if t mod d: update φ by ∇J = 1/N Σ ∇_a Q₁(s, a)|_{a = π(s)} ∇_φ π(s)
    if isActorsTurn {
      actor.forward(phi, batch.pairs, stride: o + a, rows: n, into: &actorWork)
      actorWork.copyOutput(a, to: &batch.pairs, column: o, stride: o + a, rows: n)
      meter.add(actorWork.saturation(n * a), to: Slot.saturation)
      let objective = critics.climbFirst(batch.pairs)
      for i in 0..<n * a { actorWork.setGradient(i, to: critics.actionGradient[i]) }
      actor.backward(phi, batch.pairs, stride: o + a, rows: n, &actorWork, into: &gradient)
      optimiser.step(
        &phi, gradient, rate: configuration.actorLearningRate.value(at: experience.steps), tracking: &target,
        tau: Float(configuration.tau))
      meter.add(-objective, to: Slot.actorLoss)
    }
  }

  /// Writes the target's actions with noise into the batch, as its next actions.
  private mutating func smoothTargetActions() {
    let (o, a) = (actor.sizes[0], actor.sizes.last!)
    let limit = Float(configuration.smoothingLimit)
    for i in 0..<batch.count {
      for j in 0..<a {
        let draw = Float(configuration.smoothing * experience.updateStream.normal())
        let noise = max(-limit, min(limit, draw))
        batch.nextPairs[i * (o + a) + o + j] = max(-1, min(1, actorWork.output(i * a + j) + noise))
      }
    }
  }

  /// The library products of ``Configuration/delay`` updates, none of which can be left out: what a benchmark measures
  /// alone.
  public var updateProducts: [GEMM] {
    let n = batch.count
    let critic = (0..<configuration.delay).flatMap { _ in
      actor.forwardProducts(rows: n) + critics.valueProducts + critics.fitProducts
    }
    return critic + actor.forwardProducts(rows: n) + critics.climbProducts(1)
      + actor.backwardProducts(rows: n, keepingGradients: true)
  }

  /// The lesser Q(s, π(s)), in the world's own rewards.
  public func estimate(of observation: [Float]) -> ValueEstimate? {
    guard configuration.rewardScale > 0 else { return nil }
    let least = critics.values(of: observation + actor.outputs(phi, of: observation)).min()!
    return ValueEstimate(v: Double(least) / configuration.rewardScale)
  }

  public func policy(sampledWith seed: UInt64?) -> ActorPolicy {
    ActorPolicy(actor, phi, experience.range, noise: experience.noise, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    critics.save(to: &checkpoint)
    checkpoint.add("actor", phi)
    checkpoint.add("target/actor", target)
    optimiser.save(as: "optimiser/actor", to: &checkpoint)
    experience.save(to: &checkpoint)
    checkpoint.add("updates", updates)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try critics.restore(from: checkpoint)
    phi = try checkpoint.floats("actor", count: actor.parameterCount)
    target = try checkpoint.floats("target/actor", count: actor.parameterCount)
    try optimiser.restore("optimiser/actor", from: checkpoint)
    try experience.restore(from: checkpoint)
    updates = try checkpoint.int("updates")
  }
}
