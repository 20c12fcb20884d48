import Environments
import RLCore
import Testing

@testable import Agents

/// Off-policy Monte Carlo prediction and control.
@Suite struct OffPolicyTests {
  private struct Move {
    var s: Int
    var a: Int
    var reward: Double
    var next: Int
  }

  /// From place 0 any action leads to place 1 or 2, as a coin falls; there any action ends it.
  private let coin: Table = {
    func pay(_ s: Int, _ a: Int) -> Double { Double(3 * s * s - 5 * a * s + 1) }
    let first = (0..<2).map { a in
      (0..<2).map { Outcome(probability: 0.5, next: 1 + $0, reward: Double(1 + a + 10 * $0), isTerminal: false) }
    }
    let rest = [(1, 0), (1, 1), (2, 0), (2, 1)].map { s, a in
      [Outcome(probability: 1, next: 0, reward: pay(s, a), isTerminal: true)]
    }
    return Table(stateCount: 3, actionCount: 2, discount: 0.5, initial: [1, 0, 0], rows: first + rest)
  }()

  private let policy = FollowedPolicy.table([
    .probabilities([0.3, 0.7]), .probabilities([0.9, 0.1]), .action(1),
  ])

  private func predictor(
    _ process: some FiniteMDP, _ change: (inout OffPolicyMCPrediction.Configuration) -> Void
  ) throws -> OffPolicyMCPrediction {
    var configuration = OffPolicyMCPrediction.Configuration()
    change(&configuration)
    return OffPolicyMCPrediction(configuration, for: try Simulator(process), model: nil, seed: 1)
  }

  private func feed<Rule: Agent<Int, Int>>(_ episode: [Move], to agent: inout Rule) {
    var meter = Meter(tags: Rule.metricTags)
    for (i, move) in episode.enumerated() {
      let ending = i == episode.count - 1 ? Ending.terminated : .running
      agent.learn(move.s, move.a, move.reward, move.next, ending, into: &meter)
    }
  }

