import Networks
import RLCore

/// Policy evaluation: the state values of a given policy in a known model.
///
/// Source: Sutton & Barto, 2nd ed., §4.1, box "Iterative Policy Evaluation"; Zhao, §2.7: in closed form, and iteratively.
///
/// Deviations from the source: stops on the bound of Puterman (1994), theorem 6.3.1, as `ValueIteration` does. With γ = 1 a policy
/// that neither ends nor comes to rest without reward is an error.
///
/// Metrics: `train/residual` max_s |v_k(s) − v_{k−1}(s)|; `train/bound` the guaranteed distance to v_π.
public struct PolicyEvaluation: Planner {
  public enum Method: String, CaseIterable, Sendable {
    /// Sweeps from the values of the sweep before.
    case synchronous
    /// Sweeps from the latest values.
    case inPlace = "in-place"
    /// One solution of a linear system.
    case exact
  }

  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "policy-evaluation"
    public static let summary = "the values of a given policy in a known model"
    public static let needsModel = true

    public var policy = FollowedPolicy.uniform
    public var method = Method.synchronous
    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?
    public var tolerance = 1e-10

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .policy("policy", \.policy, "the policy whose values are found"),
      .choice("method", \.method, "how the values are found"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
      .number("tolerance", \.tolerance, in: 0...1e9, "guaranteed distance to the policy's values to stop at"),
    ]

    public func misfit(in world: some FiniteEnvironment) -> String? {
      policy.misfit(in: world).map { "its policy \($0)" }
    }

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      let table = PolicyTable(policy, for: world).probabilities
      return Planning(PolicyEvaluation(self, of: table, in: model!), in: world)
    }
  }

  public static let metricTags = ["train/residual", "train/bound"]
  private enum Slot { static let residual = 0, bound = 1 }

  /// Most states of an exact solution: the matrix of so many takes 800 MB.
  private static let mostExactStates = 10_000

  private let table: TransitionTable
  /// π. Shape `[states, actions]`.
  private let policy: [Double]
  /// The Markov chain under π, with weights γ p.
  private let chain: SweepModel
  private let method: Method
  private let gamma: Double
  private let tolerance: Double
  /// Shape `[states]`.
  private(set) var v: [Double]
  private var next: [Double]
  private var isChecked = false
  public private(set) var isConverged = false

  public init(_ configuration: Configuration, of policy: [Double], in table: TransitionTable, from v: [Double]? = nil) {
    precondition(policy.count == table.states * table.actions, "a policy has a probability for each pair")
    self.table = table
    self.policy = policy
    method = configuration.method
    gamma = configuration.discount ?? table.discount
    tolerance = configuration.tolerance
    chain = SweepModel(table, discount: gamma, under: policy)
    self.v = v ?? .init(repeating: 0, count: table.states)
    next = self.v
  }

  public mutating func sweep(into meter: inout Meter) throws {
    if !isChecked { try checkThatItEnds() }
    let residual: Double
    switch method {
    case .synchronous:
      // v_{k+1}(s) = Σ_a π(a | s) Σ p(s′, r | s, a) (r + γ v_k(s′))
      residual = chain.sweep(v, into: &next)
      swap(&v, &next)
    case .inPlace: residual = chain.sweepInPlace(&v)
    case .exact:
      // (I − γ P_π) v = r_π
      v = try exactValues()
      residual = chain.sweep(v, into: &next)
    }
    let bound = gamma < 1 ? gamma / (1 - gamma) * residual : residual
    meter.add(residual, to: Slot.residual)
    meter.add(bound, to: Slot.bound)
    isConverged = bound <= tolerance || method == .exact
  }

  /// Sweeps until the bound is met.
  mutating func run() throws {
    var meter = Meter(tags: Self.metricTags)
    while !isConverged {
      try sweep(into: &meter)
      if let fault = meter.fault { throw fault }
    }
  }

  /// Without discount the values of a policy exist where it ends, or where it earns nothing any more.
  private mutating func checkThatItEnds() throws {
    isChecked = true
    guard gamma == 1 else { return }
    guard let s = ReverseOrder(chain, stopsAtRest: true).distances.firstIndex(of: -1) else { return }
    throw CoreError.noSolution(
      "without discount the value of state \(s) diverges, since the policy never ends there; set a discount below 1")
  }

  private func exactValues() throws -> [Double] {
    let n = table.states
    guard n <= Self.mostExactStates else {
      throw CoreError.noSolution("an exact evaluation takes at most \(Self.mostExactStates) states, here are \(n)")
    }
    var matrix = [Double](repeating: 0, count: n * n)
    var values = [Double](repeating: 0, count: n)
    let reverse = gamma == 1 ? ReverseOrder(chain, stopsAtRest: true) : nil
    for s in 0..<n {
      matrix[s * n + s] = 1
      // A place that earns nothing for ever has the value 0, which I − P would leave open.
      if let reverse, reverse.isRest(s) { continue }
      values[s] = chain.reward(s, 0)
      chain.forEachSuccessor(s, 0) { next, weight in matrix[next * n + s] -= weight }
    }
    guard solve(&matrix, &values) else {
      throw CoreError.noSolution("the equations of the policy's values are singular")
    }
    return values
  }

  public var solution: Solution {
    let q = SweepModel(table, discount: gamma).actionValues(v)
    return Solution(states: table.states, actions: table.actions, v: v, q: q, policy: policy)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("v", v)
    checkpoint.add("converged", isConverged ? 1 : 0)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    v = try checkpoint.doubles("v", count: table.states)
    isConverged = try checkpoint.int("converged") == 1
  }
}
