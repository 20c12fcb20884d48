import RLCore

/// Value iteration: sweeps of the Bellman optimality operator.
///
/// Source: Zhao, §4.1, algorithm 4.1; Sutton & Barto, 2nd ed., §4.4, and §4.5 for the asynchronous sweep. The distance
/// bound is Puterman (1994), theorem 6.3.1: ‖v_k − v*‖ ≤ γ/(1 − γ)·‖v_k − v_{k−1}‖, which in-place sweeps obey too.
///
/// Deviations from the source: stops on the bound instead of on the residual; with γ = 1, where there is no such
/// bound, on the residual, and where values diverge is an error, see `Endlessness`. How the asynchronous sweep chooses
/// its states is told in `BlockSweeps`.
///
/// Metrics: `train/residual` max_s |v_k(s) − v_{k−1}(s)|, or with the asynchronous sweep a bound on max_s |Tv(s) − v(s)|;
/// `train/bound` the guaranteed distance to v*.
public struct ValueIteration: Planner {
  /// The order in which states are backed up.
  public enum Sweep: String, CaseIterable, Sendable {
    /// All from the values of the sweep before.
    case synchronous
    /// One after another, each from the latest values.
    case inPlace = "in-place"
    /// From the ends backwards, and where something may still change.
    case asynchronous
  }

  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "value-iteration"
    public static let summary = "sweeps of the Bellman optimality operator over a known model"
    public static let needsModel = true

    public var sweep = Sweep.synchronous
    /// The discount γ; the environment's own where this is `nil`.
    public var discount: Double?
    public var tolerance = 1e-10

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .choice("sweep", \.sweep, "order in which states are backed up"),
      .inherited("discount", \.discount, in: 0...1, "discount γ"),
      .number("tolerance", \.tolerance, in: 0...1e9, "guaranteed distance to the optimal values to stop at"),
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      Planning(ValueIteration(self, for: model!), in: world)
    }
  }

  public static let metricTags = ["train/residual", "train/bound"]
  private enum Slot { static let residual = 0, bound = 1 }

  private let model: SweepModel
  private let gamma: Double
  private let tolerance: Double
  /// v_k, by the model's places. Shape `[states]`.
  private var v: [Double]
  /// v_{k+1} of a synchronous sweep.
  private var next: [Double] = []
  /// Where sweeps are asynchronous.
  private var blocks: BlockSweeps?
  private let isInPlace: Bool
  private var endlessness: Endlessness
  public private(set) var isConverged = false

  public init(_ configuration: Configuration, for table: TransitionTable) {
    gamma = configuration.discount ?? table.discount
    tolerance = configuration.tolerance
    isInPlace = configuration.sweep == .inPlace
    endlessness = Endlessness(discount: gamma)
    let plain = SweepModel(table, discount: gamma)
    model = configuration.sweep == .asynchronous ? plain.ordered(by: ReverseOrder(plain).order) : plain
    v = .init(repeating: 0, count: model.states)
    switch configuration.sweep {
    case .synchronous: next = v
    case .inPlace: break
    case .asynchronous:
      v = .init(repeating: BlockSweeps.start(model, discount: gamma), count: model.states)
      // ‖v − v*‖ ≤ ‖Tv − v‖ / (1 − γ)
      blocks = BlockSweeps(model, discount: gamma, threshold: gamma < 1 ? tolerance * (1 - gamma) : tolerance)
    }
  }

  public mutating func sweep(into meter: inout Meter) throws {
    let residual: Double
    let bound: Double
    // v_{k+1}(s) = max_a Σ p(s′, r | s, a) (r + γ v_k(s′))
    if blocks != nil {
      residual = blocks!.sweep(model, &v)
      bound = gamma < 1 ? residual / (1 - gamma) : residual
      isConverged = blocks!.isDone
    } else {
      if isInPlace {
        residual = model.sweepInPlace(&v)
      } else {
        residual = model.sweep(v, into: &next)
        swap(&v, &next)
      }
      bound = gamma < 1 ? gamma / (1 - gamma) * residual : residual
      isConverged = bound <= tolerance
    }
    meter.add(residual, to: Slot.residual)
    meter.add(bound, to: Slot.bound)
    try endlessness.check(model, v)
  }

  public var solution: Solution { model.solution(v) }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("v", v)
    checkpoint.add("converged", isConverged ? 1 : 0)
    blocks?.save(to: &checkpoint)
    endlessness.save(to: &checkpoint)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    v = try checkpoint.doubles("v", count: model.states)
    isConverged = try checkpoint.int("converged") == 1
    try blocks?.restore(from: checkpoint)
    try endlessness.restore(from: checkpoint)
  }
}