  /// All episodes of the coin world, each as likely as any other under the uniform policy: their mean is the expectation.
  @Test(arguments: OffPolicyMCPrediction.Sampling.allCases, Visits.allCases)
  func allEpisodesOnceAreTheExpectation(_ sampling: OffPolicyMCPrediction.Sampling, _ visits: Visits) throws {
    var agent = try predictor(coin) { ($0.sampling, $0.visits, $0.policy) = (sampling, visits, policy) }
    for a in 0..<2 {
      for fall in 0..<2 {
        for b in 0..<2 {
          let (first, second) = (coin.outcomes(0, a)[fall], coin.outcomes(1 + fall, b)[0])
          feed(
            [
              Move(s: 0, a: a, reward: first.reward, next: first.next),
              Move(s: first.next, a: b, reward: second.reward, next: 0),
            ], to: &agent)
        }
      }
    }
    let table = try TransitionTable(coin)
    var settings = PolicyEvaluation.Configuration()
    settings.method = .exact
    var exact = PolicyEvaluation(settings, of: policy.probabilities(states: 3, actions: 2), in: table)
    var meter = Meter(tags: PolicyEvaluation.metricTags)
    try exact.sweep(into: &meter)
    for s in 0..<3 { #expect(abs(agent.v[s] - exact.solution.v[s]) < 1e-12, "state \(s)") }
    for pair in 0..<6 { #expect(abs(agent.q[pair] - exact.solution.q[pair]) < 1e-12, "pair \(pair)") }
  }

  /// One place: left stays or ends with 1, right ends with 0 (Sutton & Barto, example 5.5).
  private let leftOrRight = Table(
    stateCount: 1, actionCount: 2, discount: 1, initial: [1],
    rows: [
      [
        Outcome(probability: 0.9, next: 0, reward: 0, isTerminal: false),
        Outcome(probability: 0.1, next: 0, reward: 1, isTerminal: true),
      ], [Outcome(probability: 1, next: 0, reward: 0, isTerminal: true)],
    ])

  @Test func visitsCountAsAsked() throws {
    let lefts = [
      Move(s: 0, a: 0, reward: 0, next: 0), Move(s: 0, a: 0, reward: 0, next: 0), Move(s: 0, a: 0, reward: 1, next: 0),
    ]
    for (visits, v, q) in [(Visits.first, 8.0, 4.0), (.every, 14.0 / 3, 7.0 / 3)] {
      var agent = try predictor(leftOrRight) {
        ($0.sampling, $0.visits, $0.policy) = (.ordinary, visits, .table([.action(0)]))
      }
      feed(lefts, to: &agent)
      #expect(abs(agent.v[0] - v) < 1e-12 && abs(agent.q[0] - q) < 1e-12, "\(visits)")
      // An episode that the policy would never have played counts as nothing, but it counts.
      feed([Move(s: 0, a: 1, reward: 5, next: 0)], to: &agent)
      #expect(abs(agent.v[0] - v * (visits == .first ? 0.5 : 0.75)) < 1e-12)
      #expect(agent.q[1] == 5)
    }
  }

  /// Every return with its weight, kept apart and averaged as the definition says.
  @Test func controlIsTheWeightedMeanOfReturns() throws {
    // Made without discount, any pair of it can end an episode.
    let process = Table.random(states: 6, actions: 3, discount: 1, seed: 4)
    let behaviour = FollowedPolicy.table((0..<6).map { _ in .probabilities([0.5, 0.3, 0.2]) })
    let simulator = try Simulator(process)
    var configuration = OffPolicyMCControl.Configuration()
    (configuration.behaviour, configuration.discount) = (behaviour, 0.9)
    var agent = OffPolicyMCControl(configuration, for: simulator, seed: 1)
    var (world, meter) = (simulator, Meter(tags: OffPolicyMCControl.metricTags))
    var (s, next, a) = (0, 0, 0)
    var (q, episode) = ([Double](repeating: 0, count: 18), [Move]())
    var returns = [[(w: Double, g: Double)]](repeating: [], count: 18)
    world.reset(seed: 3, into: &s)
    for _ in 0..<30_000 {
      agent.act(s, into: &a)
      let step = world.step(a, into: &next)
      agent.learn(s, a, step.reward, next, step.ending, into: &meter)
      episode.append(Move(s: s, a: a, reward: step.reward, next: next))
      s = next
      guard step.ending != .running else { continue }
      for t in episode.indices.reversed() {
        let tail = episode[t...]
        // The weight of a return: its later actions must be greedy.
        let g = tail.reversed().reduce(0.0) { $1.reward + 0.9 * $0 }
        let w = tail.dropFirst().reduce(1.0) { $0 / [0.5, 0.3, 0.2][$1.a] }
        let pair = episode[t].s * 3 + episode[t].a
        returns[pair].append((w, g))
        q[pair] = returns[pair].reduce(0) { $0 + $1.w * $1.g } / returns[pair].reduce(0) { $0 + $1.w }
        let row = q[episode[t].s * 3..<episode[t].s * 3 + 3]
        if row.lastIndex(of: row.max()!)! != pair { break }
      }
      episode = []
      world.reset(seed: nil, into: &s)
    }
    for pair in 0..<18 { #expect(abs(agent.q[pair] - q[pair]) < 1e-9, "pair \(pair)") }
    // Many go on beyond the last step.
    #expect(returns.joined().count { $0.w > 1 } > 100)
  }

  @Test func controlFindsTheShortestWays() throws {
    var process = try GridWorld(bundled: "SB-gridworld-4x4")
    try process.set("discount", to: .number(0.9))
    let world = TimeLimit(try Simulator(process), limit: nil)
    var configuration = OffPolicyMCControl.Configuration()
    configuration.initialValue = -10
    var agent = OffPolicyMCControl(configuration, for: world, seed: 1)
    play(&agent, in: world, seed: 1, episodes: 20_000)
    for s in 1..<15 {
      let steps = min(s / 4 + s % 4, 6 - s / 4 - s % 4)
      #expect(greedyPath(agent.q, in: world.world.table, from: s, limit: 20) == steps, "state \(s)")
    }
  }

  @Test func whatTheBehaviourCannotDoIsRefused() throws {
    let world = try Simulator(coin)
    var prediction = OffPolicyMCPrediction.Configuration()
    prediction.behaviour = .table([.action(0), .action(0), .action(1)])
    #expect(prediction.misfit(in: world)?.contains("never takes action 1 in state 0") == true)
    prediction.policy = prediction.behaviour
    #expect(prediction.misfit(in: world) == nil)
    var control = OffPolicyMCControl.Configuration()
    control.behaviour = prediction.behaviour
    #expect(control.misfit(in: world)?.contains("never takes action 1 in state 0") == true)
    #expect(OffPolicyMCControl.Configuration().misfit(in: world) == nil)
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    var process = CliffWalking()
    process.slippery = true
    let world = TimeLimit(try Simulator(process), limit: 50)
    var settings = OffPolicyMCPrediction.Configuration()
    settings.policy = .table((0..<48).map { _ in .probabilities([0.4, 0.3, 0.2, 0.1]) })
    for sampling in OffPolicyMCPrediction.Sampling.allCases {
      settings.sampling = sampling
      try expectExactContinuation(in: world) {
        OffPolicyMCPrediction(settings, for: world, model: world.world.table, seed: $0)
      }
    }
    try expectExactContinuation(in: world) { OffPolicyMCControl(.init(), for: world, seed: $0) }
  }
}
