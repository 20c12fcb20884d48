import RLCore
import Testing

@Suite struct NormalizedObservationsTests {
  /// `raw[t]` in standard deviations from the mean of `seen`, in two passes.
  private func normalized(_ raw: [Double], by seen: ArraySlice<[Double]>, limit: Double) -> [Double] {
    raw.indices.map { i in
      let (mean, variance) = naiveMoments(seen.map { $0[i] })
      let divisor = variance == 0 ? 1 : (variance + 1e-8).squareRoot()
      return min(max((raw[i] - mean) / divisor, -limit), limit)
    }
  }

  private func areClose(_ left: [Double], _ right: [Double]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) < 1e-5 }
  }

  @Test(arguments: [10, 0.5])
  func eachIsMeasuredByAllSoFar(limit: Double) {
    let raw = life(of: TimeLimit(Drift(), limit: 20), from: 3, steps: 300)
    let world = NormalizedObservations(TimeLimit(Drift(), limit: 20), limit: limit)
    let seen = life(of: world, from: 3, steps: 300)
    #expect(seen.map(\.step) == raw.map(\.step) && seen.map(\.state) == raw.map(\.state))
    let all = raw.map(\.observation)
    for (t, moment) in seen.enumerated() {
      #expect(areClose(moment.observation, normalized(all[t], by: all[...t], limit: limit)), "moment \(t)")
    }
    #expect(seen.contains { $0.observation.contains(limit) } == (limit < 1))
  }

  @Test func aFrozenOneLearnsNothing() {
    var world = NormalizedObservations(Drift())
    _ = life(of: &world, steps: 100)
    let moments = world.moments
    world.freeze()
    _ = life(of: &world, steps: 100)
    #expect(world.moments == moments && moments[0].count >= 100)
  }

  @Test func withoutExperienceNothingIsMoved() {
    var world = NormalizedObservations(Drift(), limit: 30)
    world.freeze()
    let raw = life(of: Drift(), from: 1, steps: 50)
    let seen = life(of: world, from: 1, steps: 50)
    #expect(seen.map(\.observation) == raw.map { $0.observation.map { min(max($0, -30), 30) } })
  }

  @Test func evaluationsUseWhatTrainingLearnedAndLearnNothing() throws {
    let world = NormalizedObservations(TimeLimit(Drift(), limit: 20))
    var learner = Interaction(world, Wanderer<[Float], [Float]>(space: Drift().actionSpace), seed: 3)
    var meter = Meter(tags: [])
    try learner.advance(by: 500, into: &meter)
    let before = reader(learner.save).tensors
    let evaluation = learner.evaluate(episodes: 40, seed: 8, sample: false)
    #expect(reader(learner.save).tensors == before)
    // The last moment of a life is a reset where the last step ended an episode, as it is for a learner.
    let seen = life(of: TimeLimit(Drift(), limit: 20), from: 3, steps: 500).map(\.observation)
    let states = evaluation.episode.states.doubles
    let observations = evaluation.episode.observations.doubles
    #expect(observations.count > 20)
    for t in stride(from: 0, to: observations.count, by: 2) {
      let raw = states[t..<t + 2].map { Double(Float($0)) }
      #expect(areClose(Array(observations[t..<t + 2]), normalized(raw, by: seen[...], limit: 10)))
    }
    // Learning goes on where it was.
    try learner.advance(by: 1, into: &meter)
    #expect(learner.world.moments[0].count > seen.count)
  }

  @Test func quantitiesLoseTheirUnits() {
    let documentation = NormalizedObservations(Drift()).documentation
    #expect(documentation.quantities == [.init("place"), .init("load")])
    #expect(documentation.observation.hasPrefix("one number Each number is given in standard deviations"))
  }
}
