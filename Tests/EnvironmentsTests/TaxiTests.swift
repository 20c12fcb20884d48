import RLCore
import Testing

@testable import Environments

/// Seeded walks, each reset where an episode ends and after every `period` steps, and one table; written by
/// Fixtures/taxi-blackjack.py.
struct RecordedGames: Decodable, Sendable {
  struct Walk: Decodable, Sendable {
    var seed: UInt64
    var period: Int
    var starts: [Int]
    var moves: [RecordedMove]
  }

  var taxi: [Walk]
  var blackjack: [Walk]
  var rainy: [[[RecordedOutcome]]]

  static let all = Result { try fixture("taxi-blackjack", as: RecordedGames.self) }

  /// Plays a walk's actions from its seed and expects Gymnasium's numbers.
  static func expectReplay<World: Environment<Int, Int>>(of walk: Walk, in start: World) throws {
    var world = start
    var starts = walk.starts[...]
    var observation = 0
    world.reset(seed: walk.seed, into: &observation)
    try #require(observation == starts.popFirst())
    for (t, move) in walk.moves.enumerated() {
      let step = world.step(move.action, into: &observation)
      try #require(step == move.step, "at \(t)")
      try #require(observation == move.next, "at \(t)")
      if step.ending == .terminated || (t + 1) % walk.period == 0 {
        world.reset(seed: nil, into: &observation)
        try #require(observation == starts.popFirst(), "at \(t)")
      }
    }
    try #require(starts.isEmpty)
  }
}

@Suite struct TaxiTests {
  private static func taxi(_ changes: [(String, SettingValue)]) throws -> Taxi {
    var taxi = Taxi()
    for (name, value) in changes { try taxi.set(name, to: value) }
    return taxi
  }

  @Test func hasGymnasiumsTable() throws {
    let table = try fixture("Taxi-v4", as: RecordedTable.self)
    let taxi = Taxi()
    #expect(taxi.stateCount == table.states && taxi.actionCount == table.actions && taxi.initial == table.initial)
    #expect(model(of: taxi) == table.model.map { $0.map { $0.map(\.outcome) } })
  }

  @Test func hasGymnasiumsTableInTheRain() throws {
    let taxi = try Self.taxi([("rainy", .flag(true)), ("rainyProbability", .number(0.7))])
    let table = try RecordedGames.all.get().rainy
    #expect(model(of: taxi) == table.map { $0.map { $0.map(\.outcome) } })
  }

  @Test func ridesAreGymnasiumsSeedForSeed() throws {
    let walks = try RecordedGames.all.get().taxi
    let taxis = [
      Taxi(), try Self.taxi([("rainy", .flag(true))]), try Self.taxi([("fickle", .flag(true))]),
      try Self.taxi([
        ("rainy", .flag(true)), ("fickle", .flag(true)), ("rainyProbability", .number(0.7)),
        ("fickleProbability", .number(0.9)),
      ]),
    ]
    #expect(walks.count == taxis.count)
    for (walk, taxi) in zip(walks, taxis) {
      try RecordedGames.expectReplay(of: walk, in: taxi)
      if !taxi.fickle { try RecordedGames.expectReplay(of: walk, in: try Simulator(taxi)) }
    }
  }

  /// The exact returns over the 300 starts.
  @Test(arguments: [(1.0, 7.93), (0.99, 6.32746431492)])
  func hasItsKnownOptimum(discount: Double, expected: Double) throws {
    let taxi = try Self.taxi([("discount", .number(discount))])
    #expect(abs(zip(taxi.initial, optimalValues(of: taxi)).reduce(0) { $0 + $1.0 * $1.1 } - expected) < 1e-8)
  }

  /// Rides of the model's best policy, which remembers whether the first drive is over, return what the model says.
  @Test func theFickleModelForetellsTheFickleRides() throws {
    let taxi = try Self.taxi([("fickle", .flag(true)), ("discount", .number(0.999))])
    let values = optimalValues(of: taxi)
    let foretold = zip(taxi.initial, values).reduce(0) { $0 + $1.0 * $1.1 }
    let best = model(of: taxi).map { actions in
      actions.indices.max { first, second in
        func value(_ action: Int) -> Double {
          actions[action].reduce(0) {
            $0 + $1.probability * ($1.reward + ($1.isTerminal ? 0 : taxi.discount * values[$1.next]))
          }
        }
        return value(first) < value(second)
      }!
    }
    var world = taxi
    var observation = 0
    world.reset(seed: 1, into: &observation)
    var total = 0.0
    let rides = 20_000
    for _ in 0..<rides {
      var isDriven = false
      var factor = 1.0
      while true {
        let before = Taxi.Ride(observation)
        let step = world.step(best[observation + (isDriven ? 0 : 500)], into: &observation)
        isDriven = isDriven || before.passenger == 4 && Taxi.Ride(observation).cell != before.cell
        total += factor * step.reward
        factor *= taxi.discount
        if step.ending == .terminated { break }
      }
      world.reset(seed: nil, into: &observation)
    }
    // The return's standard deviation is about 4.
    #expect(abs(total / Double(rides) - foretold) < 0.1)
    // It is no plain taxi's: some change to the stand where they got in.
    let plain = optimalValues(of: try Self.taxi([("discount", .number(0.999))]))
    #expect(foretold - zip(Taxi().initial, plain).reduce(0) { $0 + $1.0 * $1.1 } > 0.2)
  }

  @Test(arguments: [[], [500.0], [-1], [0, 0], [1.5], [.nan]])
  func refusesImpossibleStates(state: [Double]) {
    var world = Taxi()
    var observation = 0
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }

  @Test(arguments: [false, true], [false, true])
  func keepsItsPromises(rainy: Bool, fickle: Bool) throws {
    let taxi = try Self.taxi([("rainy", .flag(rainy)), ("fickle", .flag(fickle))])
    #expect(checkFiniteMDP(taxi) == [])
    #expect(checkEnvironment(TimeLimit(taxi, limit: 200), steps: 100_000) == [])
  }
}
