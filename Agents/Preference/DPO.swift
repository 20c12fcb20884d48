import Networks
import RLCore

/// The settings of ``DPO``.
public struct DPOConfiguration: ContinuousLearning, ClipLearning, ReferenceLearning {
  public static let id = "dpo"
  public static let summary = "direct preference optimisation: a policy from pairs of clips, beside a frozen reference"

  public var preferences = ""
  public var reference = ""
  public var loss = PreferenceLoss()
  public var discount = 1.0
  public var batch = 64
  public var learningRate = Schedule.constant(1e-3)
  public var hidden = [64, 64]
  public var activation = Activation.tanh
  public var normalizeObservations = false
  public var logStd = 0.0
  public var states = StateEncoding.oneHot
  public var rounds = 0
  public var pairs = 200
  public var epochs = 16
  public var temperature = 0.0
  public var segment = 0
  public var worth = ClipPairs.Worth.partialReturn

  public var data = Preferences(environment: "", clips: [], pairs: [])
  public var start: SavedPolicy?

  public init() {}

  public static let clipSetting = "preferences"
  public var clipsFrom: String { preferences }
  public var savedEpisodes: Int? { nil }
  public var ownUpdates: Int? { rounds > 0 ? rounds * epochs * ((pairs + batch - 1) / batch) : nil }
  public static let settings: [Setting<DPOConfiguration>] = [
    .words("preferences", \.preferences, "folder of pairs, as `rlgym label` makes it"),
    .words("reference", \.reference, "run whose last policy is the reference and the start; fresh weights without one"),
    .choice("loss", \.loss.kind, "what a preference costs"),
    .number("beta", \.loss.beta, in: 1e-6...1e6, "β: how strongly log-ratios count, so how near the reference stays"),
    .number("smoothing", \.loss.smoothing, in: 0...0.499, "share of labels taken to be wrong, in sigmoid and robust"),
    .number("margin", \.loss.margin, in: 0...1e6, "by how much the preferred clip is to lead, in simpo"),
    .number("bias", \.loss.bias, in: 0...1, "how much of the other clip counts, in cpl"),
    .number("discount", \.discount, in: 0...1, "γ of the log-probabilities: that of the returns that were compared"),
    .integer("batch", \.batch, in: 1...1_000_000, "pairs in an update"),
    .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate"),
    .layers("hidden", \.hidden, "widths of the hidden layers; the reference's where there is one"),
    .choice("activation", \.activation, "what the hidden layers apply; the reference's where there is one"),
    .flag(
      "normalizeObservations", \.normalizeObservations,
      "observations in deviations from their mean; as the reference does, or over the clips"),
    .number("logStd", \.logStd, in: -20...2, "first log σ of a Gaussian, in half action ranges, without a reference"),
    .choice("states", \.states, "how states of a finite world are seen; the reference's where there is one"),
    .integer("rounds", \.rounds, in: 0...100_000, "times that the policy plays its pairs; 0: those of `preferences`"),
    .integer("pairs", \.pairs, in: 1...1_000_000, "pairs of a round, labelled by the world's rewards"),
    .integer("epochs", \.epochs, in: 1...100_000, "times that each pair of a round is learned from"),
    .number("temperature", \.temperature, in: 0...1e9, "T of a round's labels, σ(difference / T); 0: the better"),
    .integer("segment", \.segment, in: 0...1_000_000, "steps of a round's clips, from one state on; 0: whole episodes"),
    .choice("worth", \.worth, "what a round's clips are compared by"),
  ]

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    guard case .discrete(let actions) = world.actionSpace else { preconditionFailure("its actions are discrete") }
    let size = world.observationSpace.size
    return learner(in: world, seed: seed) {
      DPO($0, Categorical(actions: actions), observationSize: size, seed: $1)
    }
  }

  public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
    let (space, size) = (world.actionSpace, world.observationSpace.size)
    return learner(in: world, seed: seed) { configuration, seed in
      let head = ClippedGaussian(over: space, logStandardDeviation: Float(configuration.logStd))
      return DPO(configuration, head, observationSize: size, seed: seed)
    }
  }

  /// `rule` is made where its distribution is known: see ``DPO/update(into:)``.
  private func learner<Head: RecordedActions>(
    in world: some Environment<[Float], Head.Action>, seed: UInt64,
    rule: @escaping @Sendable (DPOConfiguration, UInt64) -> DPO<Head>
  ) -> any Learner {
    rounds > 0
      ? IteratedDPO(self, in: world, seed: seed, rule: rule) : PreferenceUpdates(rule(self, seed), in: world)
  }
}

