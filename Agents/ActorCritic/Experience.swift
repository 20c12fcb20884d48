import Networks
import RLCore

/// What every agent is told that learns a policy for continuous actions from a replay buffer.
public protocol OffPolicyActorSettings: ContinuousLearning {
  var hidden: [Int] { get set }
  var batch: Int { get set }
  var learningRate: Schedule { get set }
  var actorLearningRate: Schedule { get set }
  var discount: Double { get set }
  var tau: Double { get set }
  var noise: ExplorationNoise.Kind { get set }
  var noiseScale: Schedule { get set }
  var noiseReversion: Double { get set }
  var warmup: Int { get set }
  var capacity: Int { get set }
  var rewardScale: Double { get set }
}

extension OffPolicyActorSettings {
  static var offPolicyActorSettings: [Setting<Self>] {
    [
      .layers("hidden", \.hidden, "widths of the hidden layers of actor and critic"),
      .integer("batch", \.batch, in: 1...65_536, "transitions in an update"),
      .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate for the critic"),
      .schedule("actorLearningRate", \.actorLearningRate, in: 0...10, "Adam's learning rate for the actor"),
      .number("discount", \.discount, in: 0...1, "discount γ"),
      .number("tau", \.tau, in: 0...1, "how far the targets follow in one update, τ"),
      .choice("noise", \.noise, "kind of exploration noise"),
      .schedule("noiseScale", \.noiseScale, in: 0...10, "standard deviation of its draws, in half action ranges"),
      .number("noiseReversion", \.noiseReversion, in: 0...1, "share of ornstein-uhlenbeck noise lost in a step, θ"),
      .integer("warmup", \.warmup, in: 0...Int.max, "uniformly random steps before learning"),
      .integer("capacity", \.capacity, in: 1...100_000_000, "transitions the replay buffer holds"),
      .number("rewardScale", \.rewardScale, in: 0...1e6, "factor on rewards"),
    ]
  }
}

/// What such an agent does around its updates: it acts at random first, then as its policy says and with noise, and keeps
/// what happened.
struct Experience: Sendable {
  let range: ActionRange
  private(set) var noise: ExplorationNoise
  /// Actions taken so far.
  private(set) var steps = 0
  /// What updates draw from.
  var updateStream: RandomStream

  private let warmup: Int
  private let rewardScale: Double
  private let noiseScale: Schedule
  private var replay: Replay
  private var policyStream: RandomStream
  /// The last action, in −1 … 1.
  private var unitAction: [Float]

  init(_ settings: some OffPolicyActorSettings, observationSize: Int, actions: Space, _ seeds: SeedSequence) {
    range = ActionRange(actions)
    warmup = settings.warmup
    rewardScale = settings.rewardScale
    noiseScale = settings.noiseScale
    replay = Replay(capacity: settings.capacity, observationSize: observationSize, actionSize: actions.size)
    noise = ExplorationNoise(
      settings.noise, scale: settings.noiseScale.value(at: 0), reversion: settings.noiseReversion, size: actions.size)
    policyStream = RandomStream(seeds.spawn(0))
    updateStream = RandomStream(seeds.spawn(1))
    unitAction = .init(repeating: 0, count: actions.size)
  }

  /// Whether actions are still uniform.
  var isWarmingUp: Bool { steps < warmup }
  /// Whether there is enough to learn from.
  var suffices: Bool { steps > warmup }

  mutating func actAtRandom(into action: inout [Float]) {
    for i in unitAction.indices { unitAction[i] = Float(policyStream.uniform(-1, 1)) }
    range.scale(unitAction, into: &action)
  }

  /// The action of a network's output, in −1 … 1, and noise.
  mutating func explore(from work: MLP.Workspace, into action: inout [Float]) {
    for i in unitAction.indices { unitAction[i] = work.output(i) }
    explore(into: &action)
  }

  /// The same for an action, in −1 … 1, drawn from a distribution.
  mutating func explore(from drawn: [Float], into action: inout [Float]) {
    for i in unitAction.indices { unitAction[i] = drawn[i] }
    explore(into: &action)
  }

  private mutating func explore(into action: inout [Float]) {
    noise.scale = noiseScale.value(at: steps)
    noise.perturb(&unitAction, using: &policyStream)
    for i in unitAction.indices { unitAction[i] = max(-1, min(1, unitAction[i])) }
    range.scale(unitAction, into: &action)
  }

  /// Keeps the transition that the last action made.
  mutating func append(_ observation: [Float], _ reward: Double, _ next: [Float], _ ending: Ending) {
    replay.append(
      observation, unitAction, Float(reward * rewardScale), next, bootstrap: Float(ending.bootstrapFactor))
    steps += 1
    if ending != .running { noise.reset() }
  }

  mutating func sample(into batch: inout TransitionBatch) { replay.sample(into: &batch, using: &updateStream) }

  func save(to checkpoint: inout CheckpointWriter) {
    replay.save(to: &checkpoint)
    noise.save(to: &checkpoint)
    checkpoint.add("random/policy", policyStream)
    checkpoint.add("random/replay", updateStream)
    checkpoint.add("steps", steps)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    try replay.restore(from: checkpoint)
    try noise.restore(from: checkpoint)
    policyStream = try checkpoint.random("random/policy")
    updateStream = try checkpoint.random("random/replay")
    steps = try checkpoint.int("steps")
    noise.scale = noiseScale.value(at: steps)
  }
}
