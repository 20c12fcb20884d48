import Networks
import RLCore

/// Deep Q-network.
///
/// Source: Mnih et al., "Human-level control through deep reinforcement learning" (2015), doi:10.1038/nature14236,
/// algorithm 1. Its later parts are options: double (van Hasselt et al. 2016, arXiv:1509.06461), dueling (Wang et al.
/// 2016, arXiv:1511.06581), returns of n steps (Sutton 1988; Hessel et al. 2018, arXiv:1710.02298, equation 6),
/// prioritised replay (Schaul et al. 2016, arXiv:1511.05952), quantile regression (Dabney et al. 2018,
/// arXiv:1710.10044), soft targets (Lillicrap et al. 2015, arXiv:1509.02971).
///
/// Deviations from the source
/// 1. Adam instead of RMSProp; vector observations and an MLP instead of frames and convolutions.
/// 2. Errors are bounded by the Huber loss (the paper clips the error's gradient, which is the same with `huber` 1).
/// 3. A truncated step bootstraps (Pardo et al. 2018, arXiv:1712.00378).
/// 4. Observations that their space keeps below 1 are stretched to ±1.
/// 5. Prioritised replay draws with the exponent `priority`, its correction β rises by its own schedule; with `quantiles`
///    the error of a transition is that of the means.
///
/// Metrics: `train/loss` mean loss of a batch; `train/q_value` mean Q(s, a) before the update;
/// `rollout/exploration_rate` ε.
public struct DQN: Agent {
  public struct Configuration: DiscreteLearning, Equatable {
    public static let id = "dqn"
    public static let summary = "deep Q-learning with replay and a target network"

    public var hidden = [64, 64]
    public var batch = 64
    public var learningRate = Schedule.constant(5e-4)
    public var discount = 0.99
    public var epsilon = Schedule.linear(from: 1, to: 0.05, over: 10_000)
    public var warmup = 1000
    public var capacity = 100_000
    public var trainEvery = 1
    public var updates = 1
    public var targetEvery = 1
    public var tau = 0.005
    public var double = true
    public var dueling = false
    public var n = 1
    public var priority = 0.0
    public var priorityCorrection = Schedule.constant(0.4)
    public var quantiles = 1
    public var huber = 1.0
    public var maxGradientNorm = 10.0
    public var states = StateEncoding.oneHot
    public var activation = Activation.relu
    public var actionInput = false
    public var inputGain = 1.0

    public init() {}

    public static let settings: [Setting<Configuration>] = [
      .layers("hidden", \.hidden, "widths of the hidden layers"),
      .integer("batch", \.batch, in: 1...65_536, "transitions in an update"),
      .schedule("learningRate", \.learningRate, in: 0...10, "Adam's learning rate"),
      .number("discount", \.discount, in: 0...1, "discount γ"),
      .schedule("epsilon", \.epsilon, in: 0...1, "probability ε of a uniformly random action"),
      .integer("warmup", \.warmup, in: 0...Int.max, "uniformly random steps before learning"),
      .integer("capacity", \.capacity, in: 1...100_000_000, "transitions the replay buffer holds"),
      .integer("trainEvery", \.trainEvery, in: 1...1_000_000, "steps from one round of updates to the next"),
      .integer("updates", \.updates, in: 1...1_000_000, "updates in a round"),
      .integer("targetEvery", \.targetEvery, in: 1...1_000_000, "updates from one move of the target to the next"),
      .number("tau", \.tau, in: 0...1, "how far the target follows in one move, τ; 1 copies"),
      .flag("double", \.double, "the online network chooses the next action, the target values it"),
      .flag("dueling", \.dueling, "values of states and advantages of actions in streams of their own"),
      .integer("n", \.n, in: 1...1000, "rewards of a target"),
      .number("priority", \.priority, in: 0...1, "exponent α of prioritised replay; 0: uniform"),
      .schedule("priorityCorrection", \.priorityCorrection, in: 0...1, "its correction β by importance weights"),
      .integer("quantiles", \.quantiles, in: 1...1000, "quantiles of each return; 1: the mean alone"),
      .number("huber", \.huber, in: 0...1e9, "error from which on the loss is straight; 0: nowhere (squared)"),
      .number("maxGradientNorm", \.maxGradientNorm, in: 0...1e6, "longest gradient, longer ones are scaled; 0: any"),
      .choice("states", \.states, "how states of a finite world are seen"),
      .choice("activation", \.activation, "of the hidden layers"),
      .flag("actionInput", \.actionInput, "the action is an input of the network, which has the value of one pair"),
      .number("inputGain", \.inputGain, in: 0...1000, "factor on the first layer's initial parameters"),
    ]

