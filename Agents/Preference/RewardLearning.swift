import Foundation
import Networks
import RLCore

/// The settings of ``RewardLearning``.
public struct RewardLearningConfiguration: DiscreteLearning, ContinuousLearning, ClipLearning {
  public static let id = "reward-model"
  public static let summary = "reward model: what each step is worth, by an ensemble of networks, from pairs of clips"

  public var preferences = ""
  public var members = 3
  public var heldOut = 0.2
  public var patience = 10
  public var discount = 1.0
  public var batch = 32
  public var learningRate = Schedule.constant(1e-3)
  public var hidden = [64, 64]
  public var activation = Activation.tanh
  public var states = StateEncoding.oneHot

  public var data = Preferences(environment: "", clips: [], pairs: [])

  public init() {}

  public static let clipSetting = "preferences"
  public var clipsFrom: String { preferences }
  public var savedEpisodes: Int? { nil }
  public static let settings: [Setting<RewardLearningConfiguration>] = [
    .words("preferences", \.preferences, "folder of pairs, as `rlgym label` makes it"),
    .integer("members", \.members, in: 1...100, "networks of the ensemble"),
    .number("heldOut", \.heldOut, in: 0...0.9, "share of the pairs that it is judged by and does not learn from"),
    .integer("patience", \.patience, in: 0...1_000_000, "epochs without a lower held-out loss that end it; 0: none do"),
    .number("discount", \.discount, in: 0...1, "γ of the sums of rewards: that of the returns that were compared"),
    .integer("batch", \.batch, in: 1...1_000_000, "pairs in an update"),
    .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate"),
    .layers("hidden", \.hidden, "widths of the hidden layers"),
    .choice("activation", \.activation, "what the hidden layers apply"),
    .choice("states", \.states, "how states of a finite world are seen"),
  ]

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    RewardLearning(self, observationSize: world.observationSpace.size, actions: world.actionSpace, seed: seed)
  }

  public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
    RewardLearning(self, observationSize: world.observationSpace.size, actions: world.actionSpace, seed: seed)
  }
}

/// A reward model, from pairs of clips and which one is preferred.
///
/// Source: Christiano et al., "Deep Reinforcement Learning from Human Preferences" (2017, arXiv:1706.03741), §2.2.3:
/// P(left) = σ(Σ γᵗ r̂(left) − Σ γᵗ r̂(right)), the model of Bradley and Terry, fitted by least cross-entropy; an ensemble,
/// each network of which has a sample of the pairs of its own, drawn with replacement.
///
/// Deviations from the source
/// 1. The networks whose held-out loss was the least are kept, instead of a penalty on their weights that is tuned.
/// 2. r̂ is brought to a mean of 0 and a root mean square of 1 over the clips as there, but the mean is subtracted only where
///    all clips have as many steps. Where lengths differ labels tell it: without it a longer episode would not be better.
/// 3. No share of random answers is assumed.
///
/// Metrics: `train/loss`, `train/accuracy` of the batches; after each epoch, of the ensemble on the held-out pairs,
/// `reward_model/loss`, `reward_model/accuracy`, and `reward_model/calibration_error`, the mean gap between how sure it is
/// and how often right, by tenths of sureness (Guo et al. 2017, arXiv:1706.04599). Its evaluation is one return a held-out
/// pair, 1 where it prefers the same clip, ½ where it prefers neither: so `eval/mean_reward` is the accuracy.
public struct RewardLearning: Learner {
  public private(set) var clock = 0

  private let configuration: RewardLearningConfiguration
  private let data: Preferences
  /// Numbers of pairs.
  private let held: [Int]
  /// Of each network the pairs it learns from. Shape `[members][pairs]`.
  private let samples: [[Int]]
  private var orders: [EpochOrder]
  private var optimisers: [Adam]
  /// The networks as they are.
  private var present: RewardModel
  /// The parameters that had the least held-out loss.
  private var best: (members: [[Float]], loss: Double)
  /// Epochs since.
  private var stale = 0

