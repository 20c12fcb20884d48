/// A learning rule that acts in all lanes of a ``Batch`` at once and learns from what all of them did.
///
/// `act` and `learn` allocate nothing.
public protocol BatchAgent<Action>: Sendable {
  associatedtype Action: SpaceElement
  associatedtype Behaviour: Policy<[Float], Action>

  /// Metric tags, one per slot of the ``Meter`` that `learn` adds to.
  static var metricTags: [String] { get }

  /// Chooses the action that each lane takes now, exploring. Shapes `[lanes, observationSize]` and `[lanes, actionSize]`.
  mutating func act(_ observations: [Float], into actions: inout [Action.Scalar])

  /// Learns from the step that `batch` has just taken with the actions of the last `act`.
  mutating func learn(_ batch: Batch<[Float], Action>, into meter: inout Meter)

  /// A frozen copy of the present policy: deterministic, or as it explores where `seed` is given.
  func policy(sampledWith seed: UInt64?) -> Behaviour

  /// What the agent holds an observation to be worth, in the world's own rewards; `nil` where it does not say.
  func estimate(of observation: [Float]) -> ValueEstimate?

  func save(to checkpoint: inout CheckpointWriter)
  mutating func restore(from checkpoint: CheckpointReader) throws
}

extension SeedSequence {
  /// Where the streams of an agent come from that acts in a ``Batch``: apart from those of the lanes.
  public static func ofBatchAgent(seed: UInt64) -> SeedSequence { SeedSequence(seed).spawn(.max) }
}
