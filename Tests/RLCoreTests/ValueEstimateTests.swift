import RLCore
import Testing

@Suite struct ValueEstimateTests {
  /// Values an observation by its first number, as an action's value; acts at random. It has no values of `blind`.
  private struct Valuer<Observation: SpaceElement, Action: SpaceElement>: Agent {
    static var metricTags: [String] { [] }
    var wanderer: Wanderer<Observation, Action>
    var blind: Double?

    init(_ actions: Space, blind: Double? = nil) {
      wanderer = Wanderer(space: actions)
      self.blind = blind
    }

    mutating func act(_ observation: Observation, into action: inout Action) {
      wanderer.act(observation, into: &action)
    }
    mutating func learn(
      _ observation: Observation, _ action: Action, _ reward: Double, _ next: Observation, _ ending: Ending,
      into meter: inout Meter
    ) {}
    func policy(sampledWith seed: UInt64?) -> UniformPolicy<Observation, Action> { wanderer.policy(sampledWith: seed) }
    func save(to checkpoint: inout CheckpointWriter) {}
    mutating func restore(from checkpoint: CheckpointReader) throws {}

    func estimate(of observation: Observation) -> ValueEstimate? {
      let first = observation.numbers[0]
      return ValueEstimate(q: [first, blind == first ? .nan : -first])
    }
  }

  @Test func theBestActionsValueIsTheStates() {
    #expect(ValueEstimate(q: [-3, 2, 1]) == ValueEstimate(v: 2, q: [-3, 2, 1]))
  }

  /// r + γ V(s′) − V(s), where a termination has no future and a truncation has.
  @Test(arguments: [true, false]) func errorsOfValues(_ isTerminated: Bool) {
    var episode = Episode(
      observations: Tensor(shape: [4], values: .int64([0, 1, 2, 3])),
      actions: Tensor(shape: [3], values: .int64([0, 0, 0])),
      rewards: [1, -2, 4], terminations: [false, false, isTerminated], truncations: [false, false, !isTerminated],
      states: Tensor(shape: [4, 1], values: .float64([0, 1, 2, 3])), seed: 0)
    #expect(episode.temporalDifferences(discount: 0.5).isEmpty)
    episode.estimates = [10, 20, 30, 40].map { ValueEstimate(v: $0) }
    let expected: [Double] = [1 + 0.5 * 20 - 10, -2 + 0.5 * 30 - 20, isTerminated ? 4 - 30 : 4 + 0.5 * 40 - 30]
    #expect(episode.temporalDifferences(discount: 0.5) == expected)
    #expect(episode.temporalDifferences(discount: 0) == [-9, -22, -26])
  }

  @Test func aSurfaceGoesFromBoundToBound() throws {
    let surface = try #require(Surface(over: .box(low: [-1, 0], high: [1, 4])) { $0[0] + 10 * $0[1] })
    #expect(surface.rows > 1 && surface.columns > 1 && surface.low == [-1, 0] && surface.high == [1, 4])
    let corners = [0, surface.columns - 1, surface.v.count - surface.columns, surface.v.count - 1]
    #expect(corners.map { surface.v[$0] } == [-1, 1, 39, 41])
    #expect(abs(surface.v[surface.v.count / 2] - 20) < 1e-5)
    let line = try #require(Surface(over: .box(low: [2], high: [3])) { $0[0] })
    #expect(line.rows == 1 && line.v.first == 2 && line.v.last == 3 && line.v == line.v.sorted())
  }

  @Test func whatHasNoSurface() {
    #expect(Surface(over: .discrete(5)) { _ in 0 } == nil)
    #expect(Surface(over: .box(low: [0, 0, 0], high: [1, 1, 1])) { _ in 0 } == nil)
    #expect(Surface(over: .box(low: [0], high: [1])) { $0[0] == 1 ? .infinity : 0 } == nil)
    #expect(Surface(over: .box(low: [0], high: [1])) { $0[0] == 0 ? nil : 0 } == nil)
    #expect(Surface(of: Solution(greedyWith: [1, 2], states: 1, actions: 2)) == nil)
  }

  @Test func numberedStatesLieOnALine() {
    let solution = Solution(greedyWith: [1, 2, 5, 4, 0, 0], states: 3, actions: 2)
    #expect(Surface(of: solution) == Surface(low: [0], high: [2], rows: 1, columns: 3, v: [2, 5, 0]))
  }

  @Test func whichStatesCanBeShown() {
    #expect(TimeLimit(Walk(size: 6), limit: 7).stateSpace == .discrete(6))
    #expect(Drift().stateSpace == nil)
  }

  @Test func anEpisodeKnowsWhatItWasHeldToBeWorth() {
    let learner = Interaction(TimeLimit(Walk(size: 6), limit: 7), Valuer<Int, Int>(.discrete(2)), seed: 3)
    let episode = learner.evaluate(episodes: 2, seed: 1, sample: false).episode
    let places = (0...episode.length).map { episode.observations.row($0)[0] }
    #expect(episode.estimates == places.map { ValueEstimate(q: [$0, -$0]) })
  }

  @Test func tablesSpeakForTabularAgents() throws {
    var learner = Interaction(Walk(size: 6), Scribe(seed: 1), seed: 3)
    #expect(learner.evaluate(episodes: 1, seed: 1, sample: false).episode.estimates.isEmpty)
    learner.agent.solution = Solution(greedyWith: (0..<12).map(Double.init), states: 6, actions: 2)
    let episode = learner.evaluate(episodes: 1, seed: 1, sample: false).episode
    let places = (0...episode.length).map { episode.observations.row($0)[0] }
    #expect(episode.estimates == places.map { ValueEstimate(q: [2 * $0, 2 * $0 + 1]) })
  }

  /// A network that sees states as vectors has tables like any other learner in a finite world.
  @Test(arguments: StateEncoding.allCases) func statesSeenAsVectorsHaveTables(_ encoding: StateEncoding) throws {
    let world = TimeLimit(EncodedStates(try Simulator(Table.ring(split: false)), as: encoding), limit: 9)
    #expect(world.stateSpace == .discrete(5))
    let learner = Interaction(world, Valuer<[Float], Int>(world.actionSpace), seed: 3)
    let solution = try #require(learner.solution)
    let first: [Double] = encoding == .oneHot ? [1, 0, 0, 0, 0] : [-1, -0.5, 0, 0.5, 1]
    #expect(solution.q == first.flatMap { [$0, -$0] } && solution.v == first.map(abs))
    #expect(learner.surface == nil && solution.visits == nil)
  }

  @Test func whatIsNotFiniteIsNotShown() throws {
    let world = EncodedStates(try Simulator(Table.ring(split: false)), as: .oneHot)
    let learner = Interaction(world, Valuer<[Float], Int>(world.actionSpace, blind: 1), seed: 3)
    #expect(learner.solution == nil)
    let episode = Interaction(Walk(size: 6), Valuer<Int, Int>(.discrete(2), blind: 5), seed: 3)
      .evaluate(episodes: 1, seed: 1, sample: false).episode
    #expect(episode.terminations.last == true && episode.estimates.isEmpty)
  }
}