/// Direct preference optimisation of a policy in a Markov decision process.
///
/// Source: Rafailov et al., "Direct Preference Optimization" (2023, arXiv:2305.18290), §4; the other losses as
/// ``PreferenceLoss`` says. The names of losses and metrics are TRL's.
///
/// The best policy for Σ γᵗ [r − β log π/π_ref], where the dynamics are deterministic, has
/// β log π(a|s)/π_ref(a|s) = r + γV(s′) − V(s). Summed along a trajectory of T steps that begins in s₀,
/// Σ γᵗ β log π/π_ref = Σ γᵗ r − V(s₀) + γᵀV(s_T), and V is 0 at a true end: so from one start the difference of two
/// such sums is that of the returns, which is all that a label by Bradley and Terry tells.
///
/// What this needs, each with its counter-example in `rlgym reproduce`:
/// 1. deterministic dynamics; where chance decides, s′ is not the action's, and luck is taken for skill;
/// 2. both clips of a pair from one start, else V(s₀) does not cancel;
/// 3. clips to a true end, else V(s_T) does not vanish; a time limit is one where the time is part of the state. `cpl`
///    is for segments: it takes labels by return + γᵀV(s_T) − V(s₀);
/// 4. the same γ in returns and log-ratios;
/// 5. pairs that connect all trajectories of a start, and a reference that gives all of them a chance.
///
/// Deviations from the source
/// 1. The log-probability of a clip is the γ-weighted sum over its steps; `ipo` takes that sum too, where TRL takes means.
/// 2. `kto` estimates z by the mean of Σ KL(π(·|s_t)‖π_ref(·|s_t)) over the batch's clips, exact in each state: an
///    answer to another start, which the paper takes, is no trajectory here.
/// 3. A Gaussian's action at a bound counts with the probability of all that is clipped to it (``ClippedGaussian``).
///
/// Metrics: `train/loss`; `rewards/chosen` and `rewards/rejected`, β·Σ γᵗ log π/π_ref of the preferred clips and the others;
/// `rewards/margins`, their difference; `rewards/accuracies`, how often it is positive; `logps/chosen`, `logps/rejected`;
/// `train/kl`, the mean KL(π‖π_ref) over the batch's states. Undecided pairs count in the loss alone.
public struct DPO<Head: RecordedActions>: ClipRule {
  public typealias Action = Head.Action

  public static var metricTags: [String] {
    [
      "train/loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen",
      "logps/rejected", "train/kl",
    ]
  }
  private enum Slot: Int { case loss, chosen, rejected, margin, accuracy, chosenLogs, rejectedLogs, divergence }

  public let configuration: DPOConfiguration
  private let pairs: [Preferences.Pair]
  private var network: ClipNetwork<Head>
  private var order: EpochOrder
  private var updates = 0

  /// The reference's parameters, and what it says of all clips: its outputs, shape `[rows, outputs]`, and its
  /// Σ γᵗ log π(a_t|s_t), shape `[clips]`.
  private var reference: [Float]
  private var referenceOutputs: [Float]
  private var referenceLogs: [Double]

  /// Of the batch's clips, left and right in turns. Shape `[2·batch]`.
  private var said: [PreferenceLoss.Clip] = []
  private var weights: [Double] = []

  /// Steps from which no more pairs join those that go through the network at once.
  private static var tile: Int { 256 }

