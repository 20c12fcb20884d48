import Networks
import RLCore

/// Batch updating: after each episode, the values that all episodes so far lead to when they are presented again and
/// again.
///
/// Source: Sutton & Barto, 2nd ed., §6.3, example 6.3; batch TD(0) finds the certainty-equivalence estimate, batch Monte
/// Carlo the least squares of the returns (§6.3, after example 6.4).
///
/// Deviations from the source: both limits are computed exactly instead of by repetition, TD's by one system of linear
/// equations, Monte Carlo's as means. A state keeps its value until it was visited; without discount also while no
/// episode went on from it to an end, where repetition would not converge. A truncated episode bootstraps from its last
/// state; its return ends there.
///
/// Metrics: `train/rms_error` √(Σ_s (v(s) − v_π(s))² / |S|) over the states that an episode can stand in, where the model
/// is known.
public struct BatchUpdating: Agent {
  public enum Method: String, CaseIterable, Sendable {
    /// v is exact in the Markov chain of the observed frequencies.
    case td
    /// v is the mean of the observed returns.
    case mc
  }

  public struct Configuration: PolicySettings, Equatable {
    public static let id = "batch"
    public static let summary = "prediction by the limit of TD(0) or Monte Carlo over all episodes so far"

    public var method = Method.td
    /// Steps after which an episode is cut where the world goes on.
    public var episodeLength = 10_000
    public var policy = FollowedPolicy.uniform
    public var initialValue = 0.0
    public var discount: Double?

    public init() {}

    public static let settings =
      [
        .choice("method", \.method, "what is repeated to its limit: td or mc"),
        .integer(
          "episodeLength", \.episodeLength, in: 1...Int.max, "steps after which it cuts an episode that goes on"),
      ] + policySettings

    /// Most states of a system of equations: the matrix of so many takes 200 MB.
    private static let mostStates = 5000

    public func misfit(in world: some FiniteEnvironment) -> String? {
      if let reason = policy.misfit(in: world) { return "its policy \(reason)" }
      let states = world.sizes.states
      guard method == .td, states > Self.mostStates else { return nil }
      return "td solves equations of all states, here \(states); expected at most \(Self.mostStates), or method=mc"
    }

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      BatchUpdating(self, for: world, model: model, seed: seed).learner(in: world, seed: seed)
    }
  }

  public static let metricTags = StateValues.metricTags

  private var values: StateValues
  private let method: Method
  private let episodeLength: Int
  private var episode: EpisodeRecord
  /// Visits of each state, and the sum of the rewards (td) or returns (mc) that followed. Shape `[states]` each.
  private var visits: [Int]
  private var sums: [Double]
  /// How often s′ followed s, at s · states + s′; only of td.
  private var transitions: [Int: Int] = [:]

  public init(
    _ configuration: Configuration, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    values = StateValues(configuration, for: world, model: model, seed: seed)
    method = configuration.method
    episodeLength = configuration.episodeLength
    episode = EpisodeRecord(.every, table: values.v.count)
    visits = .init(repeating: 0, count: values.v.count)
    sums = .init(repeating: 0, count: values.v.count)
  }

  /// v(s). Shape `[states]`.
  public var v: [Double] { values.v }

  @inline(__always)
  public mutating func act(_ s: Int, into a: inout Int) {
    // A ← action given by π for S
    a = values.choose(s)
  }

  @inline(__always)
  public mutating func learn(_ s: Int, _ a: Int, _ r: Double, _ next: Int, _ ending: Ending, into meter: inout Meter) {
    episode.append(s, r)
    if ending != .running || episode.count >= episodeLength {
      collect(next, ending)
      if !settle() { meter.fail("the solution of batch TD's equations") }
    }
    values.measure(ending, into: &meter)
  }

  /// Adds an episode to the batch.
  private mutating func collect(_ next: Int, _ ending: Ending) {
    var (g, ahead) = (0.0, ending == .terminated ? -1 : next)
    while episode.count > 0 {
      let (s, reward, _) = episode.removeLast()
      g = values.gamma * g + reward
      visits[s] += 1
      switch method {
      case .td:
        sums[s] += reward
        if ahead >= 0 { transitions[s * values.v.count + ahead, default: 0] += 1 }
      case .mc: sums[s] += g
      }
      ahead = s
    }
  }

  /// The values of the batch; `false` where there are none.
  private mutating func settle() -> Bool {
    switch method {
    case .td: return solveCertaintyEquivalence()
    case .mc:
      for s in visits.indices where visits[s] > 0 { values.v[s] = sums[s] / Double(visits[s]) }
      return true
    }
  }

  /// v(s) = Σ R / N(s) + γ Σ_s′ N(s, s′) / N(s) v(s′).
  private mutating func solveCertaintyEquivalence() -> Bool {
    let isOpen = values.gamma < 1 ? visits.map { $0 > 0 } : statesWithAnEnd()
    let open = isOpen.indices.filter { isOpen[$0] }
    let n = open.count
    if n == 0 { return true }
    var place = [Int](repeating: -1, count: isOpen.count)
    for (i, s) in open.enumerated() { place[s] = i }
    // I − γ P, column by column, and r with what is fixed.
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n { matrix[i * n + i] = 1 }
    var v = open.map { sums[$0] / Double(visits[$0]) }
    for (key, count) in transitions.sorted(by: { $0.key < $1.key }) {
      let (s, next) = key.quotientAndRemainder(dividingBy: isOpen.count)
      guard isOpen[s] else { continue }
      let weight = values.gamma * Double(count) / Double(visits[s])
      if isOpen[next] { matrix[place[next] * n + place[s]] -= weight } else { v[place[s]] += weight * values.v[next] }
    }
    guard solve(&matrix, &v) else { return false }
    for (i, s) in open.enumerated() { values.v[s] = v[i] }
    return true
  }

  /// The visited states from which the batch leads to an end, or to a state that was only arrived at.
  private func statesWithAnEnd() -> [Bool] {
    let states = visits.count
    var left = visits
    for (key, count) in transitions { left[key / states] -= count }
    var hasEnd = left.map { $0 > 0 }
    var isChanging = true
    while isChanging {
      isChanging = false
      for key in transitions.keys where !hasEnd[key / states] && (hasEnd[key % states] || visits[key % states] == 0) {
        hasEnd[key / states] = true
        isChanging = true
      }
    }
    return hasEnd
  }

  public var solution: Solution? { values.solution }

  public func policy(sampledWith seed: UInt64?) -> TabularPolicy { values.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    values.save(to: &checkpoint)
    episode.save(to: &checkpoint)
    checkpoint.add("batch/visits", visits)
    checkpoint.add("batch/sums", sums)
    let sorted = transitions.sorted { $0.key < $1.key }
    checkpoint.add("batch/transitions", sorted.map(\.key))
    checkpoint.add("batch/counts", sorted.map(\.value))
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try values.restore(from: checkpoint)
    try episode.restore(from: checkpoint)
    visits = try checkpoint.ints("batch/visits", count: visits.count)
    sums = try checkpoint.doubles("batch/sums", count: visits.count)
    let keys = try checkpoint.ints("batch/transitions")
    let counts = try checkpoint.ints("batch/counts", count: keys.count)
    guard Set(keys).count == keys.count, keys.allSatisfy((0..<visits.count * visits.count).contains) else {
      throw CoreError.badCheckpoint("its 'batch/transitions' are not those of \(visits.count) states")
    }
    transitions = Dictionary(uniqueKeysWithValues: zip(keys, counts))
  }
}
