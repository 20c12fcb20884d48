import Environments
import Foundation
import Networks
import RLCore
import Testing

@testable import Agents

/// The books' policy gradients, sample by sample: against tables that are moved by hand, their checkpoints, and on tasks
/// whose answer is known.
@Suite struct PolicyGradientTests {
  private static let (states, actions) = (3, 4)
  private static let observations = Space.box(
    low: .init(repeating: 0, count: states), high: .init(repeating: 1, count: states))

  private static func oneHot(_ s: Int) -> [Float] { (0..<states).map { $0 == s ? 1 : 0 } }

  /// A table of preferences θ(s, a), moved as the books' boxes say, in double precision.
  private struct Table {
    var theta = [[Double]](repeating: .init(repeating: 0, count: actions), count: states)

    func policy(_ s: Int) -> [Double] {
      let sum = theta[s].reduce(0) { $0 + exp($1) }
      return theta[s].map { exp($0) / sum }
    }

    /// θ ← θ + step ∇ ln π(a | s)
    mutating func move(_ s: Int, _ a: Int, by step: Double) {
      let policy = policy(s)
      for b in 0..<actions { theta[s][b] += step * ((a == b ? 1 : 0) - policy[b]) }
    }
  }

  private func expectSame(_ agent: [[Double]], _ table: Table) {
    for s in 0..<Self.states {
      for (x, y) in zip(agent[s], table.policy(s)) { #expect(abs(x - y) < 2e-5, "state \(s)") }
    }
    #expect((0..<Self.states).allSatisfy { table.policy($0).max()! > 0.3 }, "it moved")
  }

  /// What the agent says each state is worth; nil: nothing.
  private func expectValues(of agent: some Agent<[Float], Int>, _ values: [Double]?) {
    for s in 0..<Self.states {
      let v = agent.estimate(of: Self.oneHot(s))?.v
      guard let values else {
        #expect(v == nil)
        continue
      }
      #expect(v.map { abs($0 - values[s]) < 1e-4 } == true, "state \(s): \(String(describing: v)), not \(values[s])")
    }
    #expect(values?.allSatisfy { abs($0) > 0.05 } != false, "they moved")
  }

  private struct Transition {
    let s: Int, reward: Double, next: Int, ending: Ending
  }

  /// Every seventh step ends an episode, every other time by a clock where `truncates`.
  private func transitions(_ count: Int, seed: UInt64, truncates: Bool = true) -> [Transition] {
    var random = RandomStream(seed: seed)
    var s = 0
    return (0..<count).map { i in
      let next = random.integer(below: Self.states)
      let ending: Ending = i % 7 < 6 ? .running : truncates && i % 2 == 1 ? .truncated : .terminated
      defer { s = ending == .running ? next : 0 }
      return Transition(s: s, reward: random.uniform(-1, 2), next: next, ending: ending)
    }
  }

  @Test(arguments: [(false, false), (true, false), (true, true)])
  func reinforceIsTheBox(_ baseline: Bool, _ discounts: Bool) {
    var settings = REINFORCEConfiguration()
    (settings.alpha, settings.valueAlpha, settings.discount) = (0.05, 0.1, 0.8)
    (settings.baseline, settings.discountsUpdates) = (baseline, discounts)
    var agent = REINFORCE(settings, Categorical(actions: Self.actions), observationSize: Self.states, seed: 3)
    var (table, v) = (Table(), [Double](repeating: 0, count: Self.states))
    var meter = Meter(tags: REINFORCE<Categorical>.metricTags)
    var episode: [(step: Transition, a: Int)] = []
    var a = 0
    for step in transitions(700, seed: 1) {
      agent.act(Self.oneHot(step.s), into: &a)
      agent.learn(Self.oneHot(step.s), a, step.reward, Self.oneHot(step.next), step.ending, into: &meter)
      episode.append((step, a))
      guard step.ending != .running else { continue }
      let tail = step.ending == .truncated && baseline ? v[step.next] : 0
      for t in episode.indices {
        var g = 0.0
        for k in t..<episode.count { g += pow(0.8, Double(k - t)) * episode[k].step.reward }
        g += pow(0.8, Double(episode.count - t)) * tail
        let s = episode[t].step.s
        let delta = baseline ? g - v[s] : g
        if baseline { v[s] += 0.1 * delta }
        table.move(s, episode[t].a, by: 0.05 * delta * (discounts ? pow(0.8, Double(t)) : 1))
      }
      episode = []
    }
    expectSame((0..<Self.states).map { agent.probabilities(Self.oneHot($0)) }, table)
    expectValues(of: agent, baseline ? v : nil)
  }

  @Test func qacIsTheAlgorithm() {
    var settings = QAC.Configuration()
    (settings.alpha, settings.valueAlpha, settings.discount) = (0.05, 0.1, 0.8)
    var agent = QAC(settings, observations: Self.observations, actions: .discrete(Self.actions), seed: 3)
    var (table, q) = (Table(), [[Double]](repeating: .init(repeating: 0, count: Self.actions), count: Self.states))
    var meter = Meter(tags: QAC.metricTags)
    var a = 0
    // The action that bootstraps is the one that is taken next, but where a clock cuts.
    for step in transitions(700, seed: 2, truncates: false) {
      agent.act(Self.oneHot(step.s), into: &a)
      agent.learn(Self.oneHot(step.s), a, step.reward, Self.oneHot(step.next), step.ending, into: &meter)
      var chosen = 0
      if step.ending == .running { agent.act(Self.oneHot(step.next), into: &chosen) }
      let target = step.reward + (step.ending == .running ? 0.8 * q[step.next][chosen] : 0)
      let value = q[step.s][a]
      table.move(step.s, a, by: 0.05 * value)
      q[step.s][a] += 0.1 * (target - value)
    }
    expectSame((0..<Self.states).map { agent.probabilities(Self.oneHot($0)) }, table)
    expectValues(of: agent, (0..<Self.states).map { s in zip(table.policy(s), q[s]).reduce(0) { $0 + $1.0 * $1.1 } })
  }

  @Test(arguments: [0, 0.3, 1]) func offPolicyIsTheAlgorithm(_ exploration: Double) {
    var settings = OffPolicyAC.Configuration()
    (settings.alpha, settings.valueAlpha, settings.discount) = (0.1, 0.1, 0.8)
    settings.exploration = .constant(exploration)
    var agent = OffPolicyAC(settings, observations: Self.observations, actions: .discrete(Self.actions), seed: 3)
    var (table, v) = (Table(), [Double](repeating: 0, count: Self.states))
    var meter = Meter(tags: OffPolicyAC.metricTags)
    var a = 0
    for step in transitions(700, seed: 3) {
      agent.act(Self.oneHot(step.s), into: &a)
      agent.learn(Self.oneHot(step.s), a, step.reward, Self.oneHot(step.next), step.ending, into: &meter)
      let p = table.policy(step.s)[a]
      let rho = p / ((1 - exploration) * p + exploration / Double(Self.actions))
      let delta = step.reward + (step.ending == .terminated ? 0 : 0.8 * v[step.next]) - v[step.s]
      table.move(step.s, a, by: 0.1 * rho * delta)
      v[step.s] += 0.1 * rho * delta
    }
    expectSame((0..<Self.states).map { agent.probabilities(Self.oneHot($0)) }, table)
    expectValues(of: agent, v)
  }

  /// What is moved along is the gradient: by finite differences of ln π, for networks and both kinds of actions.
  @Test func theGradientIsThatOfTheLogarithm() throws {
    func check<Head: PolicyHead>(_ head: Head, _ action: [Head.Scalar], hidden: [Int]) throws {
      var random = RandomStream(seed: 6)
      let s: [Float] = [0.3, -0.8, 0.5]
      let actor = StochasticActor(head, observationSize: 3, hidden: hidden, using: &random)
      var moved = actor
      moved.move(s, action, by: 1)
      func parameters(_ actor: StochasticActor<Head>) throws -> [Float] {
        try reader(actor.save).floats("policy") + reader(actor.save).floats("policy/free")
      }
      let (theta, ahead) = (try parameters(actor), try parameters(moved))
      let gradient = zip(ahead, theta).map { Double($0) - Double($1) }
      let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(length > 0.1)
      // Along the gradient ln π rises by its length.
      var (near, far) = (actor, actor)
      let h: Float = 1e-2 / Float(length)
      near.move(s, action, by: -h)
      far.move(s, action, by: h)
      let slope = Double(log(far.probability(of: action, s)) - log(near.probability(of: action, s))) / Double(2 * h)
      #expect(abs(slope - length * length) < 0.01 * length * length + 1e-3)
    }
    try check(Categorical(actions: 3), [2], hidden: [])
    try check(Categorical(actions: 3), [1], hidden: [8, 6])
    let gaussian = DiagonalGaussian(over: .box(low: [-1, -1], high: [1, 1]), logStandardDeviation: -0.5)
    try check(gaussian, [0.4, -0.9], hidden: [])
    try check(gaussian, [-0.4, 0.2], hidden: [8])
  }

  @Test func noActionFallsBelowTheLeast() {
    var random = RandomStream(seed: 1)
    let theta: [Float] = [5, 1, -3, 0, 0, 0]
    for least in [0.01, 0.05, 0.2] {
      var actor = StochasticActor(
        Categorical(actions: 3), observationSize: 1, hidden: [], least: least, from: theta, using: &random)
      let policy = actor.probabilities([1])
      #expect(abs(policy.reduce(0, +) - 1) < 1e-6 && policy.allSatisfy { $0 > least - 1e-6 })
      #expect(abs(policy[2] - least) < 1e-6 && policy[0] > policy[1] - 1e-6)
    }
  }

  /// The plant s′ = s + a with rewards −(s² + a²) and γ = 0.9: the best gain is 0.5884 by Riccati's equation, and the
  /// reference (zhao-10.4-dpg-lqr) wants a run to end within 0.02 of it.
  @Test(arguments: [1, 2, 3] as [UInt64]) func theDeterministicGradientFindsTheBestGain(_ seed: UInt64) {
    var settings = DeterministicAC.Configuration()
    (settings.discount, settings.noiseScale) = (0.9, 0.3)
    settings.alpha = .linear(from: 0.0005, to: 0, over: 600_000)
    settings.valueAlpha = .linear(from: 0.005, to: 0.0001, over: 600_000)
    let space = Space.box(low: [-1], high: [1])
    var agent = DeterministicAC(settings, observations: space, actions: space, seed: seed)
    var meter = Meter(tags: DeterministicAC.metricTags)
    var random = RandomStream(seed: seed)
    var (s, a): (Float, [Float]) = (0, [0])
    for t in 0..<600_000 {
      if t % 10 == 0 { s = Float(random.uniform(-0.7, 0.7)) }
      agent.act([s], into: &a)
      let next = s + a[0]
      agent.learn([s], a, Double(-s * s - a[0] * a[0]), [next], t % 10 == 9 ? .truncated : .running, into: &meter)
      s = next
    }
    let gain = -Double(agent.action(in: [0.5])[0]) / 0.5
    #expect(abs(gain - 0.5884) < 0.02, "\(gain)")
    // Riccati's v(s) = −1.588 s², as near as a network of 64 that learns online comes to it.
    let (value, origin) = (agent.estimate(of: [0.5])?.v ?? 0, agent.estimate(of: [0])?.v ?? 1)
    #expect(abs(value + 1.588 * 0.25) < 0.15 && abs(origin) < 0.15, "\(value), \(origin)")
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func aGaussianFindsTheBestNumber(_ seed: UInt64) {
    var settings = REINFORCEConfiguration()
    (settings.alpha, settings.valueAlpha, settings.logStd) = (0.005, 0.05, -1)
    let head = DiagonalGaussian(over: .box(low: [-1], high: [1]), logStandardDeviation: -1)
    var agent = REINFORCE(settings, head, observationSize: 1, seed: seed)
    var meter = Meter(tags: REINFORCE<DiagonalGaussian>.metricTags)
    var a: [Float] = [0]
    for _ in 0..<20_000 {
      agent.act([1], into: &a)
      agent.learn([1], a, -Double((a[0] - 0.4) * (a[0] - 0.4)), [1], .terminated, into: &meter)
    }
    var policy = agent.policy(sampledWith: nil)
    var actions: [[Float]] = [[0]]
    policy.act([[1]], into: &actions)
    #expect(abs(actions[0][0] - 0.4) < 0.05, "\(actions[0][0])")
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    func check<Rule: Agent>(
      _ make: (UInt64) -> Rule, in start: some Environment<Rule.Observation, Rule.Action>
    ) throws {
      var first = Interaction(start, make(1), seed: 1)
      var meter = Meter(tags: Rule.metricTags)
      // Before the first step too, when an episode has none yet.
      var unused = Interaction(start, make(2), seed: 2)
      try unused.restore(from: reader(first.save))
      #expect(reader(unused.save).tensors == reader(first.save).tensors)
      try first.advance(by: 777, into: &meter)
      var second = Interaction(start, make(2), seed: 2)
      try second.restore(from: reader(first.save))
      #expect(reader(second.save).tensors == reader(first.save).tensors)
      try first.advance(by: 600, into: &meter)
      try second.advance(by: 600, into: &meter)
      #expect(reader(second.save).tensors == reader(first.save).tensors)
    }
    let cart = TimeLimit(CartPole(), limit: 500)
    var reinforce = REINFORCEConfiguration()
    (reinforce.hidden, reinforce.alpha) = ([8], .linear(from: 0.01, to: 0, over: 1000))
    let settings = reinforce
    try check({ REINFORCE(settings, Categorical(actions: 2), observationSize: 4, seed: $0) }, in: cart)
    try check(
      { QAC(.init(), observations: cart.observationSpace, actions: cart.actionSpace, seed: $0) }, in: cart)
    try check(
      { OffPolicyAC(.init(), observations: cart.observationSpace, actions: cart.actionSpace, seed: $0) }, in: cart)
    let pendulum = TimeLimit(Pendulum(), limit: 200)
    // Returns of −1000 and more ask for small steps.
    reinforce.alpha = .linear(from: 1e-6, to: 0, over: 1000)
    let careful = reinforce
    let head = DiagonalGaussian(over: pendulum.actionSpace, logStandardDeviation: 0)
    try check({ REINFORCE(careful, head, observationSize: 3, seed: $0) }, in: pendulum)
    try check(
      { DeterministicAC(.init(), observations: pendulum.observationSpace, actions: pendulum.actionSpace, seed: $0) },
      in: pendulum)
  }
}
