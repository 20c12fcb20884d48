import RLCore
import Testing

/// Its state is the last action; it never ends, and draws once a step.
private struct Echo: Environment {
  var random = RandomStream(seed: 0)
  var last = 0

  var observationSpace: Space { .discrete(1 << 20) }
  var actionSpace: Space { .discrete(1 << 20) }
  var state: [Double] { [Double(last)] }

  mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let seed { random = RandomStream(seed: seed) }
    last = 0
    observation = last
  }

  mutating func step(_ action: Int, into observation: inout Int) -> Step {
    _ = random.next()
    last = action
    observation = last
    return Step(reward: 0, ending: .running)
  }

  mutating func restore(state: [Double], into observation: inout Int) throws {
    last = Int(state[0])
    observation = last
  }

  func drawing(of state: [Double]) -> Drawing { Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
}

@Suite struct StickyActionsTests {
  private typealias World = StickyActions<TimeLimit<Echo>>

  /// What the world is given when the agent's actions are 1, 2, 3, …
  private func taken(by world: inout World, seed: UInt64?, steps: Int) -> [Int] {
    var last = 0
    world.reset(seed: seed, into: &last)
    return (1...steps).map { action in
      let step = world.step(action, into: &last)
      defer { if step.ending != .running { world.reset(seed: nil, into: &last) } }
      return last
    }
  }

  @Test(arguments: [0, 0.25, 0.9, 1])
  func aDrawAStepDecidesButForTheFirstOfAnEpisode(probability: Double) {
    var draws = RandomStream(SeedSequence(4).spawn(.max))
    var last = 0
    let expected = (1...700).map { action in
      let isFirst = action % 7 == 1
      if isFirst || draws.uniform() >= probability { last = action }
      return last
    }
    var world = World(TimeLimit(Echo(), limit: 7), probability: probability)
    #expect(taken(by: &world, seed: 4, steps: 700) == expected)
    var plain = RandomStream(seed: 4)
    plain.advance(by: 700)
    #expect(world.random == plain, "the world's own stream is as it would be without")
  }

  @Test func runsOfOneActionAreGeometric() {
    var world = World(TimeLimit(Echo(), limit: nil))
    let actions = taken(by: &world, seed: 9, steps: 50_000)
    let starts = actions.enumerated().filter { $0.element == $0.offset + 1 }.map(\.offset)
    // A run is n steps long with probability 0.25ⁿ⁻¹ · 0.75; here n = 1, 2, 3, 4 and more.
    var seen = [Double](repeating: 0, count: 5)
    for (start, next) in zip(starts, starts.dropFirst()) { seen[min(next - start, 5) - 1] += 1 }
    let expected = [0.75, 0.1875, 0.046875, 0.01171875, 0.00390625].map { $0 * Double(starts.count - 1) }
    let chiSquare = zip(seen, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 }
    #expect(chiSquare < 23.5, "\(seen) is seen once in 10⁴, with four degrees of freedom")
  }

  @Test func aRestoredStateHasNoLastAction() throws {
    var world = World(TimeLimit(Echo(), limit: nil), probability: 1)
    #expect(taken(by: &world, seed: 1, steps: 3) == [1, 1, 1])
    var last = 0
    try world.restore(state: [5], into: &last)
    _ = world.step(8, into: &last)
    #expect(last == 8)
  }

  @Test func lanesDoNotStickTogether() {
    var batch = Batch(World(TimeLimit(Echo(), limit: nil), probability: 0.5), count: 8, seed: 3)
    var rows: [[Int]] = []
    for action in 1...64 {
      batch.step([Int](repeating: action, count: 8))
      rows.append(batch.observations)
    }
    let lanes = (0..<8).map { lane in rows.map { $0[lane] } }
    #expect(Set(lanes).count == 8)
  }

  @Test func aLastActionThatIsNoneIsRefused() {
    var world = World(TimeLimit(Echo(), limit: nil))
    _ = taken(by: &world, seed: 1, steps: 3)
    var tensors = reader(world.save).tensors
    tensors["environment/sticky/action"] = Tensor(shape: [1], values: .float64([-1]))
    var last = 0
    let error = coreError { try world.restore(from: CheckpointReader(tensors), into: &last) }
    #expect(error?.description.contains("its last action [-1.0] is not one of Discrete(1048576)") == true)
  }
}
