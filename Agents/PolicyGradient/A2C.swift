import Networks
import RLCore

/// The settings of ``A2C``.
public struct A2CConfiguration: ContinuousLearning, ReferenceLearning, Equatable {
  public static let id = "a2c"
  public static let summary = "advantage actor-critic: one step on each short rollout of many lanes"

  public var hidden = [64, 64]
  public var activation = Activation.tanh
  public var lanes = 8
  public var horizon = 5
  public var learningRate = Schedule.constant(7e-4)
  public var discount = 0.99
  public var lambda = 1.0
  public var entropy = Schedule.constant(0)
  public var valueWeight = 0.5
  public var maxGradientNorm = 0.5
  public var normalizeAdvantages = false
  public var normalizeObservations = false
  public var normalizeRewards = false
  public var logStd = 0.0
  public var bins = 0
  public var states = StateEncoding.oneHot
  public var reference = ""
  public var klWeight = 0.0

  public var start: SavedPolicy?

  public init() {}

  public static let settings: [Setting<A2CConfiguration>] = [
    .layers("hidden", \.hidden, "widths of the hidden layers of policy and value network"),
    .choice("activation", \.activation, "what the hidden layers apply"),
    .integer("lanes", \.lanes, in: 1...65_536, "copies of the world that step side by side"),
    .integer("horizon", \.horizon, in: 1...1_000_000, "steps of each lane in a rollout, n"),
    .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate"),
    .number("discount", \.discount, in: 0...1, "discount γ"),
    .number("lambda", \.lambda, in: 0...1, "decay λ of generalised advantage estimation; 1: n-step returns"),
    .schedule("entropy", \.entropy, in: 0...10, "weight of the entropy"),
    .number("valueWeight", \.valueWeight, in: 0...100, "weight of the value's loss"),
    .number("maxGradientNorm", \.maxGradientNorm, in: 0...1e6, "longest gradient, longer ones are scaled; 0: any"),
    .flag("normalizeAdvantages", \.normalizeAdvantages, "advantages of a rollout to mean 0 and deviation 1"),
    .flag("normalizeObservations", \.normalizeObservations, "observations in deviations from their running mean"),
    .flag("normalizeRewards", \.normalizeRewards, "rewards divided by the running deviation of the return"),
    .number("logStd", \.logStd, in: -20...2, "first log σ of a Gaussian, in half action ranges"),
    .integer("bins", \.bins, in: 0...1001, "values for each number of an action; 0 or 1: a Gaussian instead"),
    .choice("states", \.states, "how states of a finite world are seen"),
    .words("reference", \.reference, "run whose last policy is the first one; fresh weights without one"),
    .number("klWeight", \.klWeight, in: 0...1000, "weight β of the divergence from the first policy, per step"),
  ]

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    guard case .discrete(let actions) = world.actionSpace else { preconditionFailure("its actions are discrete") }
    return learner(Categorical(actions: actions), in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
    let actions = world.actionSpace
    if bins > 1 { return learner(MultiCategorical(over: actions, bins: bins), in: world, seed: seed) }
    return learner(DiagonalGaussian(over: actions, logStandardDeviation: Float(logStd)), in: world, seed: seed)
  }

  private func learner<Head: PolicyHead>(
    _ head: Head, in world: some Environment<[Float], Head.Action>, seed: UInt64
  ) -> any Learner {
    let agent = A2C(self, head, observationSize: world.observationSpace.size, seed: seed)
    return BatchInteraction(world, lanes: lanes, agent, seed: seed)
  }
}

/// Advantage actor-critic, in step.
///
/// Source: Mnih et al., "Asynchronous Methods for Deep Reinforcement Learning" (2016, arXiv:1602.01783), algorithm S3,
/// with its actors in step instead of apart, as OpenAI's A2C (2017). With λ < 1 the advantages are generalised (Schulman
/// et al. 2016, arXiv:1506.02438). Zhao, *Mathematical Foundations of Reinforcement Learning*, algorithm 10.2, is the case
/// of one lane and `horizon` 1.
///
/// Deviations from the source
/// 1. Adam instead of RMSProp; networks of their own for policy and value instead of a shared trunk.
/// 2. A truncated episode's last value is bootstrapped (Pardo et al. 2018, arXiv:1712.00378).
/// 3. A Gaussian's deviation is free of the state, and its numbers are in half action ranges; `bins` puts categorical
///    choices in its place (``MultiCategorical``).
/// 4. Leaving the first policy may cost, at each step (``ReferencePenalty``).
///
/// Metrics: `train/policy_loss`, `train/value_loss`, `train/entropy_loss` (−H); with a `klWeight` `train/kl`, the mean
/// log π/π_ref of the rollout's actions.
public struct A2C<Head: PolicyHead>: BatchAgent {
  public typealias Action = Head.Action

