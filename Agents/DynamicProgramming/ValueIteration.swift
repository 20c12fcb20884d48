import RLCore

/// Value iteration: synchronous sweeps of the Bellman optimality operator.
///
/// Source: Zhao, §4.1, algorithm 4.1; Sutton & Barto, 2nd ed., §4.4. The distance bound is Puterman (1994),
/// theorem 6.3.1: ‖v_k − v*‖ ≤ γ/(1 − γ)·‖v_k − v_{k−1}‖.
///
/// Deviations from the source: stops on the bound instead of on the residual; with γ = 1, where there is no such
/// bound, on the residual.
///
/// Metrics: `train/residual` max_s |v_k(s) − v_{k−1}(s)|; `train/bound` the guaranteed distance to v*.
public struct ValueIteration: Planner {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "value-iteration"
    public static let summary = "sweeps of the Bellman optimality operator over a known model"
    public static let needsModel = true

    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?
    public var tolerance = 1e-10

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
      .number("tolerance", \.tolerance, in: 0...1e9, "guaranteed distance to the optimal values to stop at"),
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      Planning(ValueIteration(self, for: model!), in: world)
    }
  }

  public static let metricTags = ["train/residual", "train/bound"]
  private enum Slot { static let residual = 0, bound = 1 }

  private let model: TransitionTable
  private let gamma: Double
  private let tolerance: Double
  /// v_k and v_{k+1}. Shape `[states]`.
  private var v: [Double]
  private var next: [Double]
  public private(set) var isConverged = false

  public init(_ configuration: Configuration, for model: TransitionTable) {
    self.model = model
    gamma = configuration.discount ?? model.discount
    tolerance = configuration.tolerance
    v = .init(repeating: 0, count: model.states)
    next = v
  }

  public mutating func sweep(into meter: inout Meter) {
    var residual = 0.0
    for s in 0..<model.states {
      // v_{k+1}(s) = max_a Σ p(s′, r | s, a) (r + γ v_k(s′))
      var best = -Double.infinity
      for a in 0..<model.actions { best = max(best, backup(s, a)) }
      residual = max(residual, abs(best - v[s]))
      next[s] = best
    }
    swap(&v, &next)
    let bound = gamma < 1 ? gamma / (1 - gamma) * residual : residual
    meter.add(residual, to: Slot.residual)
    meter.add(bound, to: Slot.bound)
    isConverged = bound <= tolerance
  }

  /// q(s, a) under the present values.
  @inline(__always)
  private func backup(_ s: Int, _ a: Int) -> Double {
    let pair = s * model.actions + a
    var sum = 0.0
    for i in Int(model.starts[pair])..<Int(model.starts[pair + 1]) {
      let branch = model.branches[i]
      let future = branch.isTerminal ? 0 : gamma * v[Int(branch.next)]
      sum += model.probabilities[i] * (branch.reward + future)
    }
    return sum
  }

  public var solution: Solution {
    var q = [Double](repeating: 0, count: model.states * model.actions)
    for s in 0..<model.states {
      for a in 0..<model.actions { q[s * model.actions + a] = backup(s, a) }
    }
    return Solution(greedyWith: q, states: model.states, actions: model.actions)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("v", v)
    checkpoint.add("converged", isConverged ? 1 : 0)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    v = try checkpoint.doubles("v", count: model.states)
    isConverged = try checkpoint.int("converged") == 1
  }
}
