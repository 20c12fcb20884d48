import RLCore

/// TD(λ): prediction of a policy's values with accumulating eligibility traces.
///
/// Source: Sutton (1988), doi:10.1007/BF00115009; Sutton & Barto, 2nd ed., §12.2, box "Semi-gradient TD(λ)", each state
/// being a feature of its own.
///
/// Deviations from the source: z fades after its use instead of before the next; traces below 10⁻¹² are dropped. A
/// truncated step bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v(s) − v_π(s))² / |S|) over the states that an episode can stand in, where the model
/// is known.
public struct TDLambda: Agent {
  public struct Configuration: PredictionSettings, Equatable {
    public static let id = "td-lambda"
    public static let summary = "prediction of a fixed policy with eligibility traces, TD(λ)"

    /// The decay λ of the traces.
    public var lambda = 0.9
    public var policy = FollowedPolicy.uniform
    public var alpha: StepSize = 0.1
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .number("lambda", \.lambda, in: 0...1, "decay λ of the traces")
      ] + predictionSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      TDLambda(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = StateValues.metricTags

  private var values: StateValues
  private var alpha: StepSizes
  private let lambda: Double
  private var traces: EligibilityTraces

  public init(
    _ configuration: Configuration, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = StateValues(configuration, for: world, model: model, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.v.count)
    lambda = configuration.lambda
    traces = EligibilityTraces(.accumulating, entries: values.v.count)
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
    let alpha = self.alpha.next(s)
    // z ← γ λ z + ∇v(S)
    traces.visit(s, alpha: alpha)
    // δ ← R + γ V(S′) − V(S)
    let target = ending == .terminated ? r : r + values.gamma * values.v[next]
    let delta = target - values.v[s]
    // V ← V + α δ z
    traces.add(alpha * delta, to: &values.v)
    traces.fade(by: values.gamma * lambda)
    if ending != .running { traces.clear() }
    values.measure(ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    traces.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    try traces.restore(from: checkpoint)
  }
}