  private var batch: ClipFeatures
  private var gradient: [Float]
  /// Of the held-out pairs, how much the left clip is preferred: Σ γᵗ r̂(left) − Σ γᵗ r̂(right). Shape `[held]`.
  private var margins: [Double]

  public init(
    _ configuration: RewardLearningConfiguration, observationSize: Int, actions: Space, seed: UInt64
  ) {
    self.configuration = configuration
    data = configuration.data
    let root = SeedSequence(seed)
    var random = RandomStream(root.spawn(1))
    var order = Array(data.pairs.indices)
    random.shuffle(&order)
    let count = Int((configuration.heldOut * Double(order.count)).rounded())
    held = Array(order[..<count])
    let rest = Array(order[count...])
    samples = (0..<configuration.members).map { _ in rest.map { _ in rest[random.integer(below: rest.count)] } }
    orders = (0..<configuration.members).map {
      EpochOrder(count: rest.count, random: RandomStream(root.spawn(2).spawn(UInt32($0))))
    }
    let inputs = RewardInputs(observationSize: observationSize, actions: actions, clips: data.clips)
    let network = MLP(
      [inputs.width] + configuration.hidden + [1], hidden: configuration.activation, output: .identity)
    var weights = RandomStream(root.spawn(0))
    let members = (0..<configuration.members).map { _ in network.orthogonalParameters(outputGain: 0.01, using: &weights)
    }
    present = RewardModel(inputs, network, members: members)
    best = (members, .infinity)
    optimisers = members.map { Adam(parameterCount: $0.count) }
    gradient = members[0]
    margins = .init(repeating: 0, count: held.count)
    batch = ClipFeatures(
      inputs, network, data.clips, clipsInBatch: 2 * min(configuration.batch, max(data.pairs.count, 1)),
      discount: configuration.discount)
  }

  public var isConverged: Bool { configuration.patience > 0 && stale >= configuration.patience }
  public var solution: Solution? { nil }
  public var metricTags: [String] {
    [
      "train/loss", "train/accuracy", "reward_model/loss", "reward_model/accuracy", "reward_model/calibration_error",
    ]
  }
  private enum Slot: Int { case loss, accuracy, heldLoss, heldAccuracy, calibration }

  public mutating func advance(by count: Int, into meter: inout Meter) throws {
    for _ in 0..<count where !isConverged {
      meter.record(steps: 1)
      for member in samples.indices { update(member, into: &meter) }
      clock += 1
      if orders[0].isOver { judge(into: &meter) }
      if let fault = meter.fault { throw fault }
    }
  }

  /// One step of Adam down the mean cross-entropy of a batch.
  private mutating func update(_ member: Int, into meter: inout Meter) {
    let places = orders[member].draw(configuration.batch)
    batch.clear()
    for place in places {
      let pair = data.pairs[samples[member][orders[member][place]]]
      batch.take(pair.left)
      batch.take(pair.right)
    }
    batch.forward(present.members[member])
    let scale = 1 / Double(places.count)
    var loss = 0.0
    for (i, place) in places.enumerated() {
      let pair = data.pairs[samples[member][orders[member][place]]]
      let margin = batch.sum(at: 2 * i) - batch.sum(at: 2 * i + 1)
      loss += scale * crossEntropy(margin, pair.preference)
      let slope = scale * (logistic(margin) - pair.preference)
      batch.setSlope(slope, at: 2 * i)
      batch.setSlope(-slope, at: 2 * i + 1)
      if pair.preference != 0.5 { meter.add(agreement(margin, pair.preference), to: Slot.accuracy.rawValue) }
    }
    meter.add(loss, to: Slot.loss.rawValue)
    batch.backward(present.members[member], into: &gradient)
    optimisers[member].step(
      &present.members[member], gradient, rate: configuration.learningRate.value(at: clock))
  }

