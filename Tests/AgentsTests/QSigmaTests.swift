import Environments
import RLCore
import Testing

@testable import Agents

/// n-step tree backup and Q(σ).
@Suite struct QSigmaTests {
  /// Q(σ) as equation 7.17 of Sutton & Barto defines it: whole episodes are kept, and a target is followed forwards.
  private struct Reference {
    let n: Int
    let gamma: Double
    let alpha: Double
    let epsilon: Double
    let target: TargetPolicy
    let sigma: (Int) -> Double
    let actions: Int
    var q: [Double]
    private var clock = 0
    private var steps: [(s: Int, a: Int, reward: Double, sigma: Double, ratio: Double)] = []
    /// Of the state arrived at: π and b over its actions, and σ.
    private var ahead: (own: [Double], exploring: [Double], sigma: Double) = ([], [], 0)

    init(
      n: Int, gamma: Double, alpha: Double, epsilon: Double, target: TargetPolicy, states: Int, actions: Int,
      sigma: @escaping (Int) -> Double
    ) {
      (self.n, self.gamma, self.alpha, self.epsilon, self.target) = (n, gamma, alpha, epsilon, target)
      (self.actions, self.sigma) = (actions, sigma)
      q = .init(repeating: 0, count: states * actions)
    }

    private func row(_ s: Int) -> [Double] { Array(q[s * actions..<(s + 1) * actions]) }

    private func policy(_ s: Int, _ epsilon: Double) -> [Double] {
      let row = row(s)
      let best = row.filter { $0 == row.max()! }.count
      return row.map { epsilon / Double(actions) + ($0 == row.max()! ? (1 - epsilon) / Double(best) : 0) }
    }

    private var own: Double { target == .greedy ? 0 : epsilon }

    private func expectation(_ s: Int) -> Double { zip(policy(s, own), row(s)).reduce(0) { $0 + $1.0 * $1.1 } }

    /// G_{t:h} where the step after the last led to `next`.
    private func target(_ t: Int, _ next: Int?) -> Double {
      if t == steps.count - 1 { return steps[t].reward + gamma * (next.map(expectation) ?? 0) }
      let (s, a, _, sigma, ratio) = steps[t + 1]
      let weight = sigma * ratio + (1 - sigma) * policy(s, own)[a]
      return steps[t].reward
        + gamma * (weight * (target(t + 1, next) - q[s * actions + a]) + expectation(s))
    }

    mutating func learn(_ s: Int, _ a: Int, _ reward: Double, _ next: Int, _ ending: Ending) {
      let isFirst = ahead.own.isEmpty
      steps.append((s, a, reward, isFirst ? 0 : ahead.sigma, isFirst ? 1 : ahead.own[a] / ahead.exploring[a]))
      ahead = ([], [], 0)
      if ending != .terminated {
        ahead = (policy(next, own), policy(next, epsilon), sigma(clock))
        clock += 1
      }
      let rest = ending == .terminated ? nil : next
      if steps.count >= n { update(rest) }
      if ending != .running {
        while !steps.isEmpty { update(rest) }
        ahead = ([], [], 0)
      }
    }

    private mutating func update(_ next: Int?) {
      let pair = steps[0].s * actions + steps[0].a
      q[pair] += alpha * (target(0, next) - q[pair])
      steps.removeFirst()
    }
  }

  private func world(limit: Int? = 12) throws -> TimeLimit<Simulator> {
    TimeLimit(try Simulator(Table.random(states: 7, actions: 3, discount: 0.9, seed: 2)), limit: limit)
  }

