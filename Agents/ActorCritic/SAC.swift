import Networks
import RLCore

/// Soft actor-critic with a learned temperature.
///
/// Source: Haarnoja et al., "Soft actor-critic algorithms and applications" (2018, arXiv:1812.05905), algorithm 1 with the
/// squashed Gaussian of appendix C and the target entropy −dim A of appendix D.
///
/// Deviations from the source
/// 1. The temperature's loss is −log α · (log π + target entropy), as in the authors' own code (the paper: α in its place).
/// 2. The first `warmup` actions are uniform, and learning starts after them.
/// 3. `noiseScale` adds exploration noise to the drawn actions (the paper: none, and none is the default): where only
///    pushes that last lead anywhere, independent draws find nothing.
/// 4. A truncated step bootstraps; only termination ends the future (Pardo et al. 2018, arXiv:1712.00378).
/// 5. Learning rates may fall over time (the paper: constant, 3e-4). The temperature has the actor's.
/// 6. Rewards are multiplied by `rewardScale` on their way into the replay buffer.
/// 7. Observations that their space keeps below 1 are stretched to ±1.
///
/// Metrics: `train/critic_loss` mean (Q − y)² over both critics; `train/actor_loss` mean α log π(a|s) − min Q(s, a);
/// `train/q_value` mean Q(s, a) of both before the update; `train/ent_coef` the temperature α; `train/entropy`
/// −mean log π(a|s), of actions in −1 … 1; `train/saturation` the share of the policy's modes next to a bound. All in
/// scaled rewards.
public struct SAC: Agent {
  public struct Configuration: OffPolicyActorSettings, Equatable {
    public static let id = "sac"
    public static let summary = "soft actor-critic with a learned temperature"

    public var hidden = [64, 64]
    public var batch = 64
    public var learningRate = Schedule.constant(1e-3)
    public var actorLearningRate = Schedule.constant(1e-3)
    public var discount = 0.99
    public var tau = 0.02
    public var noise = ExplorationNoise.Kind.gaussian
    public var noiseScale = Schedule.constant(0.0)
    public var noiseReversion = 0.15
    public var warmup = 1000
    public var capacity = 1_000_000
    public var rewardScale = 1.0
    public var temperature = 1.0
    public var updates = 1

    public init() {}

    public static let settings =
      offPolicyActorSettings + [
        .number("temperature", \.temperature, in: 1e-6...1e6, "the temperature α that learning starts from"),
        .integer("updates", \.updates, in: 1...1_000_000, "updates after each step"),
      ]

    public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
      let world = ScaledObservations(world)
      let agent = SAC(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
  }

  public static let metricTags = [
    "train/critic_loss", "train/actor_loss", "train/q_value", "train/ent_coef", "train/entropy",
    "train/saturation",
  ]
  private enum Slot {
    static let criticLoss = 0, actorLoss = 1, value = 2, temperature = 3, entropy = 4, saturation = 5
  }

  public let configuration: Configuration
  private var critics: Critics
  private var actor: SoftActor
  private var experience: Experience
  private var batch: TransitionBatch

  /// The spaces must be boxes, the action space bounded: the catalogue sees to that.
  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    self.configuration = configuration
    let (o, a, n) = (observations.size, actions.size, configuration.batch)
    let root = SeedSequence(seed)
    experience = Experience(configuration, observationSize: o, actions: actions, root)
    var weights = RandomStream(root.spawn(2))
    critics = Critics(2, hidden: configuration.hidden, observationSize: o, actionSize: a, rows: n, using: &weights)
    actor = SoftActor(
      hidden: configuration.hidden, observationSize: o, actionSize: a, rows: n, temperature: configuration.temperature,
      acting: RandomStream(root.spawn(3)), using: &weights)
    batch = TransitionBatch(count: n, observationSize: o, actionSize: a)
  }

  public mutating func act(_ observation: [Float], into action: inout [Float]) {
    if experience.isWarmingUp { return experience.actAtRandom(into: &action) }
    // a_t ~ π(a_t|s_t)
    experience.explore(from: actor.act(observation), into: &action)
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

  /// One gradient step of algorithm 1.
  mutating func update(into meter: inout Meter) {
    let criticRate = configuration.learningRate.value(at: experience.steps)
    let actorRate = configuration.actorLearningRate.value(at: experience.steps)
    experience.sample(into: &batch)

    // y = r + γ (min_i Q′_i(s′, a′) − α log π(a′|s′)), a′ ~ π(·|s′)
    let alpha = actor.temperature
    actor.draw(&batch.nextPairs, using: &experience.updateStream)
    critics.valueByTargets(batch.nextPairs)
    let discount = Float(configuration.discount)
    for i in 0..<batch.count {
      let softValue = critics.least[i] - alpha * actor.drawn.logProbabilities[i]
      batch.rewards[i] += discount * batch.bootstraps[i] * softValue
    }

    // θ_i ← θ_i − λ ∇J_Q(θ_i), θ′_i ← τ θ_i + (1 − τ) θ′_i
    let (loss, value) = critics.fit(
      batch.pairs, to: batch.rewards, rate: criticRate, tau: Float(configuration.tau))
    meter.add(loss, to: Slot.criticLoss)
    meter.add(value, to: Slot.value)

    // φ ← φ − λ ∇J_π(φ), the gradient of α log π(a|s) − min_i Q_i(s, a), a ~ π(·|s)
    actor.draw(&batch.pairs, using: &experience.updateStream)
    let objective = critics.climbLeast(batch.pairs)
    meter.add(-Double(alpha * actor.entropy) - objective, to: Slot.actorLoss)
    meter.add(Double(alpha), to: Slot.temperature)
    meter.add(Double(actor.entropy), to: Slot.entropy)
    meter.add(actor.saturation, to: Slot.saturation)
    actor.descend(batch.pairs, critics.actionGradient, rate: actorRate)

    // α ← α − λ ∇J(α)
    actor.adjustTemperature(rate: actorRate)
  }

  /// The library products of one ``update(into:)``, none of which can be left out: what a benchmark measures alone.
  public var updateProducts: [GEMM] {
    actor.drawProducts + critics.valueProducts + critics.fitProducts + actor.drawProducts + critics.climbProducts(2)
      + actor.descendProducts
  }

  /// The lesser Q(s, a) at the policy's mode, in the world's own rewards; what entropy pays is in it.
  public func estimate(of observation: [Float]) -> ValueEstimate? {
    guard configuration.rewardScale > 0 else { return nil }
    let least = critics.values(of: observation + actor.mode(observation)).min()!
    return ValueEstimate(v: Double(least) / configuration.rewardScale)
  }

  public func policy(sampledWith seed: UInt64?) -> SoftPolicy {
    SoftPolicy(actor, experience.range, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    critics.save(to: &checkpoint)
    actor.save(to: &checkpoint)
    experience.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try critics.restore(from: checkpoint)
    try actor.restore(from: checkpoint)
    try experience.restore(from: checkpoint)
  }
}
