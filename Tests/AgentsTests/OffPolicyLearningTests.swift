import Environments
import Foundation
import Networks
import RLCore
import RunStore
import Testing

@testable import Agents

/// Learning as learning, for the agents that learn continuous actions from a replay buffer.
@Suite(.enabled(if: isOptimised, "learning takes too long without optimisation")) struct OffPolicyLearningTests {
  init() { BLAS.setThreads(1) }

  /// The settings of a preset and its steps.
  private func preset<Settings: OffPolicyActorSettings>(
    _ settings: Settings, for world: String
  ) throws -> (Settings, steps: Int) {
    let yaml = try #require(Presets.yaml(of: Settings.id))
    let section = try #require(try readSettings(yaml: yaml, file: Settings.id + ".yaml")[world])
    var settings = settings
    for (name, setting) in section where !name.hasPrefix("train.") { try settings.set(name, to: setting.value) }
    return (settings, Int(try #require(section["train.steps"]?.value.asNumber)))
  }

  private struct NearOptimal: Decodable {
    struct Starts: Decodable { let returns: [Double] }
    let test: Starts
  }

  /// The gaps to near-optimal play from the same 200 starts, after training on seeds that no preset was tuned on.
  private func gaps(_ settings: some OffPolicyActorSettings, steps: Int) throws -> [Double] {
    let best = try JSONDecoder().decode(NearOptimal.self, from: fixture("pendulum-near-optimal")).test.returns
    return try [UInt64(100), 101, 102].map { seed in
      var learner = settings.learner(in: TimeLimit(Pendulum(), limit: 200), seed: seed)
      var meter = Meter(tags: learner.metricTags)
      try learner.advance(by: steps, into: &meter)
      let returns = try learner.evaluate(episodes: 200, seed: 10_000, sample: false).returns
      return zip(best, returns).reduce(0) { $0 + $1.0 - $1.1 } / 200
    }
  }

  /// Single published runs after 20,000 steps are 14 (TD3) and 19 (SAC) from near-optimal play.
  @Test func thePendulumIsSwungUp() throws {
    let (td3, td3Steps) = try preset(TD3.Configuration(), for: "Pendulum-v1")
    let (sac, sacSteps) = try preset(SAC.Configuration(), for: "Pendulum-v1")
    let (redq, redqSteps) = try preset(REDQ.Configuration(), for: "Pendulum-v1")
    #expect((td3Steps, sacSteps, redqSteps) == (10_000, 10_000, 3000))
    for (found, mean, worst) in [
      (try gaps(td3, steps: td3Steps), 14.0, 18.0), (try gaps(sac, steps: sacSteps), 12, 16),
      (try gaps(redq, steps: redqSteps), 14, 20),
    ] {
      // Nothing does better than near-optimal play by more than its grid.
      #expect(found.allSatisfy { (-1...worst).contains($0) } && found.reduce(0, +) / 3 <= mean, "\(found)")
    }
  }

  /// An hour of pushing at random finds nothing: the noise must last.
  @Test(arguments: [UInt64(100), 101]) func theCarLeavesTheValley(_ seed: UInt64) throws {
    let (settings, steps) = try preset(SAC.Configuration(), for: "MountainCarContinuous-v0")
    var learner = settings.learner(in: TimeLimit(MountainCarContinuous(), limit: 999), seed: seed)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: steps, into: &meter)
    #expect(try learner.evaluate(episodes: 100, seed: 10_000, sample: false).meanReturn >= 93)
  }
}
