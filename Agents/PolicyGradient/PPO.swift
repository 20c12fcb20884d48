import Foundation
import Networks
import RLCore

/// The settings of ``PPO``.
public struct PPOConfiguration: ContinuousLearning, ReferenceLearning, Equatable {
  public static let id = "ppo"
  public static let summary = "proximal policy optimisation: several epochs over each rollout, with clipped ratios"

  public var hidden = [64, 64]
  public var activation = Activation.tanh
  public var lanes = 8
  public var horizon = 128
  public var batch = 256
  public var epochs = 10
  public var learningRate = Schedule.constant(3e-4)
  public var discount = 0.99
  public var lambda = 0.95
  public var clip = Schedule.constant(0.2)
  public var valueClip = 0.0
  public var entropy = Schedule.constant(0)
  public var valueWeight = 0.5
  public var maxGradientNorm = 0.5
  public var targetKL = 0.0
  public var normalizeAdvantages = true
  public var normalizeObservations = false
  public var normalizeRewards = false
  public var logStd = 0.0
  public var bins = 0
  public var states = StateEncoding.oneHot
  public var reference = ""
  public var klWeight = 0.0

  public var start: SavedPolicy?

  public init() {}

  public static let settings: [Setting<PPOConfiguration>] = [
    .layers("hidden", \.hidden, "widths of the hidden layers of policy and value network"),
    .choice("activation", \.activation, "what the hidden layers apply"),
    .integer("lanes", \.lanes, in: 1...65_536, "copies of the world that step side by side"),
    .integer("horizon", \.horizon, in: 1...1_000_000, "steps of each lane in a rollout"),
    .integer("batch", \.batch, in: 1...10_000_000, "samples in an update"),
    .integer("epochs", \.epochs, in: 1...1000, "times that each sample is learned from"),
    .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate"),
    .number("discount", \.discount, in: 0...1, "discount γ"),
    .number("lambda", \.lambda, in: 0...1, "decay λ of generalised advantage estimation"),
    .schedule("clip", \.clip, in: 0...10, "how far the ratio of probabilities counts from 1, ε"),
    .number("valueClip", \.valueClip, in: 0...1e6, "how far the value counts from the rollout's; 0: any"),
    .schedule("entropy", \.entropy, in: 0...10, "weight of the entropy"),
    .number("valueWeight", \.valueWeight, in: 0...100, "weight of the value's loss"),
    .number("maxGradientNorm", \.maxGradientNorm, in: 0...1e6, "longest gradient, longer ones are scaled; 0: any"),
    .number("targetKL", \.targetKL, in: 0...100, "divergence from which no more is learned from a rollout; 0: any"),
    .flag("normalizeAdvantages", \.normalizeAdvantages, "advantages of a batch to mean 0 and deviation 1"),
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
    let agent = PPO(self, head, observationSize: world.observationSpace.size, seed: seed)
    return BatchInteraction(world, lanes: lanes, agent, seed: seed)
  }
}

/// Proximal policy optimisation.
///
/// Source: Schulman et al., "Proximal Policy Optimization Algorithms" (2017, arXiv:1707.06347), algorithm 1 and equation 7.
///
/// What the paper leaves open is done as its authors' code does it, by Huang et al., "The 37 Implementation Details of
/// Proximal Policy Optimization" (2022, ICLR blog track): several lanes (1), orthogonal first weights (2), Adam with
/// ε = 1e-5 (3), a falling learning rate where the preset says so (4), generalised advantages (5), minibatches that
/// shuffle each epoch (6), advantages normalised in each minibatch (7), the clipped surrogate (8), value clipping as an
/// option (9), an entropy bonus (10), one bound on the joint gradient (11), networks of their own for policy and value
/// (13); for continuous actions independent normal numbers with a free deviation (1–4 of its list), clipped actions (5),
/// normalised and clipped observations and rewards as options (6–9).
///
/// Deviations
/// 1. A truncated episode's last value is bootstrapped (Pardo et al. 2018, arXiv:1712.00378); the authors' code treats it
///    as an end.
/// 2. A Gaussian's numbers are in half action ranges, whatever the bounds.
/// 3. Leaving the first policy may cost, at each step (``ReferencePenalty``).
/// 4. `targetKL` stops the epochs of a rollout (Dossa et al. 2021), once the estimate (ρ − 1) − log ρ exceeds 1.5 of it.
/// 5. `bins` puts categorical choices in a Gaussian's place (``MultiCategorical``).
///
/// Metrics: `train/policy_gradient_loss`, `train/value_loss`, `train/entropy_loss` (−H), `train/approx_kl`,
/// `train/clip_fraction`, means over the updates; `train/explained_variance` of the returns by the rollout's values; with a
/// `klWeight` `train/kl`, the mean log π/π_ref of the rollout's actions.
public struct PPO<Head: PolicyHead>: BatchAgent {
  public typealias Action = Head.Action

  public static var metricTags: [String] {
    [
      "train/policy_gradient_loss", "train/value_loss", "train/entropy_loss", "train/approx_kl", "train/clip_fraction",
      "train/explained_variance", "train/kl",
    ]
  }
  private enum Slot: Int { case loss, valueLoss, entropyLoss, divergence, clipped, explained, reference }

  public let configuration: PPOConfiguration
  private var core: ActorCritic<Head>
  /// The rollout's rows in the order of an epoch.
  private var order: [Int]
  /// Advantages of a batch. Shape `[batch]`.
  private var advantages: [Float]

