import RLCore
import Testing

/// A walk with one fault.
private struct FaultyWalk: Environment {
  enum Fault: CaseIterable { case none, outside, unseeded, forgetful, nan, lateTruncation }

  var walk = Walk(size: 8)
  let fault: Fault
  private var hidden = 0

  init(_ fault: Fault) { self.fault = fault }

  var observationSpace: Space { .discrete(fault == .outside ? 7 : 8) }
  var actionSpace: Space { walk.actionSpace }
  var state: [Double] { walk.state }
  var documentation: Documentation { walk.documentation }
  var random: RandomStream {
    get { walk.random }
    set { walk.random = newValue }
  }

  mutating func reset(seed: UInt64?, into observation: inout Int) {
    walk.reset(seed: fault == .unseeded ? nil : seed, into: &observation)
  }

  mutating func step(_ action: Int, into observation: inout Int) -> Step {
    var step = walk.step(action, into: &observation)
    hidden += 1
    if fault == .nan && hidden % 50 == 0 { step.reward = .nan }
    if fault == .forgetful { step.reward += Double(hidden) }
    if fault == .lateTruncation && hidden % 10 == 0 { step.ending = .truncated }
    return step
  }

  mutating func restore(state: [Double], into observation: inout Int) throws {
    try walk.restore(state: state, into: &observation)
  }

  func drawing(of state: [Double]) -> Drawing { walk.drawing(of: state) }
}

@Suite struct ChecksTests {
  @Test func soundWorldsPass() {
    #expect(checkEnvironment(TimeLimit(Walk(size: 8), limit: 20)) == [])
    #expect(checkFiniteMDP(Table.ring(split: false)) == [])
    #expect(checkFiniteMDP(Table.ring(split: true)) == [])
  }

  @Test(arguments: FaultyWalk.Fault.allCases)
  private func brokenPromisesAreFound(_ fault: FaultyWalk.Fault) {
    #expect(checkEnvironment(FaultyWalk(fault)).isEmpty == (fault == .none))
  }

  @Test func badModelsAreFound() {
    var table = Table.ring(split: false)
    table.discount = 1.5
    #expect(checkFiniteMDP(table).contains { $0.contains("discount") })
    table = Table.ring(split: false)
    table.rows[0][0].probability = 0.5
    #expect(!checkFiniteMDP(table).isEmpty)
  }
}
