import Networks
import RLCore

/// REINFORCE: Monte Carlo policy gradient, with a baseline or without.
///
/// Source: Williams (1992), doi:10.1007/BF00992696; Sutton & Barto, 2nd ed., §13.3, box "REINFORCE: Monte-Carlo
/// Policy-Gradient Control", §13.4, box "REINFORCE with Baseline", and §13.7 for the Gaussian of continuous actions; Zhao,
/// §9.4, algorithm 9.1, which leaves γᵗ out.
///
/// Deviations from the source
/// 1. Steps beyond `episodeLength` count as another episode, so that an endless world is learned too.
/// 2. The return of an episode that was cut goes on with v̂ of its last state where there is a baseline, and ends there
///    where there is none.
/// 3. A Gaussian's deviations are the same in all states.
///
/// Metrics: `train/entropy` mean entropy of π(· | S); `train/value_loss` mean δ² of the baseline.
public struct REINFORCE<Head: PolicyHead>: Agent {
  public static var metricTags: [String] { ["train/entropy", "train/value_loss"] }

  private let configuration: REINFORCEConfiguration
  private var actor: StochasticActor<Head>
  /// v̂(s, w), where it is the baseline.
  private var critic: Approximator
  private var alpha: Progress
  private var valueAlpha: Progress
  private var random: RandomStream
  /// The episode so far, step after step. Its room is kept.
  private var states: [Float] = []
  private var actions: [Head.Scalar] = []
  private var rewards: [Double] = []
  /// What was drawn, as the distribution draws it, and one step of the episode.
  private var drawn: [Head.Scalar]
  private var s: [Float]
  private var a: [Head.Scalar]

  /// `theta`: parameters of the policy to begin with.
  public init(
    _ configuration: REINFORCEConfiguration, _ head: Head, observationSize: Int, from theta: [Float]? = nil,
    seed: UInt64
  ) {
    self.configuration = configuration
    let root = SeedSequence(seed)
    random = RandomStream(root.spawn(0))
    var weights = RandomStream(root.spawn(2))
    actor = StochasticActor(
      head, observationSize: observationSize, hidden: configuration.hidden, least: configuration.leastProbability,
      from: theta, using: &weights)
    critic = Approximator(inputs: observationSize, hidden: configuration.hidden, outputs: 1, using: &weights)
    alpha = Progress(configuration.alpha)
    valueAlpha = Progress(configuration.valueAlpha)
    drawn = .init(repeating: 0, count: head.actionSize)
    s = .init(repeating: 0, count: observationSize)
    a = drawn
  }

  public mutating func act(_ observation: [Float], into action: inout Head.Action) {
    // Generate an episode following π(· | ·, θ)
    actor.draw(observation, into: &drawn, using: &random)
    actor.write(drawn, into: &action)
  }

  public mutating func learn(
    _ observation: [Float], _ action: Head.Action, _ reward: Double, _ next: [Float], _ ending: Ending,
    into meter: inout Meter
  ) {
    for x in observation { states.append(x) }
    for x in drawn { actions.append(x) }
    rewards.append(reward)
    if ending == .running && rewards.count < configuration.episodeLength { return }
    var tail = 0.0
    if ending != .terminated && configuration.baseline {
      critic.evaluate(next)
      tail = Double(critic.output(0))
    }
    update(tail, into: &meter)
    states.removeAll(keepingCapacity: true)
    actions.removeAll(keepingCapacity: true)
    rewards.removeAll(keepingCapacity: true)
  }

  /// `tail`: what the return goes on with after the last step.
  private mutating func update(_ tail: Double, into meter: inout Meter) {
    // G ← Σ_{k=t+1}^T γ^{k−t−1} R_k, in the place of the rewards
    var g = tail
    for t in rewards.indices.reversed() {
      g = rewards[t] + configuration.discount * g
      rewards[t] = g
    }
    // Loop for each step of the episode t = 0, 1, …, T − 1:
    var factor = 1.0
    for t in rewards.indices {
      for i in s.indices { s[i] = states[t &* s.count &+ i] }
      for i in a.indices { a[i] = actions[t &* a.count &+ i] }
      var delta = rewards[t]
      if configuration.baseline {
        // δ ← G − v̂(S_t, w); w ← w + α_w δ ∇v̂(S_t, w)
        critic.evaluate(s)
        delta -= Double(critic.output(0))
        critic.move(s, by: Float(valueAlpha.next() * delta))
        meter.add(delta * delta, to: 1)
      }
      // θ ← θ + α_θ γᵗ δ ∇ ln π(A_t | S_t, θ)
      let entropy = actor.move(s, a, by: Float(alpha.next() * factor * delta))
      meter.add(Double(entropy), to: 0)
      if configuration.discountsUpdates { factor *= configuration.discount }
    }
  }

