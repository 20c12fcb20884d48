import Networks
import RLCore

/// QAC: the policy gradient with action values that Sarsa learns beside it, the simplest actor-critic.
///
/// Source: Zhao, §10.1, algorithm 10.1.
///
/// Deviations from the source: episodes may end; a truncated step bootstraps.
///
/// Metrics: `train/entropy` mean entropy of π(· | S); `train/td_error` mean |δ|.
public struct QAC: Agent {
  public struct Configuration: DiscreteLearning, Equatable {
    public static let id = "qac"
    public static let summary = "actor-critic with action values learned by Sarsa"

    public var hidden: [Int] = []
    public var alpha: Schedule = 0.01
    public var valueAlpha: Schedule = 0.1
    public var discount = 0.99
    public var states = StateEncoding.oneHot

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .layers("hidden", \.hidden, orNone: true, "widths of the hidden layers of policy and values; []: linear"),
      .schedule("alpha", \.alpha, in: 0...10, "step size α of the policy"),
      .schedule("valueAlpha", \.valueAlpha, in: 0...10, "step size α of the action values"),
      .number("discount", \.discount, in: 0...1, "discount γ"),
      .choice("states", \.states, "how states of a finite world are seen"),
    ]

    public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
      let world = ScaledObservations(world)
      let agent = QAC(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
  }

  public static let metricTags = ["train/entropy", "train/td_error"]

  private let discount: Double
  private var actor: StochasticActor<Categorical>
  /// q(s, ·, w)
  private var critic: Approximator
  private var alpha: Progress
  private var valueAlpha: Progress
  private var random: RandomStream
  /// a_{t+1}, which the update before drew; −1 at the start of an episode.
  private var chosen = -1
  private var drawn = [0]

  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    guard case .discrete(let count) = actions else { preconditionFailure("its actions are discrete") }
    discount = configuration.discount
    let root = SeedSequence(seed)
    random = RandomStream(root.spawn(0))
    var weights = RandomStream(root.spawn(2))
    actor = StochasticActor(
      Categorical(actions: count), observationSize: observations.size, hidden: configuration.hidden, using: &weights)
    critic = Approximator(inputs: observations.size, hidden: configuration.hidden, outputs: count, using: &weights)
    alpha = Progress(configuration.alpha)
    valueAlpha = Progress(configuration.valueAlpha)
  }

  public mutating func act(_ s: [Float], into a: inout Int) {
    // Generate a_t following π(a | s_t, θ_t), or a_{t+1} of the update before
    if chosen < 0 { chosen = draw(s) }
    a = chosen
  }

  private mutating func draw(_ s: [Float]) -> Int {
    actor.draw(s, into: &drawn, using: &random)
    return drawn[0]
  }

  public mutating func learn(
    _ s: [Float], _ a: Int, _ r: Double, _ next: [Float], _ ending: Ending, into meter: inout Meter
  ) {
    // Observe r_{t+1}, s_{t+1} and generate a_{t+1} following π(a | s_{t+1}, θ_t)
    var target = r
    if ending != .terminated {
      chosen = draw(next)
      critic.evaluate(next)
      target += discount * Double(critic.output(chosen))
    }
    critic.evaluate(s)
    let value = Double(critic.output(a))
    // Actor: θ ← θ + α_θ ∇ ln π(a_t | s_t, θ) q(s_t, a_t, w)
    drawn[0] = a
    let entropy = actor.move(s, drawn, by: Float(alpha.next() * value))
    // Critic: w ← w + α_w [r_{t+1} + γ q(s_{t+1}, a_{t+1}, w) − q(s_t, a_t, w)] ∇q(s_t, a_t, w)
    let delta = target - value
    critic.move(s, by: Float(valueAlpha.next() * delta), output: a)
    meter.add(Double(entropy), to: 0)
    meter.add(abs(delta), to: 1)
    if ending != .running { chosen = -1 }
  }

  /// π(· | s, θ). Shape `[actions]`.
  public mutating func probabilities(_ s: [Float]) -> [Double] { actor.probabilities(s) }

  /// Σ_a π(a | s, θ) q(s, a, w).
  public func estimate(of observation: [Float]) -> ValueEstimate? {
    var actor = actor
    let q = critic.outputs(of: observation)
    return ValueEstimate(v: zip(actor.probabilities(observation), q).reduce(0) { $0 + $1.0 * Double($1.1) })
  }

  public func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Categorical> { actor.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    actor.save(to: &checkpoint)
    critic.save(to: &checkpoint, as: "value")
    alpha.save(to: &checkpoint, as: "alpha/clock")
    valueAlpha.save(to: &checkpoint, as: "valueAlpha/clock")
    checkpoint.add("random/policy", random)
    checkpoint.add("chosen", chosen)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try actor.restore(from: checkpoint)
    try critic.restore(from: checkpoint, as: "value")
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try valueAlpha.restore(from: checkpoint, as: "valueAlpha/clock")
    random = try checkpoint.random("random/policy")
    chosen = try checkpoint.action("chosen", below: actor.head.outputs)
  }
}