  /// Plays both side by side, the reference with the agent's actions.
  private func compare<Rule: Agent<Int, Int>>(_ agent: Rule, _ reference: Reference) throws {
    var (agent, reference, world, meter) = (agent, reference, try world(), Meter(tags: []))
    var (s, next, a) = (0, 0, 0)
    world.reset(seed: 1, into: &s)
    for _ in 0..<3000 {
      agent.act(s, into: &a)
      let step = world.step(a, into: &next)
      agent.learn(s, a, step.reward, next, step.ending, into: &meter)
      reference.learn(s, a, step.reward, next, step.ending)
      s = next
      if step.ending != .running { world.reset(seed: nil, into: &s) }
    }
    let q = agent.solution!.q
    for pair in q.indices { #expect(abs(q[pair] - reference.q[pair]) < 1e-9, "pair \(pair)") }
    #expect(q.contains { abs($0) > 0.1 })
  }

  @Test(arguments: [1, 2, 3, 5], TargetPolicy.allCases)
  func targetsAreThoseOfTheDefinition(_ n: Int, _ target: TargetPolicy) throws {
    let world = try world()
    func reference(_ sigma: @escaping (Int) -> Double) -> Reference {
      Reference(
        n: n, gamma: 0.9, alpha: 0.25, epsilon: 0.3, target: target, states: 7, actions: 3, sigma: sigma)
    }
    for schedule in [Schedule.constant(0), 1, 0.5, .linear(from: 1, to: 0, over: 2000)] {
      var settings = QSigma.Configuration()
      (settings.n, settings.target, settings.alpha, settings.epsilon) = (n, target, 0.25, 0.3)
      settings.sigma = schedule
      try compare(QSigma(settings, for: world, seed: 1), reference { schedule.value(at: $0) })
    }
    var settings = TreeBackup.Configuration()
    (settings.n, settings.target, settings.alpha, settings.epsilon) = (n, target, 0.25, 0.3)
    try compare(TreeBackup(settings, for: world, seed: 1), reference { _ in 0 })
  }

  private func bits<Rule: Agent<Int, Int>>(_ agent: Rule) throws -> [UInt64] {
    var agent = agent
    play(&agent, in: try world(limit: nil), seed: 3, steps: 5000)
    return agent.solution!.q.map(\.bitPattern)
  }

  /// Actions that Q does not decide are the same for all, whenever they choose.
  @Test func oneStepIsExpectedSarsaOrQLearning() throws {
    let world = try world()
    func settings<Settings: ControlSettings>(_ type: Settings.Type) -> Settings {
      var settings = Settings()
      (settings.alpha, settings.epsilon) = (.visits(Reciprocal(2, plus: 3)), 1)
      return settings
    }
    var tree = settings(TreeBackup.Configuration.self)
    tree.n = 1
    #expect(
      try bits(TreeBackup(tree, for: world, seed: 1))
        == bits(QLearning(settings(QLearning.Configuration.self), for: world, seed: 1)))
    var sigma = settings(QSigma.Configuration.self)
    (sigma.n, sigma.sigma) = (1, 0.3)
    #expect(
      try bits(QSigma(sigma, for: world, seed: 1))
        == bits(ExpectedSarsa(settings(ExpectedSarsa.Configuration.self), for: world, seed: 1)))
    tree.n = 3
    #expect(
      try bits(TreeBackup(tree, for: world, seed: 1))
        != bits(QLearning(settings(QLearning.Configuration.self), for: world, seed: 1)))
  }

  @Test(arguments: [0.0, 0.5, 1]) func theWindIsCrossed(_ sigma: Double) throws {
    let process = try GridWorld(bundled: "SB-windy")
    let world = TimeLimit(try Simulator(process), limit: nil)
    func path<Rule: Agent<Int, Int>>(_ agent: Rule) -> Int {
      var agent = agent
      play(&agent, in: world, seed: 1, steps: 20_000)
      return greedyPath(agent.solution!.q, in: world.world.table, from: process.starts[0], limit: 200)
    }
    for seed in 0..<5 {
      var settings = QSigma.Configuration()
      (settings.alpha, settings.sigma) = (0.2, .constant(sigma))
      // The shortest way takes 15 steps.
      #expect((15...19).contains(path(QSigma(settings, for: world, seed: UInt64(seed)))), "seed \(seed)")
      var tree = TreeBackup.Configuration()
      tree.alpha = 0.2
      #expect((15...19).contains(path(TreeBackup(tree, for: world, seed: UInt64(seed)))), "seed \(seed)")
    }
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    var process = CliffWalking()
    process.slippery = true
    let world = TimeLimit(try Simulator(process), limit: 50)
    var sigma = QSigma.Configuration()
    (sigma.sigma, sigma.epsilon, sigma.alpha) = (
      .linear(from: 1, to: 0, over: 3000), .reciprocal(Reciprocal(90, plus: 200)), .reciprocal
    )
    sigma.target = .greedy
    try expectExactContinuation(in: world) { QSigma(sigma, for: world, seed: $0) }
    try expectExactContinuation(in: world) { TreeBackup(.init(), for: world, seed: $0) }
  }
}
