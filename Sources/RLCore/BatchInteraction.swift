import Dispatch

/// Learning by interaction in many lanes at once: act, step, learn, record.
///
/// One turn is a step of every lane, and the clock counts them all: it moves by as many steps as there are lanes, so
/// that `advance` may end up to one turn late.
public struct BatchInteraction<World: Environment<[Float], Rule.Action>, Rule: BatchAgent>: ActingLearner {
  public var agent: Rule
  public private(set) var clock = 0

  /// What evaluations play in.
  public let world: World
  @usableFromInline var batch: Batch<[Float], Rule.Action>
  @usableFromInline var actions: [Rule.Action.Scalar]
  /// Undiscounted return and steps of each lane's episode so far. Shape `[lanes]`.
  @usableFromInline var returns: [Double]
  @usableFromInline var lengths: [Int]

  // Made where World and Rule are concrete: see ``Learner``.
  @usableFromInline let specialisedTurn: @Sendable (inout Self, inout Meter) -> Void
  @usableFromInline let specialisedEvaluation: @Sendable (Self, Int, UInt64, Bool) -> Evaluation

  @inlinable public init(_ world: World, lanes: Int, _ agent: Rule, seed: UInt64) {
    self.world = world
    self.agent = agent
    batch = Batch(world, count: lanes, seed: seed)
    actions = batch.emptyActions()
    returns = .init(repeating: 0, count: lanes)
    lengths = .init(repeating: 0, count: lanes)
    specialisedTurn = { $0.turn(&$1) }
    specialisedEvaluation = { learner, episodes, seed, sample in
      var policy = learner.agent.policy(sampledWith: sample ? seed : nil)
      return Evaluation(of: &policy, in: learner.world, episodes: episodes, seed: seed)
    }
  }

  public var isConverged: Bool { false }
  public var metricTags: [String] { Rule.metricTags }
  public var solution: Solution? { world.solution(by: agent.estimate) }
  public var surface: Surface? { world.surface(by: agent.estimate) }

  public mutating func advance(by count: Int, into meter: inout Meter) throws {
    let end = clock + count
    while clock < end {
      specialisedTurn(&self, &meter)
      clock += batch.count
    }
    if let fault = meter.fault { throw fault }
  }

  /// One step of every lane, with a clock around each phase.
  @inlinable mutating func turn(_ meter: inout Meter) {
    ProductClock.start()
    let start = DispatchTime.now().uptimeNanoseconds
    agent.act(batch.observations, into: &actions)
    let acted = DispatchTime.now().uptimeNanoseconds
    batch.step(actions)
    let stepped = DispatchTime.now().uptimeNanoseconds
    agent.learn(batch, into: &meter)
    let learned = DispatchTime.now().uptimeNanoseconds
    meter.record(steps: batch.count)
    for lane in 0..<batch.count { record(lane, &meter) }
    meter.shares.act += Double(acted - start) * 1e-9
    meter.shares.step += Double(stepped - acted) * 1e-9
    meter.shares.learn += Double(learned - stepped) * 1e-9
    meter.shares.products += ProductClock.stop()
  }

  @inlinable mutating func record(_ lane: Int, _ meter: inout Meter) {
    returns[lane] += batch.rewards[lane]
    lengths[lane] += 1
    if batch.endings[lane] != .running || !returns[lane].isFinite {
      meter.recordEpisode(return: returns[lane], length: lengths[lane])
      returns[lane] = 0
      lengths[lane] = 0
    }
  }

  public func evaluate(episodes: Int, seed: UInt64, sample: Bool) -> Evaluation {
    var evaluation = specialisedEvaluation(self, episodes, seed, sample)
    evaluation.episode.estimates = world.estimates(of: evaluation.episode, by: agent.estimate)
    return evaluation
  }

  public func policy(sampledWith seed: UInt64?) -> Rule.Behaviour { agent.policy(sampledWith: seed) }

  public func idleReturn(episodes: Int, seed: UInt64) -> Double? {
    Evaluation.idleReturn(in: world, episodes: episodes, seed: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    checkpoint.add("lanes/returns", returns)
    checkpoint.add("lanes/lengths", lengths)
    batch.save(to: &checkpoint)
    agent.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    returns = try checkpoint.doubles("lanes/returns", count: batch.count)
    lengths = try checkpoint.ints("lanes/lengths", count: batch.count)
    try batch.restore(from: checkpoint)
    try agent.restore(from: checkpoint)
  }
}