    public func misfit(in world: some Environment<[Float], Int>) -> String? {
      dueling && actionInput ? "dueling needs an output for each action; expected dueling or actionInput" : nil
    }

    public func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner {
      let world = ScaledObservations(world)
      let agent = DQN(self, observations: world.observationSpace, actions: world.actionSpace, seed: seed)
      return Interaction(world, agent, seed: seed)
    }
  }

  public static let metricTags = ["train/loss", "train/q_value", "rollout/exploration_rate"]
  private enum Slot { static let loss = 0, value = 1, exploration = 2 }

  public let configuration: Configuration
  private var network: QNetwork
  private let head: QHead
  private(set) var theta: [Float]
  private var target: [Float]
  private(set) var gradient: [Float]
  private var optimiser: Adam

  private var recent: RecentTransitions
  private var replay: PrioritizedReplay
  private var stream: (policy: RandomStream, replay: RandomStream)
  /// Actions taken and updates made so far.
  private var steps = 0
  private var updates = 0

  private var batch: TransitionBatch
  private var work: MLP.Workspace
  private var actingWork: MLP.Workspace
  /// Q of one state. Shape `[actions]`.
  private var q: [Float]
  /// The action in each next state that is bootstrapped from. Shape `[batch]`.
  private var best: [Int]
  /// What the quantiles of the batch are to become. Shape `[batch, quantiles]`.
  private var goals: [Float]
  private var action: [Float] = [0]

  /// Observations must be a box and actions discrete: the catalogue sees to that.
  public init(_ configuration: Configuration, observations: Space, actions: Space, seed: UInt64) {
    guard case .discrete(let count) = actions else { preconditionFailure("a Q-network has discrete actions") }
    self.configuration = configuration
    let o = observations.size
    let n = configuration.batch
    head = QHead(actions: count, quantiles: configuration.quantiles, isDueling: configuration.dueling)
    network = QNetwork(
      head, observationSize: o, hidden: configuration.hidden, configuration.activation,
      readsActions: configuration.actionInput, rows: max(n, Evaluation.lanes))

    let root = SeedSequence(seed)
    stream = (RandomStream(root.spawn(0)), RandomStream(root.spawn(1)))
    var weights = RandomStream(root.spawn(2))
    theta = network.initialParameters(gain: Float(configuration.inputGain), using: &weights)
    head.separateStreams(&theta, of: network.mlp)
    target = theta
    gradient = theta
    optimiser = Adam(parameterCount: network.mlp.parameterCount)

    recent = RecentTransitions(configuration.n, observationSize: o)
    replay = PrioritizedReplay(
      Replay(capacity: configuration.capacity, observationSize: o, actionSize: 1), exponent: configuration.priority,
      batch: n)
    batch = TransitionBatch(count: n, observationSize: o, actionSize: 1)
    work = network.workspace(rows: n)
    actingWork = network.workspace(rows: 1, gradients: false)
    q = .init(repeating: 0, count: count)
    best = .init(repeating: 0, count: n)
    goals = .init(repeating: 0, count: n * configuration.quantiles)
  }