  public static var metricTags: [String] {
    ["train/policy_loss", "train/value_loss", "train/entropy_loss", "train/kl"]
  }
  private enum Slot: Int { case loss, valueLoss, entropyLoss, reference }

  public let configuration: A2CConfiguration
  private var core: ActorCritic<Head>
  private let rows: [Int]
  private var advantages: [Float]

  public init(_ configuration: A2CConfiguration, _ head: Head, observationSize: Int, seed: UInt64) {
    self.configuration = configuration
    let count = configuration.lanes * configuration.horizon
    core = ActorCritic(
      head,
      .init(
        lanes: configuration.lanes, steps: configuration.horizon, batch: count, hidden: configuration.hidden,
        activation: configuration.activation, discount: configuration.discount, lambda: configuration.lambda,
        normalizesObservations: configuration.normalizeObservations,
        normalizesRewards: configuration.normalizeRewards, adamEpsilon: 1e-5, start: configuration.start,
        klWeight: configuration.klWeight),
      observationSize: observationSize, seed: seed)
    rows = Array(0..<count)
    advantages = .init(repeating: 0, count: count)
  }

  @specialized(where Head == Categorical)
  @specialized(where Head == DiagonalGaussian)
  @specialized(where Head == MultiCategorical)
  public mutating func act(_ observations: [Float], into actions: inout [Head.Scalar]) {
    core.act(observations, into: &actions)
  }

  @specialized(where Head == Categorical)
  @specialized(where Head == DiagonalGaussian)
  @specialized(where Head == MultiCategorical)
  public mutating func learn(_ batch: Batch<[Float], Head.Action>, into meter: inout Meter) {
    guard core.keep(batch) else { return }
    if let divergence = core.drainDivergence() { meter.add(divergence, to: Slot.reference.rawValue) }
    let head = core.policy.head
    let scale = 1 / Float(rows.count)
    let entropyWeight = Float(configuration.entropy.value(at: core.steps))
    let valueWeight = Float(configuration.valueWeight)
    for row in rows { advantages[row] = core.advantages[row] }
    if configuration.normalizeAdvantages { standardize(&advantages, count: rows.count) }
    let (gains, returns, values) = (advantages, core.advantages, core.values)
    var (loss, valueLoss, entropy): (Float, Float, Float) = (0, 0, 0)

    // dθ ← dθ + ∇ log π(a_i|s_i; θ)(R − V(s_i)), dθ_v ← dθ_v + ∂(R − V(s_i; θ_v))²/∂θ_v
    core.descend(
      on: rows[...], rate: configuration.learningRate.value(at: core.steps),
      maxGradientNorm: configuration.maxGradientNorm
    ) { row, action, outputs, free, slope, freeSlope in
      loss -= gains[row] * head.logProbability(of: action, outputs, free)
      entropy += head.pullBack(
        -gains[row] * scale, -entropyWeight * scale, at: action, outputs, free, into: slope, freeSlope)
    } valueSlope: { row, value in
      let error = value - (returns[row] + values[row])
      valueLoss += error * error
      return 2 * valueWeight * error * scale
    }
    meter.add(Double(loss * scale), to: Slot.loss.rawValue)
    meter.add(Double(valueLoss * scale), to: Slot.valueLoss.rawValue)
    meter.add(-Double(entropy * scale), to: Slot.entropyLoss.rawValue)
    core.restart()
  }

  /// V(s).
  public func estimate(of observation: [Float]) -> ValueEstimate? { core.estimate(of: observation) }

  public func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Head> { core.frozen(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) { core.save(to: &checkpoint) }

  public mutating func restore(from checkpoint: CheckpointReader) throws { try core.restore(from: checkpoint) }
}
