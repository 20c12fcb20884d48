import RLCore

/// Relative value iteration: the largest average reward a step of a continuing world, and its differential values.
///
/// Source: Puterman (1994), §8.5.5; for the setting Sutton & Barto, 2nd ed., §10.3. It assumes a unichain world: under
/// every policy one set of states is visited for ever, so that the average does not depend on the start.
///
/// Deviations from the source: the aperiodicity transformation of §8.5.4 with τ = 1/2 is always made, v ← (v + Tv) / 2, so
/// that worlds with cycles converge too. The bounds are of the world as it is: min (Tv − v) ≤ ρ* ≤ max (Tv − v), theorem
/// 8.5.5. Only states that can be reached from a start count; an end among them is refused.
///
/// Metrics: `train/gain` ρ, the middle between the bounds; `train/residual` the span max (Tv − v) − min (Tv − v);
/// `train/bound` half of it, the guaranteed distance to ρ*.
public struct RelativeValueIteration: Planner {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "relative-value-iteration"
    public static let summary = "the largest average reward of a known model that never ends"
    public static let needsModel = true

    public var tolerance = 1e-10

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .number("tolerance", \.tolerance, in: 0...1e9, "guaranteed distance to the largest average reward to stop at")
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      Planning(RelativeValueIteration(self, for: model!), in: world)
    }
  }

  public static let metricTags = ["train/gain", "train/residual", "train/bound"]
  private enum Slot { static let gain = 0, residual = 1, bound = 2 }

  private let model: SweepModel
  private let tolerance: Double
  /// States that can be reached from a start, a start first; v is 0 at the first.
  private let reached: [Int]
  /// The first of them that may end.
  private let ending: Int?
  /// Differential values. Shape `[states]`.
  private(set) var v: [Double]
  private var next: [Double]
  /// ρ
  private(set) var gain = 0.0
  public private(set) var isConverged = false

  public init(_ configuration: Configuration, for table: TransitionTable) {
    tolerance = configuration.tolerance
    let model = SweepModel(table, discount: 1)
    self.model = model
    reached = model.reached(from: table.initial.indices.filter { table.initial[$0] > 0 })
    ending = reached.first { s in (0..<model.actions).contains { model.mayEnd(s, $0) } }
    v = .init(repeating: 0, count: table.states)
    next = v
  }

  public mutating func sweep(into meter: inout Meter) throws {
    if let ending {
      throw CoreError.noSolution(
        "an average reward needs a world that never ends, but state \(ending) may end it; use value-iteration")
    }
    // Tv(s) = max_a Σ p(s′, r | s, a) (r + v(s′))
    _ = model.sweep(v, into: &next)
    var least = Double.infinity
    var most = -Double.infinity
    for s in reached {
      least = min(least, next[s] - v[s])
      most = max(most, next[s] - v[s])
    }
    gain = (least + most) / 2
    // v(s) ← (v(s) + Tv(s)) / 2, less as much as makes v(reference) 0
    let reference = (v[reached[0]] + next[reached[0]]) / 2
    for s in v.indices { v[s] = (v[s] + next[s]) / 2 - reference }
    meter.add(gain, to: Slot.gain)
    meter.add(most - least, to: Slot.residual)
    meter.add((most - least) / 2, to: Slot.bound)
    isConverged = (most - least) / 2 <= tolerance
  }

  /// q(s, a) = Σ p(s′, r | s, a) (r − ρ + v(s′)), and the policy that is greedy with respect to it.
  public var solution: Solution {
    let q = model.actionValues(v).map { $0 - gain }
    let greedy = Solution(greedyWith: q, states: model.states, actions: model.actions)
    return Solution(states: model.states, actions: model.actions, v: v, q: q, policy: greedy.policy)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("v", v)
    checkpoint.add("gain", [gain])
    checkpoint.add("converged", isConverged ? 1 : 0)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    v = try checkpoint.doubles("v", count: model.states)
    gain = try checkpoint.doubles("gain", count: 1)[0]
    isConverged = try checkpoint.int("converged") == 1
  }
}
