import Networks
import RLCore

/// Randomised ensembled double Q-learning: SAC that learns several times from each step, on several critics.
///
/// Source: Chen, Wang, Zhou & Ross, "Randomized ensembled double Q-learning: learning fast without a model" (2021,
/// arXiv:2101.05982), algorithm 1. What it shares with SAC is ``SAC``'s, deviations included.
///
/// Why this one: on Pendulum-v1 after 3,000 steps, 500 of them random (nets 64-64, batch 64, constant rates of 1e-3, six
/// seeds of one set), REDQ with four updates a step came within 8.6 of near-optimal play on average (worst seed 10.1), for
/// 1.8 times the work of SAC with four. SAC alone with two, four and eight updates: 10.2 (15.2), 42 (one seed at 206; 9.5
/// with 400 random steps, 9.9 with 1,000) and 11.2 (15.4). The same REDQ on six other seeds: 11.0 (28.2). So the ensemble
/// is ahead, but by less than seeds differ. DroQ (arXiv:2110.02034), in Benchmarks/peers/high_update_jax.py with the actor
/// once a step, was no better than REDQ there (12.3 and 13.7) for 1.4 times its work, and CrossQ (arXiv:1902.05605) had
/// not learned by then in the one setting tried; both need layers of their own.
///
/// Deviations from the source
/// 1. The actor moves with every `actorEvery`-th update (the paper: the last of a step).
///
/// Metrics: as SAC's, over all critics; `train/actor_loss` is mean α log π(a|s) − the critics' mean Q(s, a).
public struct REDQ: Agent {
  public struct Configuration: OffPolicyActorSettings, Equatable {
    public static let id = "redq"
    public static let summary = "randomised ensembled double Q-learning: SAC with many updates a step on many critics"

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
    public var updates = 4
    public var actorEvery = 1
    public var critics = 5
    public var subset = 2

    public init() {}

    public static let settings =
      offPolicyActorSettings + [
        .number("temperature", \.temperature, in: 1e-6...1e6, "the temperature α that learning starts from"),
        .integer("updates", \.updates, in: 1...1_000_000, "updates after each step, G"),
        .integer("actorEvery", \.actorEvery, in: 1...1_000_000, "updates from one of the actor to the next"),
        .integer("critics", \.critics, in: 1...1000, "critics in the ensemble, N"),
        .integer("subset", \.subset, in: 1...1000, "of them, those whose least value a target takes, M"),
      ]

    public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
      let world = ScaledObservations(world)
      let agent = REDQ(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
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
  private var updates = 0

  /// The spaces must be boxes, the action space bounded: the catalogue sees to that.
  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    self.configuration = configuration
    let (o, a, n) = (observations.size, actions.size, configuration.batch)
    let root = SeedSequence(seed)
    experience = Experience(configuration, observationSize: o, actions: actions, root)
    var weights = RandomStream(root.spawn(2))
    critics = Critics(
      configuration.critics, hidden: configuration.hidden, observationSize: o, actionSize: a, rows: n, using: &weights)
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
      // for G updates do
      for _ in 0..<configuration.updates { update(into: &meter) }
    }
  }

  /// One pass through the inner loop of algorithm 1.
  mutating func update(into meter: inout Meter) {
    let criticRate = configuration.learningRate.value(at: experience.steps)
    let actorRate = configuration.actorLearningRate.value(at: experience.steps)
    experience.sample(into: &batch)

    // Draw a set ℳ of M of the critics: y = r + γ (min_{i ∈ ℳ} Q′_i(s′, a′) − α log π(a′|s′)), a′ ~ π(·|s′)
    let alpha = actor.temperature
    actor.draw(&batch.nextPairs, using: &experience.updateStream)
    critics.valueByTargets(
      batch.nextPairs, drawn: min(configuration.subset, configuration.critics), using: &experience.updateStream)
    let discount = Float(configuration.discount)
    for i in 0..<batch.count {
      let softValue = critics.least[i] - alpha * actor.drawn.logProbabilities[i]
      batch.rewards[i] += discount * batch.bootstraps[i] * softValue
    }

    // for all N: θ_i down ∇ 1/N Σ (Q_i(s, a) − y)², θ′_i ← τ θ_i + (1 − τ) θ′_i
    let (loss, value) = critics.fit(
      batch.pairs, to: batch.rewards, rate: criticRate, tau: Float(configuration.tau))
    meter.add(loss, to: Slot.criticLoss)
    meter.add(value, to: Slot.value)

    // φ up ∇ 1/N Σ (mean_i Q_i(s, a) − α log π(a|s)), a ~ π(·|s)
    updates += 1
    guard updates % configuration.actorEvery == 0 else { return }
    actor.draw(&batch.pairs, using: &experience.updateStream)
    let objective = critics.climbMean(batch.pairs)
    meter.add(-Double(alpha * actor.entropy) - objective, to: Slot.actorLoss)
    meter.add(Double(alpha), to: Slot.temperature)
    meter.add(Double(actor.entropy), to: Slot.entropy)
    meter.add(actor.saturation, to: Slot.saturation)
    actor.descend(batch.pairs, critics.actionGradient, rate: actorRate)
    actor.adjustTemperature(rate: actorRate)
  }

  /// The critics' mean Q(s, a) at the policy's mode, in the world's own rewards; what entropy pays is in it.
  public func estimate(of observation: [Float]) -> ValueEstimate? {
    guard configuration.rewardScale > 0 else { return nil }
    let values = critics.values(of: observation + actor.mode(observation))
    let mean = Double(values.reduce(0, +)) / Double(values.count)
    return ValueEstimate(v: mean / configuration.rewardScale)
  }

  public func policy(sampledWith seed: UInt64?) -> SoftPolicy {
    SoftPolicy(actor, experience.range, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    critics.save(to: &checkpoint)
    actor.save(to: &checkpoint)
    experience.save(to: &checkpoint)
    checkpoint.add("updates", updates)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try critics.restore(from: checkpoint)
    try actor.restore(from: checkpoint)
    try experience.restore(from: checkpoint)
    updates = try checkpoint.int("updates")
  }
}
