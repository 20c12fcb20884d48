import RLCore

/// q̂(s, a, w) = w · x(s, a), where x(s, a) has the features of s in the block of a or is the pair's own (a joint map), and
/// the ε-greedy choice from it: what the linear methods of control have in common.
struct LinearActionValues<Features: FeatureMap>: Sendable {
  let features: Features
  let actions: Int
  let gamma: Double
  /// Shape `[actions, features]`, or `[features]` of a joint map.
  var w: [Double]
  /// Weights of one action; 0 where all share them.
  private let blockSize: Int
  /// The features of the state that is learned of, and of the one after it.
  private(set) var x: ActiveFeatures
  private(set) var ahead: ActiveFeatures
  /// Whether the next step begins with those ahead.
  private var isAhead = false
  /// q̂ of the state that was last looked at. Shape `[actions]`.
  private(set) var q: [Double]
  private(set) var alpha: Progress
  private(set) var epsilon: Progress
  var random: RandomStream

  init(
    _ configuration: some LinearControlSettings, _ features: Features,
    in world: some Environment<Features.Observation, Int>, seed: UInt64
  ) {
    guard case .discrete(let actions) = world.actionSpace else { preconditionFailure("actions are discrete") }
    self.features = features
    self.actions = actions
    gamma = configuration.discount ?? (world as? any FiniteEnvironment)?.discount ?? 1
    let isJoint = features.jointActions != nil
    precondition(features.jointActions ?? actions == actions, "joint features are of all actions")
    blockSize = isJoint ? 0 : features.count
    w = .init(repeating: configuration.initialWeight, count: isJoint ? features.count : actions * features.count)
    x = ActiveFeatures(for: features)
    ahead = ActiveFeatures(for: features)
    q = .init(repeating: 0, count: actions)
    alpha = Progress(configuration.alpha)
    epsilon = Progress(configuration.epsilon)
    random = RandomStream(SeedSequence(seed).spawn(0))
  }

  /// Factors of the step size, one a weight; empty where all are 1.
  var rates: [Double] { features.rates }

  /// Puts the features that are learned of into rows of them.
  @inline(__always)
  func keep(in rows: inout FeatureRows, at row: Int) { rows.set(row, to: x) }

  /// Where the block of an action begins.
  @inline(__always)
  func block(_ a: Int) -> Int { a &* blockSize }

  /// Looks at a state, the present or the next one: its features are those ahead, q its values.
  @inline(__always)
  mutating func look(_ s: Features.Observation) {
    if !isAhead { features.write(s, into: &ahead) }
    isAhead = true
    for a in 0..<actions {
      ahead.choose(a)
      q[a] = ahead.product(w, from: block(a))
    }
  }

  /// Makes x the features of the state and the action that a step began with.
  @inline(__always)
  mutating func begin(_ s: Features.Observation, _ a: Int) {
    if isAhead { swap(&x, &ahead) } else { features.write(s, into: &x) }
    x.choose(a)
    isAhead = false
  }

  /// After the last step of an episode what is ahead is not where the next begins.
  @inline(__always)
  mutating func end() { isAhead = false }

  /// The best action of the state that was looked at.
  @inline(__always)
  func best() -> ActionValues.Greedy { .init(0, in: q, actions: actions) }

  /// The block of a best action where the features are x, the lowest among equals.
  func greedyBlock(_ x: ActiveFeatures) -> Int {
    var (best, block) = (-Double.infinity, 0)
    for a in 0..<actions {
      let value = x.product(w, from: self.block(a))
      if value > best { (best, block) = (value, self.block(a)) }
    }
    return block
  }

  /// The ε-greedy choice in a state.
  @inline(__always)
  mutating func choose(_ s: Features.Observation) -> Int {
    look(s)
    return choose()
  }

