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

  private struct NearOptimal: Decodable {
    struct Starts: Decodable { let returns: [Double] }
    let test: Starts
  }

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

  /// The gaps to near-optimal play from the same 200 starts, after training on seeds that no preset was tuned on.
  private func gaps(_ settings: some OffPolicyActorSettings, steps: Int) throws -> [Double] {
    let best = try JSONDecoder().decode(NearOptimal.self, from: fixture("pendulum-near-optimal")).test.returns
    return try [UInt64(100), 101].map { seed in
      var learner = settings.learner(in: TimeLimit(Pendulum(), limit: 200), seed: seed)
      var meter = Meter(tags: learner.metricTags)
      try learner.advance(by: steps, into: &meter)
      let returns = try learner.evaluate(episodes: 200, seed: 10_000, sample: false).returns
      return zip(best, returns).reduce(0) { $0 + $1.0 - $1.1 } / 200
    }
  }

  /// Nothing does better than near-optimal play by more than its grid.
  private func check(_ gaps: [Double], mean: Double, worst: Double) {
    #expect(gaps.allSatisfy { (-1...worst).contains($0) } && gaps.reduce(0, +) <= mean * Double(gaps.count), "\(gaps)")
  }

  /// A single published run after 20,000 steps is 14 from near-optimal play.
  @Test func td3SwingsThePendulumUp() throws {
    let (settings, steps) = try preset(TD3.Configuration(), for: "Pendulum-v1")
    #expect(steps == 10_000)
    check(try gaps(settings, steps: steps), mean: 14, worst: 18)
  }

  /// A single published run after 20,000 steps is 19 from near-optimal play.
  @Test func sacSwingsThePendulumUp() throws {
    let (settings, steps) = try preset(SAC.Configuration(), for: "Pendulum-v1")
    #expect(steps == 10_000)
    check(try gaps(settings, steps: steps), mean: 14, worst: 18)
  }

  @Test func redqSwingsThePendulumUpSooner() throws {
    let (settings, steps) = try preset(REDQ.Configuration(), for: "Pendulum-v1")
    #expect(steps == 3000)
    check(try gaps(settings, steps: steps), mean: 16, worst: 20)
  }

  /// Pushing at random finds nothing: the noise must last.
  @Test func theCarLeavesTheValley() throws {
    let (settings, steps) = try preset(SAC.Configuration(), for: "MountainCarContinuous-v0")
    var learner = settings.learner(in: TimeLimit(MountainCarContinuous(), limit: 999), seed: 100)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: steps, into: &meter)
    #expect(try learner.evaluate(episodes: 100, seed: 10_000, sample: false).meanReturn >= 93)
  }
}
