import RLCore

/// Off-policy Monte Carlo prediction: a policy's values from the episodes of another one, by importance sampling.
///
/// Source: Sutton & Barto, 2nd ed., §5.6, box "Off-policy MC prediction (policy evaluation) for estimating Q ≈ q_π"
/// (weighted); §5.5, equations 5.5 (ordinary) and 5.6 (weighted) for v_π.
///
/// Deviations from the source: it keeps both tables, Q without the ratio of the step's own action and v with it; an episode
/// is followed back to its start when W is 0, since the mean of ordinary importance sampling counts such returns. The
/// return of an episode that was cut ends there.
///
/// Metrics: `train/rms_error` √(Σ_s (v(s) − v_π(s))² / |S|) over the states that an episode can stand in, where the model
/// is known.
public struct OffPolicyMCPrediction: Agent {
  public enum Sampling: String, CaseIterable, Sendable {
    /// Σ ρ G / n: without bias, of a variance that may be infinite.
    case ordinary
    /// Σ ρ G / Σ ρ: with a bias that vanishes, of a smaller variance.
    case weighted

    /// Takes a return G of ratio W into a mean of this kind.
    @inline(__always)
    func add(_ g: Double, _ w: Double, to mean: inout Double, _ weight: inout Double) {
      switch self {
      case .ordinary:
        weight += 1
        mean += (w * g - mean) / weight
      case .weighted:
        if w == 0 { return }
        weight += w
        mean += w / weight * (g - mean)
      }
    }
  }

  public struct Configuration: PolicySettings, Equatable {
    public static let id = "off-policy-mc-prediction"
    public static let summary = "prediction of a policy from another's episodes by importance sampling"

    public var sampling = Sampling.weighted
    public var visits = Visits.every
    /// Steps after which an episode is cut where the world goes on.
    public var episodeLength = 10_000
    public var policy = FollowedPolicy.uniform
    /// The policy b that acts: it must be able to do all that `policy` does.
    public var behaviour = FollowedPolicy.uniform
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .choice("sampling", \.sampling, "ordinary (no bias) or weighted (small variance) importance sampling"),
        .choice("visits", \.visits, "the visits within an episode that count"),
        .integer(
          "episodeLength", \.episodeLength, in: 1...Int.max, "steps after which it cuts an episode that goes on"),
        .policy("behaviour", \.behaviour, "the policy that acts"),
      ] + policySettings

    public func misfit(in world: some FiniteEnvironment) -> String? {
      if let reason = policy.misfit(in: world) { return "its policy \(reason)" }
      return behaviour.misfit(in: world, of: policy).map { "its behaviour \($0)" }
    }

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      OffPolicyMCPrediction(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = StateValues.metricTags

  private var values: StateValues
  private let behaviour: PolicyTable
  private let sampling: Sampling
  private let actions: Int
  private let episodeLength: Int
  /// π(a | s) / b(a | s). Shape `[states, actions]`.
  private let ratios: [Double]
  /// Q(s, a). Shape `[states, actions]`.
  public private(set) var q: [Double]
  /// Σ ρ of the returns that each entry is the mean of, or their number where sampling is ordinary. Shapes
  /// `[states, actions]` and `[states]`.
  private var pairWeights: [Double]
  private var stateWeights: [Double]
  /// The episode by pairs and by states, of which other visits are the first.
  private var pairs: EpisodeRecord
  private var states: EpisodeRecord

  public init(
    _ configuration: Configuration, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = StateValues(configuration, for: world, model: model, seed: seed)
    let behaviour = PolicyTable(configuration.behaviour, for: world)
    self.behaviour = behaviour
    sampling = configuration.sampling
    actions = world.sizes.actions
    episodeLength = configuration.episodeLength
    ratios = zip(values.policy.probabilities, behaviour.probabilities).map { $1 > 0 ? $0 / $1 : 0 }
    q = .init(repeating: configuration.initialValue, count: ratios.count)
    pairWeights = .init(repeating: 0, count: ratios.count)
    stateWeights = .init(repeating: 0, count: values.v.count)
    pairs = EpisodeRecord(configuration.visits, table: ratios.count)
    states = EpisodeRecord(configuration.visits, table: values.v.count)
  }

  /// v(s). Shape `[states]`.
  public var v: [Double] { values.v }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // b ← any policy with coverage of π
    a = behaviour.draw(s, using: &values.random)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    // Generate an episode following b: S₀, A₀, R₁, …, S_{T−1}, A_{T−1}, R_T
    pairs.append(s &* actions &+ a, r)
    states.append(s, r)
    if ending != .running || pairs.count >= episodeLength { finish() }
    values.measure(ending, into: &meter)
  }

  private mutating func finish() {
    // G ← 0; W ← 1; loop for each step of episode, t = T−1, T−2, …, 0:
    var (g, w) = (0.0, 1.0)
    while pairs.count > 0 {
      let (pair, reward, pairCounts) = pairs.removeLast()
      let (s, _, stateCounts) = states.removeLast()
      // G ← γ G + R_{t+1}
      g = values.gamma * g + reward
      // C(S_t, A_t) ← C(S_t, A_t) + W; Q(S_t, A_t) ← Q(S_t, A_t) + W / C(S_t, A_t) [G − Q(S_t, A_t)]
      if pairCounts { sampling.add(g, w, to: &q[pair], &pairWeights[pair]) }
      // W ← W π(A_t | S_t) / b(A_t | S_t)
      w *= ratios[pair]
      if stateCounts { sampling.add(g, w, to: &values.v[s], &stateWeights[s]) }
    }
  }

  public var solution: Solution? {
    Solution(states: values.v.count, actions: actions, v: values.v, q: q, policy: values.policy.probabilities)
  }

  /// The policy that is judged, not the one that acts.
  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    checkpoint.add("q", q, shape: [values.v.count, actions])
    checkpoint.add("weights/pairs", pairWeights)
    checkpoint.add("weights/states", stateWeights)
    pairs.save(to: &checkpoint, as: "episode/pairs")
    states.save(to: &checkpoint, as: "episode/states")
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    q = try checkpoint.doubles("q", count: q.count)
    pairWeights = try checkpoint.doubles("weights/pairs", count: q.count)
    stateWeights = try checkpoint.doubles("weights/states", count: values.v.count)
    try pairs.restore(from: checkpoint, as: "episode/pairs")
    try states.restore(from: checkpoint, as: "episode/states")
    guard pairs.count == states.count else {
      throw CoreError.badCheckpoint("its episode has \(pairs.count) pairs, but \(states.count) states")
    }
  }
}
