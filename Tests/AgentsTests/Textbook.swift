import Foundation
import RLCore
import Testing

@testable import Agents

/// The catalogue of textbook results, `Fixtures/textbook.json`.
struct Textbook {
  /// A number or a table of numbers to be met.
  struct Quantity: Decodable {
    /// One row where the value is a list or a number.
    let rows: [[Double]]

    private enum Key: String, CodingKey { case value }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      if let number = try? container.decode(Double.self, forKey: .value) {
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

/// Plays `steps` steps, or until `episodes` have ended. Returns the number of those that did.
@discardableResult
func play<World: FiniteEnvironment, Rule: Agent<Int, Int>>(
  _ agent: inout Rule, in world: World, seed: UInt64, episodes: Int = .max, steps: Int = .max
) -> Int {
  var (world, meter) = (world, Meter(tags: Rule.metricTags))
  var (s, next, a) = (0, 0, 0)
  var played = 0
  world.reset(seed: seed, into: &s)
  for _ in 0..<steps {
    agent.act(s, into: &a)
    let step = world.step(a, into: &next)
    agent.learn(s, a, step.reward, next, step.ending, into: &meter)
    s = next
    if step.ending != .running {
      played += 1
      if played == episodes { break }
      world.reset(seed: nil, into: &s)
    }
  }
  return played
}

/// The steps of the greedy path from a start, lowest index among ties; 0 where it never ends.
func greedyPath(_ q: [Double], in table: TransitionTable, from start: Int, limit: Int) -> Int {
  var s = start
  for step in 1...limit {
    let row = s * table.actions
    let a = (1..<table.actions).reduce(0) { q[row + $1] > q[row + $0] ? $1 : $0 }
    let branch = table.branches[row + a]
    if branch.isTerminal { return step }
    s = Int(branch.next)
  }
  return 0
}

/// Saved in the middle of a run and restored into a learner of another seed, an agent goes on with the same bits.
func expectExactContinuation<Rule: Agent<Int, Int>, World: FiniteEnvironment>(
  in world: World, _ agent: (UInt64) -> Rule
) throws {
  var learner = Interaction(world, agent(4), seed: 4)
  var meter = Meter(tags: Rule.metricTags)
  try learner.advance(by: 1234, into: &meter)
  var restored = Interaction(world, agent(5), seed: 5)
  try restored.restore(from: reader(learner.save))
  #expect(reader(restored.save).tensors == reader(learner.save).tensors)
  var again = Meter(tags: Rule.metricTags)
  try learner.advance(by: 3210, into: &meter)
  try restored.advance(by: 3210, into: &again)
  #expect(reader(restored.save).tensors == reader(learner.save).tensors)
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
