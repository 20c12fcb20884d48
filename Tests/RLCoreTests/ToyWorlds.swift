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

/// A point on a line that a push and noise move, with a load that is whatever the action says: two numbers of different
/// size, so that scales matter. Beyond ±12 it ends. The reward is the load's tenth less the distance from 0.
struct Drift: Environment {
  var random = RandomStream(seed: 0)
  var place = 0.0
  var load = 0.0
  /// What rewards are multiplied by.
  var pay = 1.0

  var observationSpace: Space { .box(low: [-.infinity, 0], high: [.infinity, 50]) }
  var actionSpace: Space { .box(low: [-2, 10], high: [2, 50]) }
  var state: [Double] { [place, load] }
  var documentation: Documentation {
    var documentation = Documentation.toy
    documentation.quantities = [.init("place", unit: "m"), .init("load", unit: "kg")]
    return documentation
  }

  mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    place = random.uniform(-3, 3)
    load = 0
    observe(into: &observation)
  }

  mutating func step(_ action: [Float], into observation: inout [Float]) -> Step {
    place += Double(action[0]) + random.normal()
    load = Double(action[1])
    observe(into: &observation)
    return Step(reward: pay * (load / 10 - abs(place)), ending: abs(place) > 12 ? .terminated : .running)
  }

  func observe(into observation: inout [Float]) {
    observation[0] = Float(place)
    observation[1] = Float(load)
  }

  mutating func restore(state: [Double], into observation: inout [Float]) throws {
    guard state.count == 2, state.allSatisfy(\.isFinite) else { throw CoreError.badState("\(state)") }
    (place, load) = (state[0], state[1])
    observe(into: &observation)
  }

  func drawing(of state: [Double]) -> Drawing {
    Drawing(bounds: .init(x: -12...12, y: 0...1), shapes: [.label("x", .init(state[0], 0), .plain)])
  }
}

/// One reset (without a step) or one step of a world.
struct Moment: Equatable {
  var observation: [Double]
  var state: [Double]
  var step: Step?
}

/// What `world` goes through from here in `steps` steps under random actions, with a reset after each ending.
func life<World: Environment>(of world: inout World, steps: Int, actions seed: UInt64 = 11) -> [Moment] {
  var random = RandomStream(seed: seed)
  var action = world.emptyAction()
  var observation = world.emptyObservation()
  var moments: [Moment] = []
  for _ in 0..<steps {
    action.sample(from: world.actionSpace, using: &random)
    let step = world.step(action, into: &observation)
    moments.append(Moment(observation: observation.numbers, state: world.state, step: step))
    if step.ending == .running { continue }
    world.reset(seed: nil, into: &observation)
    moments.append(Moment(observation: observation.numbers, state: world.state))
  }
  return moments
}

/// The same, from the first reset on.
func life<World: Environment>(of world: World, from seed: UInt64, steps: Int) -> [Moment] {
  var world = world
  var observation = world.emptyObservation()
  world.reset(seed: seed, into: &observation)
  return [Moment(observation: observation.numbers, state: world.state)] + life(of: &world, steps: steps)
}

/// Acts at random and learns nothing.
struct Wanderer<Observation: SpaceElement, Action: SpaceElement>: Agent {
  static var metricTags: [String] { [] }
  let space: Space
  var random = RandomStream(seed: 11)

  mutating func act(_ observation: Observation, into action: inout Action) {
    action.sample(from: space, using: &random)
  }

  mutating func learn(
    _ observation: Observation, _ action: Action, _ reward: Double, _ next: Observation, _ ending: Ending,
    into meter: inout Meter
  ) {}

  func policy(sampledWith seed: UInt64?) -> UniformPolicy<Observation, Action> {
    UniformPolicy(over: space, random: RandomStream(seed: 5))
  }

  func save(to checkpoint: inout CheckpointWriter) { checkpoint.add("random", random) }

  mutating func restore(from checkpoint: CheckpointReader) throws { random = try checkpoint.random("random") }
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
  var solution: Solution?

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
