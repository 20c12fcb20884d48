import Agents
import Environments
import RLCore

/// An environment ready for use, with everything that needs its concrete type bound into closures where that type is
/// known: so the loops behind them are specialised.
struct World: Sendable {
  enum Kind: String, Sendable {
    case finite = "finitely many states and actions and a known model"
    case tabular = "finitely many states and actions"
    case discreteControl = "vector observations and discrete actions"
    case continuousControl = "vector observations and continuous actions"
  }

  let id: String
  let kind: Kind
  let observationSpace: Space
  let actionSpace: Space
  let stepLimit: Int?
  /// Every setting with its value.
  let settings: [(name: String, value: SettingValue)]
  /// The discount that it is stated with; a world of vectors has none.
  let discount: Double?
  /// The model, where it is known.
  let table: TransitionTable?
  let documentation: Documentation
  /// The mean return of the best play that is known, exact where the model is and is small.
  let nearOptimal: @Sendable () -> Double?
  let drawing: @Sendable ([Double]) -> Drawing
  /// The promises it breaks; see `checkEnvironment` and `checkFiniteMDP`. The argument is the number of steps.
  let check: @Sendable (Int) -> [String]
  /// With a reward model, one whose rewards are learned from. Throws ``UsageError`` where the agent does not fit.
  let learner: @Sendable (any AgentSettings, RewardModel?, UInt64) throws -> any Learner
  /// What a user should know of an agent that fits, where there is anything, in one line.
  let remark: @Sendable (any AgentSettings) -> String?
  let rollout: @Sendable (RolloutRequest) throws -> Void
  /// The world for a person to play.
  let played: @Sendable () -> any PlayedWorld
  /// Takes so many uniformly random steps, with a reset after each episode.
  let randomSteps: @Sendable (Int) -> Void
  /// Makes a batch of so many lanes, and takes so many uniformly random steps in each at every call of the result.
  let batchedSteps: @Sendable (Int) -> (Int) -> Void
}

/// The bare loop of a world without a learner.
private func takeRandomSteps<E: Environment>(_ count: Int, in start: E) {
  var world = start
  var observation = world.emptyObservation()
  var action = world.emptyAction()
  var random = RandomStream(seed: 0)
  let space = world.actionSpace
  world.reset(seed: 0, into: &observation)
  for _ in 0..<count {
    action.sample(from: space, using: &random)
    if world.step(action, into: &observation).ending != .running { world.reset(seed: nil, into: &observation) }
  }
}

private func randomBatch(of world: some Environment, lanes: Int) -> (Int) -> Void {
  var batch = Batch(world, count: lanes, seed: 0)
  var actions = batch.emptyActions()
  return { count in
    for _ in 0..<count {
      batch.sampleActions(into: &actions)
      batch.step(actions)
    }
  }
}

/// Draws states. Numbers that are no state of the world, as a foreign file may hold, give an empty picture.
private func pictures<E: Environment>(of world: E) -> @Sendable ([Double]) -> Drawing {
  { state in
    var place = world
    var observation = place.emptyObservation()
    guard (try? place.restore(state: state, into: &observation)) != nil else {
      return Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: [])
    }
    return world.drawing(of: state)
  }
}

extension World {
  /// A finite world whose model is simulated.
  init<Process: FiniteMDP & Configurable>(_ id: String, finite process: Process, limit: Int?) throws {
    let simulator = try Simulator(process)
    self.init(
      id, playing: TimeLimit(simulator, limit: limit), table: simulator.table, settings: process.settingValues,
      problems: { checkFiniteMDP(process) })
  }

  /// A finite world that is played in its own way, beside its model.
  init<Process: FiniteMDP & FiniteEnvironment & Configurable>(
    _ id: String, finite process: Process, limit: Int?
  ) throws {
    self.init(
      id, playing: TimeLimit(process, limit: limit), table: try TransitionTable(process),
      settings: process.settingValues, problems: { checkFiniteMDP(process) })
  }

  /// A finite world without a model.
  init<Finite: FiniteEnvironment & Configurable>(_ id: String, tabular played: Finite, limit: Int?) {
    self.init(
      id, playing: TimeLimit(played, limit: limit), table: nil, settings: played.settingValues, problems: { [] })
  }

