import RLCore
import Testing

@Suite struct ScaledObservationsTests {
  /// A drift in a small unit, between bounds of three kinds.
  private struct Small: Environment {
    var world = Drift()

    var observationSpace: Space { .box(low: [-.infinity, -0.25], high: [.infinity, 0.5]) }
    var actionSpace: Space { world.actionSpace }
    var state: [Double] { world.state }
    var documentation: Documentation { world.documentation }
    var random: RandomStream {
      get { world.random }
      set { world.random = newValue }
    }

    mutating func reset(seed: UInt64?, into observation: inout [Float]) {
      world.reset(seed: seed, into: &observation)
      observation[1] /= 100
    }

    mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
      let step = world.step(action, into: &observation)
      observation[1] /= 100
      return step
    }

    mutating func restore(state: [Double], into observation: inout [Float]) throws {
      try world.restore(state: state, into: &observation)
      observation[1] /= 100
    }

    func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }
  }

  @Test func whatStaysBelowOneIsStretchedToIt() {
    let plain = life(of: Small(), from: 3, steps: 200)
    let scaled = life(of: ScaledObservations(Small()), from: 3, steps: 200)
    #expect(scaled.map(\.state) == plain.map(\.state) && scaled.map(\.step) == plain.map(\.step))
    for (one, other) in zip(plain, scaled) {
      #expect(other.observation[0] == one.observation[0])
      #expect(other.observation[1] == 2 * one.observation[1])
    }
    #expect(scaled.contains { $0.observation[1] > 0.5 })
    #expect(
      ScaledObservations(Small()).observationSpace == .box(low: [-.infinity, -0.5], high: [.infinity, 1]))
  }

  @Test func largerNumbersStayAsTheyAre() {
    #expect(life(of: ScaledObservations(Drift()), from: 3, steps: 200) == life(of: Drift(), from: 3, steps: 200))
    #expect(ScaledObservations(Drift()).observationSpace == Drift().observationSpace)
  }
}
