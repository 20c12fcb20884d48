import Foundation
import RLCore
import Testing

@Suite struct PrioritizedReplayTests {
  /// Transition i is told by its observation [i].
  private func filled(_ count: Int, capacity: Int = 8, exponent: Double, batch: Int) -> PrioritizedReplay {
    var replay = PrioritizedReplay(
      Replay(capacity: capacity, observationSize: 1, actionSize: 1), exponent: exponent, batch: batch)
    for i in 0..<count { replay.append([Float(i)], [0], 0, [0], bootstrap: 1) }
    return replay
  }

  @Test func drawsInProportionToErrors() {
    let errors: [Float] = [0.5, 1, 2, 4, 8]
    var replay = filled(5, exponent: 0.6, batch: 5)
    var batch = TransitionBatch(count: 5, observationSize: 1, actionSize: 1)
    var random = RandomStream(seed: 1)
    // New transitions are alike, so that five equal parts draw each of them once.
    replay.sample(into: &batch, correction: 1, using: &random)
    #expect((0..<5).map { batch.pairs[2 * $0] } == [0, 1, 2, 3, 4])
    #expect(replay.weights == [1, 1, 1, 1, 1])
    for i in 0..<5 { replay.setError(i, to: -errors[i]) }

    let priorities = errors.map { pow(Double($0) + 1e-6, 0.6) }
    let total = priorities.reduce(0, +)
    var counts = [Double](repeating: 0, count: 5)
    let rounds = 20_000
    for _ in 0..<rounds {
      replay.sample(into: &batch, correction: 0.4, using: &random)
      let drawn = (0..<5).map { Int(batch.pairs[2 * $0]) }
      for i in drawn { counts[i] += 1 }
      // w = (N P)^−β, the largest of the batch being 1.
      let raw = drawn.map { pow(5 * priorities[$0] / total, -0.4) }
      for i in 0..<5 { #expect(abs(Double(replay.weights[i]) - raw[i] / raw.max()!) < 1e-5) }
    }
    for i in 0..<5 {
      let expected = Double(5 * rounds) * priorities[i] / total
      #expect(abs(counts[i] - expected) < 5 * expected.squareRoot(), "\(i): \(counts[i]) of \(expected)")
    }
  }

  @Test func withoutAnExponentItIsPlainReplay() {
    var replay = filled(20, capacity: 16, exponent: 0, batch: 32)
    var (batch, plain) = (
      TransitionBatch(count: 32, observationSize: 1, actionSize: 1),
      TransitionBatch(count: 32, observationSize: 1, actionSize: 1)
    )
    var (random, other) = (RandomStream(seed: 3), RandomStream(seed: 3))
    replay.sample(into: &batch, correction: 0.5, using: &random)
    replay.setError(0, to: 100)
    replay.replay.sample(into: &plain, using: &other)
    #expect(batch.pairs == plain.pairs)
    #expect(replay.weights.allSatisfy { $0 == 1 })
  }

  @Test func whatIsOverwrittenStartsAnew() {
    var replay = filled(8, exponent: 1, batch: 8)
    var batch = TransitionBatch(count: 8, observationSize: 1, actionSize: 1)
    var random = RandomStream(seed: 2)
    replay.sample(into: &batch, correction: 0, using: &random)
    for i in 0..<8 { replay.setError(i, to: i == 3 ? 50 : 0) }
    // The largest priority so far is 50: the new transition is drawn as often as that one.
    replay.append([100], [0], 0, [0], bootstrap: 1)
    var counts: [Float: Int] = [:]
    for _ in 0..<500 {
      replay.sample(into: &batch, correction: 0, using: &random)
      for i in 0..<8 { counts[batch.pairs[2 * i], default: 0] += 1 }
    }
    #expect(counts[0] == nil)
    #expect(abs(counts[100]! - counts[3]!) < 300)
    #expect(counts[100]! + counts[3]! > 3990)
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    var original = filled(11, exponent: 0.7, batch: 4)
    var restored = filled(0, exponent: 0.7, batch: 4)
    var batch = TransitionBatch(count: 4, observationSize: 1, actionSize: 1)
    var random = RandomStream(seed: 4)
    original.sample(into: &batch, correction: 0.4, using: &random)
    for i in 0..<4 { original.setError(i, to: Float(i) * 3) }
    try restored.restore(from: reader(original.save))
    var other = batch
    var twin = random
    original.sample(into: &batch, correction: 0.4, using: &random)
    restored.sample(into: &other, correction: 0.4, using: &twin)
    #expect(batch.pairs == other.pairs && original.weights == restored.weights)
    #expect(reader(original.save).tensors == reader(restored.save).tensors)
  }
}