  /// Planners sweep the model, where there is one; tabular agents play.
  private init<Finite: FiniteEnvironment>(
    _ id: String, playing world: TimeLimit<Finite>, table: TransitionTable?,
    settings: [(name: String, value: SettingValue)], problems: @escaping @Sendable () -> [String]
  ) {
    let kind = table == nil ? Kind.tabular : .finite
    self.init(
      id: id, kind: kind, observationSpace: world.observationSpace, actionSpace: world.actionSpace,
      stepLimit: world.stepLimit, settings: settings, discount: world.discount, table: table,
      documentation: world.documentation,
      nearOptimal: {
        table?.bestReturn(within: world.stepLimit ?? Evaluation.stepLimit) ?? world.documentation.nearOptimalReturn
      },
      drawing: pictures(of: world), check: { problems() + checkEnvironment(world, steps: $0) },
      learner: { agent, reward, seed in
        if let tabular = agent as? any FiniteLearning, table != nil || !type(of: tabular).needsModel {
          if let reason = tabular.misfit(in: world) { throw UsageError("\(agent.id) in \(id): \(reason)") }
          return tabular.learner(in: world, model: table, seed: seed)
        }
        if let approximating = agent as? any DiscreteLearning {
          let encoded = EncodedStates(world, as: approximating.states)
          if let reason = approximating.misfit(in: encoded) { throw UsageError("\(agent.id) in \(id): \(reason)") }
          if let reward { return approximating.learner(in: LearnedRewards(encoded, reward), seed: seed) }
          return approximating.learner(in: encoded, seed: seed)
        }
        throw misfit(agent, id, kind)
      },
      remark: { ($0 as? any FeatureChoice)?.features.collisions(in: world) },
      rollout: { try $0.play(in: world) }, played: { Played(world) },
      randomSteps: { takeRandomSteps($0, in: world) }, batchedSteps: { randomBatch(of: world, lanes: $0) })
  }

  init<Control: Environment<[Float], [Float]> & Configurable>(
    _ id: String, continuous environment: Control, limit: Int?
  ) {
    let world = TimeLimit(environment, limit: limit)
    self.init(
      id: id, kind: .continuousControl, observationSpace: world.observationSpace, actionSpace: world.actionSpace,
      stepLimit: world.stepLimit, settings: environment.settingValues, discount: nil, table: nil,
      documentation: environment.documentation, nearOptimal: { environment.documentation.nearOptimalReturn },
      drawing: pictures(of: world),
      check: { checkEnvironment(world, steps: $0) },
      learner: { agent, reward, seed in
        guard let fitting = agent as? any ContinuousLearning else { throw misfit(agent, id, .continuousControl) }
        if let reward { return fitting.learner(in: LearnedRewards(world, reward), seed: seed) }
        return fitting.learner(in: world, seed: seed)
      },
      remark: { _ in nil },
      rollout: { try $0.play(in: world) }, played: { Played(world) },
      randomSteps: { takeRandomSteps($0, in: world) }, batchedSteps: { randomBatch(of: world, lanes: $0) })
  }

  init<Control: Environment<[Float], Int> & Configurable>(_ id: String, discrete environment: Control, limit: Int?) {
    let world = TimeLimit(environment, limit: limit)
    self.init(
      id: id, kind: .discreteControl, observationSpace: world.observationSpace, actionSpace: world.actionSpace,
      stepLimit: world.stepLimit, settings: environment.settingValues, discount: nil, table: nil,
      documentation: environment.documentation, nearOptimal: { environment.documentation.nearOptimalReturn },
      drawing: pictures(of: world),
      check: { checkEnvironment(world, steps: $0) },
      learner: { agent, reward, seed in
        guard let fitting = agent as? any VectorLearning else { throw misfit(agent, id, .discreteControl) }
        if let reason = fitting.misfit(in: world) { throw UsageError("\(agent.id) in \(id): \(reason)") }
        if let reward { return fitting.learner(in: LearnedRewards(world, reward), seed: seed) }
        return fitting.learner(in: world, seed: seed)
      },
      remark: { ($0 as? any FeatureChoice)?.features.collisions(in: world) },
      rollout: { try $0.play(in: world) }, played: { Played(world) },
      randomSteps: { takeRandomSteps($0, in: world) }, batchedSteps: { randomBatch(of: world, lanes: $0) })
  }
}

private func misfit(_ agent: some AgentSettings, _ environment: String, _ kind: World.Kind) -> UsageError {
  let needed = Catalog.agents.first { $0.id == type(of: agent).id }.map(\.needs) ?? "another world"
  let fitting = Catalog.agents.filter { $0.kinds.contains(kind) }.map(\.id)
  return UsageError(
    "\(type(of: agent).id) needs \(needed), and \(environment) has \(kind.rawValue); agents that fit: "
      + (fitting.isEmpty ? "none yet" : fitting.joined(separator: ", ")))
}