  public mutating func act(_ observation: [Float], into action: inout Int) {
    // With probability ε select a random action, otherwise a = argmax_a Q(s, a; θ)
    if steps < configuration.warmup || stream.policy.uniform() < configuration.epsilon.value(at: steps) {
      action = stream.policy.integer(below: head.actions)
      return
    }
    network.forward(theta, observation, stride: observation.count, rows: 1, into: &actingWork)
    head.means(actingWork.output, into: &q)
    action = q.firstMaximum()
  }

  public mutating func learn(
    _ observation: [Float], _ action: Int, _ reward: Double, _ next: [Float], _ ending: Ending,
    into meter: inout Meter
  ) {
    // Store transition (s_t, a_t, r_t, s_{t+1}) in D, its reward summed over n steps
    recent.append(observation, Float(action), Float(reward))
    let tail = Float(ending.bootstrapFactor)
    let discount = Float(configuration.discount)
    if recent.isFull || ending != .running {
      recent.moveOldest(to: &replay, next: next, tail: tail, discount: discount, action: &self.action)
    }
    while ending != .running && recent.count > 0 {
      recent.moveOldest(to: &replay, next: next, tail: tail, discount: discount, action: &self.action)
    }
    steps += 1
    guard steps > configuration.warmup, steps % configuration.trainEvery == 0, replay.replay.count > 0 else { return }
    for _ in 0..<configuration.updates { update(into: &meter) }
    meter.add(configuration.epsilon.value(at: steps), to: Slot.exploration)
  }

  /// One minibatch of algorithm 1.
  mutating func update(into meter: inout Meter) {
    let n = batch.count
    let stride = network.observationSize + 1
    replay.sample(
      into: &batch, correction: configuration.priorityCorrection.value(at: steps), using: &stream.replay)
    setGoals(stride)

    // Perform a gradient descent step on (y_j − Q(s_j, a_j; θ))²
    let (loss, value) = measureLoss(of: theta)
    network.backward(theta, batch.pairs, stride: stride, rows: n, &work, into: &gradient)
    head.separateStreams(&gradient, of: network.mlp)
    if configuration.maxGradientNorm > 0 { clip(&gradient, toNorm: Float(configuration.maxGradientNorm)) }
    updates += 1
    // Every C steps reset Q̂ = Q, or follow it by τ
    let tau = updates % configuration.targetEvery == 0 ? Float(configuration.tau) : 0
    optimiser.step(
      &theta, gradient, rate: configuration.learningRate.value(at: steps), tracking: &target, tau: tau)
    meter.add(Double(loss) / Double(n), to: Slot.loss)
    meter.add(Double(value) / Double(n), to: Slot.value)
  }

  /// y_j = r_j + γ max_a′ Q̂(s_{j+1}, a′; θ⁻); in double learning a′ is the online network's.
  private mutating func setGoals(_ stride: Int) {
    let n = batch.count
    let (outputs, quantiles) = (head.outputs, head.quantiles)
    if configuration.double {
      network.forward(theta, batch.nextPairs, stride: stride, rows: n, into: &work)
      chooseBest(outputs)
    }
    network.forward(target, batch.nextPairs, stride: stride, rows: n, into: &work)
    if !configuration.double { chooseBest(outputs) }
    let discount = Float(configuration.discount)
    for i in 0..<n {
      for k in 0..<quantiles {
        let future = head.quantile(best[i], k) { work.output(i &* outputs &+ $0) }
        goals[i &* quantiles &+ k] = batch.rewards[i] + discount * batch.bootstraps[i] * future
      }
    }
  }

  private mutating func chooseBest(_ outputs: Int) {
    for i in 0..<batch.count {
      head.means({ work.output(i &* outputs &+ $0) }, into: &q)
      best[i] = q.firstMaximum()
    }
  }

