import Foundation
import RLCore

/// Upper-confidence-bound action selection: the arm that might be the best.
///
/// Source: Auer, Cesa-Bianchi & Fischer (2002), doi:10.1023/A:1013689704352; Sutton & Barto, 2nd ed., §2.7, equation 2.10.
///
/// Deviations from the source: every episode is a bandit of its own, and begins afresh; what is observed is ignored.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct UCB: Agent {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "ucb"
    public static let summary = "a bandit's arms by the upper ends of their confidence intervals"
    public static let needsModel = false

    /// The degree of exploration c.
    public var c = 2.0

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .number("c", \.c, in: 0...1e6, "weight c of the uncertainty √(ln t / N(a))")
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      UCB(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private let states: Int
  private let arms: Int
  private var random: RandomStream
  private let c: Double
  /// Q(a), N(a), and the bound Q(a) + c √(ln t / N(a)) of the last choice. Shape `[arms]` each.
  private var q: [Double]
  private var counts: [Int]
  private var bounds: [Double]
  /// Pulls so far.
  private var t = 0

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    (states, arms) = world.sizes
    random = RandomStream(SeedSequence(seed).spawn(0))
    c = configuration.c
    q = .init(repeating: 0, count: arms)
    counts = .init(repeating: 0, count: arms)
    bounds = q
  }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A_t ← argmax_a [Q_t(a) + c √(ln t / N_t(a))]; if N_t(a) = 0, a is a maximizing action
    let log = Foundation.log(Double(t + 1))
    for arm in 0..<arms {
      bounds[arm] = counts[arm] == 0 ? .infinity : q[arm] + c * (log / Double(counts[arm])).squareRoot()
    }
    let best = ActionValues.Greedy(0, in: bounds, actions: arms)
    a = best.isTied ? random.index(of: best.value, in: bounds, from: 0, count: arms) : best.action
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // N(A) ← N(A) + 1; Q(A) ← Q(A) + 1/N(A) [R − Q(A)]
    t += 1
    counts[a] += 1
    q[a] += (r - q[a]) / Double(counts[a])
    if ending != .running { startAfresh() }
  }

  private mutating func startAfresh() {
    t = 0
    for arm in 0..<arms { (q[arm], counts[arm]) = (0, 0) }
  }

  /// The same row for every state.
  public var solution: Solution? {
    let table = [[Double]](repeating: q, count: states).flatMap(\.self)
    return Solution(greedyWith: table, states: states, actions: arms)
  }

  /// The arm of the best estimate.
  public func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    TabularPolicy(probabilities: solution!.policy, actions: arms, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("q", q)
    checkpoint.add("counts", counts)
    checkpoint.add("t", t)
    checkpoint.add("random/policy", random)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    q = try checkpoint.doubles("q", count: arms)
    counts = try checkpoint.ints("counts", count: arms)
    t = try checkpoint.int("t")
    random = try checkpoint.random("random/policy")
  }
}
