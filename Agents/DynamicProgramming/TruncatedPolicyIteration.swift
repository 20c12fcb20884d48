import RLCore

/// Truncated policy iteration, also called modified: a few evaluation sweeps between improvements.
///
/// Source: Zhao, §4.3, algorithm 4.3; Puterman (1994), §6.5. With one evaluation it is value iteration, with many, policy
/// iteration.
///
/// Deviations from the source: stops on a bound. With r = ‖T v_{k−1} − v_{k−1}‖ the j evaluations give
/// ‖v_k − v*‖ ≤ r (2γ − γ^j) / (1 − γ): theorem 6.3.1 for the first, and γ^i r for each further one.
/// With γ = 1 there is no bound; where values diverge is an error, see `Endlessness`.
///
/// Metrics: `train/residual` r; `train/bound` the guaranteed distance to v*, or with γ = 1 the residual.
public struct TruncatedPolicyIteration: Planner {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "truncated-policy-iteration"
    public static let summary = "a few evaluation sweeps of a known model between improvements of the policy"
    public static let needsModel = true

    public var evaluations = 5
    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?
    public var tolerance = 1e-10

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .integer("evaluations", \.evaluations, in: 1...1_000_000, "evaluation sweeps of each policy"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
      .number("tolerance", \.tolerance, in: 0...1e9, "guaranteed distance to the optimal values to stop at"),
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      Planning(TruncatedPolicyIteration(self, for: model!), in: world)
    }
  }

  public static let metricTags = ["train/residual", "train/bound"]
  private enum Slot { static let residual = 0, bound = 1 }

  private let model: SweepModel
  private let evaluations: Int
  private let gamma: Double
  private let tolerance: Double
  /// What the residual is multiplied by for the bound: (2γ − γ^j) / (1 − γ), or 1 where γ = 1.
  private let reach: Double
  private var policy: [Int32]
  /// v_k. Shape `[states]`.
  public private(set) var v: [Double]
  private var next: [Double]
  private var endlessness: Endlessness
  public private(set) var isConverged = false

  public init(_ configuration: Configuration, for table: TransitionTable, from v: [Double]? = nil) {
    gamma = configuration.discount ?? table.discount
    evaluations = configuration.evaluations
    tolerance = configuration.tolerance
    let last = (0..<evaluations).reduce(1.0) { product, _ in product * (configuration.discount ?? table.discount) }
    reach = gamma < 1 ? (2 * gamma - last) / (1 - gamma) : 1
    model = SweepModel(table, discount: gamma)
    policy = .init(repeating: 0, count: table.states)
    self.v = v ?? .init(repeating: 0, count: table.states)
    next = self.v
    endlessness = Endlessness(discount: gamma)
  }

  public mutating func sweep(into meter: inout Meter) throws {
    // Policy improvement: π_k(s) = argmax_a q_{k−1}(s, a)
    let residual = model.improve(&policy, v)
    // Policy evaluation: v^(j+1) = r_π + γ P_π v^(j)
    for _ in 0..<evaluations {
      model.evaluate(policy, v, into: &next)
      swap(&v, &next)
    }
    let bound = reach * residual
    meter.add(residual, to: Slot.residual)
    meter.add(bound, to: Slot.bound)
    isConverged = bound <= tolerance
    try endlessness.check(model, v)
  }

  public var solution: Solution { model.solution(v) }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("v", v)
    checkpoint.add("converged", isConverged ? 1 : 0)
    endlessness.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    v = try checkpoint.doubles("v", count: model.states)
    isConverged = try checkpoint.int("converged") == 1
    try endlessness.restore(from: checkpoint)
  }
}