  /// The sums of the losses and of Q(s, a) over the batch. Sets the gradient of the mean loss at the network's outputs,
  /// and the priorities.
  mutating func measureLoss(of parameters: [Float]) -> (loss: Float, value: Float) {
    let n = batch.count
    let stride = network.observationSize + 1
    network.forward(parameters, batch.pairs, stride: stride, rows: n, into: &work)
    let (outputs, quantiles) = (head.outputs, head.quantiles)
    let bend = configuration.huber > 0 ? Float(configuration.huber) : .infinity
    var (loss, value): (Float, Float) = (0, 0)
    for i in 0..<n * outputs { work.setGradient(i, to: 0) }
    for i in 0..<n {
      let a = Int(batch.pairs[i &* stride &+ stride &- 1])
      let row = i &* outputs
      let scale = replay.weights[i] / Float(n)
      var (sum, goal): (Float, Float) = (0, 0)
      for k in 0..<quantiles {
        let predicted = head.quantile(a, k) { work.output(row &+ $0) }
        let slope: Float
        if quantiles == 1 {
          let error = predicted - goals[i]
          slope = max(-bend, min(bend, error))
          loss += replay.weights[i] * huber(error, bend)
        } else {
          // ρ_τ(u) = |τ − 1{u < 0}| H_κ(u), u = y_j − θ_k, in the mean over j
          let level = (Float(k) + 0.5) / Float(quantiles)
          var total: Float = 0
          for j in 0..<quantiles {
            let error = predicted - goals[i &* quantiles &+ j]
            let side = error > 0 ? 1 - level : level
            total += side * max(-bend, min(bend, error))
            loss += replay.weights[i] * side * huber(error, bend) / Float(quantiles)
          }
          slope = total / Float(quantiles)
        }
        head.pullBack(slope * scale, a, k) { work.addGradient(row &+ $0, $1) }
        sum += predicted
        goal += goals[i &* quantiles &+ k]
      }
      value += sum / Float(quantiles)
      replay.setError(i, to: (sum - goal) / Float(quantiles))
    }
    return (loss, value)
  }

  private func huber(_ error: Float, _ bend: Float) -> Float {
    let size = error.magnitude
    return size <= bend ? 0.5 * error * error : bend * (size - 0.5 * bend)
  }

  /// Q(s, ·), shape `[actions]`.
  public mutating func values(of observation: [Float]) -> [Float] {
    network.forward(theta, observation, stride: observation.count, rows: 1, into: &actingWork)
    head.means(actingWork.output, into: &q)
    return q
  }

  public func estimate(of observation: [Float]) -> ValueEstimate? {
    var copy = self
    return ValueEstimate(q: copy.values(of: observation).map(Double.init))
  }

  /// The library products of one ``update(into:)``, none of which can be left out: what a benchmark measures alone.
  public var updateProducts: [GEMM] {
    let forward = network.mlp.forwardProducts(rows: network.rows(batch.count))
    return (configuration.double ? forward : []) + forward + forward
      + network.mlp.backwardProducts(rows: network.rows(batch.count), keepingGradients: true)
  }

  public func policy(sampledWith seed: UInt64?) -> QPolicy {
    QPolicy(network, theta, head, epsilon: configuration.epsilon.value(at: steps), sampledWith: seed)
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("q", theta)
    checkpoint.add("target/q", target)
    optimiser.save(as: "optimiser/q", to: &checkpoint)
    recent.save(to: &checkpoint)
    replay.save(to: &checkpoint)
    checkpoint.add("random/policy", stream.policy)
    checkpoint.add("random/replay", stream.replay)
    checkpoint.add("steps", steps)
    checkpoint.add("updates", updates)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    theta = try checkpoint.floats("q", count: network.mlp.parameterCount)
    target = try checkpoint.floats("target/q", count: network.mlp.parameterCount)
    try optimiser.restore("optimiser/q", from: checkpoint)
    try recent.restore(from: checkpoint)
    try replay.restore(from: checkpoint)
    stream.policy = try checkpoint.random("random/policy")
    stream.replay = try checkpoint.random("random/replay")
    steps = try checkpoint.int("steps")
    updates = try checkpoint.int("updates")
  }
}