  public init(_ configuration: PPOConfiguration, _ head: Head, observationSize: Int, seed: UInt64) {
    self.configuration = configuration
    let count = configuration.lanes * configuration.horizon
    let batch = min(configuration.batch, count)
    core = ActorCritic(
      head,
      .init(
        lanes: configuration.lanes, steps: configuration.horizon, batch: batch, hidden: configuration.hidden,
        activation: configuration.activation, discount: configuration.discount, lambda: configuration.lambda,
        normalizesObservations: configuration.normalizeObservations,
        normalizesRewards: configuration.normalizeRewards, adamEpsilon: 1e-5, start: configuration.start,
        klWeight: configuration.klWeight),
      observationSize: observationSize, seed: seed)
    order = Array(0..<count)
    advantages = .init(repeating: 0, count: batch)
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
    meter.add(explainedVariance(), to: Slot.explained.rawValue)
    if let divergence = core.drainDivergence() { meter.add(divergence, to: Slot.reference.rawValue) }
    // Optimise the surrogate for K epochs with minibatches of size M ≤ NT
    let size = advantages.count
    epochs: for _ in 0..<configuration.epochs {
      core.stream.batches.shuffle(&order)
      for start in stride(from: 0, to: order.count, by: size) {
        let divergence = update(order[start..<min(start + size, order.count)], into: &meter)
        if configuration.targetKL > 0 && divergence > 1.5 * configuration.targetKL { break epochs }
      }
    }
    core.restart()
  }

  /// One minibatch. Returns the estimated divergence from the policy that made the rollout.
  private mutating func update(_ rows: ArraySlice<Int>, into meter: inout Meter) -> Double {
    let n = rows.count
    let scale = 1 / Float(n)
    setAdvantages(rows)
    let head = core.policy.head
    let clip = Float(configuration.clip.value(at: core.steps))
    let entropyWeight = Float(configuration.entropy.value(at: core.steps))
    let valueWeight = Float(configuration.valueWeight)
    let valueClip = Float(configuration.valueClip)
    let (old, values, gains, returns) = (core.rollout.logProbabilities, core.values, advantages, core.advantages)
    let first = rows.startIndex
    var (loss, valueLoss, entropy, divergence, clipped): (Float, Float, Float, Float, Int) = (0, 0, 0, 0, 0)

    core.descend(
      on: rows, rate: configuration.learningRate.value(at: core.steps),
      maxGradientNorm: configuration.maxGradientNorm
    ) { i, action, outputs, free, slope, freeSlope in
      // L = −min(ρA, clip(ρ, 1 − ε, 1 + ε)A), ρ = π(a|s)/π_old(a|s)
      let row = rows[first + i]
      let advantage = gains[i]
      let logRatio = head.logProbability(of: action, outputs, free) - old[row]
      let ratio = exp(logRatio)
      let bounded = max(1 - clip, min(1 + clip, ratio))
      let isClipped = bounded * advantage < ratio * advantage
      loss -= min(ratio * advantage, bounded * advantage)
      divergence += ratio - 1 - logRatio
      if (ratio - 1).magnitude > clip { clipped += 1 }
      entropy += head.pullBack(
        isClipped ? 0 : -ratio * advantage * scale, -entropyWeight * scale, at: action, outputs, free, into: slope,
        freeSlope)
    } valueSlope: { i, value in
      let row = rows[first + i]
      let goal = returns[row] + values[row]
      let error = value - goal
      guard valueClip > 0 else {
        valueLoss += error * error
        return 2 * valueWeight * error * scale
      }
      let near = values[row] + max(-valueClip, min(valueClip, value - values[row])) - goal
      valueLoss += max(error * error, near * near)
      return error * error >= near * near ? 2 * valueWeight * error * scale : 0
    }
    meter.add(Double(loss * scale), to: Slot.loss.rawValue)
    meter.add(Double(valueLoss * scale), to: Slot.valueLoss.rawValue)
    meter.add(-Double(entropy * scale), to: Slot.entropyLoss.rawValue)
    meter.add(Double(divergence * scale), to: Slot.divergence.rawValue)
    meter.add(Double(clipped) / Double(n), to: Slot.clipped.rawValue)
    return Double(divergence * scale)
  }

  private mutating func setAdvantages(_ rows: ArraySlice<Int>) {
    for (i, row) in rows.enumerated() { advantages[i] = core.advantages[row] }
    if configuration.normalizeAdvantages && rows.count > 1 { standardize(&advantages, count: rows.count) }
  }

  /// 1 − Var(return − V)/Var(return) over the rollout.
  private func explainedVariance() -> Double {
    var (error, goal) = (RunningMoments(), RunningMoments())
    for row in 0..<core.rollout.count {
      error.add(Double(core.advantages[row]))
      goal.add(Double(core.advantages[row] + core.values[row]))
    }
    return goal.squares > 0 ? 1 - error.squares / goal.squares : 0
  }

  /// V(s).
  public func estimate(of observation: [Float]) -> ValueEstimate? { core.estimate(of: observation) }

  public func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Head> { core.frozen(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    core.save(to: &checkpoint)
    checkpoint.add("order", order)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try core.restore(from: checkpoint)
    order = try checkpoint.ints("order", count: order.count)
  }
}

/// Shifts and scales the first `count` values to mean 0 and standard deviation 1.
func standardize(_ values: inout [Float], count: Int) {
  var moments = RunningMoments()
  for i in 0..<count { moments.add(Double(values[i])) }
  // Unbiased, as PyTorch's `std`.
  let deviation = (moments.squares / Double(max(count - 1, 1))).squareRoot()
  let (mean, scale) = (Float(moments.mean), Float(1 / (deviation + 1e-8)))
  for i in 0..<count { values[i] = (values[i] - mean) * scale }
}
