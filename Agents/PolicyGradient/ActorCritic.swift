import Networks
import RLCore

/// What learners from rollouts share: a policy, a value network, the rollout they fill and its advantages.
struct ActorCritic<Head: PolicyHead>: Sendable {
  /// How rollouts are made.
  struct Shape {
    var lanes: Int
    /// Steps of a rollout in each lane.
    var steps: Int
    /// Samples in the largest batch of an update.
    var batch: Int
    var hidden: [Int]
    var activation: Activation
    var discount: Double
    var lambda: Double
    var normalizesObservations: Bool
    var normalizesRewards: Bool
    var adamEpsilon: Float
    /// The policy to begin with, fresh weights without one, and the weight β of the divergence from the first policy.
    var start: SavedPolicy?
    var klWeight = 0.0
  }

  var policy: PolicyNetwork<Head>
  private let value: MLP
  var valueTheta: [Float]
  private(set) var gradient: (policy: [Float], value: [Float])
  private var optimiser: (policy: Adam, value: Adam)
  private let discount: Float
  private let lambda: Float

  private(set) var rollout: Rollout<Head.Scalar>
  private var normalizer: RowNormalizer
  private var rewardNormalizer: RewardNormalizer
  private var penalty: ReferencePenalty<Head>?
  /// A step's rewards less what leaving the reference costs. Shape `[N]`.
  private var paid: [Double]
  /// V of every observation of the rollout. Shape `[T + 1, N]`.
  private(set) var values: [Float]
  /// V of the observation each truncated episode left with. Shape `[T, N]`.
  private var finalValues: [Float]
  /// Shape `[T, N]`.
  private(set) var advantages: [Float]
  /// Steps taken in all lanes together.
  private(set) var steps = 0

  var stream: (policy: RandomStream, batches: RandomStream)

  private var actingWork: MLP.Workspace
  private var policyWork: MLP.Workspace
  private var valueWork: MLP.Workspace
  /// What the lanes see, normalised. Shape `[N, observationSize]`.
  private var seen: [Float]
  private var finals: [Float]
  private var drawn: (actions: [Head.Scalar], logProbabilities: [Float])
  /// The observations and actions of a batch. Shapes `[batch, observationSize]` and `[batch, actionSize]`.
  private var inputs: [Float]
  private var chosen: [Head.Scalar]

  init(_ head: Head, _ shape: Shape, observationSize: Int, seed: UInt64) {
    let root = SeedSequence.ofBatchAgent(seed: seed)
    stream = (RandomStream(root.spawn(0)), RandomStream(root.spawn(1)))
    var weights = RandomStream(root.spawn(2))
    policy = PolicyNetwork(
      head, observationSize: observationSize, hidden: shape.hidden, activation: shape.activation, using: &weights)
    if let start = shape.start { policy.theta = start.parameters }
    value = MLP([observationSize] + shape.hidden + [1], hidden: shape.activation, output: .identity)
    valueTheta = value.orthogonalParameters(outputGain: 1, using: &weights)
    gradient = (policy.theta, valueTheta)
    optimiser = (
      Adam(parameterCount: policy.theta.count, epsilon: shape.adamEpsilon),
      Adam(parameterCount: valueTheta.count, epsilon: shape.adamEpsilon)
    )
    discount = Float(shape.discount)
    lambda = Float(shape.lambda)
    let (lanes, actionSize) = (shape.lanes, head.actionSize)
    rollout = Rollout(steps: shape.steps, lanes: lanes, observationSize: observationSize, actionSize: actionSize)
    normalizer = RowNormalizer(size: observationSize, isOn: shape.normalizesObservations)
    if let start = shape.start { normalizer = RowNormalizer(start.moments) }
    rewardNormalizer = RewardNormalizer(lanes: lanes, discount: shape.discount, isOn: shape.normalizesRewards)
    if shape.klWeight > 0 {
      let first = SavedPolicy(parameters: policy.theta, moments: normalizer.numbers)
      penalty = ReferencePenalty(policy, first, lanes: lanes, weight: shape.klWeight)
    }
    paid = .init(repeating: 0, count: lanes)
    values = .init(repeating: 0, count: rollout.count + lanes)
    finalValues = .init(repeating: 0, count: rollout.count)
    advantages = finalValues
    actingWork = policy.workspace(rows: lanes, gradients: false)
    policyWork = policy.workspace(rows: shape.batch, gradients: true)
    valueWork = MLP.Workspace(for: value, rows: max(shape.batch, rollout.count + lanes))
    seen = .init(repeating: 0, count: lanes * observationSize)
    finals = seen
    drawn = (.init(repeating: 0, count: lanes * actionSize), .init(repeating: 0, count: lanes))
    inputs = .init(repeating: 0, count: shape.batch * observationSize)
    chosen = .init(repeating: 0, count: shape.batch * actionSize)
  }

