import Environments
import RLCore
import Testing

@testable import Agents

/// The linear methods of prediction: where they come to rest, off policy too, and what a model says of it exactly.
@Suite struct LinearPredictionTests {
  /// Overlapping features of the states of a random process, which a constant does not lie among.
  private static let process = Table.random(states: 12, actions: 2, discount: 0.9, seed: 6)
  private static let rows: [[Double]] = {
    var random = RandomStream(seed: 7)
    return (0..<12).map { _ in (0..<4).map { _ in random.uniform(-1, 1) } }
  }()
  private static let target = FollowedPolicy(probabilities: (0..<12).flatMap { _ in [0.8, 0.2] }, actions: 2)

  private func world() throws -> TimeLimit<Simulator> { TimeLimit(try Simulator(Self.process), limit: nil) }

  private func errors(_ policy: FollowedPolicy, from behaviour: FollowedPolicy) throws -> BellmanErrors {
    try #require(
      BellmanErrors(
        StateFeatures(rows: Self.rows), of: policy.probabilities(states: 12, actions: 2),
        from: behaviour.probabilities(states: 12, actions: 2), in: TransitionTable(Self.process), gamma: 0.9))
  }

  private func weights<Rule: Agent<Int, Int>>(
    _ agent: Rule, steps: Int, _ w: (Rule) -> [Double]
  ) throws -> [Double] {
    var learner = Interaction(try world(), agent, seed: 2)
    var meter = Meter(tags: Rule.metricTags)
    try learner.advance(by: steps, into: &meter)
    return w(learner.agent)
  }

  private func gap(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { abs($0 - $1) }.max()! }

  @Test func theFixedPointHasNoProjectedError() throws {
    let errors = try errors(.uniform, from: .uniform)
    #expect(errors.projectedError(errors.fixedPoint) < 1e-12)
    #expect(errors.distanceToFixedPoint(errors.fixedPoint) == 0)
    #expect(abs(errors.weights.reduce(0, +) - 1) < 1e-12)
    // PBE = (b − A w)ᵀ C⁻¹ (b − A w), C = Σ D x xᵀ; here with C inverted by hand through its own solver.
    let w = [0.3, -0.2, 0.5, 0.1]
    let residual = (0..<4).map { i in errors.side[i] - (0..<4).reduce(0) { $0 + errors.matrix[$1 * 4 + i] * w[$1] } }
    var random = RandomStream(seed: 9)
    // No direction among the features has a larger share of the error.
    var best = 0.0
    for _ in 0..<200_000 {
      let u = (0..<4).map { _ in random.normal() }
      let size = zip(errors.states, errors.weights).reduce(0.0) { sum, state in
        let value = zip(u, Self.rows[state.0]).reduce(0) { $0 + $1.0 * $1.1 }
        return sum + state.1 * value * value
      }
      best = max(best, abs(zip(u, residual).reduce(0) { $0 + $1.0 * $1.1 }) / size.squareRoot())
    }
    let projected = errors.projectedError(w)
    #expect(best <= projected + 1e-12 && best > 0.99 * projected)
  }

  /// The ten groups of the walk over 1000 states: Sutton and Barto's figure 9.2, as the reference has it.
  @Test func theWalksFixedPointIsTheReferences() throws {
    let walk = RandomWalk.thousand
    let rows = (0...1001).map { s in (0..<10).map { (1...1000).contains(s) && (s - 1) / 100 == $0 ? 1.0 : 0 } }
    let errors = try #require(
      BellmanErrors(
        StateFeatures(rows: rows), of: .init(repeating: 1, count: 1002), from: .init(repeating: 1, count: 1002),
        in: TransitionTable(walk), gamma: 1))
    let reference = [
      -0.6932239352871926, -0.48050613399380865, -0.30332686936380904, -0.1458277692888899, -0.0009434956833540981,
      0.12238061836369132, 0.24971844302387197, 0.38805866778009906, 0.5436885387879945, 0.7305349607661957,
    ]
    #expect(gap(errors.fixedPoint, reference) < 1e-9)
  }

  @Test func leastSquaresFindTheFixedPoint() throws {
    let errors = try errors(.uniform, from: .uniform)
    var settings = LSTD.Configuration()
    (settings.epsilon, settings.solveEvery) = (1e-6, 200_000)
    let features = StateFeatures(rows: Self.rows)
    let solved = try weights(LSTD(settings, features, for: world(), model: nil, seed: 1), steps: 200_000) { $0.w }
    settings.method = .recursive
    let recursive = try weights(LSTD(settings, features, for: world(), model: nil, seed: 1), steps: 200_000) { $0.w }
    #expect(gap(solved, recursive) < 1e-6)
    #expect(gap(solved, errors.fixedPoint) < 0.05)
  }

  @Test func semiGradientsComeToRestAtTheFixedPoint() throws {
    let errors = try errors(.uniform, from: .uniform)
    var settings = LinearTD.Configuration()
    settings.alpha = .reciprocal(Reciprocal(500, plus: 5000))
    let w = try weights(
      LinearTD(settings, StateFeatures(rows: Self.rows), for: world(), model: nil, seed: 1), steps: 400_000
    ) { $0.w }
    #expect(errors.distanceToFixedPoint(w) < 0.03 && errors.distanceToFixedPoint([0, 0, 0, 0]) > 0.1)
  }

  @Test func gradientMethodsComeToRestThereOffPolicy() throws {
    let errors = try errors(Self.target, from: .uniform)
    func settings<Settings: OffPolicySettings>(_: Settings.Type) -> Settings {
      var settings = Settings()
      settings.policy = Self.target
      settings.alpha = .reciprocal(Reciprocal(1000, plus: 10_000))
      return settings
    }
    let (features, world) = (StateFeatures(rows: Self.rows), try world())
    func left<Rule: Agent<Int, Int>>(_ agent: Rule, _ w: (Rule) -> [Double]) throws -> [Double] {
      try [30_000, 300_000, 3_000_000].map { steps in try errors.projectedError(weights(agent, steps: steps, w)) }
    }
    let start = errors.projectedError([0, 0, 0, 0])
    let gtd = try left(GTD2(settings(GTD2.Configuration.self), features, for: world, model: nil, seed: 1)) { $0.w }
    let tdc = try left(TDC(settings(TDC.Configuration.self), features, for: world, model: nil, seed: 1)) { $0.w }
    for errors in [gtd, tdc] {
      #expect(errors[0] > errors[1] && errors[1] > errors[2] && errors[2] < 0.1 * start, "\(start): \(gtd), \(tdc)")
    }
  }

  /// On Baird's star semi-gradients diverge, TDC and GTD2 make the projected error small, and emphasis, in expectation,
  /// finds the values; a sampled run of it is too wild to hold to a bar (Sutton & Barto, §11.8).
  @Test func theStarIsTamed() throws {
    let world = try Simulator(BairdStar())
    let features = StateFeatures(rows: BairdStar.features)
    let start: [Double] = [1, 1, 1, 1, 1, 1, 10, 1]
    let solid = FollowedPolicy(probabilities: (0..<7).flatMap { _ in [0.0, 1] }, actions: 2)
    let mixed = FollowedPolicy(probabilities: (0..<7).flatMap { _ in [6.0 / 7, 1.0 / 7] }, actions: 2)
    let errors = try #require(
      BellmanErrors(
        features, of: solid.probabilities(states: 7, actions: 2), from: mixed.probabilities(states: 7, actions: 2),
        in: world.table, gamma: 0.99))
    #expect(errors.weights.allSatisfy { abs($0 - 1.0 / 7) < 1e-12 })
    // The exact entry's value at the start.
    #expect(abs(errors.projectedError(start) - 8.22141) < 1e-5)
    func end<Rule: Agent<Int, Int>>(_ agent: Rule, _ steps: Int, _ w: (Rule) -> [Double]) throws -> [Double] {
      var learner = Interaction(world, agent, seed: 1)
      var meter = Meter(tags: Rule.metricTags)
      try learner.advance(by: steps, into: &meter)
      return w(learner.agent)
    }
    func settings<Settings: OffPolicySettings>(_: Settings.Type, _ alpha: Schedule) -> Settings {
      var settings = Settings()
      (settings.policy, settings.behaviour, settings.alpha) = (solid, mixed, alpha)
      return settings
    }
    let plain = OffPolicyTD(
      settings(OffPolicyTD.Configuration.self, 0.01), features, from: start, for: world, model: nil, seed: 1)
    #expect(try end(plain, 1000) { $0.w }.map(abs).max()! > 50)
    var corrected = settings(TDC.Configuration.self, 0.005)
    corrected.beta = 0.05
    let tdc = TDC(corrected, features, from: start, for: world, model: nil, seed: 1)
    #expect(errors.projectedError(try end(tdc, 3000) { $0.w }) < 1)
    var descent = settings(GTD2.Configuration.self, 0.005)
    descent.beta = 0.05
    let gtd = GTD2(descent, features, from: start, for: world, model: nil, seed: 1)
    #expect(errors.projectedError(try end(gtd, 20_000) { $0.w }) < 1)
  }

  /// Emphatic TD's first three updates by hand, on and off policy.
  @Test func emphasisByHand() throws {
    let world = TimeLimit(try Simulator(RandomWalk.five), limit: nil)
    var settings = EmphaticTD.Configuration()
    (settings.alpha, settings.discount, settings.lambda) = (0.5, 0.5, 0.5)
    settings.features = FeatureSettings(.oneHot)
    var agent = EmphaticTD(settings, for: world, model: nil, seed: 1)
    var meter = Meter(tags: EmphaticTD.metricTags)
    agent.learn(2, 0, 1, 3, .running, into: &meter)
    // F = 1, M = 1, z(2) = 1, δ = 1.
    #expect(agent.w[2] == 0.5)
    agent.learn(3, 0, 2, 2, .running, into: &meter)
    // F = 1.5, M = 1.25, z(3) = 1.25, z(2) = 1/4, δ = 2 + 0.5 · 0.5.
    #expect(abs(agent.w[3] - 0.5 * 2.25 * 1.25) < 1e-15 && abs(agent.w[2] - (0.5 + 0.5 * 2.25 * 0.25)) < 1e-15)
    agent.learn(2, 0, 0, 0, .terminated, into: &meter)
    agent.learn(5, 0, 1, 6, .terminated, into: &meter)
    #expect(agent.w[5] == 0.5, "an episode begins without a past")
  }

  @Test func savedAndRestoredTheyGoOnTheSame() throws {
    var process = CliffWalking()
    process.slippery = true
    process.discount = 0.9
    let world = TimeLimit(try Simulator(process), limit: 50)
    let model = world.world.table
    try expectExactContinuation(in: world) { LinearTD(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { LinearNStepTD(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { LinearTDLambda(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { LinearTrueOnlineTDLambda(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { LinearMC(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { OffPolicyTD(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { GTD2(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { TDC(.init(), for: world, model: model, seed: $0) }
    try expectExactContinuation(in: world) { EmphaticTD(.init(), for: world, model: model, seed: $0) }
    for method in LSTD.Method.allCases {
      try expectExactContinuation(in: world) { seed in
        var settings = LSTD.Configuration()
        (settings.method, settings.solveEvery) = (method, 100)
        return LSTD(settings, for: world, model: model, seed: seed)
      }
    }
  }
}
