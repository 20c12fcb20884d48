import Environments
import Foundation
import RLCore
import Testing

@testable import Agents

extension OffPolicyActorSettings {
  /// Small enough for a reference, with nothing at its default.
  mutating func makeSmall() {
    hidden = [6, 5]
    batch = 8
    learningRate = .constant(0.01)
    actorLearningRate = .constant(0.01)
    discount = 0.9
    tau = 0.1
    warmup = 20
    capacity = 50
    rewardScale = 0.5
  }
}

/// What holds for every agent that learns a policy for continuous actions from a replay buffer. Settings changed by any of
/// `others` make one that refuses a checkpoint.
func checkReplayActor<Settings: OffPolicyActorSettings, Rule: Agent<[Float], [Float]>>(
  _ defaults: Settings, others: [(inout Settings) -> Void], make: (Settings, Space, Space, UInt64) -> Rule
) throws {
  var settings = defaults
  settings.makeSmall()
  func small(_ seed: UInt64) -> Rule { make(settings, Feeder<Rule>.observations, Feeder<Rule>.actions, seed) }

  // The replay holds what happened; nothing is learned before the warm-up is over.
  var feeder = Feeder(agent: small(3))
  for _ in 0..<20 { feeder.feed() }
  #expect(feeder.metrics().isEmpty)
  for _ in 0..<30 { feeder.feed() }
  #expect(!feeder.metrics().isEmpty)
  let rows = try reader(feeder.agent.save).floats("replay/rows", count: 50 * 10)
  for (i, (transition, unit)) in feeder.stored.enumerated() {
    let row = Array(rows[i * 10..<(i + 1) * 10])
    #expect(row[0..<3].map(Double.init) == transition.observation)
    #expect(zip(row[3..<5], unit).allSatisfy { abs($0 - $1) < 1e-6 && abs($0) <= 1 })
    #expect(row[5] == Float(transition.reward * 0.5))
    // 1 after a truncated step too.
    #expect(row[6] == (transition.isTerminated ? 0 : 1))
    #expect(row[7..<10].map(Double.init) == transition.next)
  }

  // A checkpoint of another shape is refused.
  let saved = reader(feeder.agent.save)
  for change in others {
    var changed = settings
    change(&changed)
    var other = make(changed, Feeder<Rule>.observations, Feeder<Rule>.actions, 3)
    #expect(throws: CoreError.self) { try other.restore(from: saved) }
  }

  // A state is worth what the critics say of the action that the policy prefers: the least or, of an ensemble, the mean.
  let critics = try saved.tensors.keys.filter { $0.hasPrefix("critic") }.map { try saved.floats($0) }
  for s in [[0.5, -0.25, 1], [0, 0, -1]] {
    // A Gaussian's deviations follow its means.
    let outputs = saved.tensors["temperature"] == nil ? 2 : 4
    let a = try perceptron([3, 6, 5, outputs], saved.floats("actor").map(Double.init), s).prefix(2).map { tanh($0) }
    let values = critics.map { perceptron([5, 6, 5, 1], $0.map(Double.init), s + a)[0] }
    let expected = values.count > 2 ? values.reduce(0, +) / Double(values.count) : values.min()!
    let found = try #require(feeder.agent.estimate(of: s.map { Float($0) }))
    // Rewards are halved for the critics.
    #expect(abs(found.v - 2 * expected) < 1e-5 && found.q == [])
  }
  settings.rewardScale = 0
  #expect(small(3).estimate(of: [0, 0, 0]) == nil)
  settings.rewardScale = 0.5

  // A loss that is not a number is reported, once the transition is drawn.
  #expect(feeder.meter.fault == nil)
  feeder.observation[1] = .nan
  for _ in 0..<60 { feeder.feed() }
  #expect(feeder.meter.fault != nil)

  // Saved and restored it goes on the same.
  let world = TimeLimit(Pendulum(), limit: 30)
  for (kind, cut) in [(ExplorationNoise.Kind.gaussian, 7), (.gaussian, 133), (.ornsteinUhlenbeck, 40)] {
    settings.noise = kind
    settings.noiseScale = 0.1
    func fresh(_ seed: UInt64) -> Interaction<TimeLimit<Pendulum>, Rule> {
      Interaction(world, make(settings, world.observationSpace, world.actionSpace, seed), seed: seed)
    }
    var learner = fresh(1)
    var meter = Meter(tags: Rule.metricTags)
    try learner.advance(by: cut, into: &meter)
    var restored = fresh(2)
    try restored.restore(from: reader(learner.save))
    var copy = meter
    for _ in 0..<3 {
      try learner.advance(by: 70, into: &meter)
      try restored.advance(by: 70, into: &copy)
      #expect(reader(restored.save).tensors == reader(learner.save).tensors)
      #expect(copy.drain().map(\.value) == meter.drain().map(\.value))
    }
  }

  // Only termination ends the future: a place that pays 1 for ever is worth 1 / (1 − γ), or more where entropy pays too.
  for ending in [Ending.truncated, .terminated] {
    settings.discount = 0.5
    settings.rewardScale = 1
    settings.learningRate = .linear(from: 0.02, to: 0, over: 1500)
    settings.actorLearningRate = settings.learningRate
    let space = Space.box(low: [-1], high: [1])
    var agent = make(settings, space, space, 5)
    var meter = Meter(tags: Rule.metricTags)
    var action: [Float] = [0]
    for step in 0..<1500 {
      if step == 1400 { _ = meter.drain() }
      agent.act([1], into: &action)
      agent.learn([1], action, 1, [1], ending, into: &meter)
    }
    let metrics = Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) })
    let value = try #require(metrics["train/q_value"])
    // Q = 1 + γ (Q + α H)
    let pay = 0.5 * (metrics["train/ent_coef"] ?? 0) * (metrics["train/entropy"] ?? 0)
    #expect(abs(value - (ending == .terminated ? 1 : 2 * (1 + pay))) < 0.03, "\(metrics)")
  }
}
