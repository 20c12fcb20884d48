import RLCore

/// Prioritized sweeping of a known model: always the state that is furthest from its own backup.
///
/// Source: Moore and Atkeson (1993), doi:10.1007/BF00993104; Sutton & Barto, 2nd ed., §8.4, with the model known.
///
/// Deviations from the source: the priority of a state is its Bellman error |Tv(s) − v(s)| itself, worked out anew when a
/// successor has changed, so that the largest is the residual. A sweep is as many backups as there are states, of
/// the states that come first. Stops on the bound ‖v − v*‖ ≤ ‖Tv − v‖/(1 − γ), or with γ = 1 on the residual;
/// where values diverge is an error, see `Endlessness`.
///
/// Metrics: `train/residual` max_s |Tv(s) − v(s)|; `train/bound` the guaranteed distance to v*.
public struct PrioritizedSweeping: Planner {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "prioritized-sweeping"
    public static let summary = "backups of a known model where the Bellman error is largest"
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
      Planning(PrioritizedSweeping(self, for: model!), in: world)
    }
  }

  public static let metricTags = ["train/residual", "train/bound"]
  private enum Slot { static let residual = 0, bound = 1 }

  private let model: SweepModel
  private let predecessors: Predecessors
  private let gamma: Double
  private let tolerance: Double
  /// Shape `[states]`.
  private(set) var v: [Double]
  /// States by |Tv(s) − v(s)|.
  private var queue: PriorityQueue
  private var endlessness: Endlessness
  public private(set) var isConverged = false

  public init(_ configuration: Configuration, for table: TransitionTable) {
    gamma = configuration.discount ?? table.discount
    tolerance = configuration.tolerance
    let model = SweepModel(table, discount: gamma)
    let start = [Double](repeating: 0, count: table.states)
    self.model = model
    predecessors = Predecessors(model)
    v = start
    queue = PriorityQueue((0..<table.states).map { abs(model.backedUp($0, start)) })
    endlessness = Endlessness(discount: gamma)
  }

  public mutating func sweep(into meter: inout Meter) throws {
    for _ in 0..<model.states where bound > tolerance {
      // s ← the first of the queue; v(s) ← max_a Σ p(s′, r | s, a) (r + γ v(s′))
      let s = queue.first
      v[s] = model.backedUp(s, v)
      queue.set(s, 0)
      // For all s̄ that may lead to s: P(s̄) ← |Tv(s̄) − v(s̄)|
      for i in Int(predecessors.starts[s])..<Int(predecessors.starts[s + 1]) {
        let before = Int(predecessors.list[i])
        queue.set(before, abs(model.backedUp(before, v) - v[before]))
      }
    }
    meter.add(queue.largest, to: Slot.residual)
    meter.add(bound, to: Slot.bound)
    isConverged = bound <= tolerance
    try endlessness.check(model, v)
  }

  private var bound: Double { gamma < 1 ? queue.largest / (1 - gamma) : queue.largest }

  public var solution: Solution { model.solution(v) }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("v", v)
    checkpoint.add("converged", isConverged ? 1 : 0)
    queue.save(to: &checkpoint)
    endlessness.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    v = try checkpoint.doubles("v", count: model.states)
    isConverged = try checkpoint.int("converged") == 1
    try queue.restore(from: checkpoint)
    try endlessness.restore(from: checkpoint)
  }
}
