import Networks
import RLCore

/// The settings of ``BehaviourCloning``.
public struct BehaviourCloningConfiguration: ContinuousLearning, ClipLearning, ReferenceLearning {
  public static let id = "bc"
  public static let summary = "behaviour cloning: the policy that most probably did what saved episodes show"

  public var clipsFrom = ""
  public var episodes = 10
  public var reference = ""
  public var batch = 16
  public var learningRate = Schedule.constant(1e-3)
  public var hidden = [64, 64]
  public var activation = Activation.tanh
  public var normalizeObservations = false
  public var logStd = 0.0
  public var states = StateEncoding.oneHot

  public var data = Preferences(environment: "", clips: [], pairs: [])
  public var start: SavedPolicy?

  public init() {}

  public static let clipSetting = "data"
  public var savedEpisodes: Int? { episodes }
  public static let settings: [Setting<BehaviourCloningConfiguration>] = [
    .words("data", \.clipsFrom, "run whose saved episodes are imitated, or folder of pairs whose clips are"),
    .integer("episodes", \.episodes, in: 1...1_000_000, "how many of a run's last saved episodes"),
    .words("reference", \.reference, "run whose last policy is the start; fresh weights without one"),
    .integer("batch", \.batch, in: 1...1_000_000, "clips in an update"),
    .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate"),
    .layers("hidden", \.hidden, "widths of the hidden layers; the reference's where there is one"),
    .choice("activation", \.activation, "what the hidden layers apply; the reference's where there is one"),
    .flag(
      "normalizeObservations", \.normalizeObservations,
      "observations in deviations from their mean; as the reference does, or over the clips"),
    .number("logStd", \.logStd, in: -20...2, "first log σ of a Gaussian, in half action ranges, without a reference"),
    .choice("states", \.states, "how states of a finite world are seen; the reference's where there is one"),
  ]

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    guard case .discrete(let actions) = world.actionSpace else { preconditionFailure("its actions are discrete") }
    return learner(Categorical(actions: actions), in: world, seed: seed)
  }

  public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
    learner(ClippedGaussian(over: world.actionSpace, logStandardDeviation: Float(logStd)), in: world, seed: seed)
  }

  private func learner<Head: RecordedActions>(
    _ head: Head, in world: some Environment<[Float], Head.Action>, seed: UInt64
  ) -> any Learner {
    PreferenceUpdates(BehaviourCloning(self, head, observationSize: world.observationSpace.size, seed: seed), in: world)
  }
}

/// Behaviour cloning: least −log π(a|s) over what was seen and done.
///
/// Source: Pomerleau, "Efficient Training of Artificial Neural Networks for Autonomous Navigation" (1991, Neural
/// Computation 3, doi:10.1162/neco.1991.3.1.88); as the supervised first stage before preferences, Rafailov et al. (2023,
/// arXiv:2305.18290, §3).
///
/// Deviations from the source
/// 1. A batch is some whole clips, each step of which counts the same.
/// 2. A Gaussian's action at a bound counts with the probability of all that is clipped to it (``ClippedGaussian``).
///
/// Metrics: `train/loss`, the mean −log π(a|s).
public struct BehaviourCloning<Head: RecordedActions>: ClipRule {
  public typealias Action = Head.Action

  public static var metricTags: [String] { ["train/loss"] }

  public let configuration: BehaviourCloningConfiguration
  private var network: ClipNetwork<Head>
  private var order: EpochOrder
  private var updates = 0
  /// Of the batch's clips. Shape `[batch]`.
  private var weights: [Double]

  public init(
    _ configuration: BehaviourCloningConfiguration, _ head: Head, observationSize: Int, seed: UInt64
  ) {
    self.configuration = configuration
    let clips = configuration.data.clips
    let size = min(configuration.batch, max(clips.count, 1))
    network = ClipNetwork(
      head, configuration, observationSize: observationSize, start: configuration.start, clips: clips,
      rowsAtOnce: clips.map(\.length).sorted(by: >).prefix(size).reduce(0, +), discount: 1, seed: seed)
    order = EpochOrder(count: clips.count, random: RandomStream(SeedSequence(seed).spawn(1)))
    weights = .init(repeating: 0, count: size)
  }

  public mutating func update(into meter: inout Meter) {
    network.clear()
    for place in order.draw(configuration.batch) { network.take(order[place]) }
    network.forward()
    let scale = 1 / Double(network.starts.last!)
    var loss = 0.0
    for place in network.batch.indices {
      loss -= scale * network.logProbability(at: place)
      weights[place] = -scale
    }
    meter.add(loss, to: 0)
    network.clearGradient()
    network.addGradient(weights)
    network.descend(rate: configuration.learningRate.value(at: updates))
    updates += 1
  }

  public func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Head> { network.frozen(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    network.save(to: &checkpoint)
    order.save(to: &checkpoint)
    checkpoint.add("updates", updates)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try network.restore(from: checkpoint)
    try order.restore(from: checkpoint)
    updates = try checkpoint.int("updates")
  }
}