  // Made where Head is concrete: see `Learner`.
  private let specialisedUpdate: @Sendable (inout Self, inout Meter) -> Void

  public init(_ configuration: DPOConfiguration, _ head: Head, observationSize: Int, seed: UInt64) {
    self.configuration = configuration
    pairs = configuration.data.pairs
    let size = 2 * min(configuration.batch, max(pairs.count, 1))
    let longest = configuration.data.clips.map(\.length).max() ?? 0
    network = ClipNetwork(
      head, configuration, observationSize: observationSize, start: configuration.start,
      clips: configuration.data.clips,
      rowsAtOnce: configuration.loss.kind == .kto ? size * longest : Self.tile + 2 * longest,
      discount: configuration.discount, seed: seed)
    order = EpochOrder(count: pairs.count, random: RandomStream(SeedSequence(seed).spawn(1)))
    reference = network.policy.theta
    referenceOutputs = .init(repeating: 0, count: network.clips.rows * head.outputs)
    referenceLogs = .init(repeating: 0, count: network.clips.count)
    said.reserveCapacity(size)
    weights = .init(repeating: 0, count: size)
    specialisedUpdate = { $0.descend(into: &$1) }
    askReference()
  }

  /// What the reference says of each clip: it stays the same, so it is asked once.
  private mutating func askReference() {
    let present = network.gradientAndParameters
    network.gradientAndParameters = (present.gradient, reference)
    for clip in 0..<network.clips.count {
      network.clear()
      network.take(clip)
      network.forward()
      referenceLogs[clip] = network.logProbability(at: 0)
      let start = network.clips.starts[clip] * network.policy.head.outputs
      network.withOutputs(at: 0) { outputs in
        for (i, output) in outputs.enumerated() { referenceOutputs[start + i] = output }
      }
    }
    network.gradientAndParameters = present
  }

  public mutating func update(into meter: inout Meter) { specialisedUpdate(&self, &meter) }

  private mutating func descend(into meter: inout Meter) {
    _ = setGradient(order.draw(configuration.batch), baseline: nil, into: &meter)
    network.descend(rate: configuration.learningRate.value(at: updates))
    updates += 1
  }

  /// Sets the gradient of the mean loss of some pairs, a few at a time, so that what the network keeps of them stays near.
  /// Returns the loss and `kto`'s baseline, which a `baseline` that is given takes the place of.
  private mutating func setGradient(
    _ places: Range<Int>, baseline given: Double?, into meter: inout Meter
  ) -> (loss: Double, baseline: Double) {
    let scale = 1 / Double(places.count)
    var (loss, divergence, states, baseline) = (0.0, 0.0, 0, given ?? 0)
    network.clearGradient()
    var first = places.lowerBound
    while first < places.upperBound {
      let part = forward(first..<places.upperBound)
      let sum = divergenceOfBatch
      // All pairs are at hand at once where this is asked for.
      if configuration.loss.kind == .kto && given == nil {
        baseline = configuration.loss.beta * sum / Double(network.batch.count)
      }
      divergence += sum
      states += network.rows
      loss += setWeights(part, scale: scale, baseline: baseline)
      // It is named before what follows from it.
      if !loss.isFinite { meter.fail(Self.metricTags[Slot.loss.rawValue]) }
      report(part, into: &meter)
      network.addGradient(weights)
      first = part.upperBound
    }
    meter.add(loss, to: Slot.loss.rawValue)
    meter.add(divergence / Double(states), to: Slot.divergence.rawValue)
    return (loss, baseline)
  }

  /// The first of some pairs, as many as there is room for, through the network. Returns their places.
  private mutating func forward(_ places: Range<Int>) -> Range<Int> {
    network.clear()
    var end = places.lowerBound
    repeat {
      network.take(pairs[order[end]].left)
      network.take(pairs[order[end]].right)
      end += 1
    } while end < places.upperBound && (configuration.loss.kind == .kto || network.rows < Self.tile)
    network.forward()
    said.removeAll(keepingCapacity: true)
    for (place, clip) in network.batch.enumerated() {
      said.append(
        PreferenceLoss.Clip(
          policy: network.logProbability(at: place), reference: referenceLogs[clip],
          length: network.clips.length(of: clip)))
    }
    return places.lowerBound..<end
  }

