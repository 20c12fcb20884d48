// What every environment and every model must keep to, as functions that return the broken promises, one line each;
// none is good. Each new environment is put through them.

/// Plays `world` for `steps` steps with random actions and as many with extreme ones, and returns what is wrong:
/// observations outside the space, different episodes under one seed, copies that share state, a save that does not
/// continue identically, lanes of a batch that differ from copies, numbers that are not finite, an ending without a
/// reason, a state that cannot be restored, incomplete documentation.
public func checkEnvironment<World: Environment>(_ world: World, seed: UInt64 = 1, steps: Int = 1000) -> [String] {
  var check = EnvironmentCheck(world: world, seed: seed)
  check.problems = world.documentation.problems(for: world.observationSpace)
  check.play(steps: steps, "random actions") { $0.sample(from: $2, using: &$1) }
  check.play(steps: steps, "extreme actions") { action, random, space in
    action = extremeAction(in: space, random.integer(below: 2) == 1) ?? action
  }
  check.repeatability()
  check.independence()
  check.continuation()
  check.restoring()
  check.lanes()
  return check.problems
}

/// Checks a model: distributions that sum to 1, states that exist, finite rewards, a discount in [0, 1], terminal
/// outcomes, and that ``Simulator`` samples what the model says (Pearson's chi-square on `pairs` state-action pairs,
/// `samples` draws each, a false alarm once in 10⁶ pairs).
public func checkFiniteMDP(
  _ process: some FiniteMDP, seed: UInt64 = 1, pairs: Int = 40, samples: Int = 2000
) -> [String] {
  let world: Simulator
  do {
    world = try Simulator(process)
  } catch {
    return ["\(error)"]
  }
  var problems: [String] = []
  if !(0...1).contains(process.discount) { problems.append("the discount is \(process.discount); expected 0...1") }
  for s in 0..<process.stateCount {
    for a in 0..<process.actionCount where process.outcomes(s, a) != process.outcomes(s, a) {
      problems.append("state \(s), action \(a): two calls give different outcomes")
    }
  }
  var random = RandomStream(seed: seed)
  for _ in 0..<pairs {
    let s = random.integer(below: process.stateCount)
    let a = random.integer(below: process.actionCount)
    problems += checkSamples(of: process.outcomes(s, a), s, a, in: world, seed: random.next(), count: samples)
  }
  return problems + checkEnvironment(TimeLimit(world, limit: 100), seed: seed, steps: 200)
}

private func checkSamples(
  of outcomes: [Outcome], _ state: Int, _ action: Int, in world: Simulator, seed: UInt64, count: Int
) -> [String] {
  struct Arrival: Hashable {
    var next: Int
    var reward: Double
    var isTerminal: Bool
  }
  var expected: [Arrival: Double] = [:]
  // Summed in this order and not in a hash's, so that a check always says the same.
  var order: [Arrival] = []
  for outcome in outcomes where outcome.probability > 0 {
    let arrival = Arrival(next: outcome.next, reward: outcome.reward, isTerminal: outcome.isTerminal)
    if expected[arrival] == nil { order.append(arrival) }
    expected[arrival, default: 0] += outcome.probability * Double(count)
  }
  var seen: [Arrival: Int] = [:]
  var world = world
  var observation = 0
  world.reset(seed: seed, into: &observation)
  for _ in 0..<count {
    do { try world.restore(state: [Double(state)], into: &observation) } catch { return ["\(error)"] }
    let step = world.step(action, into: &observation)
    seen[Arrival(next: observation, reward: step.reward, isTerminal: step.ending == .terminated), default: 0] += 1
  }
  let place = "state \(state), action \(action)"
  let known = order.reduce(0) { $0 + seen[$1, default: 0] }
  if known < count { return ["\(place): \(count - known) of \(count) samples are not in the model"] }
  // Bins that expect fewer than five are pooled: the chi-square distribution does not hold for them.
  let rare = order.filter { expected[$0]! < 5 }
  var bins = order.filter { expected[$0]! >= 5 }.map { (seen: seen[$0, default: 0], expected: expected[$0]!) }
  if !rare.isEmpty {
    bins.append((rare.reduce(0) { $0 + seen[$1, default: 0] }, rare.reduce(0) { $0 + expected[$1]! }))
  }
  if bins.count < 2 { return [] }
  let statistic = bins.reduce(0) { sum, bin in
    let difference = Double(bin.seen) - bin.expected
    return sum + difference * difference / bin.expected
  }
  let bound = chiSquareBound(freedom: bins.count - 1)
  return statistic <= bound ? [] : ["\(place): samples differ from the model, chi-square \(statistic) > \(bound)"]
}

