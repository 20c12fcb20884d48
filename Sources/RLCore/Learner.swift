/// Whatever learns, in whatever way: the one thing that ``Trainer`` advances.
///
/// A generic conforming type must store a closure made where its concrete types are visible and call that from
/// `advance`, because the witness of a generic type reached through `any Learner` is not specialised.
public protocol Learner: Sendable {
  /// Environment steps, sweeps or updates done so far.
  var clock: Int { get }

  /// Whether more work would change nothing, as when a planner has converged.
  var isConverged: Bool { get }

  /// The metric tags that this learner adds to a ``Meter``, in slot order.
  var metricTags: [String] { get }

  /// Goes on for `count` clock ticks, or until converged; a learner whose lanes step together may go up to one step of
  /// all of them further. Throws ``CoreError/nonFinite``.
  mutating func advance(by count: Int, into meter: inout Meter) throws

  /// Plays `episodes` episodes with a frozen copy of the policy; episode i starts from seed `seed + i`.
  /// The policy acts deterministically, unless `sample`: then as it explores.
  func evaluate(episodes: Int, seed: UInt64, sample: Bool) throws -> Evaluation

  /// The mean return over such episodes of the best policy that always does the same; `nil` where that tells nothing.
  func idleReturn(episodes: Int, seed: UInt64) -> Double?

  /// Plays an episode from each start as the policy explores, of at most `steps` steps; see ``sampleEpisodes``.
  func sample(_ starts: [EpisodeStart], steps: Int?, keeping kept: KeptMoment, seed: UInt64) throws -> [SampledEpisode]

  /// Saves everything: weights, optimiser, buffers, random streams, environment, counters.
  func save(to checkpoint: inout CheckpointWriter)

  /// Takes up exactly where ``save(to:)`` was called. Throws ``CoreError/badCheckpoint``.
  mutating func restore(from checkpoint: CheckpointReader) throws

  /// The values and policy of a learner in a finite world.
  var solution: Solution? { get }

  /// The state values of a learner elsewhere, where the world's state is one or two bounded numbers.
  var surface: Surface? { get }

  /// Steps through a recorded episode of its world again; `nil` where it has no world to do so in.
  func verify(_ episode: Episode) -> Verification?
}

extension Learner {
  public var surface: Surface? { nil }
  public func idleReturn(episodes: Int, seed: UInt64) -> Double? { nil }
  public func verify(_ episode: Episode) -> Verification? { nil }
}

/// The tables of a finite world's learner.
public struct Solution: Sendable, Equatable {
  public let states: Int
  public let actions: Int
  /// State values. Shape `[states]`.
  public let v: [Double]
  /// Action values, state by state. Shape `[states, actions]`.
  public let q: [Double]
  /// Probability of each action in each state. Shape `[states, actions]`.
  public let policy: [Double]
  /// How often training took a step from each state, estimated, where it is counted. Shape `[states]`.
  public var visits: [Int]?

  public init(states: Int, actions: Int, v: [Double], q: [Double], policy: [Double]) {
    precondition(v.count == states && q.count == states * actions && policy.count == q.count)
    self.states = states
    self.actions = actions
    self.v = v
    self.q = q
    self.policy = policy
  }

  /// The solution that is greedy with respect to `q`: the policy shares its mass among all actions within
  /// `tolerance` of the best, and v(s) = max q(s, ·).
  public init(greedyWith q: [Double], states: Int, actions: Int, tolerance: Double = 1e-9) {
    var v = [Double](repeating: 0, count: states)
    var policy = [Double](repeating: 0, count: states * actions)
    for s in 0..<states {
      let row = q[s * actions..<(s + 1) * actions]
      let best = row.max()!
      v[s] = best
      let isBest = row.map { $0 >= best - tolerance }
      let share = 1 / Double(isBest.count { $0 })
      for a in 0..<actions where isBest[a] { policy[s * actions + a] = share }
    }
    self.init(states: states, actions: actions, v: v, q: q, policy: policy)
  }
}
