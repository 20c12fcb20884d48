import Environments
import RLCore
import Testing

@testable import Agents

/// Policies that are given: as settings, predicted, and followed by Q-learning.
@Suite struct FollowedPolicyTests {
  private func grid() throws -> TimeLimit<Simulator> {
    var process = try GridWorld(bundled: "Zhao-5x5")
    try process.set("forbidden", to: .number(-1))
    return TimeLimit(try Simulator(process), limit: nil)
  }

  /// Rows of letters: U up, R right, D down, L left, O stay; with probability `epsilon` any action.
  private func policy(_ rows: String, epsilon: Double = 0) -> FollowedPolicy {
    .table(
      rows.filter { $0 != " " }.map { letter in
        let action = Array("URDLO").firstIndex(of: letter)!
        return epsilon == 0
          ? .action(action) : .probabilities((0..<5).map { ($0 == action ? 1 - epsilon : 0) + epsilon / 5 })
      })
  }

  private let good = "RRRRD UURRD ULDRD UROLD URULL"

  @Test func settingsReadAsTheyAreWritten() throws {
    var configuration = TD.Configuration()
    let row = SettingValue.list([.number(0.25), .number(0.75)])
    for value in [SettingValue.text("uniform"), .list([.integer(0), .integer(3)]), .list([row, .integer(1)])] {
      try configuration.set("policy", to: value)
      #expect(configuration.settingValues.first { $0.name == "policy" }?.value == value)
      var q = QLearning.Configuration()
      try q.set("behaviour", to: value)
      #expect(q.behaviour == configuration.policy)
    }
    for value in [
      SettingValue.text("best"), .integer(1), .list([]), .list([.integer(-1)]), .list([.number(0.5)]),
      .list([.list([.number(0.5), .number(0.25)])]), .list([.list([.number(1.5), .number(-0.5)])]),
      .list([.list([.text("a")])]), .text("epsilon-greedy"),
    ] {
      #expect(throws: CoreError.self) { try configuration.set("policy", to: value) }
    }
    var q = QLearning.Configuration()
    q.behaviour = .uniform
    try q.set("behaviour", to: .text("epsilon-greedy"))
    #expect(q.behaviour == nil)
  }

  @Test func aRowOfOneActionIsThatAction() {
    let policy = FollowedPolicy(probabilities: [0, 1, 0.5, 0.5], actions: 2)
    #expect(policy == .table([.action(1), .probabilities([0.5, 0.5])]))
    #expect(policy.probabilities(states: 2, actions: 2) == [0, 1, 0.5, 0.5])
  }

  @Test func aPolicyForAnotherWorldIsRefused() throws {
    let world = try Simulator(RandomWalk.five)
    for (policy, reason) in [
      (FollowedPolicy.table([.action(0)]), "is for 1 states; expected one for 7"),
      (.table(.init(repeating: .action(1), count: 7)), "takes action 1 in state 0; expected one of 0..<1"),
      (.table(.init(repeating: .probabilities([0.5, 0.5]), count: 7)), "has 2 actions in state 0; expected 1"),
    ] {
      var td = TD.Configuration()
      td.policy = policy
      #expect(td.misfit(in: world) == "its policy " + reason)
      var q = QLearning.Configuration()
      q.behaviour = policy
      #expect(q.misfit(in: world) == "its behaviour " + reason)
      var evaluation = PolicyEvaluation.Configuration()
      evaluation.policy = policy
      #expect(evaluation.misfit(in: world) == "its policy " + reason)
    }
    #expect(TD.Configuration().misfit(in: world) == nil)
  }

  /// Pearson's χ² with two degrees of freedom passes 18.4 once in 10⁴.
  @Test func actionsAreDrawnAsTheTableSays() throws {
    let world = try Simulator(Table.random(states: 2, actions: 4, discount: 0.9, seed: 1))
    let table = PolicyTable(.table([.action(2), .probabilities([0.5, 0, 0.3, 0.2])]), for: world)
    var random = RandomStream(seed: 5)
    var counts = [0, 0, 0, 0]
    for _ in 0..<30_000 {
      #expect(table.draw(0, using: &random) == 2)
      counts[table.draw(1, using: &random)] += 1
    }
    #expect(counts[1] == 0)
    let statistic = [(0, 15_000.0), (2, 9000), (3, 6000)].reduce(0.0) { sum, expected in
      let gap = Double(counts[expected.0]) - expected.1
      return sum + gap * gap / expected.1
    }
    #expect(statistic < 18.4)
  }

