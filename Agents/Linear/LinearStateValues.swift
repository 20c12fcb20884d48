import RLCore

/// v̂(s, w) = w · x(s) of a given policy in a finite world, and its exact errors where the model is known: what the linear
/// methods of prediction have in common.
struct LinearStateValues: Sendable {
  static let metricTags = ["train/rms_error", "train/projected_bellman_error", "train/fixed_point_error"]

  let features: StateFeatures
  /// Shape `[features]`.
  var w: [Double]
  let gamma: Double
  private let actions: Int
  /// The policy whose values they are, and the one that acts.
  private let target: PolicyTable
  private let behaviour: PolicyTable
  private let isOffPolicy: Bool
  private let model: TransitionTable?
  private let errors: BellmanErrors?
  private var random: RandomStream
  /// Updates since the errors were last measured.
  private var unmeasured = 0

  /// `features`, `weights`: those that the configuration gives, where they are `nil`.
  init(
    _ configuration: some LinearPolicySettings, actingBy behaviour: FollowedPolicy? = nil, _ features: StateFeatures?,
    from weights: [Double]?, for world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64
  ) {
    let features = features ?? configuration.features.map(of: world)
    let gamma = configuration.discount ?? world.discount
    (self.features, self.gamma, self.model) = (features, gamma, model)
    actions = world.sizes.actions
    let target = PolicyTable(configuration.policy, for: world)
    self.target = target
    let acting = behaviour.map { PolicyTable($0, for: world) } ?? target
    self.behaviour = acting
    isOffPolicy = behaviour != nil
    w = weights ?? .init(repeating: configuration.initialWeight, count: features.count)
    precondition(w.count == features.count && features.states == world.sizes.states, "a weight for each feature")
    random = RandomStream(SeedSequence(seed).spawn(0))
    errors = model.flatMap {
      BellmanErrors(features, of: target.probabilities, from: acting.probabilities, in: $0, gamma: gamma)
    }
  }

  /// v̂(s, w)
  @inline(__always)
  func value(_ s: Int) -> Double { features.product(s, w) }

  /// w ← w + Δ · ∇v̂(s, w)
  @inline(__always)
  mutating func add(_ amount: Double, of s: Int) { features.add(amount, of: s, to: &w) }

  /// An action of the policy that acts.
  @inline(__always)
  mutating func choose(_ s: Int) -> Int { behaviour.draw(s, using: &random) }

  /// ρ = π(A | S) / b(A | S)
  @inline(__always)
  func ratio(_ s: Int, _ a: Int) -> Double {
    if !isOffPolicy { return 1 }
    return target.probabilities[s &* actions &+ a] / behaviour.probabilities[s &* actions &+ a]
  }

  /// Measures the errors now and then, at an episode's end or after as many steps as there are states.
  @inline(__always)
  mutating func measure(_ delta: Double, _ ending: Ending, into meter: inout Meter) {
    unmeasured += 1
    if !delta.isFinite { meter.fail("the TD error") }
    if ending != .running || unmeasured >= features.states { measure(into: &meter) }
  }

  @inline(never)
  private mutating func measure(into meter: inout Meter) {
    guard let errors, unmeasured >= errors.cost else { return }
    unmeasured = 0
    meter.add(errors.valueError(w), to: 0)
    meter.add(errors.projectedError(w), to: 1)
    meter.add(errors.distanceToFixedPoint(w), to: 2)
  }

  /// As ``StateValues/solution``.
  var solution: Solution {
    let v = (0..<features.states).map { value($0) }
    let q =
      model.map { $0.actionValues(of: v, gamma: gamma) } ?? v.flatMap { [Double](repeating: $0, count: actions) }
    return Solution(states: v.count, actions: actions, v: v, q: q, policy: target.probabilities)
  }

  /// The policy whose values they are, which draws its actions even where it is not asked to explore.
  func policy(sampledWith seed: UInt64?) -> TabularPolicy {
    TabularPolicy(probabilities: target.probabilities, actions: actions, sampledWith: seed ?? 0)
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("w", w)
    checkpoint.add("unmeasured", unmeasured)
    checkpoint.add("random/policy", random)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    w = try checkpoint.doubles("w", count: w.count)
    unmeasured = try checkpoint.int("unmeasured")
    random = try checkpoint.random("random/policy")
  }
}

extension Progress {
  /// The value for one more step.
  @inline(__always)
  mutating func next() -> Double {
    defer { advance() }
    return value
  }
}
