import RLCore

/// A noisy walk along a line: starts in 0..<3, action 1 goes right and action 0 stays, one step in four does nothing,
/// and the last place ends it. The reward is the place reached.
struct Walk: Environment {
  let size: Int
  var random = RandomStream(seed: 0)
  var place = 0
  /// The reward from the last place but one on, to break things with.
  var lateReward: Double?

  init(size: Int) { self.size = size }

  var observationSpace: Space { .discrete(size) }
  var actionSpace: Space { .discrete(2) }
  var state: [Double] { [Double(place)] }
  var documentation: Documentation { .toy }

  mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let seed { random = RandomStream(seed: seed) }
    place = random.integer(below: 3)
    observation = place
  }

  mutating func step(_ action: Int, into observation: inout Int) -> Step {
    if random.uniform() >= 0.25 { place += action }
    observation = place
    let reward = place >= size - 2 ? lateReward ?? Double(place) : Double(place)
    return Step(reward: reward, ending: place == size - 1 ? .terminated : .running)
  }

  mutating func restore(state: [Double], into observation: inout Int) throws {
    guard let place = Int(numbers: state, in: observationSpace) else { throw CoreError.badState("\(state)") }
    self.place = place
    observation = place
  }

  func drawing(of state: [Double]) -> Drawing {
    Drawing(bounds: .init(x: 0...Double(size), y: 0...1), shapes: [.label("x", .init(state[0], 0), .plain)])
  }
}

/// Acts at random and remembers everything it is told.
struct Scribe: Agent {
  struct Entry: Equatable {
    var observation: Int
    var action: Int
    var reward: Double
    var next: Int
    var ending: Ending
  }

  static let metricTags = ["train/action"]
  var random: RandomStream
  var entries: [Entry] = []

  init(seed: UInt64) { random = RandomStream(seed: seed) }

  mutating func act(_ observation: Int, into action: inout Int) { action = random.integer(below: 2) }

  mutating func learn(
    _ observation: Int, _ action: Int, _ reward: Double, _ next: Int, _ ending: Ending, into meter: inout Meter
  ) {
    entries.append(Entry(observation: observation, action: action, reward: reward, next: next, ending: ending))
    meter.add(Double(action), to: 0)
  }

  func policy(sampledWith seed: UInt64?) -> UniformPolicy<Int, Int> {
    UniformPolicy(over: .discrete(2), random: RandomStream(seed: seed ?? 0))
  }

  func save(to checkpoint: inout CheckpointWriter) { checkpoint.add("random", random) }

  mutating func restore(from checkpoint: CheckpointReader) throws { random = try checkpoint.random("random") }
}

/// A table of outcomes as a process.
struct Table: FiniteMDP {
  var stateCount: Int
  var actionCount: Int
  var discount = 0.9
  var initial: [Double]
  var rows: [[Outcome]]
  var documentation: Documentation { .toy }

  func outcomes(_ state: Int, _ action: Int) -> [Outcome] { rows[state * actionCount + action] }

  func drawing(ofState state: Int) -> Drawing {
    Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: [.label("\(state)", .init(0, 0), .plain)])
  }

  /// A ring of five places with three to start from: action 0 goes on, action 1 goes back, place 4 ends it. With
  /// `split`, each outcome is given as two halves, so that the draws are really made.
  static func ring(split: Bool) -> Table {
    let rows = (0..<10).map { pair -> [Outcome] in
      let next = (pair / 2 + (pair % 2 == 0 ? 1 : 4)) % 5
      let outcome = Outcome(probability: 1, next: next, reward: Double(pair), isTerminal: next == 4)
      var half = outcome
      half.probability = 0.5
      return split ? [half, half] : [outcome]
    }
    return Table(stateCount: 5, actionCount: 2, initial: [0.2, 0.3, 0.5, 0, 0], rows: rows)
  }
}

extension Documentation {
  /// Complete, for a discrete observation.
  static let toy = Documentation(
    summary: "a toy", action: "any", observation: "one number", rewards: "some", start: "anywhere", end: "some time",
    source: "these tests")
}