  /// The ensemble on the held-out pairs.
  private mutating func judge(into meter: inout Meter) {
    guard !held.isEmpty else { return }
    setMargins(by: present.members)
    var (loss, right, decided) = (0.0, 0.0, 0)
    for (margin, pair) in zip(margins, held) {
      let preference = data.pairs[pair].preference
      loss += crossEntropy(margin, preference) / Double(held.count)
      if preference == 0.5 { continue }
      right += agreement(margin, preference)
      decided += 1
    }
    meter.add(loss, to: Slot.heldLoss.rawValue)
    if decided > 0 {
      meter.add(right / Double(decided), to: Slot.heldAccuracy.rawValue)
      meter.add(calibrationError(decided), to: Slot.calibration.rawValue)
    }
    stale += 1
    guard loss < best.loss else { return }
    (best, stale) = ((present.members, loss), 0)
  }

  private mutating func setMargins(by members: [[Float]]) {
    for i in margins.indices { margins[i] = 0 }
    let size = configuration.batch
    for first in stride(from: 0, to: held.count, by: size) {
      batch.clear()
      for place in first..<min(first + size, held.count) {
        batch.take(data.pairs[held[place]].left)
        batch.take(data.pairs[held[place]].right)
      }
      for theta in members {
        batch.forward(theta)
        for place in first..<min(first + size, held.count) {
          let i = 2 * (place - first)
          margins[place] += (batch.sum(at: i) - batch.sum(at: i + 1)) / Double(members.count)
        }
      }
    }
  }

  /// Σ |how sure − how often right| over ten bins of sureness from ½ to 1, each by its share of the decided pairs.
  private func calibrationError(_ decided: Int) -> Double {
    var (sure, right) = (SIMD16<Double>(repeating: 0), SIMD16<Double>(repeating: 0))
    for (margin, pair) in zip(margins, held) where data.pairs[pair].preference != 0.5 {
      let confidence = logistic(margin.magnitude)
      let bin = min(9, Int(20 * (confidence - 0.5)))
      sure[bin] += confidence
      right[bin] += agreement(margin, data.pairs[pair].preference)
    }
    let gaps = sure - right
    return (0..<10).reduce(0) { $0 + gaps[$1].magnitude } / Double(decided)
  }

  /// The model as it stands: that of the least held-out loss, or without held-out pairs the last.
  public var model: RewardModel {
    var model = present
    if best.loss < .infinity { model.members = best.members }
    var moments = RunningMoments()
    for clip in data.clips {
      for reward in model.rewards(of: clip) { moments.add(reward) }
    }
    let areAsLong = data.clips.allSatisfy { $0.length == data.clips[0].length }
    model.mean = areAsLong ? moments.mean : 0
    let square = moments.variance + (moments.mean - model.mean) * (moments.mean - model.mean)
    model.scale = square > 0 ? square.squareRoot() : 1
    return model
  }

  /// Judges all held-out pairs, or all pairs where none is held out, whatever `episodes` is. The episode is the first
  /// preferred clip, and what is said of its observations is r̂ of the steps that leave them.
  public func evaluate(episodes: Int, seed: UInt64, sample: Bool) throws -> Evaluation {
    let model = model
    let judged = (held.isEmpty ? Array(data.pairs.indices) : held).map { data.pairs[$0] }
      .filter { $0.preference != 0.5 }
    guard let first = judged.first else { throw CoreError.noPolicy("\(configuration.id) has no pairs to be judged by") }
    func worth(_ clip: Int) -> Double {
      model.returns(of: data.clips[clip], discount: configuration.discount).reduce(0, +)
    }
    let returns = judged.map { agreement(worth($0.left) - worth($0.right), $0.preference) }
    var episode = data.clips[first.preference > 0.5 ? first.left : first.right]
    episode.estimates = (model.rewards(of: episode) + [0]).map { ValueEstimate(v: $0) }
    return Evaluation(
      returns: returns, lengths: judged.map { data.clips[$0.left].length }, episode: episode)
  }

