import Foundation
import Networks
import RLCore

/// The settings of ``GRPO``.
public struct GRPOConfiguration: ContinuousLearning, ReferenceLearning, Equatable {
  public static let id = "grpo"
  public static let summary = "group-relative policy optimisation: episodes against others from the same start"

  public var hidden = [64, 64]
  public var activation = Activation.tanh
  public var groups = 4
  public var groupSize = 8
  public var batch = 256
  public var epochs = 4
  public var learningRate = Schedule.constant(1e-3)
  public var clip = Schedule.constant(0.2)
  public var klWeight = 0.0
  public var entropy = Schedule.constant(0)
  public var maxGradientNorm = 0.5
  public var logStd = 0.0
  public var states = StateEncoding.oneHot
  public var reference = ""

  public var start: SavedPolicy?
  /// It sees them as they are.
  public var normalizeObservations: Bool {
    get { false }
    set {}
  }

  public init() {}

  public static let settings: [Setting<GRPOConfiguration>] = [
    .layers("hidden", \.hidden, "widths of the policy's hidden layers"),
    .choice("activation", \.activation, "what the hidden layers apply"),
    .integer("groups", \.groups, in: 1...65_536, "starts of a rollout"),
    .integer("groupSize", \.groupSize, in: 2...65_536, "episodes from each start, G"),
    .integer("batch", \.batch, in: 1...10_000_000, "samples in an update"),
    .integer("epochs", \.epochs, in: 1...1000, "times that each sample is learned from, μ"),
    .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate"),
    .schedule("clip", \.clip, in: 0...10, "how far the ratio of probabilities counts from 1, ε"),
    .number("klWeight", \.klWeight, in: 0...1000, "weight β of the divergence from the first policy"),
    .schedule("entropy", \.entropy, in: 0...10, "weight of the entropy"),
    .number("maxGradientNorm", \.maxGradientNorm, in: 0...1e6, "longest gradient, longer ones are scaled; 0: any"),
    .number("logStd", \.logStd, in: -20...2, "first log σ of a Gaussian, in half action ranges"),
    .choice("states", \.states, "how states of a finite world are seen"),
    .words("reference", \.reference, "run whose last policy is the first one; fresh weights without one"),
  ]

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    guard case .discrete(let actions) = world.actionSpace else { preconditionFailure("its actions are discrete") }
    return GRPO(self, Categorical(actions: actions), in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
    GRPO(
      self, DiagonalGaussian(over: world.actionSpace, logStandardDeviation: Float(logStd)), in: world, seed: seed)
  }
}

