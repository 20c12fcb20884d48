import Foundation
import RLCore

/// Episodes of a continuous environment as Gymnasium played them.
struct RecordedEpisodes<Action: Decodable & Sendable>: Decodable, Sendable {
  struct Episode: Decodable, Sendable {
    var seed: UInt64
    var mode: String
    var initialState: [Double]
    var initialObservation: [Float]
    var steps: [Moment]
  }

  struct Moment: Decodable, Sendable {
    var action: Action
    var state: [Double]
    var observation: [Float]
    var reward: Double
    var terminated: Bool
    var truncated: Bool
  }

  var timeLimit: Int
  var episodes: [Episode]
}

/// Gymnasium's whole model of a finite world.
struct RecordedTable: Decodable, Sendable {
  var states: Int
  var actions: Int
  var initial: [Double]
  var model: [[[RecordedOutcome]]]

  enum CodingKeys: String, CodingKey {
    case states, actions, initial
    case model = "P"
  }
}

/// Seeded walks through finite worlds, written by Fixtures/toy-text.py.
struct RecordedWalks: Decodable, Sendable {
  struct Walk: Decodable, Sendable {
    var id: String
    var seed: UInt64
    /// The state after each reset.
    var starts: [Int]
    var moves: [RecordedMove]
    var initial: [Double]
    var model: [[[RecordedOutcome]]]

    enum CodingKeys: String, CodingKey {
      case id, seed, starts, moves, initial
      case model = "P"
    }
  }

  var walks: [Walk]
}

/// `[probability, next, reward, terminated]`.
struct RecordedOutcome: Decodable, Sendable {
  var outcome: Outcome

  init(from decoder: any Decoder) throws {
    var row = try decoder.unkeyedContainer()
    outcome = Outcome(
      probability: try row.decode(Double.self), next: try row.decode(Int.self), reward: try row.decode(Double.self),
      isTerminal: try row.decode(Bool.self))
  }
}

/// `[action, next, reward, terminated]`.
struct RecordedMove: Decodable, Sendable {
  var action: Int
  var next: Int
  var step: Step

  init(from decoder: any Decoder) throws {
    var row = try decoder.unkeyedContainer()
    action = try row.decode(Int.self)
    next = try row.decode(Int.self)
    step = Step(reward: try row.decode(Double.self), ending: try row.decode(Bool.self) ? .terminated : .running)
  }
}

func fixture<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
  let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
  return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(name + ".json")))
}

/// The outcomes of every state and action.
func model(of process: some FiniteMDP) -> [[[Outcome]]] {
  (0..<process.stateCount).map { s in (0..<process.actionCount).map { process.outcomes(s, $0) } }
}

/// Optimal state values by value iteration until nothing changes by more than 10⁻¹³.
func optimalValues(of process: some FiniteMDP) -> [Double] {
  let model = model(of: process)
  var values = [Double](repeating: 0, count: process.stateCount)
  var change = 1.0
  while change > 1e-13 {
    let next = model.map { actions in
      actions.map { outcomes in
        outcomes.reduce(0) {
          $0 + $1.probability * ($1.reward + ($1.isTerminal ? 0 : process.discount * values[$1.next]))
        }
      }.max()!
    }
    change = zip(values, next).map { abs($0 - $1) }.max()!
    values = next
  }
  return values
}