  /// Draws an action for every lane, and keeps all that an update will need.
  mutating func act(_ observations: [Float], into actions: inout [Head.Scalar]) {
    let lanes = rollout.lanes
    // What follows a rollout's last step was counted in when that rollout was finished.
    if rollout.time > 0 || steps == 0 { see(observations) }
    rollout.see(seen)
    policy.sample(
      seen, rows: lanes, &actingWork, into: &drawn.actions, &drawn.logProbabilities, using: &stream.policy)
    rollout.keep(drawn.actions, drawn.logProbabilities)
    penalty?.judge(observations, drawn.actions, drawn.logProbabilities)
    let width = policy.head.actionSize
    drawn.actions.withUnsafeBufferPointer { drawn in
      actions.withUnsafeMutableBufferPointer { actions in
        for lane in 0..<lanes {
          policy.head.write(drawn.baseAddress! + lane * width, to: actions.baseAddress! + lane * width)
        }
      }
    }
  }

  private mutating func see(_ observations: [Float]) {
    for i in seen.indices { seen[i] = observations[i] }
    normalizer.learn(seen, rows: rollout.lanes)
    normalizer.normalize(&seen, rows: rollout.lanes)
  }

  /// Keeps a step of all lanes. Returns whether the rollout is full; then ``values`` and ``advantages`` are its own.
  mutating func keep(_ batch: Batch<[Float], Head.Action>) -> Bool {
    let lanes = rollout.lanes
    let start = rollout.time * lanes
    if let costs = penalty?.costs {
      for lane in 0..<lanes { paid[lane] = batch.rewards[lane] - costs[lane] }
    }
    let rewards = penalty == nil ? batch.rewards : paid
    rollout.rewards.withUnsafeMutableBufferPointer {
      rewardNormalizer.normalize(rewards, batch.endings, into: $0.baseAddress! + start)
    }
    if batch.endings.contains(.truncated) {
      for i in finals.indices { finals[i] = batch.finalObservations[i] }
      normalizer.normalize(&finals, rows: lanes)
    }
    rollout.finishStep(batch.endings, finals: finals)
    steps += lanes
    guard rollout.isFull else { return false }
    see(batch.observations)
    rollout.see(seen)
    estimate()
    return true
  }

  private mutating func estimate() {
    let (lanes, width) = (rollout.lanes, rollout.observationSize)
    // Few truncated episodes have to be valued, one at a time; their rows come before all others are.
    for row in 0..<rollout.count where rollout.endings[row] == .truncated {
      for j in 0..<width { inputs[j] = rollout.finals[row * width + j] }
      value.forward(valueTheta, inputs, stride: width, rows: 1, into: &valueWork)
      finalValues[row] = valueWork.output(0)
    }
    value.forward(valueTheta, rollout.observations, stride: width, rows: values.count, into: &valueWork)
    for row in values.indices { values[row] = valueWork.output(row) }
    estimateAdvantages(
      rollout.rewards, rollout.endings, values: values, finalValues: finalValues, lanes: lanes, discount: discount,
      lambda: lambda, into: &advantages)
  }

