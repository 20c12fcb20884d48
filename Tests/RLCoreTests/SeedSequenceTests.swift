import RLCore
import Testing

@Suite struct SeedSequenceTests {
  let golden: Golden

  init() throws { golden = try Golden() }

  @Test func wordsAreNumPys() {
    #expect(golden.seedSequence.count > 50)
    for golden in golden.seedSequence {
      let sequence = SeedSequence(golden.seed, spawnKey: golden.key!)
      #expect(sequence.words(golden.values.count) == golden.values, "seed \(golden.seed), key \(golden.key!)")
    }
  }

  @Test func spawningNests() {
    for golden in golden.spawned {
      let parent = SeedSequence(golden.seed).spawn(2)
      #expect((0..<3).map { parent.spawn($0).words(1)[0] } == golden.values, "seed \(golden.seed)")
    }
  }

  @Test func aPrefixDoesNotDependOnTheLength() {
    let sequence = SeedSequence(3, spawnKey: [1])
    #expect(sequence.words(3) == Array(sequence.words(9).prefix(3)))
  }
}
