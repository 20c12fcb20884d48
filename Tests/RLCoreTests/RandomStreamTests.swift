import RLCore
import Testing

@Suite struct RandomStreamTests {
  let golden: Golden

  init() throws { golden = try Golden() }

  /// Asserts that `draw`, called once a value on a fresh stream, gives NumPy's values.
  private func expect(_ cases: [Golden.Case], _ draw: (inout RandomStream, Golden.Case) -> UInt64) {
    #expect(!cases.isEmpty)
    for golden in cases {
      var random = RandomStream(seed: golden.seed)
      let drawn = golden.values.map { _ in draw(&random, golden) }
      #expect(drawn == golden.values, "seed \(golden.seed), bound \(golden.bound ?? 0)")
    }
  }

  @Test func rawWords() { expect(golden.words) { random, _ in random.next() } }

  @Test func uniform() { expect(golden.random) { random, _ in random.uniform().bitPattern } }

  @Test func uniformBetween() {
    expect(golden.uniform) { random, golden in random.uniform(golden.low!, golden.high!).bitPattern }
  }

  @Test func integers() { expect(golden.integers) { random, golden in UInt64(random.integer(below: golden.bound!)) } }

  @Test func normal() { expect(golden.normal) { random, _ in random.normal().bitPattern } }

  @Test func categorical() {
    expect(golden.categorical) { random, golden in UInt64(random.categorical(golden.probabilities!)) }
  }

  /// A million draws reach the ziggurat's wedges and its tail.
  @Test func normalChecksum() {
    for golden in golden.normalChecksum {
      var random = RandomStream(seed: golden.seed)
      var checksum: UInt64 = 0
      for _ in 0..<1_000_000 { checksum ^= random.normal().bitPattern }
      #expect(checksum == golden.values[0], "seed \(golden.seed)")
    }
  }

  @Test func interleavedHalvesAndWords() {
    for golden in golden.interleaved {
      var random = RandomStream(seed: golden.seed)
      for row in golden.values {
        var drawn = [
          UInt64(random.integer(below: 10)), random.uniform().bitPattern, UInt64(random.integer(below: 1 << 40)),
          UInt64(random.integer(below: 1 << 32)),
        ]
        if row.count == 5 { drawn.append(random.normal().bitPattern) }
        #expect(drawn == row, "seed \(golden.seed)")
      }
    }
  }

  @Test func advanceSkipsAsNumPyDoes() {
    for golden in golden.advance {
      var random = RandomStream(seed: golden.seed)
      random.advance(by: golden.count!)
      #expect(random.next() == golden.values[0], "seed \(golden.seed), \(golden.count!) words")
    }
  }

  @Test func advanceKeepsTheSpareHalf() {
    var drawn = RandomStream(seed: 5)
    var skipped = drawn
    _ = (drawn.next32(), skipped.next32())
    for _ in 0..<17 { _ = drawn.next() }
    skipped.advance(by: 17)
    #expect(drawn == skipped)
    #expect(drawn.next32() == skipped.next32())
  }

  @Test func wordsDescribeTheWholeStream() throws {
    var random = RandomStream(seed: 9)
    _ = random.next32()
    var copy = try #require(RandomStream(words: random.words))
    #expect(copy == random)
    #expect((0..<5).map { _ in copy.next32() } == (0..<5).map { _ in random.next32() })
  }

  @Test(
    arguments: [
      [], [1, 2, 3, 5, 0], [1, 2, 3, 4, 0, 0], [1, 2, 3, 5, 2, 0], [1, 2, 3, 5, 1, 1 << 32], [1, 2, 3, 5, 0, 0, 0],
    ] as [[UInt64]])
  func wordsOfNoStream(_ words: [UInt64]) { #expect(RandomStream(words: words) == nil) }

  @Test func categoricalFallsBackToTheFirst() {
    // Probabilities that round to less than the draw: Gymnasium's argmax of no hit is 0.
    var random = RandomStream(seed: 0)
    #expect(random.categorical([0, 0, 0]) == 0)
  }
}
