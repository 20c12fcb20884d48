import Networks
import RLCore
import Testing

@testable import Agents

/// Advantages against their definition, and the gradients of PPO and A2C against finite differences.
@Suite struct RolloutTests {
  /// A_t = Σ_l (γλ)^l δ_{t+l} to the end of the episode or of the rollout, term by term (equation 16).
  @Test(arguments: UInt64(0)..<30) func advantagesAreTheirDefinition(_ seed: UInt64) {
    var random = RandomStream(seed: seed)
    let (steps, lanes) = (1 + random.integer(below: 20), 1 + random.integer(below: 4))
    let (discount, lambda) = (random.uniform(), [0, 0.5, 0.95, 1][random.integer(below: 4)])
    let count = steps * lanes
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    let (rewards, values, finals) = (numbers(count), numbers(count + lanes), numbers(count))
    let endings = (0..<count).map { _ in
      [Ending.running, .running, .running, .terminated, .truncated][random.integer(below: 5)]
    }
    var advantages = [Float](repeating: 9, count: count)
    estimateAdvantages(
      rewards, endings, values: values, finalValues: finals, lanes: lanes, discount: Float(discount),
      lambda: Float(lambda), into: &advantages)
    for lane in 0..<lanes {
      for start in 0..<steps {
        var (sum, weight) = (0.0, 1.0)
        for t in start..<steps {
          let row = t * lanes + lane
          let next: Float =
            switch endings[row] {
            case .running: values[row + lanes]
            case .terminated: 0
            case .truncated: finals[row]
            }
          sum += weight * (Double(rewards[row]) + discount * Double(next) - Double(values[row]))
          if endings[row] != .running { break }
          weight *= discount * lambda
        }
        #expect(abs(sum - Double(advantages[start * lanes + lane])) < 1e-4)
      }
    }
  }

  /// Two numbers in, three steps an episode; pays for what is done, and ends both ways.
  private struct Line<Action: SpaceElement>: Environment {
    let actionSpace: Space
    var random = RandomStream(seed: 0)
    var time = 0
    var place: Float = 0

    var observationSpace: Space { .box(low: [-9, -9], high: [9, 9]) }
    var state: [Double] { [Double(time), Double(place)] }

    mutating func reset(seed: UInt64?, into observation: inout [Float]) {
      if let seed { random = RandomStream(seed: seed) }
      (time, place) = (0, Float(random.normal()))
      observe(into: &observation)
    }

    private func observe(into observation: inout [Float]) { (observation[0], observation[1]) = (Float(time), place) }

    mutating func step(_ action: Action, into observation: inout [Float]) -> Step {
      time += 1
      place += Float(action.numbers[0]) - 0.5 + Float(0.1 * random.normal())
      observe(into: &observation)
      let ending: Ending = time < 3 ? .running : place > 0 ? .terminated : .truncated
      return Step(reward: Double(place), ending: ending)
    }

    mutating func restore(state: [Double], into observation: inout [Float]) throws {
      (time, place) = (Int(state[0]), Float(state[1]))
      observe(into: &observation)
    }

    func drawing(of state: [Double]) -> Drawing { Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
  }

  private func filled<Head: PolicyHead>(_ head: Head, over space: Space) -> ActorCritic<Head> {
    let world = Line<Head.Action>(actionSpace: space)
    var batch = Batch(world, count: 3, seed: 4)
    var core = ActorCritic(
      head,
      .init(
        lanes: 3, steps: 7, batch: 21, hidden: [12, 10], activation: .tanh, discount: 0.9, lambda: 0.8,
        normalizesObservations: true, normalizesRewards: true, adamEpsilon: 1e-5),
      observationSize: 2, seed: 5)
    var actions = batch.emptyActions()
    var isFull = false
    while !isFull {
      core.act(batch.observations, into: &actions)
      batch.step(actions)
      isFull = core.keep(batch)
    }
    return core
  }

  /// The gradient that `descend` makes of −Σ w log π − u ΣH and Σ(V − g)², by differences of the losses.
  private func checkGradient<Head: PolicyHead>(_ head: Head, over space: Space) {
    var core = filled(head, over: space)
    let rows = Array(0..<core.rollout.count)
    let (weights, entropyWeight) = (core.advantages, Float(0.3))
    func measure(_ core: inout ActorCritic<Head>) -> (policy: Double, value: Double) {
      var (policy, value) = (0.0, 0.0)
      core.descend(on: rows[...], rate: 0, maxGradientNorm: 0) { i, action, outputs, free, slope, freeSlope in
        policy -= Double(weights[i] * head.logProbability(of: action, outputs, free))
        let entropy = head.pullBack(-weights[i], -entropyWeight, at: action, outputs, free, into: slope, freeSlope)
        policy -= Double(entropyWeight * entropy)
      } valueSlope: { i, v in
        let error = v - Float(i) * 0.1
        value += Double(error * error)
        return 2 * error
      }
      return (policy, value)
    }
    _ = measure(&core)
    let gradient = core.gradient
    let h: Float = 1e-2
    for i in stride(from: 0, to: core.policy.theta.count, by: 5) + [core.policy.theta.count - 1] {
      var (up, down) = (core, core)
      up.policy.theta[i] += h
      down.policy.theta[i] -= h
      let slope = (measure(&up).policy - measure(&down).policy) / Double(2 * h)
      #expect(abs(slope - Double(gradient.policy[i])) < 5e-3 * (1 + slope.magnitude), "policy parameter \(i)")
    }
    for i in stride(from: 0, to: core.valueTheta.count, by: 5) {
      var (up, down) = (core, core)
      up.valueTheta[i] += h
      down.valueTheta[i] -= h
      let slope = (measure(&up).value - measure(&down).value) / Double(2 * h)
      #expect(abs(slope - Double(gradient.value[i])) < 1e-2 * (1 + slope.magnitude), "value parameter \(i)")
    }
  }

