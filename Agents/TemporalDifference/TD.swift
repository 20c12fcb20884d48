import RLCore

/// TD(0): prediction of a policy's values.
///
/// Source: Sutton (1988), doi:10.1007/BF00115009; Sutton & Barto, 2nd ed., §6.1, box "Tabular TD(0) for estimating v_π";
/// Zhao, §7.1.
///
/// Deviations from the source: none. A truncated step bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v(s) − v_π(s))² / |S|) over the states that an episode can stand in, where the model
/// is known.
public struct TD: Agent {
  public struct Configuration: PredictionSettings, Equatable {
    public static let id = "td"
    public static let summary = "prediction of a fixed policy from one reward and the value that follows, TD(0)"

    public var policy = FollowedPolicy.uniform
    public var alpha: StepSize = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings = predictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      TD(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = StateValues.metricTags

  private var values: StateValues
  private var alpha: StepSizes

  public init(
    _ configuration: Configuration, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = StateValues(configuration, for: world, model: model, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.v.count)
  }

  /// v(s). Shape `[states]`.
  public var v: [Double] { values.v }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A ← action given by π for S
    a = values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // V(S) ← V(S) + α [R + γ V(S′) − V(S)]
    let target = ending == .terminated ? r : r + values.gamma * values.v[next]
    values.v[s] += alpha.next(s) * (target - values.v[s])
    values.measure(ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
  }
}
