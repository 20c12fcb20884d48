import RLCore

/// Policy iteration: evaluation of a policy and improvement on it, in turns.
///
/// Source: Zhao, §4.2, algorithm 4.2; Sutton & Barto, 2nd ed., §4.3, box "Policy Iteration".
///
/// Deviations from the source: an action within 1e-9 of the best is kept, so that rounding does not make equals take
/// turns. The first policy is the first action everywhere; without discount, the first action that may lead nearer to an
/// end, since the values of a policy that earns for ever do not exist; where there is no such policy, that is an error.
///
/// Metrics: `train/residual` max_s |max_a q_π(s, a) − v_π(s)|; `train/bound` the guaranteed distance of v_π to v*;
/// `train/changes` states whose action was improved.
public struct PolicyIteration: Planner {
  public enum Evaluation: String, CaseIterable, Sendable {
    /// A linear system.
    case exact
    /// In-place sweeps from the values of the policy before.
    case iterative
  }

  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "policy-iteration"
    public static let summary = "evaluation of a policy in a known model and improvement on it, in turns"
    public static let needsModel = true

    public var evaluation = Evaluation.exact
    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?
    public var tolerance = 1e-10

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .choice("evaluation", \.evaluation, "how a policy's values are found"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
      .number(
        "tolerance", \.tolerance, in: 0...1e9, "guaranteed distance to a policy's values, where evaluation is iterative"
      ),
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      Planning(PolicyIteration(self, for: model!), in: world)
    }
  }

  public static let metricTags = ["train/residual", "train/bound", "train/changes"]
  private enum Slot { static let residual = 0, bound = 1, changes = 2 }

  private let table: TransitionTable
  private let model: SweepModel
  private var evaluation = PolicyEvaluation.Configuration()
  private let gamma: Double
  /// The action of each state. Shape `[states]`.
  public private(set) var policy: [Int]
  /// v of the policy before the last improvement. Shape `[states]`.
  public private(set) var v: [Double]
  public private(set) var isConverged = false

  public init(_ configuration: Configuration, for table: TransitionTable, from policy: [Int]? = nil) {
    self.table = table
    gamma = configuration.discount ?? table.discount
    model = SweepModel(table, discount: gamma)
    evaluation.method = configuration.evaluation == .exact ? .exact : .inPlace
    evaluation.discount = gamma
    evaluation.tolerance = configuration.tolerance
    v = .init(repeating: 0, count: table.states)
    if let policy {
      self.policy = policy
    } else if gamma < 1 {
      self.policy = .init(repeating: 0, count: table.states)
    } else {
      self.policy = ReverseOrder(model, stopsAtRest: true).policy(in: model)
    }
  }

  public mutating func sweep(into meter: inout Meter) throws {
    // Policy evaluation: v_π = r_π + γ P_π v_π
    var evaluated = PolicyEvaluation(evaluation, of: probabilities, in: table, from: v)
    try evaluated.run()
    v = evaluated.v
    // Policy improvement: π(s) ← argmax_a q_π(s, a)
    let q = model.actionValues(v)
    var residual = 0.0
    var changes = 0
    for s in 0..<table.states {
      let row = s * table.actions
      let best = q[row..<row + table.actions].max()!
      residual = max(residual, abs(best - v[s]))
      if q[row + policy[s]] < best - 1e-9 {
        policy[s] = (0..<table.actions).first { q[row + $0] >= best - 1e-9 }!
        changes += 1
      }
    }
    meter.add(residual, to: Slot.residual)
    meter.add(gamma < 1 ? residual / (1 - gamma) : residual, to: Slot.bound)
    meter.add(Double(changes), to: Slot.changes)
    isConverged = changes == 0
  }

  private var probabilities: [Double] {
    var probabilities = [Double](repeating: 0, count: table.states * table.actions)
    for s in 0..<table.states { probabilities[s * table.actions + policy[s]] = 1 }
    return probabilities
  }

  public var solution: Solution { model.solution(v) }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("policy", policy)
    checkpoint.add("v", v)
    checkpoint.add("converged", isConverged ? 1 : 0)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    policy = try checkpoint.ints("policy", count: table.states)
    v = try checkpoint.doubles("v", count: table.states)
    isConverged = try checkpoint.int("converged") == 1
  }
}
