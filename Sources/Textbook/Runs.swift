import Agents
import Dispatch
import RLCore
import Synchronization

extension Findings {
  /// Independent runs, side by side on the trial's threads. Each has a seed of its own; results are in their order.
  mutating func runs<Run: Sendable>(_ standard: Int, _ run: @Sendable (UInt64) throws -> Run) throws -> [Run] {
    let count = try runs(of: standard)
    let seeds = SeedSequence(trial.seed).words(count)
    let trial = trial
    let state = Mutex(RunState<Run>(results: .init(repeating: nil, count: count)))
    // As long as the closure is used, the call below has not returned.
    withoutActuallyEscaping(run) { run in
      DispatchQueue.concurrentPerform(iterations: min(trial.threads, count)) { _ in
        while let index = state.withLock({ $0.next() }) {
          let result = Result { try run(seeds[index]) }
          state.withLock { $0.finish(index, result, trial.progress) }
        }
      }
    }
    return try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.results.map { $0! }
    }
  }
}

private struct RunState<Run: Sendable> {
  var results: [Run?]
  var failure: (any Error)?
  private var started = 0
  private var done = 0

  init(results: [Run?]) { self.results = results }

  mutating func next() -> Int? {
    guard failure == nil, started < results.count else { return nil }
    started += 1
    return started - 1
  }

  mutating func finish(_ index: Int, _ result: Result<Run, any Error>, _ progress: ((Int, Int) -> Bool)?) {
    switch result {
    case .success(let value): results[index] = value
    case .failure(let error): failure = failure ?? error
    }
    done += 1
    if progress?(done, results.count) == false { failure = failure ?? CancellationError() }
  }
}

/// An episode as it was played.
struct Played: Sendable {
  var firstAction = -1
  var length = 0
  /// The undiscounted return.
  var sum = 0.0
  /// `running` where it was cut.
  var ending = Ending.running
}

/// An agent at work in a world, an episode at a time.
struct Play<World: Environment, Rule: Agent>
where World.Observation == Rule.Observation, World.Action == Int, Rule.Action == Int {
  private(set) var agent: Rule
  private(set) var world: World
  private(set) var steps = 0
  private var meter = Meter(tags: Rule.metricTags)
  /// What the last transition did and earned.
  private(set) var action = 0
  private(set) var reward = 0.0
  private var state: World.Observation
  private var next: World.Observation
  private var current = Played()

  init(_ agent: Rule, in world: World, seed: UInt64) {
    self.agent = agent
    self.world = world
    (state, next) = (world.emptyObservation(), world.emptyObservation())
    self.world.reset(seed: seed, into: &state)
  }

  /// One transition.
  mutating func step() -> Ending {
    agent.act(state, into: &action)
    if current.length == 0 { current.firstAction = action }
    let step = world.step(action, into: &next)
    agent.learn(state, action, step.reward, next, step.ending, into: &meter)
    steps += 1
    reward = step.reward
    current.length += 1
    current.sum += reward
    current.ending = step.ending
    if step.ending == .running { swap(&state, &next) } else { world.reset(seed: nil, into: &state) }
    return step.ending
  }

  /// The rest of the present episode, cut after `limit` steps.
  mutating func episode(limit: Int = .max) -> Played {
    while step() == .running && current.length < limit {}
    defer { current = Played() }
    return current
  }

  mutating func episodes(_ count: Int) -> [Played] { (0..<count).map { _ in episode() } }

  mutating func advance(by count: Int) {
    for _ in 0..<count { _ = step() }
  }

  /// The lengths of the episodes that end within so many steps in all.
  mutating func lengths(within limit: Int) -> [Int] {
    var lengths: [Int] = []
    while steps < limit {
      let played = episode(limit: limit - steps)
      if played.ending != .running { lengths.append(played.length) }
    }
    return lengths
  }
}

extension ControlSettings {
  /// A constant α and ε, values that start from 0, and the world's own discount.
  init(alpha: Double, epsilon: Double = 0.1) {
    self.init()
    self.alpha = .scheduled(.constant(alpha))
    self.epsilon = .constant(epsilon)
    initialValue = 0
    discount = nil
  }
}

extension PredictionSettings {
  /// A constant α, values that start from one number, and the world's own discount.
  init(alpha: Double, initialValue: Double = 0) {
    self.init()
    self.alpha = .scheduled(.constant(alpha))
    self.initialValue = initialValue
    discount = nil
  }
}

func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

func mean<Element>(_ values: some Collection<Element>, _ figure: (Element) -> Double) -> Double {
  values.reduce(0) { $0 + figure($1) } / Double(values.count)
}

/// √(mean of the squared differences).
func rms(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
  (zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(a.count)).squareRoot()
}
