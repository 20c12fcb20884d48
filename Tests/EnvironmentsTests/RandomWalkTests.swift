import RLCore
import Testing

@testable import Environments

@Suite struct RandomWalkTests {
  @Test(arguments: [(RandomWalk.five, 0.0), (.nineteen, -1.0)])
  func valuesRiseInALine(walk: RandomWalk, left: Double) {
    let values = policyValues(of: walk, everywhere: [1])
    let n = Double(walk.states + 1)
    let known = (1...walk.states).map { left + (1 - left) * Double($0) / n }
    #expect(distance(values[1...walk.states], known) < 1e-12)
    #expect(values[0] == 0 && values[walk.states + 1] == 0)
  }

  @Test func theThousandStatesHaveTheirValuesAndEpisodesTheirLength() throws {
    let walk = RandomWalk.thousand
    let values = policyValues(of: walk, everywhere: [1])
    #expect(distance(values[1...1000], try textbook("sb-9.1-walk1000-exact", "v_all")) < 1e-9)
    let lengths = policyValues(of: walk, everywhere: [1]) { _ in 1 }
    #expect(abs(lengths[500] - (try textbook("sb-9.1-walk1000-exact", "expected_episode_length")[0])) < 1e-6)
  }

  @Test(arguments: [(RandomWalk.five, 3), (.nineteen, 10), (.thousand, 500)])
  func startsInTheMiddle(walk: RandomWalk, middle: Int) { #expect(walk.initial.firstIndex(of: 1) == middle) }

  @Test func aLongReachStopsAtTheEnds() throws {
    var walk = RandomWalk.five
    try walk.set("reach", to: .integer(4))
    try walk.set("left", to: .number(-2))
    #expect(
      walk.outcomes(2, 0).map(\.next) == [0, 1, 3, 4, 5, 6]
        && walk.outcomes(2, 0).map(\.probability) == [0.375, 0.125, 0.125, 0.125, 0.125, 0.125]
        && walk.outcomes(2, 0).map(\.reward) == [-2, 0, 0, 0, 0, 1])
    #expect(try brokenPromises(of: walk, limit: 100) == [])
  }

  @Test(arguments: [RandomWalk.five, .nineteen, .thousand])
  func keepsItsPromises(walk: RandomWalk) throws { #expect(try brokenPromises(of: walk, limit: 1000) == []) }

  @Test(arguments: [("states", 0.0), ("states", 2001), ("reach", 0), ("right", .infinity), ("discount", 1.1)])
  func wrongSettingsAreRefused(name: String, value: Double) {
    var walk = RandomWalk.five
    #expect(throws: CoreError.self) { try walk.set(name, to: .number(value)) }
  }
}
