import RLCore
import Testing

@testable import Environments

@Suite struct BlackjackTests {
  /// Exact values from the textbook's catalogue, sb-5.1-blackjack-stick20 and sb-5.3-blackjack-optimal. Arrays are
  /// indexed [usable ace, none][sum − 12][dealer's card − 1].
  private struct Known: Decodable {
    struct Values: Decodable {
      var v: [[[Double]]]
      var start: Double
    }

    var stick20: Values
    var optimal: Values
    var stick: [[[Int]]]
    /// Of the start where naturals beat other 21s.
    var naturals: Double
  }

  private static let known = Result { try fixture("blackjack-values", as: Known.self) }

  private static func game(sab: Bool, natural: Bool = false) throws -> Blackjack {
    var game = Blackjack()
    try game.set("sab", to: .flag(sab))
    try game.set("natural", to: .flag(natural))
    return game
  }

  /// The 200 states in which there is a choice, with their places in the known arrays.
  private static let choices = (0..<2).flatMap { ace in
    (12...21).flatMap { sum in
      (1...10).map { (ace: ace, sum: sum - 12, card: $0 - 1, state: Blackjack.index(sum, $0, ace == 0)) }
    }
  }

  private func start(_ game: Blackjack, _ values: [Double]) -> Double {
    zip(game.initial, values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func worth(_ outcomes: [Outcome], _ values: [Double]) -> Double {
    outcomes.reduce(0) { $0 + $1.probability * ($1.reward + ($1.isTerminal ? 0 : values[$1.next])) }
  }

  @Test func stickingOnTwentyHasItsKnownValues() throws {
    let game = try Self.game(sab: false)
    var values = [Double](repeating: 0, count: game.stateCount)
    // Hands grow by at most ten cards from any state to their end.
    for _ in 0..<25 {
      values = values.indices.map { worth(game.outcomes($0, $0 / 22 >= 20 ? 0 : 1), values) }
    }
    let known = try Self.known.get().stick20
    for place in Self.choices {
      #expect(abs(values[place.state] - known.v[place.ace][place.sum][place.card]) < 1e-9, "\(place)")
    }
    #expect(abs(start(game, values) - known.start) < 1e-9)
  }

  @Test func theBestPolicyIsTheBooks() throws {
    let game = try Self.game(sab: false)
    let values = optimalValues(of: game)
    let known = try Self.known.get()
    for place in Self.choices {
      #expect(abs(values[place.state] - known.optimal.v[place.ace][place.sum][place.card]) < 1e-9, "\(place)")
      let sticks = worth(game.outcomes(place.state, 0), values) > worth(game.outcomes(place.state, 1), values)
      #expect(sticks == (known.stick[place.ace][place.sum][place.card] == 1), "\(place)")
    }
    #expect(abs(start(game, values) - known.optimal.start) < 1e-9)
  }

  @Test func naturalsPayWhatTheRulesSay() throws {
    let book = try Self.game(sab: true)
    #expect(abs(start(book, optimalValues(of: book)) - (try Self.known.get().naturals)) < 1e-9)
    // Half a point more for each natural that wins: it does unless the dealer also ends with 21.
    let casino = try Self.game(sab: false, natural: true)
    let tie = (1...10).map { ($0 == 10 ? 4.0 : 1) / 13 * Blackjack.dealerSums(from: $0)[21] }.reduce(0, +)
    let extra = 0.5 * 8 / 169 * (1 - tie)
    #expect(abs(start(casino, optimalValues(of: casino)) - (try Self.known.get().optimal.start) - extra) < 1e-9)
  }

  @Test func gamesAreGymnasiumsSeedForSeed() throws {
    let walks = try RecordedGames.all.get().blackjack
    let games = [try Self.game(sab: true), try Self.game(sab: false), try Self.game(sab: false, natural: true)]
    #expect(walks.count == games.count)
    for (walk, game) in zip(walks, games) { try RecordedGames.expectReplay(of: walk, in: game) }
  }

  /// The model's best policy returns in play what the model says.
  @Test(arguments: [(true, false), (false, false), (false, true)])
  func theModelForetellsTheGames(sab: Bool, natural: Bool) throws {
    let game = try Self.game(sab: sab, natural: natural)
    let values = optimalValues(of: game)
    let sticks = values.indices.map { worth(game.outcomes($0, 0), values) > worth(game.outcomes($0, 1), values) }
    var world = game
    var observation = 0
    var total = 0.0
    let games = 400_000
    world.reset(seed: 5, into: &observation)
    for _ in 0..<games {
      var ending = Ending.running
      while ending == .running {
        let step = world.step(sticks[observation] ? 0 : 1, into: &observation)
        total += step.reward
        ending = step.ending
      }
      world.reset(seed: nil, into: &observation)
    }
    // The standard error is 0.0015.
    #expect(abs(total / Double(games) - start(game, values)) < 0.006)
  }

  @Test(arguments: [
    [], [20, 0, 0, 1], [3, 0, 0, 1, 1], [32, 0, 0, 1, 1], [11, 1, 0, 1, 1], [22, 1, 0, 1, 1], [20, 1, 1, 1, 1],
    [21, 0, 1, 1, 1], [20, 0, 0, 0, 1], [20, 0, 0, 1, 11], [20, 2, 0, 1, 1], [.nan, 0, 0, 1, 1], [20, 0, 0, 1, 1, 1],
  ])
  func refusesImpossibleStates(state: [Double]) {
    var world = Blackjack()
    var observation = 0
    #expect(throws: CoreError.self) { try world.restore(state: state, into: &observation) }
  }

  @Test(arguments: [(true, false), (false, false), (false, true)])
  func keepsItsPromises(sab: Bool, natural: Bool) throws {
    let game = try Self.game(sab: sab, natural: natural)
    #expect(checkFiniteMDP(game) == [])
    #expect(checkEnvironment(game, steps: 100_000) == [])
  }
}