  /// v̂(s, w), where it is the baseline.
  public func estimate(of observation: [Float]) -> ValueEstimate? {
    configuration.baseline ? ValueEstimate(v: Double(critic.outputs(of: observation)[0])) : nil
  }

  public func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Head> { actor.policy(sampledWith: seed) }

  public func save(to checkpoint: inout CheckpointWriter) {
    actor.save(to: &checkpoint)
    critic.save(to: &checkpoint, as: "value")
    alpha.save(to: &checkpoint, as: "alpha/clock")
    valueAlpha.save(to: &checkpoint, as: "valueAlpha/clock")
    checkpoint.add("random/policy", random)
    checkpoint.add("episode/states", states)
    checkpoint.add("episode/actions", drawn: actions)
    checkpoint.add("episode/rewards", rewards)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try actor.restore(from: checkpoint)
    try critic.restore(from: checkpoint, as: "value")
    try alpha.restore(from: checkpoint, as: "alpha/clock")
    try valueAlpha.restore(from: checkpoint, as: "valueAlpha/clock")
    random = try checkpoint.random("random/policy")
    rewards = try checkpoint.doubles("episode/rewards")
    states = try checkpoint.floats("episode/states", count: rewards.count * s.count)
    actions = try checkpoint.drawn("episode/actions", count: rewards.count * a.count, outputs: actor.head.outputs)
  }
}

extension REINFORCE where Head == Categorical {
  /// π(· | s, θ). Shape `[actions]`.
  public mutating func probabilities(_ s: [Float]) -> [Double] { actor.probabilities(s) }
}

public struct REINFORCEConfiguration: DiscreteLearning, ContinuousLearning, Equatable {
  public static let id = "reinforce"
  public static let summary = "Monte Carlo policy gradient, with a baseline or without"

  public var hidden: [Int] = []
  public var alpha: Schedule = 0.001
  public var baseline = true
  public var valueAlpha: Schedule = 0.01
  public var discount = 0.99
  /// Whether updates are weighed with γᵗ.
  public var discountsUpdates = false
  public var episodeLength = 1000
  public var leastProbability = 0.0
  /// First ln σ of a Gaussian, σ in half action ranges.
  public var logStd = 0.0
  public var states = StateEncoding.oneHot

  public init() {}

  public static let settings: [Setting<REINFORCEConfiguration>] = [
    .layers("hidden", \.hidden, orNone: true, "widths of the hidden layers of policy and baseline; []: linear"),
    .schedule("alpha", \.alpha, in: 0...10, "step size α of the policy"),
    .flag("baseline", \.baseline, "compare returns with learned state values"),
    .schedule("valueAlpha", \.valueAlpha, in: 0...10, "step size α of the baseline"),
    .number("discount", \.discount, in: 0...1, "discount γ"),
    .flag("discountsUpdates", \.discountsUpdates, "weigh the update of step t with γᵗ, as the book's box does"),
    .integer("episodeLength", \.episodeLength, in: 1...100_000_000, "steps after which an episode is learned from"),
    .number("leastProbability", \.leastProbability, in: 0...0.5, "probability below which no discrete action falls"),
    .number("logStd", \.logStd, in: -20...2, "first ln σ of a Gaussian, in half action ranges"),
    .choice("states", \.states, "how states of a finite world are seen"),
  ]

  public func misfit(in world: some Environment<[Float], Int>) -> String? {
    guard case .discrete(let actions) = world.actionSpace, leastProbability * Double(actions) > 1 else { return nil }
    return "leastProbability is \(leastProbability) for \(actions) actions; expected at most \(1 / Double(actions))"
  }

  public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
    guard case .discrete(let actions) = world.actionSpace else { preconditionFailure("its actions are discrete") }
    let (world, head) = (ScaledObservations(world), Categorical(actions: actions))
    let agent = REINFORCE(self, head, observationSize: world.observationSpace.size, seed: seed)
    return Interaction(world, agent, seed: seed)
  }

  public func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner {
    let head = DiagonalGaussian(over: world.actionSpace, logStandardDeviation: Float(logStd))
    let world = ScaledObservations(world)
    let agent = REINFORCE(self, head, observationSize: world.observationSpace.size, seed: seed)
    return Interaction(world, agent, seed: seed)
  }
}