/// What chi-square exceeds once in 10⁶ (Wilson and Hilferty 1931, doi:10.1073/pnas.17.12.684).
private func chiSquareBound(freedom: Int) -> Double {
  let spread = 2 / (9 * Double(freedom))
  let root = 1 - spread + 4.7534 * spread.squareRoot()
  return Double(freedom) * root * root * root
}

private func extremeAction<Action: SpaceElement>(in space: Space, _ upper: Bool) -> Action? {
  switch space {
  case .discrete(let n): Action(numbers: [Double(upper ? n - 1 : 0)], in: space)
  case .box(let low, let high):
    Action(
      numbers: zip(low, high).map {
        Double(upper ? min($1, .greatestFiniteMagnitude) : max($0, -.greatestFiniteMagnitude))
      },
      in: space)
  }
}

private struct EnvironmentCheck<World: Environment> {
  let world: World
  let seed: UInt64
  let observationSpace: Space
  let actionSpace: Space
  var problems: [String] = []

  init(world: World, seed: UInt64) {
    self.world = world
    self.seed = seed
    observationSpace = world.observationSpace
    actionSpace = world.actionSpace
  }

  private mutating func note(_ problem: String) {
    if !problems.contains(problem) { problems.append(problem) }
  }

  /// One reset or step as plain numbers, to be compared.
  struct Moment: Equatable {
    var observation: [Double]
    var state: [Double]
    var step: Step?
  }

  /// `steps` moments of `world` as it goes on with actions from `random`, with a reset after each ending.
  private func moments(
    _ world: inout World, _ observation: inout World.Observation, _ random: inout RandomStream, steps: Int
  ) -> [Moment] {
    var action = world.emptyAction()
    return (0..<steps).map { _ in
      action.sample(from: world.actionSpace, using: &random)
      let step = world.step(action, into: &observation)
      let moment = Moment(observation: observation.numbers, state: world.state, step: step)
      if step.ending != .running { world.reset(seed: nil, into: &observation) }
      return moment
    }
  }

  mutating func play(
    steps: Int, _ what: String, choose: (inout World.Action, inout RandomStream, Space) -> Void
  ) {
    var world = self.world
    var random = RandomStream(seed: seed)
    var observation = world.emptyObservation()
    var action = world.emptyAction()
    var length = 0
    world.reset(seed: seed, into: &observation)
    for _ in 0..<steps {
      inspect(observation, of: world, what)
      choose(&action, &random, actionSpace)
      let step = world.step(action, into: &observation)
      length += 1
      if !step.reward.isFinite { note("with \(what): the reward is \(step.reward)") }
      if step.ending == .truncated && length != world.stepLimit {
        note(
          "with \(what): truncated after \(length) steps; its step limit is \(world.stepLimit.map(String.init) ?? "none")"
        )
      }
      if step.ending == .running && length >= world.stepLimit ?? .max {
        note("with \(what): goes on after its step limit of \(length)")
      }
      if step.ending != .running {
        inspect(observation, of: world, what)
        world.reset(seed: nil, into: &observation)
        length = 0
      }
    }
  }

  private mutating func inspect(_ observation: World.Observation, of world: World, _ what: String) {
    if !observation.lies(in: observationSpace) {
      note("with \(what): the observation \(observation.numbers) is not in \(observationSpace)")
    }
    if !world.state.allSatisfy(\.isFinite) { note("with \(what): the state is \(world.state)") }
  }

  mutating func repeatability() {
    // What a world has learned outlives a seeded reset, so that only a frozen one repeats itself.
    var first = world
    first.freeze()
    var second = first
    var observations = (first.emptyObservation(), second.emptyObservation())
    // The second world has lived before; a seeded reset must forget that.
    var past = RandomStream(seed: seed &+ 1)
    second.reset(seed: seed &+ 2, into: &observations.1)
    _ = moments(&second, &observations.1, &past, steps: 20)
    first.reset(seed: seed, into: &observations.0)
    second.reset(seed: seed, into: &observations.1)
    if observations.0.numbers != observations.1.numbers { note("one seed gives two first observations") }
    var actions = (RandomStream(seed: seed), RandomStream(seed: seed))
    if moments(&first, &observations.0, &actions.0, steps: 200)
      != moments(&second, &observations.1, &actions.1, steps: 200)
    {
      note("one seed gives two different episodes")
    }
  }

