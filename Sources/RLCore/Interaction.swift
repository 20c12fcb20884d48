import Dispatch

/// Learning by interaction: act, step, learn, record.
public struct Interaction<World: Environment, Rule: Agent>: ActingLearner
where World.Observation == Rule.Observation, World.Action == Rule.Action {
  public var world: World
  public var agent: Rule
  public private(set) var clock = 0

  @usableFromInline var observation: World.Observation
  @usableFromInline var next: World.Observation
  @usableFromInline var action: World.Action
  @usableFromInline var visits: VisitSample

  // Made where World and Rule are concrete, so that the loop behind `any Learner` is specialised.
  @usableFromInline let specialisedLoop: @Sendable (inout Self, Int, inout Meter) -> Void
  @usableFromInline let specialisedEvaluation: @Sendable (Self, Int, UInt64, Bool) -> Evaluation

  /// The world's stream starts from `seed` itself, so that the first start state is Gymnasium's for that seed.
  @inlinable public init(_ world: World, _ agent: Rule, seed: UInt64) {
    self.world = world
    self.agent = agent
    observation = world.emptyObservation()
    next = world.emptyObservation()
    action = world.emptyAction()
    visits = VisitSample(of: world.observationSpace)
    specialisedLoop = { $0.loop($1, &$2) }
    specialisedEvaluation = { learner, episodes, seed, sample in
      var policy = learner.agent.policy(sampledWith: sample ? seed : nil)
      return Evaluation(of: &policy, in: learner.world, episodes: episodes, seed: seed)
    }
    self.world.reset(seed: seed, into: &observation)
  }

  public var isConverged: Bool { false }
  public var metricTags: [String] { Rule.metricTags }

  public var solution: Solution? {
    guard var solution = agent.solution else { return world.solution(by: agent.estimate) }
    solution.visits = visits.visits
    return solution
  }

  public var surface: Surface? { world.surface(by: agent.estimate) }

  public mutating func advance(by count: Int, into meter: inout Meter) throws {
    specialisedLoop(&self, count, &meter)
    clock += count
    if let fault = meter.fault { throw fault }
  }

  @inlinable mutating func loop(_ count: Int, _ meter: inout Meter) {
    let end = clock + count
    var step = clock
    let timed = min(end, clock + Meter.timedSteps)
    while step < timed {
      countVisit(at: step)
      timedTransition(&meter)
      step += 1
    }
    while step < end {
      countVisit(at: step)
      let stop = min(end, visits.next)
      for _ in step..<stop { transition(&meter) }
      step = stop
    }
  }

  @inlinable @inline(__always)
  mutating func countVisit(at step: Int) {
    if step == visits.next { visits.count(observation as? Int) }
  }

  @inlinable @inline(__always)
  mutating func transition(_ meter: inout Meter) {
    agent.act(observation, into: &action)
    let step = world.step(action, into: &next)
    agent.learn(observation, action, step.reward, next, step.ending, into: &meter)
    finish(step, &meter)
  }

  @inlinable @inline(__always)
  mutating func finish(_ step: Step, _ meter: inout Meter) {
    meter.record(step)
    if step.ending == .running {
      swap(&observation, &next)
    } else {
      world.reset(seed: nil, into: &observation)
    }
  }

  /// One transition with a clock around each phase.
  @inlinable @inline(never)
  mutating func timedTransition(_ meter: inout Meter) {
    ProductClock.start()
    let start = DispatchTime.now().uptimeNanoseconds
    agent.act(observation, into: &action)
    let acted = DispatchTime.now().uptimeNanoseconds
    let step = world.step(action, into: &next)
    let stepped = DispatchTime.now().uptimeNanoseconds
    agent.learn(observation, action, step.reward, next, step.ending, into: &meter)
    let learned = DispatchTime.now().uptimeNanoseconds
    finish(step, &meter)
    meter.shares.act += Double(acted - start) * 1e-9
    meter.shares.step += Double(stepped - acted) * 1e-9
    meter.shares.learn += Double(learned - stepped) * 1e-9
    meter.shares.products += ProductClock.stop()
  }

  public func evaluate(episodes: Int, seed: UInt64, sample: Bool) -> Evaluation {
    var evaluation = specialisedEvaluation(self, episodes, seed, sample)
    let estimates = world.estimates(of: evaluation.episode, by: agent.estimate)
    evaluation.episode.estimates =
      estimates.isEmpty ? agent.solution?.estimates(along: evaluation.episode) ?? [] : estimates
    return evaluation
  }

  public func policy(sampledWith seed: UInt64?) -> Rule.Behaviour { agent.policy(sampledWith: seed) }

  public func idleReturn(episodes: Int, seed: UInt64) -> Double? {
    Evaluation.idleReturn(in: world, episodes: episodes, seed: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    visits.save(to: &checkpoint)
    world.save(to: &checkpoint)
    agent.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    try visits.restore(from: checkpoint, clock: clock)
    try world.restore(from: checkpoint, into: &observation)
    try agent.restore(from: checkpoint)
  }
}
