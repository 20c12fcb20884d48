import Agents
import Environments
import Foundation
import Networks
import RLCore

/// Policies that follow a gradient: Zhao, chapters 9 and 10; Sutton and Barto, chapter 13.
extension Textbook {
  static let policyGradients: [Experiment] = [gradientsOnTheGrid, blindCorridor]

  private static let gradientsOnTheGrid = Experiment(
    "zhao-9-10-policy-gradient-2x2", "four policy gradients on the 2×2 grid",
    source: "Zhao, algorithms 9.1, 10.1, 10.2 and 10.3",
    claim: "Not in the book: all come near the optimum, those with a critic nearer than REINFORCE."
  ) { findings in
    let grid = try findings.varied(env: GridWorld(bundled: "Zhao-2x2"))
    let states = grid.stateCount
    let process = Variation(
      states: states, actions: grid.actionCount, discount: grid.discount,
      initial: .init(repeating: 1 / Double(states), count: states), rule: grid.outcomes)
    let world = EncodedStates(TimeLimit(try Simulator(process), limit: 100), as: .oneHot)
    let (inputs, outputs) = (world.observationSpace, world.actionSpace)
    @Sendable func objective(_ policy: [Double]) throws -> Double {
      mean(try evaluation(of: policy, in: process).v) { $0 }
    }
    var curves: [Chart.Curve] = []
    func ascend<Rule: Agent<[Float], Int>>(
      _ name: String, _ agent: @Sendable (UInt64) -> Rule,
      _ probabilities: @Sendable (inout Rule, [Float]) -> [Double]
    ) throws {
      let runs = try findings.runs(20) { seed in
        var play = Play(agent(seed), in: world, seed: seed)
        return try (0..<20).map { _ in
          _ = play.episodes(20)
          var agent = play.agent
          return try objective(
            (0..<states).flatMap { s in probabilities(&agent, (0..<states).map { $0 == s ? 1 : 0 }) })
        }
      }
      findings.add("J_" + name, runs) { $0[19] }
      let points = (0..<20).map { i in Drawing.Point(Double(20 * (i + 1)), mean(runs) { $0[i] }) }
      curves.append(Chart.Curve(name, points))
    }
    let reinforce = try findings.varied(REINFORCEConfiguration()) {
      ($0.alpha, $0.baseline, $0.discount) = (0.001, false, grid.discount)
    }
    try ascend("reinforce") {
      REINFORCE(reinforce, Categorical(actions: grid.actionCount), observationSize: states, seed: $0)
    } _: {
      $0.probabilities($1)
    }
    let qac = try findings.varied(QAC.Configuration()) {
      ($0.alpha, $0.valueAlpha, $0.discount) = (0.01, 0.1, grid.discount)
    }
    try ascend("qac") {
      QAC(qac, observations: inputs, actions: outputs, seed: $0)
    } _: {
      $0.probabilities($1)
    }
    for (name, exploration) in [("a2c", Schedule.constant(0)), ("offpolicy_a2c", 1)] {
      let settings = try findings.varied(OffPolicyAC.Configuration()) {
        ($0.alpha, $0.valueAlpha, $0.discount, $0.exploration) = (0.05, 0.1, grid.discount, exploration)
      }
      try ascend(name) {
        OffPolicyAC(settings, observations: inputs, actions: outputs, seed: $0)
      } _: {
        $0.probabilities($1)
      }
    }
    let best = mean(try Optimum(of: process).v) { $0 }
    let uniform = try objective(process.uniformPolicy)
    findings.add("J_optimal", best)
    findings.add("J_uniform", uniform)
    findings.show(Chart("mean value of the states, mean of all runs", x: "episodes", y: "J", curves))
    let ends = curves.map { $0.points[19].y }
    findings.expect("all are far above the uniform policy", ends.allSatisfy { $0 > uniform + 5 })
    findings.expect("with a critic nearer to the best than without", ends.dropFirst().allSatisfy { $0 > ends[0] })
    findings.expect("the advantage comes within a twentieth of the best", ends[2] > 0.95 * best)
  }

  /// The returns of so many episodes of an agent for which all places look alike, and its last chance of going right.
  private static func blindReturns(
    _ method: REINFORCEConfiguration, episodes: Int, in start: Simulator, seed: UInt64
  ) -> (returns: [Double], right: Double) {
    var (world, place) = (start, 0)
    var agent = REINFORCE(
      method, Categorical(actions: 2), observationSize: 1, from: [0, log(0.05 / 0.95), 0, 0], seed: seed)
    var meter = Meter(tags: REINFORCE<Categorical>.metricTags)
    var action = 0
    world.reset(seed: seed, into: &place)
    let returns = (0..<episodes).map { _ in
      var (sum, ending) = (0.0, Ending.running)
      while ending == .running {
        agent.act([1], into: &action)
        let step = world.step(action, into: &place)
        agent.learn([1], action, step.reward, [1], step.ending, into: &meter)
        (sum, ending) = (sum + step.reward, step.ending)
      }
      world.reset(seed: nil, into: &place)
      return sum
    }
    return (returns, agent.probabilities([1])[1])
  }

  private static let blindCorridor = Experiment(
    "sb-13.1-reinforce-short-corridor", "REINFORCE in the short corridor, with a baseline and without",
    source: "Sutton and Barto, sections 13.3 and 13.4, figures 13.1 and 13.2",
    claim: "With a good step size the return comes to that of the best stochastic policy, −11.6; with a baseline "
      + "sooner.",
    remark: "The book gives neither the first policy nor its bounds: here it goes right with 0.05, and no action falls "
      + "below that."
  ) { findings in
    let world = try Simulator(findings.varied(env: ShortCorridor()))
    let settings: [(name: String, alpha: Double, valueAlpha: Double?)] = [
      ("reinforce_2^-12", 1.0 / 4096, nil), ("reinforce_2^-13", 1.0 / 8192, nil),
      ("reinforce_2^-14", 1.0 / 16_384, nil), ("baseline", 1.0 / 512, 1.0 / 64),
    ]
    var curves: [Chart.Curve] = []
    var early: [Double] = []
    var late: [Double] = []
    for (name, alpha, valueAlpha) in settings {
      let method = try findings.varied(REINFORCEConfiguration()) {
        ($0.alpha, $0.baseline, $0.discount, $0.leastProbability) = (.constant(alpha), valueAlpha != nil, 1, 0.05)
        ($0.valueAlpha, $0.episodeLength) = (.constant(valueAlpha ?? 0), 1_000_000)
      }
      let runs = try findings.runs(100) { seed in blindReturns(method, episodes: 1000, in: world, seed: seed) }
      early.append(findings.add(name + "_G0_1_100", runs) { mean($0.returns[..<100]) })
      late.append(findings.add(name + "_G0_901_1000", runs) { mean($0.returns[900...]) })
      if valueAlpha != nil { findings.add("baseline_p_right_end", runs, \.right) }
      let points = stride(from: 0, to: 1000, by: 20).map { first in
        Drawing.Point(Double(first + 10), mean(runs) { mean($0.returns[first..<first + 20]) })
      }
      curves.append(Chart.Curve(name.replacing("_", with: " "), points))
    }
    findings.show(Chart("total reward of an episode, mean of all runs", x: "episodes", y: "reward", curves))
    findings.expect(
      "the larger the step size, the sooner", early[0] > early[1] && early[1] > early[2] && early[3] > early[0])
    findings.expect("with 2⁻¹³ and with a baseline they come near −11.6", late[1] > -20 && late[3] > -13.5)
  }
}