  /// Σ KL(π‖π_ref) over the states of the clips at hand.
  private var divergenceOfBatch: Double {
    network.batch.indices.reduce(0) { $0 + network.divergence(at: $1, from: referenceOutputs, reference) }
  }

  /// The slopes of the loss of pairs, which is returned, in each clip's log-probability.
  private mutating func setWeights(_ places: Range<Int>, scale: Double, baseline: Double) -> Double {
    var sum = 0.0
    for (i, place) in places.enumerated() {
      let cost = configuration.loss(
        said[2 * i], said[2 * i + 1], preference: pairs[order[place]].preference, baseline: baseline)
      sum += cost.loss
      weights[2 * i] = scale * cost.left
      weights[2 * i + 1] = scale * cost.right
    }
    return scale * sum
  }

  private func report(_ places: Range<Int>, into meter: inout Meter) {
    for (i, place) in places.enumerated() {
      let preference = pairs[order[place]].preference
      if preference == 0.5 { continue }
      let (chosen, rejected) = preference > 0.5 ? (said[2 * i], said[2 * i + 1]) : (said[2 * i + 1], said[2 * i])
      let rewards = (configuration.loss.reward(of: chosen), configuration.loss.reward(of: rejected))
      meter.add(rewards.0, to: Slot.chosen.rawValue)
      meter.add(rewards.1, to: Slot.rejected.rawValue)
      meter.add(rewards.0 - rewards.1, to: Slot.margin.rawValue)
      meter.add(rewards.0 > rewards.1 ? 1 : 0, to: Slot.accuracy.rawValue)
      meter.add(chosen.policy, to: Slot.chosenLogs.rawValue)
      meter.add(rejected.policy, to: Slot.rejectedLogs.rawValue)
    }
  }

  /// The loss of the first batch of all pairs in their order and its gradient, at a `baseline` or the present one.
  mutating func lossAndGradient(
    baseline: Double?
  ) -> (loss: Double, gradient: [Float], baseline: Double) {
    var meter = Meter(tags: Self.metricTags)
    let (loss, baseline) = setGradient(0..<min(configuration.batch, pairs.count), baseline: baseline, into: &meter)
    return (loss, network.gradientAndParameters.gradient, baseline)
  }

  /// The policy's parameters.
  var theta: [Float] {
    get { network.gradientAndParameters.parameters }
    set { network.gradientAndParameters.parameters = newValue }
  }

  /// The library products of an update on pairs of clips that are all of `length` steps.
  public func updateProducts(length: Int) -> [GEMM] {
    let mlp = network.policy.network
    let atOnce = (Self.tile + 2 * length - 1) / (2 * length)
    return stride(from: 0, to: configuration.batch, by: atOnce).flatMap { first in
      let rows = 2 * length * min(atOnce, configuration.batch - first)
      return mlp.forwardProducts(rows: rows) + mlp.backwardProducts(rows: rows, keepingGradients: true)
    }
  }

  public func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Head> { network.frozen(sampledWith: seed) }

  /// The present policy, and the reference.
  var saved: (policy: SavedPolicy, reference: SavedPolicy) {
    let moments = network.moments
    return (
      SavedPolicy(parameters: network.policy.theta, moments: moments),
      SavedPolicy(parameters: reference, moments: moments)
    )
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    network.save(to: &checkpoint)
    order.save(to: &checkpoint)
    checkpoint.add("reference", reference)
    checkpoint.add("updates", updates)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try network.restore(from: checkpoint)
    try order.restore(from: checkpoint)
    updates = try checkpoint.int("updates")
    reference = try checkpoint.floats("reference", count: reference.count)
    askReference()
  }
}