/// Group-relative policy optimisation: an episode is as good as its return stands among those from the same start, so
/// that no value has to be learned.
///
/// Source: Shao et al., "DeepSeekMath" (2024, arXiv:2402.03300), algorithm 1 with outcome supervision and equations 3 and 4.
/// The world's reward is the rule that pays; a start is repeated by restoring its state, with a stream of its own for
/// each episode.
///
/// Deviations from the source
/// 1. Every step of a rollout weighs the same; the paper divides by the episode's length, which makes steps of long bad
///    episodes cheap (Liu et al. 2025, arXiv:2503.20783).
/// 2. A group whose returns are all equal teaches nothing: its advantages are 0.
/// 3. The reference policy is the first one and stays; the paper renews it in an outer loop.
/// 4. An entropy bonus as an option. Adam with ε = 1e-5 and a bound on the gradient, as ``PPO``.
/// 5. Episodes of a world without a time limit are cut after 1,000 steps.
///
/// Metrics: `train/policy_gradient_loss`, `train/kl` (to the first policy, where β > 0), `train/entropy_loss` (−H),
/// `train/approx_kl`, `train/clip_fraction`; `train/group_std`, the mean deviation of returns within a group.
public struct GRPO<World: Environment, Head: PolicyHead>: ActingLearner
where World.Observation == [Float], World.Action == Head.Action {
  public private(set) var clock = 0

  private let configuration: GRPOConfiguration
  private var policy: PolicyNetwork<Head>
  private let reference: [Float]
  private var gradient: [Float]
  private var optimiser: Adam
  private var stream: (policy: RandomStream, batches: RandomStream)

  /// Where starts come from.
  public private(set) var world: World
  /// One a lane, group by group. Shape `[groups · groupSize]`.
  private var lanes: [World]
  private let limit: Int
  private var observations: [[Float]]
  private var isRunning: [Bool]
  private var returns: [Double]
  private var lengths: [Int]

  /// What the rollout's steps saw, did and thought of it, in the order of time; and the lanes they were in.
  private var seen: [Float] = []
  private var chosen: [Head.Scalar] = []
  private var logProbabilities: [Float] = []
  private var owners: [Int] = []

  private var work: MLP.Workspace
  private var referenceWork: MLP.Workspace
  private var actingWork: MLP.Workspace
  /// Running lanes side by side, and what they do.
  private var rows: [Float]
  private var drawn: (actions: [Head.Scalar], logProbabilities: [Float])
  private var inputs: [Float]
  private var actions: [Head.Scalar]
  private var row: [Head.Scalar]
  private var action: Head.Action
  private var advantages: [Float]

  // Made where World and Head are concrete: see `Learner`.
  private let specialisedTurn: @Sendable (inout Self, inout Meter) -> Void
  private let specialisedEvaluation: @Sendable (Self, Int, UInt64, Bool) -> Evaluation

  public init(_ configuration: GRPOConfiguration, _ head: Head, in world: World, seed: UInt64) {
    self.configuration = configuration
    self.world = world
    let root = SeedSequence.ofBatchAgent(seed: seed)
    stream = (RandomStream(root.spawn(0)), RandomStream(root.spawn(1)))
    var weights = RandomStream(root.spawn(2))
    let width = world.observationSpace.size
    policy = PolicyNetwork(
      head, observationSize: width, hidden: configuration.hidden, activation: configuration.activation, using: &weights)
    if let start = configuration.start { policy.theta = start.parameters }
    reference = policy.theta
    gradient = policy.theta
    optimiser = Adam(parameterCount: gradient.count, epsilon: 1e-5)

    let count = configuration.groups * configuration.groupSize
    lanes = (0..<count).map { lane in
      var copy = world
      copy.random = RandomStream(SeedSequence(seed).spawn(UInt32(lane)))
      return copy
    }
    limit = world.stepLimit ?? Evaluation.stepLimit
    observations = .init(repeating: world.emptyObservation(), count: count)
    isRunning = .init(repeating: false, count: count)
    returns = .init(repeating: 0, count: count)
    lengths = .init(repeating: 0, count: count)

    work = policy.workspace(rows: configuration.batch, gradients: true)
    referenceWork = policy.workspace(rows: configuration.batch, gradients: false)
    actingWork = policy.workspace(rows: count, gradients: false)
    rows = .init(repeating: 0, count: count * width)
    drawn = (.init(repeating: 0, count: count * head.actionSize), .init(repeating: 0, count: count))
    inputs = .init(repeating: 0, count: configuration.batch * width)
    actions = .init(repeating: 0, count: configuration.batch * head.actionSize)
    row = .init(repeating: 0, count: head.actionSize)
    action = world.emptyAction()
    advantages = .init(repeating: 0, count: count)
    specialisedTurn = { $0.turn(&$1) }
    specialisedEvaluation = { learner, episodes, seed, sample in
      var policy = learner.policy.frozen(sampledWith: sample ? seed : nil)
      return Evaluation(of: &policy, in: learner.world, episodes: episodes, seed: seed)
    }
    self.world.random = RandomStream(root.spawn(3))
    start()
  }

  public var isConverged: Bool { false }
  public var solution: Solution? { nil }
  public var metricTags: [String] {
    [
      "train/policy_gradient_loss", "train/kl", "train/entropy_loss", "train/approx_kl", "train/clip_fraction",
      "train/group_std",
    ]
  }
  private enum Slot: Int { case loss, kl, entropyLoss, divergence, clipped, spread }

  public mutating func advance(by count: Int, into meter: inout Meter) throws {
    let end = clock + count
    while clock < end { specialisedTurn(&self, &meter) }
    if let fault = meter.fault { throw fault }
  }

  /// Puts every lane of a group at one start, drawn anew.
  private mutating func start() {
    for group in 0..<configuration.groups {
      world.reset(seed: nil, into: &observations[group * configuration.groupSize])
      let state = world.state
      for lane in group * configuration.groupSize..<(group + 1) * configuration.groupSize {
        do { try lanes[lane].restore(state: state, into: &observations[lane]) } catch {
          preconditionFailure("a world takes the state that it is in: \(error)")
        }
        isRunning[lane] = true
        returns[lane] = 0
        lengths[lane] = 0
      }
    }
    seen.removeAll(keepingCapacity: true)
    chosen.removeAll(keepingCapacity: true)
    logProbabilities.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
  }

  /// One step of every lane whose episode goes on; after the last one's end, what they teach.
  private mutating func turn(_ meter: inout Meter) {
    // Sample G outputs {o_i} ~ π_old(·|q) for each question q
    let (width, actionSize) = (policy.network.sizes[0], policy.head.actionSize)
    var count = 0
    for lane in lanes.indices where isRunning[lane] {
      for j in 0..<width { rows[count * width + j] = observations[lane][j] }
      owners.append(lane)
      count += 1
    }
    policy.sample(
      rows, rows: count, &actingWork, into: &drawn.actions, &drawn.logProbabilities, using: &stream.policy)
    seen.append(contentsOf: rows[..<(count * width)])
    chosen.append(contentsOf: drawn.actions[..<(count * actionSize)])
    logProbabilities.append(contentsOf: drawn.logProbabilities[..<count])
    for (i, lane) in owners[(owners.count - count)...].enumerated() { step(lane, drawn: i, &meter) }
    meter.record(steps: count)
    clock += count
    if !isRunning.contains(true) {
      learn(&meter)
      start()
    }
  }

  private mutating func step(_ lane: Int, drawn i: Int, _ meter: inout Meter) {
    let size = policy.head.actionSize
    drawn.actions.withUnsafeBufferPointer { drawn in
      row.withUnsafeMutableBufferPointer { row in
        policy.head.write(drawn.baseAddress! + i * size, to: row.baseAddress!)
        _ = action.read(from: row.baseAddress!)
      }
    }
    let step = lanes[lane].step(action, into: &observations[lane])
    returns[lane] += step.reward
    lengths[lane] += 1
    guard step.ending != .running || lengths[lane] >= limit || !returns[lane].isFinite else { return }
    isRunning[lane] = false
    meter.recordEpisode(return: returns[lane], length: lengths[lane])
  }

  /// Â_i = (r_i − mean(r))/std(r) within each group, then μ epochs of the clipped objective.
  private mutating func learn(_ meter: inout Meter) {
    let size = configuration.groupSize
    for group in 0..<configuration.groups {
      var moments = RunningMoments()
      for lane in group * size..<(group + 1) * size { moments.add(returns[lane]) }
      let deviation = moments.variance.squareRoot()
      for lane in group * size..<(group + 1) * size {
        advantages[lane] = deviation > 1e-8 ? Float((returns[lane] - moments.mean) / deviation) : 0
      }
      meter.add(deviation, to: Slot.spread.rawValue)
    }
    var order = Array(owners.indices)
    for _ in 0..<configuration.epochs {
      stream.batches.shuffle(&order)
      for start in stride(from: 0, to: order.count, by: configuration.batch) {
        update(order[start..<min(start + configuration.batch, order.count)], &meter)
      }
    }
  }

  /// One minibatch of equation 3.
  private mutating func update(_ samples: ArraySlice<Int>, _ meter: inout Meter) {
    let (n, head) = (samples.count, policy.head)
    let (width, actionSize) = (policy.network.sizes[0], head.actionSize)
    let (first, scale) = (samples.startIndex, 1 / Float(samples.count))
    for (i, sample) in samples.enumerated() {
      for j in 0..<width { inputs[i * width + j] = seen[sample * width + j] }
      for j in 0..<actionSize { actions[i * actionSize + j] = chosen[sample * actionSize + j] }
    }
    let clip = Float(configuration.clip.value(at: clock))
    let entropyWeight = Float(configuration.entropy.value(at: clock))
    let beta = Float(configuration.klWeight)
    if beta > 0 { policy.network.forward(reference, inputs, stride: width, rows: n, into: &referenceWork) }
    let (old, gains, owners, reference, referenceWork) = (
      logProbabilities, advantages, owners, reference, referenceWork
    )
    let free = policy.network.parameterCount
    var (loss, kl, entropy, divergence, clipped): (Float, Float, Float, Float, Int) = (0, 0, 0, 0, 0)

    policy.setGradient(on: inputs, actions, rows: n, &work, into: &gradient) {
      i, action, outputs, freeParameters, slope, freeSlope in
      let sample = samples[first + i]
      let advantage = gains[owners[sample]]
      let logProbability = head.logProbability(of: action, outputs, freeParameters)
      let logRatio = logProbability - old[sample]
      let ratio = exp(logRatio)
      let bounded = max(1 - clip, min(1 + clip, ratio))
      var weight = bounded * advantage < ratio * advantage ? 0 : -ratio * advantage
      loss -= min(ratio * advantage, bounded * advantage)
      if beta > 0 {
        // D_KL[π‖π_ref] ≈ π_ref/π − log(π_ref/π) − 1, equation 4
        let referenceLog = reference.withUnsafeBufferPointer { reference in
          referenceWork.withOutput {
            head.logProbability(of: action, $0 + i * head.outputs, reference.baseAddress! + free)
          }
        }
        let distance = referenceLog - logProbability
        kl += exp(distance) - distance - 1
        weight += beta * (1 - exp(distance))
      }
      divergence += ratio - 1 - logRatio
      if (ratio - 1).magnitude > clip { clipped += 1 }
      entropy += head.pullBack(
        weight * scale, -entropyWeight * scale, at: action, outputs, freeParameters, into: slope, freeSlope)
    }
    if configuration.maxGradientNorm > 0 {
      Networks.clip(&gradient, toNorm: Float(configuration.maxGradientNorm))
    }
    optimiser.step(&policy.theta, gradient, rate: configuration.learningRate.value(at: clock))
    meter.add(Double(loss * scale), to: Slot.loss.rawValue)
    if beta > 0 { meter.add(Double(kl * scale), to: Slot.kl.rawValue) }
    meter.add(-Double(entropy * scale), to: Slot.entropyLoss.rawValue)
    meter.add(Double(divergence * scale), to: Slot.divergence.rawValue)
    meter.add(Double(clipped) / Double(n), to: Slot.clipped.rawValue)
  }

  public func evaluate(episodes: Int, seed: UInt64, sample: Bool) -> Evaluation {
    specialisedEvaluation(self, episodes, seed, sample)
  }

  public func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Head> { policy.frozen(sampledWith: seed) }

  public func idleReturn(episodes: Int, seed: UInt64) -> Double? {
    Evaluation.idleReturn(in: world, episodes: episodes, seed: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    checkpoint.add("policy", policy.theta)
    optimiser.save(as: "optimiser/policy", to: &checkpoint)
    checkpoint.add("random/policy", stream.policy)
    checkpoint.add("random/batches", stream.batches)
    checkpoint.add("random/starts", world.random)
    for (lane, world) in lanes.enumerated() { checkpoint.add(under: "lanes/\(lane)/") { world.save(to: &$0) } }
    checkpoint.add("lanes/running", isRunning.map { $0 ? 1 : 0 })
    checkpoint.add("lanes/returns", returns)
    checkpoint.add("lanes/lengths", lengths)
    checkpoint.add("rollout/observations", seen)
    checkpoint.add("rollout/actions", drawn: chosen)
    checkpoint.add("rollout/logps", logProbabilities)
    checkpoint.add("rollout/lanes", owners)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    policy.theta = try checkpoint.floats("policy", count: policy.theta.count)
    try optimiser.restore("optimiser/policy", from: checkpoint)
    stream.policy = try checkpoint.random("random/policy")
    stream.batches = try checkpoint.random("random/batches")
    world.random = try checkpoint.random("random/starts")
    for lane in lanes.indices {
      try lanes[lane].restore(from: checkpoint.under("lanes/\(lane)/"), into: &observations[lane])
    }
    isRunning = try checkpoint.ints("lanes/running", count: lanes.count).map { $0 == 1 }
    returns = try checkpoint.doubles("lanes/returns", count: lanes.count)
    lengths = try checkpoint.ints("lanes/lengths", count: lanes.count)
    owners = try checkpoint.ints("rollout/lanes")
    guard owners.allSatisfy(lanes.indices.contains) else {
      throw CoreError.badCheckpoint("its array 'rollout/lanes' names lanes that are not there")
    }
    seen = try checkpoint.floats("rollout/observations", count: owners.count * policy.network.sizes[0])
    chosen = try checkpoint.drawn(
      "rollout/actions", count: owners.count * policy.head.actionSize, outputs: policy.head.outputs)
    logProbabilities = try checkpoint.floats("rollout/logps", count: owners.count)
  }
}
