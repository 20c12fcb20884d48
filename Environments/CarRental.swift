import Foundation
import RLCore

/// Move cars overnight between two locations that rent them out. Sutton and Barto's example 4.2, Jack's car rental, and
/// its exercise 4.7.
public struct CarRental: FiniteMDP {
  /// Whether one car a night goes from location 1 to location 2 for nothing.
  public var freeCar = false
  /// What a location with more than ten cars costs a night, in dollars.
  public var parkingFee = 0.0
  public var discount = 0.9

  static let most = 20
  static let mostMoved = 5
  static let rent = 10.0
  static let moveCost = 2.0
  static let parkedFree = 10

  /// A day at one location, by the cars there in the morning and in the evening. Shape `[21][21]`.
  struct Day: Sendable {
    var probability: [[Double]]
    /// The mean rent of the days that begin and end so, in dollars.
    var rent: [[Double]]

    init(requests: Double, returns: Double) {
      let size = CarRental.most + 1
      let none = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
      probability = none
      rent = none
      for morning in 0..<size {
        for (rented, share) in Self.poisson(requests, upTo: morning).enumerated() {
          let left = morning - rented
          for (back, chance) in Self.poisson(returns, upTo: CarRental.most - left).enumerated() {
            probability[morning][left + back] += share * chance
            rent[morning][left + back] += share * chance * Double(rented) * CarRental.rent
          }
        }
        for evening in 0..<size { rent[morning][evening] /= probability[morning][evening] }
      }
    }

    /// Probabilities of 0 ... `last`, where `last` has those of all larger numbers too.
    static func poisson(_ mean: Double, upTo last: Int) -> [Double] {
      var term = exp(-mean)
      var rest = 1.0
      var probabilities: [Double] = []
      for k in 0..<last {
        probabilities.append(term)
        rest -= term
        term *= mean / Double(k + 1)
      }
      return probabilities + [max(rest, 0)]
    }
  }

  let days = [Day(requests: 3, returns: 3), Day(requests: 4, returns: 2)]

  public init() {}

  public var stateCount: Int { (Self.most + 1) * (Self.most + 1) }
  public var actionCount: Int { 2 * Self.mostMoved + 1 }
  /// Half full.
  public var initial: [Double] { (0..<stateCount).map { $0 == stateCount / 2 ? 1 : 0 } }

  /// Cars moved from location 1 to location 2, of those that are there.
  func moved(_ state: Int, _ action: Int) -> Int {
    let cars = (first: state / (Self.most + 1), second: state % (Self.most + 1))
    return min(max(action - Self.mostMoved, -cars.second), cars.first)
  }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let moved = moved(state, action)
    let morning = [
      min(state / (Self.most + 1) - moved, Self.most), min(state % (Self.most + 1) + moved, Self.most),
    ]
    let paid = freeCar && moved > 0 ? moved - 1 : abs(moved)
    let fees = parkingFee * Double(morning.count { $0 > Self.parkedFree })
    let cost = Self.moveCost * Double(paid) + fees
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(stateCount)
    for first in 0...Self.most {
      let probability = days[0].probability[morning[0]][first]
      let income = days[0].rent[morning[0]][first] - cost
      for second in 0...Self.most {
        outcomes.append(
          Outcome(
            probability: probability * days[1].probability[morning[1]][second],
            next: first * (Self.most + 1) + second, reward: income + days[1].rent[morning[1]][second],
            isTerminal: false))
      }
    }
    return outcomes
  }

  public func drawing(ofState state: Int) -> Drawing {
    let cars = [state / (Self.most + 1), state % (Self.most + 1)]
    var shapes: [Drawing.Shape] = []
    for (location, count) in cars.enumerated() {
      let left = Double(location) * 7
      shapes.append(.label("location \(location + 1): \(count)", .init(left + 2, 4.5), .plain))
      for place in 0..<Self.most {
        let centre = Drawing.Point(left + Double(place % 5), 3 - Double(place / 5))
        let isTaken = place < count
        shapes.append(.circle(centre, radius: 0.35, filled: isTaken, isTaken ? .accent : .faint))
      }
    }
    return Drawing(bounds: .init(x: -1...12, y: -1...5), shapes: shapes)
  }
}

extension CarRental {
  public var documentation: Documentation {
    Documentation(
      summary: "move cars overnight to where they will be rented",
      action: """
        The cars moved overnight from location 1 to location 2, less five: 0 moves 5 cars from 2 to 1, 5 moves none, 10
        moves 5 from 1 to 2. More than there are is all there are; cars beyond 20 at a location disappear.
        """,
      observation: "The cars at the end of a day: 21 · those at location 1 + those at location 2, each 0 to 20.",
      rewards: """
        10 dollars a rented car, less 2 a moved one. A step pays the mean rent of the days that lead to its evening: the
        values are exact, the rewards scatter less than in the book. With freeCar the first car from 1 to 2 costs
        nothing; a location with more than ten cars overnight costs parkingFee.
        """,
      start: "Ten cars at each location.",
      end: "Never terminates.",
      knownReturn: "Values 421.414 (no cars) to 636.990 (20 and 20) under the optimal policy.",
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), example 4.2: requests Poisson with means 3 and 4 a
        day, returns 3 and 2, counted whole, without a cut tail, and available the day after; discount 0.9. Exercise 4.7
        is freeCar with a parkingFee of 4.
        """)
  }
}

extension CarRental: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .flag("freeCar", \.freeCar, "one car a night goes from location 1 to location 2 for nothing"),
      .number("parkingFee", \.parkingFee, in: 0...1000, "dollars a night for a location with more than ten cars"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
