import Networks
import RLCore

/// Off-policy actor-critic: one step of the advantage ahead, weighed by how likely the policy is to do what was done.
///
/// Source: Degris, White & Sutton (2012), arXiv:1205.4839; Zhao, §10.3, algorithm 10.3. Where the policy itself acts
/// (`exploration` 0) all weights are 1 and it is the advantage actor-critic of §10.2, algorithm 10.2, and of Sutton &
/// Barto, 2nd ed., §13.5, box "One-step Actor–Critic (episodic)" but for γᵗ.
///
/// Deviations from the source: the behaviour is a mixture of the policy and the uniform one. Episodes may end; a truncated
/// step bootstraps.
///
/// Metrics: `train/entropy` mean entropy of π(· | S); `train/td_error` mean |δ|; `train/importance_weight` mean ρ.
public struct OffPolicyAC: Agent {
  public struct Configuration: DiscreteLearning, Equatable {
    public static let id = "off-policy-ac"
    public static let summary = "advantage actor-critic from another policy's actions by importance weights"

    public var hidden: [Int] = []
    public var alpha: Schedule = 0.05
    public var valueAlpha: Schedule = 0.1
    public var discount = 0.99
    /// The share of the uniform policy in the behaviour.
    public var exploration: Schedule = 1
    public var states = StateEncoding.oneHot

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .layers("hidden", \.hidden, orNone: true, "widths of the hidden layers of policy and values; []: linear"),
      .schedule("alpha", \.alpha, in: 0...10, "step size α of the policy"),
      .schedule("valueAlpha", \.valueAlpha, in: 0...10, "step size α of the state values"),
      .number("discount", \.discount, in: 0...1, "discount γ"),
      .schedule("exploration", \.exploration, in: 0...1, "share of the uniform policy in the behaviour; 0: on policy"),
      .choice("states", \.states, "how states of a finite world are seen"),
    ]

    public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
      let world = ScaledObservations(world)
      let agent = OffPolicyAC(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
  }

  public static let metricTags = ["train/entropy", "train/td_error", "train/importance_weight"]

  private let discount: Double
  private var actor: StochasticActor<Categorical>
  /// v(s, w)
  private var critic: Approximator
  private var alpha: Progress
  private var valueAlpha: Progress
  private var exploration: Progress
  private var random: RandomStream
  private var drawn = [0]

  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    guard case .discrete(let count) = actions else { preconditionFailure("its actions are discrete") }
    discount = configuration.discount
    let root = SeedSequence(seed)
    random = RandomStream(root.spawn(0))
    var weights = RandomStream(root.spawn(2))
    actor = StochasticActor(
      Categorical(actions: count), observationSize: observations.size, hidden: configuration.hidden, using: &weights)
    critic = Approximator(inputs: observations.size, hidden: configuration.hidden, outputs: 1, using: &weights)
    alpha = Progress(configuration.alpha)
    valueAlpha = Progress(configuration.valueAlpha)
    exploration = Progress(configuration.exploration)
  }

  public mutating func act(_ s: [Float], into a: inout Int) {
    // Generate a_t following β(s_t)
    if random.uniform() < exploration.value {
      a = random.integer(below: actor.head.outputs)
    } else {
      actor.draw(s, into: &drawn, using: &random)
      a = drawn[0]
    }
  }

  public mutating func learn(
    _ s: [Float], _ a: Int, _ r: Double, _ next: [Float], _ ending: Ending, into meter: inout Meter
  ) {
    // ρ_t = π(a_t | s_t, θ) / β(a_t | s_t)
    drawn[0] = a
    let probability = Double(actor.probability(of: drawn, s))
    let share = exploration.next()
    let rho = probability / ((1 - share) * probability + share / Double(actor.head.outputs))
    // δ_t = r_{t+1} + γ v(s_{t+1}, w) − v(s_t, w)
    var delta = r
    if ending != .terminated {
      critic.evaluate(next)
      delta += discount * Double(critic.output(0))
    }
    critic.evaluate(s)
    delta -= Double(critic.output(0))
    // Actor: θ ← θ + α_θ ρ_t δ_t ∇ ln π(a_t | s_t, θ)
    let entropy = actor.move(s, drawn, by: Float(alpha.next() * rho * delta))
    // Critic: w ← w + α_w ρ_t δ_t ∇v(s_t, w)
    critic.move(s, by: Float(valueAlpha.next() * rho * delta))
    meter.add(Double(entropy), to: 0)
    meter.add(abs(delta), to: 1)
    meter.add(rho, to: 2)
  }

  /// π(· | s, θ). Shape `[actions]`.
  public mutating func probabilities(_ s: [Float]) -> [Double] { actor.probabilities(s) }

  /// v(s, w).
  public func estimate(of observation: [Float]) -> ValueEstimate? {
    ValueEstimate(v: Double(critic.outputs(of: observation)[0]))
  }

  public func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Categorical> { actor.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    actor.save(to: &checkpoint)
    critic.save(to: &checkpoint, as: "value")
    alpha.save(to: &checkpoint, as: "alpha/clock")
    valueAlpha.save(to: &checkpoint, as: "valueAlpha/clock")
    exploration.save(to: &checkpoint, as: "exploration/clock")
    checkpoint.add("random/policy", random)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try actor.restore(from: checkpoint)
    try critic.restore(from: checkpoint, as: "value")
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try valueAlpha.restore(from: checkpoint, as: "valueAlpha/clock")
    try exploration.restore(from: checkpoint, as: "exploration/clock")
    random = try checkpoint.random("random/policy")
  }
}
