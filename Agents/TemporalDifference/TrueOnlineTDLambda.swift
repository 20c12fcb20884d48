import RLCore

/// True online TD(λ): prediction of a policy's values, exactly as the online λ-return algorithm would.
///
/// Source: van Seijen & Sutton (2014), ICML; Sutton & Barto, 2nd ed., §12.5, box "True online TD(λ) for estimating
/// wᵀx ≈ v_π", each state being a feature of its own.
///
/// Deviations from the source: z fades after its use instead of before the next; traces below 10⁻¹² are dropped. A
/// truncated step bootstraps.
///
/// Metrics: `train/rms_error` √(Σ_s (v(s) − v_π(s))² / |S|) over the states that an episode can stand in, where the model
/// is known.
public struct TrueOnlineTDLambda: Agent {
  public struct Configuration: PredictionSettings, Equatable {
    public static let id = "true-online-td-lambda"
    public static let summary = "prediction of a fixed policy, equal to the online λ-return algorithm"

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
      TrueOnlineTDLambda(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = StateValues.metricTags

  private var values: StateValues
  private var alpha: StepSizes
  private let lambda: Double
  private var traces: EligibilityTraces
  /// V(S) before the last update.
  private var old = 0.0

  public init(
    _ configuration: Configuration, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = StateValues(configuration, for: world, model: model, seed: seed)
    alpha = StepSizes(configuration.alpha, entries: values.v.count)
    lambda = configuration.lambda
    traces = EligibilityTraces(.dutch, entries: values.v.count)
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
    // V ← wᵀx, V′ ← wᵀx′
    let value = values.v[s]
    let ahead = ending == .terminated ? 0 : values.v[next]
    // δ ← R + γ V′ − V
    let delta = r + values.gamma * ahead - value
    // z ← γ λ z + (1 − α γ λ zᵀx) x
    let alpha = self.alpha.next(s)
    traces.visit(s, alpha: alpha)
    // w ← w + α (δ + V − V_old) z − α (V − V_old) x
    traces.add(alpha * (delta + value - old), to: &values.v)
    values.v[s] -= alpha * (value - old)
    // V_old ← V′
    old = ahead
    traces.fade(by: values.gamma * lambda)
    if ending != .running {
      traces.clear()
      old = 0
    }
    values.measure(ending, into: &meter)
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    alpha.save(to: &checkpoint)
    checkpoint.add("old", old)
    traces.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try alpha.restore(from: checkpoint)
    old = try checkpoint.double("old")
    try traces.restore(from: checkpoint)
  }
}