  /// One step of both networks on some of the rollout's samples. `policyLoss` is as in
  /// ``PolicyNetwork/setGradient(on:_:rows:_:into:loss:)``; `valueSlope` gives the gradient at V(s), from the place and V(s).
  mutating func descend(
    on rows: ArraySlice<Int>, rate: Double, maxGradientNorm: Double,
    policyLoss: (
      Int, UnsafePointer<Head.Scalar>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>
    ) -> Void,
    valueSlope: (Int, Float) -> Float
  ) {
    let (n, width, actionSize) = (rows.count, rollout.observationSize, rollout.actionSize)
    for (i, row) in rows.enumerated() {
      for j in 0..<width { inputs[i * width + j] = rollout.observations[row * width + j] }
      for j in 0..<actionSize { chosen[i * actionSize + j] = rollout.actions[row * actionSize + j] }
    }
    policy.setGradient(on: inputs, chosen, rows: n, &policyWork, into: &gradient.policy, loss: policyLoss)

    value.forward(valueTheta, inputs, stride: width, rows: n, into: &valueWork)
    for i in 0..<n { valueWork.setGradient(i, to: valueSlope(i, valueWork.output(i))) }
    value.backward(valueTheta, inputs, stride: width, rows: n, &valueWork, into: &gradient.value)

    if maxGradientNorm > 0 { clip(&gradient.policy, &gradient.value, toNorm: Float(maxGradientNorm)) }
    optimiser.policy.step(&policy.theta, gradient.policy, rate: rate)
    optimiser.value.step(&valueTheta, gradient.value, rate: rate)
  }

  mutating func restart() { rollout.restart() }

  /// The mean of log π/π_ref over the steps since it was last asked for; `nil` where leaving the reference costs nothing.
  mutating func drainDivergence() -> Double? { penalty?.drain() }

  /// V(s), in the world's own rewards, and π(·|s).
  func estimate(of observation: [Float]) -> ValueEstimate {
    var row = observation
    normalizer.normalize(&row, rows: 1)
    return ValueEstimate(
      v: Double(value.outputs(valueTheta, of: row)[0]) * rewardNormalizer.unit, p: policy.probabilities(of: row))
  }

  /// A frozen copy of the present policy.
  func frozen(sampledWith seed: UInt64?) -> StochasticPolicy<Head> {
    policy.frozen(normalizer, sampledWith: seed)
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("policy", policy.theta)
    checkpoint.add("value", valueTheta)
    optimiser.policy.save(as: "optimiser/policy", to: &checkpoint)
    optimiser.value.save(as: "optimiser/value", to: &checkpoint)
    rollout.save(to: &checkpoint)
    normalizer.save(to: &checkpoint)
    rewardNormalizer.save(to: &checkpoint)
    checkpoint.add("rollout/seen", seen)
    checkpoint.add("random/policy", stream.policy)
    checkpoint.add("random/batches", stream.batches)
    checkpoint.add("steps", steps)
    penalty?.save(to: &checkpoint)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    policy.theta = try checkpoint.floats("policy", count: policy.theta.count)
    valueTheta = try checkpoint.floats("value", count: valueTheta.count)
    try optimiser.policy.restore("optimiser/policy", from: checkpoint)
    try optimiser.value.restore("optimiser/value", from: checkpoint)
    try rollout.restore(from: checkpoint, outputs: policy.head.outputs)
    try normalizer.restore(from: checkpoint)
    try rewardNormalizer.restore(from: checkpoint)
    seen = try checkpoint.floats("rollout/seen", count: seen.count)
    stream.policy = try checkpoint.random("random/policy")
    stream.batches = try checkpoint.random("random/batches")
    steps = try checkpoint.int("steps")
    try penalty?.restore(from: checkpoint)
  }
}