  public func sample(
    _ starts: [EpisodeStart], steps: Int?, keeping kept: KeptMoment, seed: UInt64
  ) throws -> [SampledEpisode] {
    throw CoreError.noPolicy("\(configuration.id) has no policy; expected a run of an agent that acts")
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    for member in samples.indices {
      checkpoint.add(under: "members/\(member)/") {
        $0.add("present", present.members[member])
        $0.add("best", best.members[member])
        optimisers[member].save(as: "optimiser", to: &$0)
        orders[member].save(to: &$0)
      }
    }
    checkpoint.add("best", best.loss)
    checkpoint.add("stale", stale)
    model.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    for member in samples.indices {
      let part = checkpoint.under("members/\(member)/")
      present.members[member] = try part.floats("present", count: gradient.count)
      best.members[member] = try part.floats("best", count: gradient.count)
      try optimisers[member].restore("optimiser", from: part)
      try orders[member].restore(from: part)
    }
    best.loss = try checkpoint.double("best")
    stale = try checkpoint.int("stale")
  }
}

/// 1 where a margin is on the side of a preference, ½ where it is on neither.
private func agreement(_ margin: Double, _ preference: Double) -> Double {
  margin == 0 ? 0.5 : (margin > 0) == (preference > 0.5) ? 1 : 0
}

/// −p log σ(m) − (1 − p) log σ(−m), without overflow.
private func crossEntropy(_ margin: Double, _ preference: Double) -> Double {
  max(margin, 0) - preference * margin + log1p(exp(-margin.magnitude))
}

/// Clips as a reward network sees them, some of which go through it at once.
private struct ClipFeatures: Sendable {
  private let network: MLP
  private let width: Int
  /// Of all clips, one after another. Shape `[rows, width]`.
  private var features: [Float] = []
  /// The first row of each clip; one more entry closes the last.
  private var starts = [0]
  /// Weight γᵗ of each time. Shape `[longest clip]`.
  private var discounts: [Float] = []

  /// The first row of each clip of the batch; one more entry closes the last.
  private var places: [Int] = []
  /// Shape `[rows, width]`.
  private var inputs: [Float]
  private var work: MLP.Workspace

  init(_ inputs: RewardInputs, _ network: MLP, _ clips: [Episode], clipsInBatch: Int, discount: Double) {
    self.network = network
    width = inputs.width
    features = .init(repeating: 0, count: clips.reduce(0) { $0 + $1.length } * width)
    for clip in clips {
      inputs.write(clip, to: &features, at: starts.last!)
      starts.append(starts.last! + clip.length)
    }
    let lengths = clips.map(\.length).sorted(by: >)
    var weight: Float = 1
    for _ in 0..<(lengths.first ?? 0) {
      discounts.append(weight)
      weight *= Float(discount)
    }
    // A clip may be in several pairs, and the longest in all of a batch.
    let most = max((lengths.first ?? 0) * clipsInBatch, 1)
    self.inputs = .init(repeating: 0, count: most * width)
    work = MLP.Workspace(for: network, rows: most)
    places.reserveCapacity(clipsInBatch + 1)
  }

  /// Begins a batch.
  mutating func clear() {
    places.removeAll(keepingCapacity: true)
    places.append(0)
  }

  mutating func take(_ clip: Int) {
    let (from, to) = (starts[clip] * width, places.last! * width)
    let count = (starts[clip + 1] - starts[clip]) * width
    for i in 0..<count { inputs[to + i] = features[from + i] }
    places.append(places.last! + starts[clip + 1] - starts[clip])
  }

  mutating func forward(_ theta: [Float]) {
    network.forward(theta, inputs, stride: width, rows: places.last!, into: &work)
  }

  /// Σ γᵗ r̂ of the batch's clip at `place`.
  func sum(at place: Int) -> Double {
    var sum = 0.0
    for row in places[place]..<places[place + 1] {
      sum += Double(discounts[row - places[place]] * work.output(row))
    }
    return sum
  }

  /// Sets the slope of the loss in that sum.
  mutating func setSlope(_ slope: Double, at place: Int) {
    for row in places[place]..<places[place + 1] {
      work.setGradient(row, to: Float(slope) * discounts[row - places[place]])
    }
  }

  mutating func backward(_ theta: [Float], into gradient: inout [Float]) {
    network.backward(theta, inputs, stride: width, rows: places.last!, &work, into: &gradient)
  }
}
