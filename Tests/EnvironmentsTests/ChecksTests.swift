import RLCore
import Testing

@testable import Environments

/// Every environment keeps the promises of its protocol, and the checks notice broken ones.
@Suite struct ChecksTests {
  @Test func thePendulumKeepsItsPromises() {
    #expect(checkEnvironment(TimeLimit(Pendulum(), limit: 200), steps: 20_000) == [])
    #expect(checkEnvironment(Pendulum(), steps: 20_000) == [])
  }

  @Test func theCartPoleKeepsItsPromises() {
    #expect(checkEnvironment(TimeLimit(CartPole(), limit: 500), steps: 20_000) == [])
  }

  @Test(arguments: GridWorld.bundled)
  func bundledWorldsAreModels(id: String) throws {
    #expect(checkFiniteMDP(try GridWorld(bundled: id)) == [])
  }

  @Test func toyTextWorldsAreModels() {
    var wetCliff = CliffWalking()
    wetCliff.slippery = true
    #expect(checkFiniteMDP(FrozenLake.fourByFour) == [])
    #expect(checkFiniteMDP(FrozenLake.eightByEight) == [])
    #expect(checkFiniteMDP(CliffWalking()) == [])
    #expect(checkFiniteMDP(wetCliff) == [])
  }

  @Test func aWorldWithEveryRuleIsAModel() throws {
    var world = try GridWorld(map: ["S.F.C", ".#..S", "..T.."])
    world.actions = GridWorld.Direction.allCases
    world.slip = 0.2
    world.wind = [0, 1, 1, -1, 2]
    world.windNoise = true
    world.teleports = [3: .init(to: 10, reward: 2)]
    #expect(checkFiniteMDP(world) == [])
  }

  @Test(arguments: [
    (Broken.Fault.space, "is not in Box"), (.reward, "the reward is inf"), (.seed, "one seed gives two"),
    (.save, "after save and restore"), (.state, "is accepted"), (.truncation, "its step limit is none"),
    (.drawing, "it draws nothing"), (.observation, "its own state restores to another one"),
    (.shared, "stepping a copy changes the state of the original"),
    (.documentation, "documentation: the section 'Rewards' is empty"),
    (.quantities, "documentation: 0 quantities are described, an observation has 1"),
  ])
  func brokenEnvironmentsAreNoticed(fault: Broken.Fault, message: String) {
    #expect(checkEnvironment(Broken(fault), steps: 50).contains { $0.contains(message) })
  }

  @Test func anEnvironmentWithoutAFaultIsNot() { #expect(checkEnvironment(Broken(nil), steps: 50) == []) }

  @Test(arguments: [
    (BrokenModel(probability: 0.4), "do not sum to 1"), (BrokenModel(next: 2), "leads to state 2"),
    (BrokenModel(reward: .nan), "with reward nan"), (BrokenModel(discount: 1.5), "the discount is 1.5"),
  ])
  func brokenModelsAreNoticed(model: BrokenModel, message: String) {
    #expect(checkFiniteMDP(model).contains { $0.contains(message) })
  }
}

/// One number that moves by the action; each fault breaks one promise.
struct Broken: Environment {
  enum Fault: CaseIterable {
    case space, reward, seed, save, state, truncation, drawing, observation, shared, documentation, quantities
  }

  final class Box: @unchecked Sendable { var value = 0.0 }

  let fault: Fault?
  let box = Box()
  var random = RandomStream(seed: 0)
  var place = 0.0
  var age = 0

  init(_ fault: Fault?) { self.fault = fault }

  var observationSpace: Space { .box(low: [-2], high: [2]) }
  var actionSpace: Space { .box(low: [-1], high: [1]) }
  var state: [Double] { [fault == .shared ? box.value : place] }

  mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed, fault != .seed { random = RandomStream(seed: seed) }
    place = random.uniform(-1, 1)
    age = 0
    observation[0] = Float(place)
  }

  mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    age += 1
    place = min(max(place + Double(action[0]), -2), 2) + (fault == .save && age == 40 ? 0.001 : 0)
    if fault == .shared { box.value += 1 }
    observation[0] = fault == .space ? 3 : Float(min(max(place, -2), 2))
    return Step(
      reward: fault == .reward ? .infinity : 0, ending: fault == .truncation && age > 5 ? .truncated : .running)
  }

  mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard fault == .state || (state.count == 1 && abs(state[0]) <= 2) else { throw CoreError.badState("\(state)") }
    place = state.first ?? 0
    observation[0] = fault == .observation ? 0 : Float(place)
  }

  var documentation: Documentation {
    Documentation(
      summary: "move", action: "how far", observation: "where",
      quantities: fault == .quantities ? [] : [.init("place")],
      rewards: fault == .documentation ? "" : "none", start: "anywhere", end: "never", source: "none")
  }

  func drawing(of state: [Double]) -> Drawing {
    let bounds = Drawing.Bounds(x: -2...2, y: -1...1)
    let dot = Drawing.Shape.circle(.init(state[0], 0), radius: 0.1, filled: true, .body)
    return Drawing(bounds: bounds, shapes: fault == .drawing ? [] : [dot])
  }
}

/// Two states and one action, with numbers that may be wrong.
struct BrokenModel: FiniteMDP {
  var probability = 0.5
  var next = 1
  var reward = 0.0
  var discount = 0.9

  var stateCount: Int { 2 }
  var actionCount: Int { 1 }
  var initial: [Double] { [1, 0] }
  func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    [
      Outcome(probability: 0.5, next: 0, reward: 0, isTerminal: false),
      Outcome(probability: probability, next: next, reward: reward, isTerminal: false),
    ]
  }
  func drawing(ofState state: Int) -> Drawing {
    Drawing(grid: .init(rows: 1, columns: 2, cells: [.free, .free], agent: state, moves: []))
  }
}
