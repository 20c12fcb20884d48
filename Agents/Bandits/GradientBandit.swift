import Foundation
import RLCore

/// Gradient bandit: stochastic gradient ascent on preferences for the arms.
///
/// Source: Sutton & Barto, 2nd ed., §2.8, equations 2.11 and 2.12.
///
/// Deviations from the source: every episode is a bandit of its own, and begins afresh; what is observed is ignored.
///
/// Metrics: none of its own; `rollout/*` of the trainer.
public struct GradientBandit: Agent {
  public struct Configuration: FiniteLearning, Equatable {
    public static let id = "gradient-bandit"
    public static let summary = "a bandit's arms by preferences that ascend the reward's gradient"
    public static let needsModel = false

    /// The step size α.
    public var alpha = 0.1
    /// Whether rewards are compared with their mean before the step.
    public var baseline = true

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .number("alpha", \.alpha, in: 0...1e6, "step size α"),
      .flag("baseline", \.baseline, "compare a reward with the mean of those before it"),
    ]

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      GradientBandit(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags: [String] = []

  private let states: Int
  private let arms: Int
  private var random: RandomStream
  private let alpha: Double
  private let hasBaseline: Bool
  /// H(a), and π(a). Shape `[arms]` each.
  private var preferences: [Double]
  private var probabilities: [Double]
  /// The mean reward so far, and the pulls that it is over.
  private var mean = 0.0
  private var t = 0

  public init(_ configuration: Configuration, for world: some FiniteEnvironment, seed: UInt64) {
    (states, arms) = world.sizes
    random = RandomStream(SeedSequence(seed).spawn(0))
    alpha = configuration.alpha
    hasBaseline = configuration.baseline
    preferences = .init(repeating: 0, count: arms)
    probabilities = .init(repeating: 1 / Double(arms), count: arms)
  }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A_t ~ π_t
    a = random.categorical(probabilities)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // H(A) ← H(A) + α (R − R̄) (1 − π(A)); H(a) ← H(a) − α (R − R̄) π(a) for all a ≠ A. The first reward is its own mean.
    let baseline = !hasBaseline ? 0 : t == 0 ? r : mean
    let change = alpha * (r - baseline)
    for arm in 0..<arms { preferences[arm] -= change * probabilities[arm] }
    preferences[a] += change
    t += 1
    mean += (r - mean) / Double(t)
    if ending != .running { startAfresh() }
    updateProbabilities()
  }

  private mutating func startAfresh() {
    (mean, t) = (0, 0)
    for arm in 0..<arms { preferences[arm] = 0 }
  }

  /// π(a) ← exp H(a) / Σ_b exp H(b).
  private mutating func updateProbabilities() {
    var (highest, sum) = (preferences[0], 0.0)
    for arm in 1..<arms { highest = max(highest, preferences[arm]) }
    for arm in 0..<arms {
      probabilities[arm] = exp(preferences[arm] - highest)
      sum += probabilities[arm]
    }
    for arm in 0..<arms { probabilities[arm] /= sum }
  }

  /// Preferences are no values: v and q are their own, 0 where all arms are alike.
  public var solution: Solution? {
    let q = [[Double]](repeating: preferences, count: states).flatMap(\.self)
    let policy = [[Double]](repeating: probabilities, count: states).flatMap(\.self)
    let expected = zip(preferences, probabilities).reduce(0) { $0 + $1.0 * $1.1 }
    return Solution(states: states, actions: arms, v: .init(repeating: expected, count: states), q: q, policy: policy)
  }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    TabularPolicy(probabilities: solution!.policy, actions: arms, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("preferences", preferences)
    checkpoint.add("mean", mean)
    checkpoint.add("t", t)
    checkpoint.add("random/policy", random)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    preferences = try checkpoint.doubles("preferences", count: arms)
    mean = try checkpoint.double("mean")
    t = try checkpoint.int("t")
    updateProbabilities()
    random = try checkpoint.random("random/policy")
  }
}
