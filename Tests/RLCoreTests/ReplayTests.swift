import RLCore
import Testing

@Suite struct ReplayTests {
  /// A buffer after `count` transitions; transition i is told by its observation [i, -i].
  private func filled(_ count: Int, capacity: Int) -> Replay {
    var replay = Replay(capacity: capacity, observationSize: 2, actionSize: 1)
    for i in 0..<count {
      let x = Float(i)
      replay.append(
        [x, -x], [x + 0.5], 10 * x, [x + 1, -x - 1], bootstrap: i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : 0.5)
    }
    return replay
  }

  private func draw(_ count: Int, from replay: Replay, seed: UInt64 = 1) -> TransitionBatch {
    var batch = TransitionBatch(count: count, observationSize: 2, actionSize: 1)
    var random = RandomStream(seed: seed)
    replay.sample(into: &batch, using: &random)
    return batch
  }

  @Test func aSampleIsAWholeTransition() {
    let batch = draw(500, from: filled(20, capacity: 100))
    for i in 0..<500 {
      let x = batch.pairs[3 * i]
      #expect(Array(batch.pairs[3 * i..<3 * i + 3]) == [x, -x, x + 0.5])
      #expect(batch.rewards[i] == 10 * x)
      #expect(Array(batch.nextPairs[3 * i..<3 * i + 2]) == [x + 1, -x - 1])
      #expect(batch.bootstraps[i] == [0, 1, 0.5][Int(x) % 3])
    }
  }

  @Test(arguments: [(5, 0..<5), (10, 0..<10), (11, 1..<11), (27, 17..<27), (30, 20..<30)])
  func theRingKeepsTheNewest(_ appended: Int, _ kept: Range<Int>) {
    let replay = filled(appended, capacity: 10)
    #expect(replay.count == kept.count)
    #expect(replay.cursor == appended % 10)
    let batch = draw(1000, from: replay)
    #expect(Set((0..<1000).map { Int(batch.pairs[3 * $0]) }) == Set(kept))
  }

  @Test func samplingIsUniform() {
    let replay = filled(75, capacity: 50)
    let batch = draw(100_000, from: replay)
    var counts = [Int](repeating: 0, count: 75)
    for i in 0..<batch.count { counts[Int(batch.pairs[3 * i])] += 1 }
    let chiSquare = counts[25...].reduce(0.0) { $0 + (Double($1) - 2000) * (Double($1) - 2000) / 2000 }
    // 49 degrees of freedom: above 100 once in 10⁵ times, and below 20 as rarely.
    #expect((20...100).contains(chiSquare))
  }

  @Test(arguments: [0, 1, 700, 1024, 1025, 3000, 3001, 7000])
  func savedAndRestoredItGoesOnTheSame(_ count: Int) throws {
    var original = filled(count, capacity: 3000)
    var restored = Replay(capacity: 3000, observationSize: 2, actionSize: 1)
    try restored.restore(from: reader(original.save))
    for i in 0..<50 {
      for _ in 0..<100 {
        original.append([1, 2], [Float(i)], 0, [3, 4], bootstrap: 1)
        restored.append([1, 2], [Float(i)], 0, [3, 4], bootstrap: 1)
      }
      let batches = (draw(64, from: original, seed: UInt64(i)), draw(64, from: restored, seed: UInt64(i)))
      #expect(batches.0.pairs == batches.1.pairs && batches.0.rewards == batches.1.rewards)
    }
    #expect(original.cursor == restored.cursor && original.count == restored.count)
    #expect(reader(original.save).tensors == reader(restored.save).tensors)
  }

  @Test func whatDoesNotFitIsRefused() {
    var replay = Replay(capacity: 10, observationSize: 2, actionSize: 1)
    let larger = reader(filled(11, capacity: 11).save)
    #expect(coreError { try replay.restore(from: larger) } != nil)
    let narrow = reader {
      $0.add("replay/rows", [1, 2, 3] as [Float])
      $0.add("replay/cursor", 1)
    }
    #expect(coreError { try replay.restore(from: narrow) } != nil)
    let beyond = reader {
      $0.add("replay/rows", [] as [Float])
      $0.add("replay/cursor", 10)
    }
    #expect(coreError { try replay.restore(from: beyond) } != nil)
    #expect(coreError { try replay.restore(from: reader { _ in }) } != nil)
    let gap = reader {
      $0.add("replay/rows", [Float](repeating: 0, count: 14))
      $0.add("replay/cursor", 5)
    }
    #expect(coreError { try replay.restore(from: gap) } != nil)
  }
}