  /// Without chance the values of a policy are found by full steps, and are those of the exact evaluation.
  @Test func aTableIsPredictedExactly() throws {
    let world = try grid()
    let exact = try #require(
      PolicyValues(of: policy(good).probabilities(states: 25, actions: 5), in: world.world.table, gamma: 0.9))
    func settings<Settings: PredictionSettings>(_ type: Settings.Type) -> Settings {
      var settings = Settings()
      (settings.alpha, settings.policy) = (1, policy(good))
      return settings
    }
    let model = world.world.table
    var two = settings(NStepTD.Configuration.self)
    two.n = 2
    let limited = TimeLimit(world.world, limit: 100)
    var learner = Interaction(
      limited, TD(settings(TD.Configuration.self), for: limited, model: model, seed: 1), seed: 1)
    var meter = Meter(tags: TD.metricTags)
    try learner.advance(by: 20_000, into: &meter)
    #expect(abs(learner.agent.v[0] - exact.v[0]) < 1e-9)
    _ = meter.drain()
    try learner.advance(by: 100, into: &meter)
    let seen = (0..<25).filter { learner.agent.v[$0] != 0 }
    #expect(seen.count >= 10)
    for s in seen { #expect(abs(learner.agent.v[s] - exact.v[s]) < 1e-9) }
    let error = try #require(meter.drain().first { $0.tag == "train/rms_error" }).value
    #expect(abs(error - exact.error(of: learner.agent.v)) < 1e-9)
    var nStep = Interaction(limited, NStepTD(two, for: limited, model: model, seed: 1), seed: 1)
    meter = Meter(tags: NStepTD.metricTags)
    try nStep.advance(by: 20_000, into: &meter)
    #expect(abs(nStep.agent.v[0] - exact.v[0]) < 1e-9)
    #expect(nStep.solution?.policy == policy(good).probabilities(states: 25, actions: 5))
  }

  @Test func policyEvaluationTakesATable() throws {
    let world = try grid()
    var configuration = PolicyEvaluation.Configuration()
    (configuration.policy, configuration.method) = (policy(good), .exact)
    var learner = configuration.learner(in: world, model: world.world.table, seed: 1)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: 1, into: &meter)
    // Entering the target is worth 10, and every step further away 0.9 of that.
    let v = try #require(learner.solution).v
    #expect(abs(v[17] - 10) < 1e-9 && abs(v[22] - 10) < 1e-9 && abs(v[18] - 10) < 1e-9 && abs(v[23] - 9) < 1e-9)
  }

  @Test func aStepSizeThatFallsSlowly() throws {
    var settings = TD.Configuration()
    // α = 0.5 / (1 + n/20)
    try settings.set("alpha", to: .text("10/(20+n)"))
    #expect(settings.settingValues.first { $0.name == "alpha" }?.value == .text("10/(20+n)"))
    var agent = TD(settings, for: try grid(), model: nil, seed: 1)
    var meter = Meter(tags: TD.metricTags)
    var v = 0.0
    for n in 1...50 {
      // Those of other states do not count.
      agent.learn(3, 0, 100, 4, .terminated, into: &meter)
      agent.learn(7, 0, Double(n), 4, .terminated, into: &meter)
      v += 0.5 / (1 + Double(n) / 20) * (Double(n) - v)
    }
    #expect(abs(agent.v[7] - v) < 1e-12)
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    let world = try grid()
    let table = policy(good, epsilon: 0.4)
    var q = QLearning.Configuration()
    q.behaviour = table
    try expectExactContinuation(in: world) { QLearning(q, for: world, seed: $0) }
    var td = TDLambda.Configuration()
    td.policy = table
    try expectExactContinuation(in: world) { TDLambda(td, for: world, model: world.world.table, seed: $0) }
  }
}
