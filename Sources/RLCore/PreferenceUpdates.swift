import Dispatch

/// A rule that tunes a policy on stored clips: pairs of them and which one is preferred, or demonstrations.
public protocol ClipRule<Action>: Sendable {
  associatedtype Action: SpaceElement
  associatedtype Behaviour: Policy<[Float], Action>

  /// Metric tags, one per slot of the ``Meter`` that `update` adds to.
  static var metricTags: [String] { get }

  /// One update on a batch. It allocates nothing.
  mutating func update(into meter: inout Meter)

  /// A frozen copy of the present policy: deterministic, or as it explores where `seed` is given.
  func policy(sampledWith seed: UInt64?) -> Behaviour

  func save(to checkpoint: inout CheckpointWriter)
  mutating func restore(from checkpoint: CheckpointReader) throws
}

/// Learning from preferences, or from demonstrations: the clock counts updates, no step of the world is taken, and
/// evaluation plays the policy in the world itself.
public struct PreferenceUpdates<World: Environment<[Float], Rule.Action>, Rule: ClipRule>: ActingLearner {
  public var rule: Rule
  public let world: World
  public private(set) var clock = 0

  public init(_ rule: Rule, in world: World) {
    self.rule = rule
    self.world = world
  }

  public var isConverged: Bool { false }
  public var metricTags: [String] { Rule.metricTags }
  public var solution: Solution? { nil }

  public mutating func advance(by count: Int, into meter: inout Meter) throws {
    ProductClock.start()
    let start = DispatchTime.now().uptimeNanoseconds
    for _ in 0..<count {
      meter.record(steps: 1)
      rule.update(into: &meter)
      clock += 1
      if let fault = meter.fault { throw fault }
    }
    meter.shares.learn += Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    meter.shares.products += ProductClock.stop()
  }

  public func policy(sampledWith seed: UInt64?) -> Rule.Behaviour { rule.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    rule.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    try rule.restore(from: checkpoint)
  }
}