  /// The ε-greedy choice in the state that was looked at.
  @inline(__always)
  mutating func choose() -> Int {
    let isExploring = random.uniform() < epsilon.value
    epsilon.advance()
    if isExploring { return random.integer(below: actions) }
    let greedy = best()
    return greedy.isTied ? random.index(of: greedy.value, in: q, from: 0, count: actions) : greedy.action
  }

  /// Σ_a π(a) q̂(a) in the state that was looked at, under the ε-greedy policy.
  @inline(__always)
  func expectation() -> Double {
    var sum = 0.0
    for a in 0..<actions { sum += q[a] }
    return (1 - epsilon.value) * best().value + epsilon.value * (sum / Double(actions))
  }

  /// q̂(S, A, w) of the state that is learned of.
  @inline(__always)
  func value(_ a: Int) -> Double { x.product(w, from: block(a)) }

  /// q̂(S′, A′, w) of the state that was looked at, with the weights of now.
  @inline(__always)
  mutating func valueAhead(_ a: Int) -> Double {
    ahead.choose(a)
    return ahead.product(w, from: block(a))
  }

  /// The step size of one more update.
  @inline(__always)
  mutating func step() -> Double { alpha.next() }

  /// w ← w + Δ · ∇q̂(S, A, w), S being the state that is learned of
  @inline(__always)
  mutating func add(_ amount: Double, to a: Int) {
    x.add(amount, to: &w, from: block(a), rates: features.rates)
  }

  /// q̂(s, ·)
  func estimate(of s: Features.Observation) -> ValueEstimate {
    var room = x
    features.write(s, into: &room)
    return ValueEstimate(
      q: (0..<actions).map {
        room.choose($0)
        return room.product(w, from: block($0))
      })
  }

  /// Of a finite world.
  var solution: Solution? {
    let states = features.observations
    guard !states.isEmpty else { return nil }
    return Solution(greedyWith: states.flatMap { estimate(of: $0).q }, states: states.count, actions: actions)
  }

  /// The greedy policy, or the ε-greedy one where it samples.
  func policy(sampledWith seed: UInt64?) -> LinearPolicy<Features> {
    LinearPolicy(features, w, actions: actions, epsilon: epsilon.value, sampledWith: seed)
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("w", w, shape: [w.count / features.count, features.count])
    alpha.save(to: &checkpoint, as: "alpha/clock")
    epsilon.save(to: &checkpoint, as: "epsilon/clock")
    checkpoint.add("random/policy", random)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    w = try checkpoint.doubles("w", count: w.count)
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try epsilon.restore(from: checkpoint, as: "epsilon/clock")
    random = try checkpoint.random("random/policy")
    isAhead = false
  }
}

/// A linear q̂, frozen: greedy, the lowest among equal actions, or ε-greedy where it samples.
public struct LinearPolicy<Features: FeatureMap>: Policy {
  private let features: Features
  private let w: [Double]
  private let actions: Int
  private let epsilon: Double
  private var random: RandomStream
  private var x: ActiveFeatures

  init(_ features: Features, _ w: [Double], actions: Int, epsilon: Double, sampledWith seed: UInt64?) {
    self.features = features
    self.w = w
    self.actions = actions
    self.epsilon = seed == nil ? 0 : epsilon
    random = RandomStream(SeedSequence(seed ?? 0).spawn(0))
    x = ActiveFeatures(for: features)
  }

  public mutating func act(_ observations: [Features.Observation], into chosen: inout [Int]) {
    for lane in observations.indices {
      if epsilon > 0, random.uniform() < epsilon {
        chosen[lane] = random.integer(below: actions)
        continue
      }
      features.write(observations[lane], into: &x)
      let blockSize = features.jointActions == nil ? features.count : 0
      var (best, action) = (-Double.infinity, 0)
      for a in 0..<actions {
        x.choose(a)
        let value = x.product(w, from: a * blockSize)
        if value > best { (best, action) = (value, a) }
      }
      chosen[lane] = action
    }
  }
}