  /// Lanes of batches of any size, stepped by any number of threads, against single copies with the lanes' streams.
  mutating func lanes() {
    let (width, lanes) = (observationSpace.size, 5)
    var batch = Batch(world, count: lanes, seed: seed)
    var part = Batch(world, count: 3, seed: seed, threads: 2)
    var actions = batch.emptyActions()
    var copies = [World](repeating: world, count: lanes)
    var observations = [World.Observation](repeating: world.emptyObservation(), count: lanes)
    for lane in 0..<lanes {
      copies[lane].random = RandomStream(SeedSequence(seed).spawn(UInt32(lane)))
      copies[lane].reset(seed: nil, into: &observations[lane])
    }
    func row(_ observation: World.Observation) -> [World.Observation.Scalar] {
      var row = [World.Observation.Scalar](repeating: 0, count: width)
      row.withUnsafeMutableBufferPointer { _ = observation.write(to: $0.baseAddress!) }
      return row
    }
    for t in 0..<300 {
      if batch.observations != observations.flatMap(row) { return note("step \(t): lanes observe what copies do not") }
      batch.sampleActions(into: &actions)
      batch.step(actions)
      part.step(Array(actions[..<(3 * actionSpace.size)]))
      var action = world.emptyAction()
      for lane in 0..<lanes {
        actions.withUnsafeBufferPointer { _ = action.read(from: $0.baseAddress! + lane * actionSpace.size) }
        let step = copies[lane].step(action, into: &observations[lane])
        if Step(reward: batch.rewards[lane], ending: batch.endings[lane]) != step {
          return note("step \(t): a lane is paid or ends as its copy does not")
        }
        if step.ending == .running { continue }
        if Array(batch.finalObservations[lane * width..<(lane + 1) * width]) != row(observations[lane]) {
          return note("step \(t): a lane's final observation is lost")
        }
        copies[lane].reset(seed: nil, into: &observations[lane])
      }
      if part.observations != Array(batch.observations[..<(3 * width)]) || part.rewards != Array(batch.rewards[..<3]) {
        return note("step \(t): lanes depend on how many they are, or on threads")
      }
    }
    lanesContinue(batch)
  }

  /// Lanes that are saved and restored go on as they would have.
  private mutating func lanesContinue(_ start: Batch<World.Observation, World.Action>) {
    var writer = CheckpointWriter()
    start.save(to: &writer)
    var batch = start
    var restored = Batch(world, count: start.count, seed: seed &+ 1)
    do { try restored.restore(from: CheckpointReader(writer)) } catch {
      return note("what lanes saved they do not restore: \(error)")
    }
    var actions = (batch.emptyActions(), batch.emptyActions())
    for t in 0..<300 {
      if batch.observations != restored.observations { return note("step \(t) after a restore: lanes go other ways") }
      batch.sampleActions(into: &actions.0)
      restored.sampleActions(into: &actions.1)
      batch.step(actions.0)
      restored.step(actions.1)
      if batch.rewards != restored.rewards || batch.endings != restored.endings {
        return note("step \(t) after a restore: a lane is paid or ends otherwise")
      }
    }
  }

  mutating func independence() {
    var original = world
    var observation = original.emptyObservation()
    original.reset(seed: seed, into: &observation)
    var actions = RandomStream(seed: seed)
    _ = moments(&original, &observation, &actions, steps: 20)
    let before = original.state
    var copy = original
    var copied = (observation: observation, actions: actions)
    let played = moments(&copy, &copied.observation, &copied.actions, steps: 100)
    if original.state != before { note("stepping a copy changes the state of the original") }
    if moments(&original, &observation, &actions, steps: 100) != played {
      note("a copy and its original go different ways under the same actions")
    }
  }

  mutating func continuation() {
    var original = world
    var observation = original.emptyObservation()
    original.reset(seed: seed, into: &observation)
    var actions = RandomStream(seed: seed)
    _ = moments(&original, &observation, &actions, steps: 30)
    var writer = CheckpointWriter()
    original.save(to: &writer)
    let reader = CheckpointReader(writer)
    var restored = world
    var other = restored.emptyObservation()
    do {
      try restored.restore(from: reader, into: &other)
    } catch {
      note("what it saved it does not restore: \(error)")
      return
    }
    if other.numbers != observation.numbers { note("the observation after a restore is another") }
    var otherActions = actions
    if moments(&original, &observation, &actions, steps: 200)
      != moments(&restored, &other, &otherActions, steps: 200)
    {
      note("after save and restore it goes on differently")
    }
  }

  mutating func restoring() {
    var world = self.world
    var observation = world.emptyObservation()
    world.reset(seed: seed, into: &observation)
    let state = world.state
    var again = world.emptyObservation()
    do {
      try world.restore(state: state, into: &again)
      if again.numbers != observation.numbers || world.state != state { note("its own state restores to another one") }
    } catch {
      note("its own state is refused: \(error)")
    }
    for bad in [[], state + [0], state.map { _ in Double.nan }]
    where (try? world.restore(state: bad, into: &again)) != nil {
      note("the impossible state \(bad) is accepted")
    }
    let drawing = world.drawing(of: state)
    if drawing.shapes.isEmpty && drawing.grid == nil { note("it draws nothing") }
  }
}
