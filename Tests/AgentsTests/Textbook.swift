import Foundation
import RLCore
import Testing

@testable import Agents

/// The catalogue of textbook results, `Fixtures/textbook.json`.
struct Textbook {
  /// A number or a table of numbers to be met exactly, or a band that a mean over runs must fall into.
  struct Quantity: Decodable {
    /// One row where the value is a list or a number, none where there is a band.
    let rows: [[Double]]
    let lo: Double?
    let hi: Double?
    /// Runs that the band is made for.
    let runs: Int?

    private enum Key: String, CodingKey {
      case value, lo, hi
      case runs = "n_check"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      lo = try container.decodeIfPresent(Double.self, forKey: .lo)
      hi = try container.decodeIfPresent(Double.self, forKey: .hi)
      runs = try container.decodeIfPresent(Int.self, forKey: .runs)
      if !container.contains(.value) {
        rows = []
      } else if let number = try? container.decode(Double.self, forKey: .value) {
        rows = [[number]]
      } else {
        rows = try container.decode([[Double]].self, forKey: .value)
      }
    }
  }

  private struct Entry: Decodable {
    struct Check: Decodable { let quantities: [String: Quantity] }
    let id: String
    let check: Check
  }

  private let entries: [String: [String: Quantity]]

  init() throws {
    let entries = try JSONDecoder().decode([Entry].self, from: fixture("textbook"))
    self.entries = Dictionary(uniqueKeysWithValues: entries.map { ($0.id, $0.check.quantities) })
  }

  func quantity(_ entry: String, _ name: String) throws -> Quantity { try #require(entries[entry]?[name]) }
}

func fixture(_ name: String) throws -> Data {
  let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
  return try Data(contentsOf: url)
}

/// What a reader of a checkpoint file would see.
func reader(_ save: (inout CheckpointWriter) -> Void) -> CheckpointReader {
  var writer = CheckpointWriter()
  save(&writer)
  return CheckpointReader(Dictionary(uniqueKeysWithValues: writer.tensors.map { ($0.name, $0.tensor) }))
}

/// A process given by its outcomes.
struct Table: FiniteMDP {
  var stateCount: Int
  var actionCount: Int
  var discount: Double
  var initial: [Double]
  /// Shape `[states × actions]`.
  var rows: [[Outcome]]

  func outcomes(_ state: Int, _ action: Int) -> [Outcome] { rows[state * actionCount + action] }

  func drawing(ofState state: Int) -> Drawing { Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }

  /// Every pair leads to three random places, sometimes for good; without discount one of the three always ends it.
  static func random(states: Int, actions: Int, discount: Double, seed: UInt64) -> Table {
    var random = RandomStream(seed: seed)
    let rows = (0..<states * actions).map { _ -> [Outcome] in
      let weights = (0..<3).map { _ in random.uniform() }
      return weights.indices.map { i in
        Outcome(
          probability: weights[i] / weights.reduce(0, +), next: random.integer(below: states),
          reward: random.uniform(-1, 1), isTerminal: discount < 1 ? random.uniform() < 0.1 : i == 0)
      }
    }
    return Table(
      stateCount: states, actionCount: actions, discount: discount,
      initial: .init(repeating: 1 / Double(states), count: states), rows: rows)
  }
}
