import Environments
import RLCore
import Testing

@testable import Agents

/// One-hot features make every linear method its tabular twin.
@Suite struct LinearTwinTests {
  private static let steps = 100_000

  private func world() throws -> TimeLimit<Simulator> {
    var process = CliffWalking()
    process.slippery = true
    return TimeLimit(try Simulator(process), limit: 50)
  }

  private func table<Rule: Agent<Int, Int>>(_ agent: Rule) throws -> Solution {
    var learner = Interaction(try world(), agent, seed: 3)
    var meter = Meter(tags: Rule.metricTags)
    try learner.advance(by: Self.steps, into: &meter)
    return try #require(learner.agent.solution)
  }

  private func expectTwins(_ linear: some Agent<Int, Int>, _ tabular: some Agent<Int, Int>) throws {
    let (a, b) = (try table(linear), try table(tabular))
    for (x, y) in zip(a.q, b.q) { #expect(abs(x - y) <= 1e-12 * max(1, abs(y))) }
    for (x, y) in zip(a.v, b.v) { #expect(abs(x - y) <= 1e-12 * max(1, abs(y))) }
    #expect(b.v.contains { $0 < -1 }, "something was learned")
  }

  private func control<Linear: LinearControlSettings, Tabular: ControlSettings>(
    _: Linear.Type, _: Tabular.Type
  ) -> (Linear, Tabular) {
    var (linear, tabular) = (Linear(), Tabular())
    linear.features = FeatureSettings(.oneHot)
    (linear.alpha, tabular.alpha) = (0.1, 0.1)
    (linear.discount, tabular.discount) = (0.9, 0.9)
    let epsilon = Schedule.linear(from: 0.5, to: 0.1, over: 30_000)
    (linear.epsilon, tabular.epsilon) = (epsilon, epsilon)
    (linear.initialWeight, tabular.initialValue) = (-3, -3)
    return (linear, tabular)
  }

  private func prediction<Linear: LinearPredictionSettings, Tabular: PredictionSettings>(
    _: Linear.Type, _: Tabular.Type
  ) -> (Linear, Tabular) {
    var (linear, tabular) = (Linear(), Tabular())
    linear.features = FeatureSettings(.oneHot)
    (linear.alpha, tabular.alpha) = (0.05, 0.05)
    (linear.discount, tabular.discount) = (0.9, 0.9)
    (linear.initialWeight, tabular.initialValue) = (-3, -3)
    return (linear, tabular)
  }

  /// A feature for each pair, in one vector of weights, is one for each state with weights of each action.
  @Test func jointFeatures() throws {
    let (world, (a, b)) = (try world(), control(LinearSarsaConfiguration.self, Sarsa.Configuration.self))
    let (states, actions) = world.sizes
    let pairs = (0..<states * actions).map { pair in (0..<states * actions).map { $0 == pair ? 1.0 : 0 } }
    let joint = StateFeatures(rows: pairs, jointActions: actions)
    #expect(joint.states == states && joint.count == states * actions)
    try expectTwins(LinearSarsa(a, joint, in: world, seed: 1), Sarsa(b, for: world, seed: 1))
    var several = LinearNStepSarsaConfiguration()
    (several.alpha, several.discount, several.n) = (0.1, 0.9, 3)
    several.features = FeatureSettings(.oneHot)
    try expectTwins(
      LinearNStepSarsa(several, joint, in: world, seed: 1),
      LinearNStepSarsa(several, several.features.map(of: world), in: world, seed: 1))
  }

  @Test func sarsa() throws {
    let (world, (a, b)) = (try world(), control(LinearSarsaConfiguration.self, Sarsa.Configuration.self))
    try expectTwins(
      LinearSarsa(a, a.features.map(of: world), in: world, seed: 1), Sarsa(b, for: world, seed: 1))
  }

  @Test func expectedSarsa() throws {
    let world = try world()
    let (a, b) = control(LinearExpectedSarsaConfiguration.self, ExpectedSarsa.Configuration.self)
    try expectTwins(
      LinearExpectedSarsa(a, a.features.map(of: world), in: world, seed: 1), ExpectedSarsa(b, for: world, seed: 1))
  }

  @Test func qLearning() throws {
    let (world, (a, b)) = (try world(), control(LinearQLearningConfiguration.self, QLearning.Configuration.self))
    try expectTwins(
      LinearQLearning(a, a.features.map(of: world), in: world, seed: 1), QLearning(b, for: world, seed: 1))
  }

  @Test(arguments: [1, 3, 20]) func nStepSarsa(_ n: Int) throws {
    let world = try world()
    var (a, b) = control(LinearNStepSarsaConfiguration.self, NStepSarsa.Configuration.self)
    (a.n, b.n) = (n, n)
    try expectTwins(
      LinearNStepSarsa(a, a.features.map(of: world), in: world, seed: 1), NStepSarsa(b, for: world, seed: 1))
  }

  @Test(arguments: TraceKind.allCases) func sarsaLambda(_ kind: TraceKind) throws {
    let world = try world()
    var (a, b) = control(LinearSarsaLambdaConfiguration.self, SarsaLambda.Configuration.self)
    (a.traces, b.traces) = (kind, kind)
    try expectTwins(
      LinearSarsaLambda(a, a.features.map(of: world), in: world, seed: 1), SarsaLambda(b, for: world, seed: 1))
  }

  @Test func td() throws {
    let (world, (a, b)) = (try world(), prediction(LinearTD.Configuration.self, TD.Configuration.self))
    try expectTwins(
      LinearTD(a, for: world, model: nil, seed: 1), TD(b, for: world, model: nil, seed: 1))
  }

  @Test func nStepTD() throws {
    let (world, (a, b)) = (try world(), prediction(LinearNStepTD.Configuration.self, NStepTD.Configuration.self))
    try expectTwins(
      LinearNStepTD(a, for: world, model: nil, seed: 1), NStepTD(b, for: world, model: nil, seed: 1))
  }

  @Test func tdLambda() throws {
    let (world, (a, b)) = (try world(), prediction(LinearTDLambda.Configuration.self, TDLambda.Configuration.self))
    try expectTwins(
      LinearTDLambda(a, for: world, model: nil, seed: 1), TDLambda(b, for: world, model: nil, seed: 1))
  }

  @Test func trueOnlineTDLambda() throws {
    let world = try world()
    let (a, b) = prediction(LinearTrueOnlineTDLambda.Configuration.self, TrueOnlineTDLambda.Configuration.self)
    try expectTwins(
      LinearTrueOnlineTDLambda(a, for: world, model: nil, seed: 1),
      TrueOnlineTDLambda(b, for: world, model: nil, seed: 1))
  }

  @Test func monteCarlo() throws {
    let world = try world()
    var (a, b) = prediction(LinearMC.Configuration.self, MCPrediction.Configuration.self)
    b.visits = .every
    a.episodeLength = b.episodeLength
    try expectTwins(
      LinearMC(a, for: world, model: nil, seed: 1), MCPrediction(b, for: world, model: nil, seed: 1))
  }
}
