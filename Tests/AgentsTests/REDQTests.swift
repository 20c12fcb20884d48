import Foundation
import Networks
import RLCore
import Testing

@testable import Agents

@Suite struct REDQTests {
  init() { BLAS.setThreads(1) }

  private func agent(_ change: (inout REDQ.Configuration) -> Void = { _ in }) -> REDQ {
    var configuration = REDQ.Configuration()
    configuration.makeSmall()
    change(&configuration)
    return REDQ(configuration, observations: Feeder<REDQ>.observations, actions: Feeder<REDQ>.actions, seed: 11)
  }

  /// Two updates a step, of which the second moves the actor.
  @Test func updatesAreTheAlgorithms() throws {
    let rate = Schedule.linear(from: 0.02, to: 0, over: 200)
    var feeder = Feeder(
      agent: agent {
        $0.learningRate = rate
        $0.actorLearningRate = rate
        $0.temperature = 0.3
        $0.updates = 2
        $0.actorEvery = 2
        $0.critics = 3
      })
    for _ in 0..<60 { feeder.feed() }
    let before = reader(feeder.agent.save)
    _ = feeder.metrics()
    feeder.feed()
    let (after, metrics) = (reader(feeder.agent.save), feeder.metrics())

    var stream = try before.random("random/replay")
    var update = try TwinUpdate(feeder.agent.configuration, critics: 3, rate: rate.value(at: 61), from: before)
    var temperature = try ReferencePart("temperature", in: before)
    let alpha = exp(temperature.parameters[0])
    var batch = feeder.batch(8, of: 50, rewardScale: 0.5, drawnBy: &stream)
    _ = update.runSoft(batch, temperature: &temperature, drawing: &stream, subset: 2, movesActor: false)
    batch = feeder.batch(8, of: 50, rewardScale: 0.5, drawnBy: &stream)
    let (actorLoss, entropy) = try #require(
      update.runSoft(batch, temperature: &temperature, drawing: &stream, subset: 2))

    // The reference adds up, the metrics are means.
    #expect(abs(try #require(metrics["train/critic_loss"]) - update.criticLoss / 2) < 1e-5 * update.criticLoss)
    #expect(abs(try #require(metrics["train/q_value"]) - update.value / 2) < 1e-5)
    #expect(abs(try #require(metrics["train/actor_loss"]) - actorLoss) < 1e-5)
    #expect(abs(try #require(metrics["train/entropy"]) - entropy) < 1e-5)
    #expect(abs(try #require(metrics["train/ent_coef"]) - alpha) < 1e-6)
    #expect(metrics["train/saturation"] == 0)
    for (name, expected) in [
      ("critic1", update.critics[0]), ("critic2", update.critics[1]), ("critic3", update.critics[2]),
      ("actor", update.actor), ("temperature", temperature),
    ] {
      #expect(expected.matches(try ReferencePart(name, in: after)), "\(name)")
    }
    #expect(try after.random("random/replay") == stream)
  }

  @Test func itKeepsWhatAgentsPromise() throws {
    try checkReplayActor(REDQ.Configuration(), others: [{ $0.hidden = [5, 6] }, { $0.critics = 6 }]) {
      REDQ($0, observations: $1, actions: $2, seed: $3)
    }
  }
}
