import Foundation
import Networks
import RLCore
import Testing

@testable import Agents

@Suite struct SACTests {
  init() { BLAS.setThreads(1) }

  private func agent(_ change: (inout SAC.Configuration) -> Void = { _ in }) -> SAC {
    var configuration = SAC.Configuration()
    configuration.makeSmall()
    change(&configuration)
    return SAC(configuration, observations: Feeder<SAC>.observations, actions: Feeder<SAC>.actions, seed: 11)
  }

  @Test func anUpdateIsTheAlgorithms() throws {
    let rate = Schedule.linear(from: 0.02, to: 0, over: 200)
    var feeder = Feeder(
      agent: agent {
        $0.learningRate = rate
        $0.actorLearningRate = rate
        $0.temperature = 0.3
      })
    for _ in 0..<60 { feeder.feed() }
    let before = reader(feeder.agent.save)
    _ = feeder.metrics()
    feeder.feed()
    let (after, metrics) = (reader(feeder.agent.save), feeder.metrics())

    var stream = try before.random("random/replay")
    let batch = feeder.batch(8, of: 50, rewardScale: 0.5, drawnBy: &stream)
    #expect(batch.contains { $0.isTerminated } && batch.contains { !$0.isTerminated })
    var update = try TwinUpdate(feeder.agent.configuration, rate: rate.value(at: 61), from: before)
    var temperature = try ReferencePart("temperature", in: before)
    let alpha = exp(temperature.parameters[0])
    let (actorLoss, entropy) = try #require(update.runSoft(batch, temperature: &temperature, drawing: &stream))

    #expect(abs(try #require(metrics["train/critic_loss"]) - update.criticLoss) < 1e-5 * update.criticLoss)
    #expect(abs(try #require(metrics["train/q_value"]) - update.value) < 1e-5)
    #expect(abs(try #require(metrics["train/actor_loss"]) - actorLoss) < 1e-5)
    #expect(abs(try #require(metrics["train/entropy"]) - entropy) < 1e-5)
    #expect(abs(try #require(metrics["train/ent_coef"]) - alpha) < 1e-6)
    #expect(metrics["train/saturation"] == 0)
    for (name, expected) in [
      ("critic1", update.critics[0]), ("critic2", update.critics[1]), ("actor", update.actor),
      ("temperature", temperature),
    ] {
      #expect(expected.matches(try ReferencePart(name, in: after)), "\(name)")
    }
    #expect(try after.random("random/replay") == stream)
  }

  /// With less entropy than the target the temperature rises, with more it falls.
  @Test(arguments: [Float(-9), 2]) func theTemperatureSeeksTheTargetEntropy(_ logDeviation: Float) throws {
    var agent = agent { $0.actorLearningRate = .constant(1e-3) }
    // Biases of the output: means, then logarithms of deviations.
    let saved = reader(agent.save)
    var tensors = saved.tensors
    var actor = try saved.floats("actor")
    for i in 1...2 { actor[actor.count - i] = logDeviation }
    tensors["actor"] = Tensor(shape: [actor.count], values: .float32(actor))
    try agent.restore(from: CheckpointReader(tensors))
    var feeder = Feeder(agent: agent)
    for _ in 0..<40 { feeder.feed() }
    let metrics = feeder.metrics()
    let entropy = try #require(metrics["train/entropy"])
    let alpha = try exp(reader(feeder.agent.save).floats("temperature")[0])
    #expect((alpha > 1) == (entropy < -2), "\(entropy) \(alpha)")
  }

  /// An actor of fixed modes, tanh 2.7 = 0.991 and tanh 2.6 = 0.989: half of them lie next to a bound, however wide it draws.
  @Test(arguments: [Float(-9), 2]) func modesNextToABoundAreCounted(_ logDeviation: Float) throws {
    var agent = agent { $0.actorLearningRate = .constant(0) }
    let saved = reader(agent.save)
    var tensors = saved.tensors
    var actor = [Float](repeating: 0, count: try saved.floats("actor").count)
    actor.replaceSubrange(actor.count - 4..<actor.count, with: [2.7, 2.6, logDeviation, logDeviation])
    tensors["actor"] = Tensor(shape: [actor.count], values: .float32(actor))
    try agent.restore(from: CheckpointReader(tensors))
    var feeder = Feeder(agent: agent)
    for _ in 0..<40 { feeder.feed() }
    #expect(feeder.metrics()["train/saturation"] == 0.5)
  }

  /// Without a seed the policy is tanh of the means; with one its draws are spread about them as the deviations say.
  @Test func theSampledPolicyDraws() {
    let agent = agent()
    var (mode, sampled) = (agent.policy(sampledWith: nil), agent.policy(sampledWith: 7))
    let observations = (0..<32).map { [Float($0) / 32, -1, 1] }
    var plain = [[Float]](repeating: [0, 0], count: 32)
    var drawn = plain
    mode.act(observations, into: &plain)
    var again = plain
    mode.act(observations, into: &again)
    #expect(plain == again)
    var square = 0.0
    for _ in 0..<200 {
      sampled.act(observations, into: &drawn)
      for (a, b) in zip(drawn, plain) { square += Double((a[1] - b[1]) * (a[1] - b[1])) / 6400 }
      #expect(drawn.allSatisfy { $0.lies(in: Feeder<SAC>.actions) })
    }
    // An untrained actor has outputs near 0: tanh of standard normal numbers has a deviation of 0.628, half a range is 2.5.
    #expect(abs(square.squareRoot() - 0.628 * 2.5) < 0.03)
  }

  @Test func itKeepsWhatAgentsPromise() throws {
    try checkReplayActor(
      SAC.Configuration(), others: [{ $0.hidden = [5, 6] }, { $0.hidden = [6] }, { $0.hidden = [6, 5, 4] }]
    ) {
      SAC($0, observations: $1, actions: $2, seed: $3)
    }
  }
}