  @Test func theGradientIsTheLosss() {
    checkGradient(Categorical(actions: 3), over: .discrete(3))
    let box = Space.box(low: [-1, 0], high: [1, 3])
    checkGradient(DiagonalGaussian(over: box, logStandardDeviation: -0.3), over: box)
  }

  /// Where all epochs are one and nothing is clipped, PPO's gradient is A2C's: ratios are 1 in the first update.
  @Test func theFirstUpdateOfPPOIsA2Cs() throws {
    var ppo = PPOConfiguration()
    (ppo.lanes, ppo.horizon, ppo.batch, ppo.epochs, ppo.normalizeAdvantages) = (2, 9, 18, 1, false)
    ppo.learningRate = .constant(1e-3)
    var a2c = A2CConfiguration()
    (a2c.lanes, a2c.horizon, a2c.lambda) = (2, 9, ppo.lambda)
    a2c.learningRate = .constant(1e-3)
    let world = Line<Int>(actionSpace: .discrete(3))
    func policy(after learner: any Learner) throws -> [Float] {
      var learner = learner
      var meter = Meter(tags: learner.metricTags)
      try learner.advance(by: 18, into: &meter)
      var writer = CheckpointWriter()
      learner.save(to: &writer)
      return try CheckpointReader(writer).floats("policy")
    }
    let (p, a) = (
      try policy(after: ppo.learner(in: world, seed: 3)), try policy(after: a2c.learner(in: world, seed: 3))
    )
    #expect(zip(p, a).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  /// What is said of an observation is how often each action is drawn there.
  @Test func probabilitiesAreHowOftenActionsAreDrawn() throws {
    var configuration = PPOConfiguration()
    (configuration.lanes, configuration.horizon, configuration.learningRate) = (2, 9, .constant(0.05))
    let world = Line<Int>(actionSpace: .discrete(3))
    var learner = configuration.learner(in: world, seed: 3)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: 180, into: &meter)
    let episode = try learner.evaluate(episodes: 1, seed: 1, sample: false).episode
    for (t, estimate) in episode.estimates.dropLast().enumerated() {
      #expect(estimate.p.count == 3 && abs(estimate.p.reduce(0, +) - 1) < 1e-6)
      let best = try #require(estimate.p.indices.max { estimate.p[$0] < estimate.p[$1] })
      #expect(episode.actions.row(t) == [Double(best)])
    }
    var (counts, expected, variances) = ([0.0, 0, 0], [0.0, 0, 0], [0.0, 0, 0])
    for seed in 0..<UInt64(2000) {
      let drawn = try learner.evaluate(episodes: 1, seed: seed, sample: true).episode
      counts[Int(drawn.actions.row(0)[0])] += 1
      for (action, p) in drawn.estimates[0].p.enumerated() {
        expected[action] += p
        variances[action] += p * (1 - p)
      }
    }
    for action in 0..<3 {
      #expect(abs(counts[action] - expected[action]) < 4 * variances[action].squareRoot() + 1, "\(counts) \(expected)")
    }
    // It has learnt something: the actions are not equally probable.
    #expect(expected.max()! > 1.2 * expected.min()!)
    // A normal distribution has no such list.
    let motor = configuration.learner(in: Line<[Float]>(actionSpace: .box(low: [-1], high: [1])), seed: 3)
    #expect(try motor.evaluate(episodes: 1, seed: 1, sample: false).episode.estimates.first?.p == [])
  }

  /// Rewards divided by the deviation of the discounted return, by its definition.
  @Test func rewardsAreNormalized() {
    var normalizer = RewardNormalizer(lanes: 2, discount: 0.5, isOn: true)
    var row: [Float] = [0, 0]
    normalizer.normalize([1, 2], [.running, .terminated], into: &row)
    normalizer.normalize([4, 3], [.running, .running], into: &row)
    // Returns so far: 1, 2, 0.5 + 4, 3 (a new episode).
    let returns = [1, 2, 4.5, 3.0]
    let mean = returns.reduce(0, +) / 4
    let deviation = (returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4 + 1e-8).squareRoot()
    #expect(abs(Double(row[0]) - 4 / deviation) < 1e-6 && abs(Double(row[1]) - 3 / deviation) < 1e-6)
  }
}
