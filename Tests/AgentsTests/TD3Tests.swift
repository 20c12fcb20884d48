import Foundation
import Networks
import RLCore
import Testing

@testable import Agents

@Suite struct TD3Tests {
  init() { BLAS.setThreads(1) }

  private func agent(_ change: (inout TD3.Configuration) -> Void = { _ in }) -> TD3 {
    var configuration = TD3.Configuration()
    configuration.makeSmall()
    change(&configuration)
    return TD3(configuration, observations: Feeder<TD3>.observations, actions: Feeder<TD3>.actions, seed: 11)
  }

  /// The actor moves with every second update.
  @Test(arguments: [60, 61], [0, 0.05]) func anUpdateIsTheAlgorithms(_ count: Int, _ weightDecay: Double) throws {
    let rate = Schedule.linear(from: 0.02, to: 0, over: 200)
    var feeder = Feeder(
      agent: agent {
        $0.learningRate = rate
        $0.actorLearningRate = rate
        $0.smoothing = 0.4
        $0.weightDecay = weightDecay
      })
    for _ in 0..<count { feeder.feed() }
    let before = reader(feeder.agent.save)
    _ = feeder.metrics()
    feeder.feed()
    let (after, metrics) = (reader(feeder.agent.save), feeder.metrics())

    var stream = try before.random("random/replay")
    let batch = feeder.batch(8, of: 50, rewardScale: 0.5, drawnBy: &stream)
    #expect(batch.contains { $0.isTerminated } && batch.contains { !$0.isTerminated })
    var update = try TwinUpdate(feeder.agent.configuration, rate: rate.value(at: count + 1), from: before)
    // Learning starts with the 21st transition.
    let movesActor = (count - 19) % 2 == 0
    let actorLoss = update.runTD3(batch, feeder.agent.configuration, movesActor: movesActor, drawing: &stream)

    #expect(abs(try #require(metrics["train/critic_loss"]) - update.criticLoss) < 1e-5 * update.criticLoss)
    #expect(abs(try #require(metrics["train/q_value"]) - update.value) < 1e-5)
    #expect((metrics["train/actor_loss"] != nil) == movesActor)
    if let actorLoss { #expect(abs(try #require(metrics["train/actor_loss"]) - actorLoss) < 1e-5) }
    for (name, expected) in [
      ("critic1", update.critics[0]), ("critic2", update.critics[1]), ("actor", update.actor),
    ] {
      #expect(expected.matches(try ReferencePart(name, in: after)), "\(name)")
    }
    #expect(try after.random("random/replay") == stream)
  }

  @Test func theTwinsDiffer() throws {
    let saved = reader(agent().save)
    #expect(try saved.floats("critic1") != saved.floats("critic2"))
  }

  @Test func itKeepsWhatAgentsPromise() throws {
    try checkReplayActor(TD3.Configuration(), others: [{ $0.hidden = [5, 6] }, { $0.hidden = [6] }]) {
      TD3($0, observations: $1, actions: $2, seed: $3)
    }
  }
}
