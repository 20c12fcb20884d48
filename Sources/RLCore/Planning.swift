/// A solver that sweeps a known model.
public protocol Planner: Sendable {
  static var metricTags: [String] { get }
  /// Whether the solver's own bound says that another sweep is not needed.
  var isConverged: Bool { get }
  /// One pass over the states. Throws ``CoreError/noSolution`` where values diverge.
  mutating func sweep(into meter: inout Meter) throws
  var solution: Solution { get }
  func save(to checkpoint: inout CheckpointWriter)
  mutating func restore(from checkpoint: CheckpointReader) throws
}

/// Learning by planning: the clock counts sweeps, and evaluation plays the greedy policy in the world itself.
public struct Planning<Solver: Planner, World: FiniteEnvironment>: ActingLearner {
  public var planner: Solver
  public let world: World
  public private(set) var clock = 0

  // Made where World is concrete, so that the games behind `any Learner` are specialised.
  @usableFromInline let specialisedEvaluation: @Sendable (World, inout TabularPolicy, Int, UInt64) -> Evaluation

  @inlinable public init(_ planner: Solver, in world: World) {
    self.planner = planner
    self.world = world
    specialisedEvaluation = { Evaluation(of: &$1, in: $0, episodes: $2, seed: $3) }
  }

  public var isConverged: Bool { planner.isConverged }
  public var metricTags: [String] { Solver.metricTags }
  public var solution: Solution? { planner.solution }

  public mutating func advance(by count: Int, into meter: inout Meter) throws {
    for _ in 0..<count where !planner.isConverged {
      try planner.sweep(into: &meter)
      clock += 1
      if let fault = meter.fault { throw fault }
    }
  }

  public func evaluate(episodes: Int, seed: UInt64, sample: Bool) -> Evaluation {
    var policy = policy(sampledWith: sample ? seed : nil)
    var evaluation = specialisedEvaluation(world, &policy, episodes, seed)
    evaluation.episode.estimates = planner.solution.estimates(along: evaluation.episode)
    return evaluation
  }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    let solution = planner.solution
    return TabularPolicy(probabilities: solution.policy, actions: solution.actions, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    planner.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    try planner.restore(from: checkpoint)
  }
}
