import Networks
import RLCore

/// Deterministic actor-critic: the policy follows the slope of the action values at its own action.
///
/// Source: Silver et al. (2014), "Deterministic policy gradient algorithms", ICML; Zhao, §10.4, algorithm 10.4.
///
/// Deviations from the source: actions beyond the bounds of their space are clipped, and the policy does not follow a slope
/// that leads farther out. Episodes may end; a truncated step bootstraps.
///
/// Metrics: `train/td_error` mean |δ|; `train/q_value` mean q(s, a) before the update.
public struct DeterministicAC: Agent {
  public struct Configuration: ContinuousLearning, Equatable {
    public static let id = "deterministic-ac"
    public static let summary = "deterministic actor-critic, one step at a time"

    public var hidden: [Int] = []
    public var valueHidden = [64]
    public var alpha: Schedule = 0.001
    public var valueAlpha: Schedule = 0.01
    public var discount = 0.99
    public var noiseScale = 0.3

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .layers("hidden", \.hidden, orNone: true, "widths of the policy's hidden layers; []: linear"),
      .layers("valueHidden", \.valueHidden, "widths of the hidden layers of the action values"),
      .schedule("alpha", \.alpha, in: 0...10, "step size α of the policy"),
      .schedule("valueAlpha", \.valueAlpha, in: 0...10, "step size α of the action values"),
      .number("discount", \.discount, in: 0...1, "discount γ"),
      .number("noiseScale", \.noiseScale, in: 0...10, "deviation of the behaviour's noise, in half action ranges"),
    ]

    public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
      let world = ScaledObservations(world)
      let agent = DeterministicAC(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
  }

  public static let metricTags = ["train/td_error", "train/q_value"]

  private let configuration: Configuration
  private let range: ActionRange
  /// μ(s, θ), in half action ranges, and q(s, a, w).
  private var actor: Approximator
  private var critic: Approximator
  private var alpha: Progress
  private var valueAlpha: Progress
  private var noise: ExplorationNoise
  private var random: RandomStream
  /// The action that was taken, in −1 … 1.
  private var taken: [Float]
  /// A state and an action, and ∇_a q there.
  private var pair: [Float]
  private var slope: [Float]

  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    self.configuration = configuration
    range = ActionRange(actions)
    let (o, a) = (observations.size, actions.size)
    let root = SeedSequence(seed)
    random = RandomStream(root.spawn(0))
    var weights = RandomStream(root.spawn(2))
    actor = Approximator(inputs: o, hidden: configuration.hidden, outputs: a, using: &weights)
    critic = Approximator(inputs: o + a, hidden: configuration.valueHidden, outputs: 1, using: &weights)
    alpha = Progress(configuration.alpha)
    valueAlpha = Progress(configuration.valueAlpha)
    noise = ExplorationNoise(.gaussian, scale: configuration.noiseScale, size: a)
    taken = .init(repeating: 0, count: a)
    pair = .init(repeating: 0, count: o + a)
    slope = taken
  }

  public mutating func act(_ s: [Float], into action: inout [Float]) {
    // Generate a_t following β: μ(s_t, θ) and noise
    actor.evaluate(s)
    for i in taken.indices { taken[i] = actor.output(i) }
    noise.perturb(&taken, using: &random)
    for i in taken.indices { taken[i] = max(-1, min(1, taken[i])) }
    range.scale(taken, into: &action)
  }

  public mutating func learn(
    _ s: [Float], _ action: [Float], _ reward: Double, _ next: [Float], _ ending: Ending, into meter: inout Meter
  ) {
    // δ_t = r_{t+1} + γ q(s_{t+1}, μ(s_{t+1}, θ), w) − q(s_t, a_t, w)
    var delta = reward
    if ending != .terminated {
      evaluatePair(next)
      delta += configuration.discount * Double(critic.output(0))
    }
    // Actor: θ ← θ + α_θ ∇μ(s_t, θ) ∇_a q(s_t, a, w) at a = μ(s_t, θ)
    evaluatePair(s)
    critic.slopes(over: s.count..<pair.count, into: &slope)
    for i in slope.indices where abs(actor.output(i)) >= 1 && actor.output(i) * slope[i] > 0 { slope[i] = 0 }
    let step = Float(alpha.next())
    for i in slope.indices { slope[i] *= step }
    // Critic: w ← w + α_w δ_t ∇q(s_t, a_t, w)
    for i in taken.indices { pair[s.count + i] = taken[i] }
    critic.evaluate(pair)
    let value = Double(critic.output(0))
    delta -= value
    critic.move(pair, by: Float(valueAlpha.next() * delta))
    actor.move(s, along: slope)
    meter.add(abs(delta), to: 0)
    meter.add(value, to: 1)
  }

  /// Evaluates μ(s, θ), and q at s and that action, clipped.
  private mutating func evaluatePair(_ s: [Float]) {
    actor.evaluate(s)
    for i in s.indices { pair[i] = s[i] }
    for i in taken.indices { pair[s.count + i] = max(-1, min(1, actor.output(i))) }
    critic.evaluate(pair)
  }

  /// μ(s, θ) in half action ranges, before it is clipped.
  public mutating func action(in s: [Float]) -> [Float] {
    actor.evaluate(s)
    return taken.indices.map { actor.output($0) }
  }

  /// q(s, μ(s), w).
  public func estimate(of observation: [Float]) -> ValueEstimate? {
    let action = actor.outputs(of: observation).map { max(-1, min(1, $0)) }
    return ValueEstimate(v: Double(critic.outputs(of: observation + action)[0]))
  }

  public func policy(sampledWith seed: UInt64?) -> ActorPolicy {
    ActorPolicy(actor.network, actor.theta, range, noise: noise, sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    actor.save(to: &checkpoint, as: "actor")
    critic.save(to: &checkpoint, as: "critic")
    alpha.save(to: &checkpoint, as: "alpha/clock")
    valueAlpha.save(to: &checkpoint, as: "valueAlpha/clock")
    noise.save(to: &checkpoint)
    checkpoint.add("random/policy", random)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try actor.restore(from: checkpoint, as: "actor")
    try critic.restore(from: checkpoint, as: "critic")
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try valueAlpha.restore(from: checkpoint, as: "valueAlpha/clock")
    try noise.restore(from: checkpoint)
    random = try checkpoint.random("random/policy")
  }
}
