import Agents
import Environments
import Foundation
import RLCore
import RunStore
import Synchronization

/// Where ids meet concrete types, once.
enum Catalog {
  static let agents: [AgentEntry] = [
    AgentEntry(PolicyEvaluation.Configuration()),
    AgentEntry(ValueIteration.Configuration()),
    AgentEntry(PolicyIteration.Configuration()),
    AgentEntry(TruncatedPolicyIteration.Configuration()),
    AgentEntry(PrioritizedSweeping.Configuration()),
    AgentEntry(RelativeValueIteration.Configuration()),
    AgentEntry(MCBasic.Configuration()),
    AgentEntry(MCExploringStarts.Configuration()),
    AgentEntry(MCEpsilonGreedy.Configuration()),
    AgentEntry(OffPolicyMCControl.Configuration()),
    AgentEntry(Sarsa.Configuration()),
    AgentEntry(ExpectedSarsa.Configuration()),
    AgentEntry(NStepSarsa.Configuration()),
    AgentEntry(SarsaLambda.Configuration()),
    AgentEntry(QLearning.Configuration()),
    AgentEntry(DoubleQLearning.Configuration()),
    AgentEntry(TreeBackup.Configuration()),
    AgentEntry(QSigma.Configuration()),
    AgentEntry(DynaQ.Configuration()),
    AgentEntry(DynaQPlus.Configuration()),
    AgentEntry(DynaPrioritized.Configuration()),
    AgentEntry(TD.Configuration()),
    AgentEntry(NStepTD.Configuration()),
    AgentEntry(TDLambda.Configuration()),
    AgentEntry(TrueOnlineTDLambda.Configuration()),
    AgentEntry(LambdaReturn.Configuration()),
    AgentEntry(MCPrediction.Configuration()),
    AgentEntry(OffPolicyMCPrediction.Configuration()),
    AgentEntry(BatchUpdating.Configuration()),
    AgentEntry(EpsilonGreedyBandit.Configuration()),
    AgentEntry(OptimisticBandit.Configuration()),
    AgentEntry(UCB.Configuration()),
    AgentEntry(GradientBandit.Configuration()),
    AgentEntry(LinearSarsaConfiguration()),
    AgentEntry(LinearExpectedSarsaConfiguration()),
    AgentEntry(LinearNStepSarsaConfiguration()),
    AgentEntry(LinearSarsaLambdaConfiguration()),
    AgentEntry(LinearQLearningConfiguration()),
    AgentEntry(DifferentialSarsaConfiguration()),
    AgentEntry(LSPIConfiguration()),
    AgentEntry(LinearMC.Configuration()),
    AgentEntry(LinearTD.Configuration()),
    AgentEntry(LinearNStepTD.Configuration()),
    AgentEntry(LinearTDLambda.Configuration()),
    AgentEntry(LinearTrueOnlineTDLambda.Configuration()),
    AgentEntry(LSTD.Configuration()),
    AgentEntry(OffPolicyTD.Configuration()),
    AgentEntry(GTD2.Configuration()),
    AgentEntry(TDC.Configuration()),
    AgentEntry(EmphaticTD.Configuration()),
    AgentEntry(DQN.Configuration()),
    AgentEntry(REINFORCEConfiguration()),
    AgentEntry(QAC.Configuration()),
    AgentEntry(OffPolicyAC.Configuration()),
    AgentEntry(DeterministicAC.Configuration()),
    AgentEntry(A2CConfiguration()),
    AgentEntry(PPOConfiguration()),
    AgentEntry(GRPOConfiguration()),
    AgentEntry(DDPG.Configuration()),
    AgentEntry(TD3.Configuration()),
    AgentEntry(SAC.Configuration()),
    AgentEntry(REDQ.Configuration()),
    AgentEntry(BehaviourCloningConfiguration()),
    AgentEntry(DPOConfiguration()),
    AgentEntry(RewardLearningConfiguration()),
  ]

  static var environments: [EnvironmentEntry] { builtIn + registered.withLock(\.self) }

  private static let builtIn: [EnvironmentEntry] =
    [
      EnvironmentEntry("Pendulum-v1", limit: 200) { Pendulum() },
      EnvironmentEntry("CartPole-v1", limit: 500) { CartPole() },
      EnvironmentEntry("MountainCar-v0", limit: 200) { MountainCar() },
      EnvironmentEntry("MountainCarContinuous-v0", limit: 999) { MountainCarContinuous() },
      EnvironmentEntry("Acrobot-v1", limit: 500) { Acrobot() },

      EnvironmentEntry("CartPoleSwingUp", limit: 500) { CartPoleSwingUp() },
      EnvironmentEntry("DoublePendulum", limit: 1000) { DoublePendulum() },
      EnvironmentEntry("Reacher", limit: 200) { Reacher() },
      EnvironmentEntry("PointMass", limit: 200) { PointMass() },
      EnvironmentEntry("Parking", limit: 300) { Parking() },
      EnvironmentEntry("Quadrotor", limit: 500) { Quadrotor() },
      EnvironmentEntry("BallInCup", limit: 250) { BallInCup() },

      EnvironmentEntry("FrozenLake-v1", limit: 100) { FrozenLake.fourByFour },
      EnvironmentEntry("FrozenLake8x8-v1", limit: 200) { FrozenLake.eightByEight },
      EnvironmentEntry("CliffWalking-v1", limit: nil) { CliffWalking() },
      EnvironmentEntry("Taxi-v4", limit: 200) { Taxi() },
      EnvironmentEntry("Blackjack-v1", limit: nil) { Blackjack() },

      EnvironmentEntry("SB-random-walk-5", limit: nil) { RandomWalk.five },
      EnvironmentEntry("SB-random-walk-19", limit: nil) { RandomWalk.nineteen },
      EnvironmentEntry("SB-random-walk-1000", limit: nil) { RandomWalk.thousand },
      EnvironmentEntry("SB-recycling-robot", limit: 1000) { RecyclingRobot() },
      EnvironmentEntry("SB-car-rental", limit: 1000) { CarRental() },
      EnvironmentEntry("SB-gambler", limit: nil) { Gambler() },
      EnvironmentEntry("SB-access-control", limit: 1000) { AccessControl() },
      EnvironmentEntry("SB-maximization-bias", limit: nil) { MaximizationBias() },
      EnvironmentEntry("SB-blocking-maze", limit: nil) { try ChangingMaze.blocking() },
      EnvironmentEntry("SB-shortcut-maze", limit: nil) { try ChangingMaze.shortcut() },
      EnvironmentEntry("SB-testbed", limit: 1000) { BanditTestbed() },
      EnvironmentEntry("SB-baird", limit: 1000) { BairdStar() },
      EnvironmentEntry("SB-tsitsiklis-van-roy", limit: nil) { TsitsiklisVanRoy() },
      EnvironmentEntry("SB-short-corridor", limit: 1000) { ShortCorridor() },

      EnvironmentEntry("bsuite-deep-sea", limit: nil) { DeepSea() },
      EnvironmentEntry("bsuite-discounting-chain", limit: nil) { DiscountingChain() },
      EnvironmentEntry("bsuite-catch", limit: nil) { Catch() },
      EnvironmentEntry("bsuite-umbrella-chain", limit: nil) { UmbrellaChain() },
    ]
    + GridWorld.bundled.map { id in EnvironmentEntry(id) { try GridWorld(bundled: id) } }

  /// Those that a package of somebody's own adds.
  private static let registered = Mutex<[EnvironmentEntry]>([])

  static func register(_ entries: [EnvironmentEntry]) { registered.withLock { $0 += entries } }

  static func agent(_ id: String) throws -> AgentEntry {
    guard let entry = agents.first(where: { $0.id == id }) else {
      throw UsageError("there is no agent '\(id)'" + nearest(id, agents.map(\.id), "rlgym list agents"))
    }
    return entry
  }

  /// The entry of an id, or one for a grid-world file.
  static func environment(_ name: String) throws -> EnvironmentEntry {
    if let entry = environments.first(where: { $0.id == name }) { return entry }
    guard isFile(name) else {
      throw UsageError("there is no environment '\(name)'" + nearest(name, environments.map(\.id), "rlgym list envs"))
    }
    do { return EnvironmentEntry(file: name, text: try readText(URL(filePath: name))) } catch {
      throw UsageError("\(error); expected a grid world in YAML")
    }
  }

  private static func isFile(_ name: String) -> Bool {
    [".yaml", ".yml"].contains { name.hasSuffix($0) } || FileManager.default.fileExists(atPath: name)
  }

  private static func nearest(_ name: String, _ names: [String], _ command: String) -> String {
    let near = nearestNames(to: name, in: names)
    return near.isEmpty ? "; see them all with: \(command)" : suggestion(near)
  }
}

/// A setting as `describe` shows it.
struct SettingSummary: Sendable {
  let name: String
  let value: SettingValue
  let expected: String
  let help: String

  static func all<Root: Configurable>(of root: Root) -> [SettingSummary] {
    Root.settings.map {
      SettingSummary(name: $0.name, value: $0.read(root), expected: $0.expected, help: $0.help)
    }
  }
}

/// An environment of the catalogue: its id, and how it is made.
public struct EnvironmentEntry: Sendable {
  public let id: String
  /// The text of a grid-world file given by its path.
  let text: String?
  /// The world with settings applied in order. Throws ``UsageError``.
  let world: @Sendable ([Given]) throws -> World
  let settings: @Sendable () throws -> [SettingSummary]
  let documentation: @Sendable () throws -> Documentation

  /// One with vector observations and continuous actions. `limit`: steps after which an episode is truncated.
  public init<Made: Environment<[Float], [Float]> & Configurable>(
    _ id: String, limit: Int?, make: @escaping @Sendable () throws -> Made
  ) {
    self.init(id, make: make, documentation: \.documentation) { World(id, continuous: $0, limit: limit) }
  }

  /// One with vector observations and discrete actions. `limit`: steps after which an episode is truncated.
  public init<Made: Environment<[Float], Int> & Configurable>(
    _ id: String, limit: Int?, make: @escaping @Sendable () throws -> Made
  ) {
    self.init(id, make: make, documentation: \.documentation) { World(id, discrete: $0, limit: limit) }
  }

  /// A finite one, played by the simulator of its model. `limit`: steps after which an episode is truncated.
  public init<Made: FiniteMDP & Configurable>(
    _ id: String, limit: Int?, make: @escaping @Sendable () throws -> Made
  ) {
    self.init(id, make: make, documentation: \.documentation) { try World(id, finite: $0, limit: limit) }
  }

  /// A finite one with a model beside a way of its own to be played. `limit`: steps after which an episode is truncated.
  public init<Made: FiniteMDP & FiniteEnvironment & Configurable>(
    _ id: String, limit: Int?, make: @escaping @Sendable () throws -> Made
  ) {
    self.init(
      id, make: make, documentation: { ($0 as any FiniteMDP).documentation },
      world: { try World(id, finite: $0, limit: limit) })
  }

  /// A finite one without a model. `limit`: steps after which an episode is truncated.
  public init<Made: FiniteEnvironment & Configurable>(
    _ id: String, limit: Int?, make: @escaping @Sendable () throws -> Made
  ) {
    self.init(id, make: make, documentation: \.documentation) { World(id, tabular: $0, limit: limit) }
  }

  /// A grid world, `text` where it comes from a file.
  init(_ id: String, text: String? = nil, make: @escaping @Sendable () throws -> GridWorld) {
    self.init(id, text: text, make: make, documentation: \.documentation) {
      try World(id, finite: $0, limit: $0.limit)
    }
  }

  /// A grid world from the text of a file.
  init(file: String, text: String) {
    self.init(file, text: text) { try UsageError.of { try GridWorld(yaml: text, file: file) } }
  }

  private init<Made: Configurable & Sendable>(
    _ id: String, text: String? = nil, make: @escaping @Sendable () throws -> Made,
    documentation: @escaping @Sendable (Made) -> Documentation, world: @escaping @Sendable (Made) throws -> World
  ) {
    self.id = id
    self.text = text
    self.world = { given in
      var made = try make()
      for setting in given { try setting.apply(to: &made) }
      return try UsageError.of { try world(made) }
    }
    settings = { SettingSummary.all(of: try make()) }
    self.documentation = { documentation(try make()) }
  }
}

struct AgentEntry: Sendable {
  /// What a world must have for it.
  var needs: String {
    kinds.contains(.discreteControl) && kinds.contains(.continuousControl)
      ? "vector observations, or finitely many states" : kinds.last!.rawValue
  }

  let id: String
  let summary: String
  /// The worlds it fits, the most general last.
  let kinds: [World.Kind]
  let settings: [SettingSummary]
  /// Whether it learns from stored clips instead of a world.
  let learnsFromClips: Bool
  /// The configuration with settings applied in order. Throws ``UsageError``.
  let configure: @Sendable ([Given]) throws -> any AgentSettings

  init<Settings: AgentSettings>(_ defaults: Settings) {
    id = Settings.id
    summary = Settings.summary
    var kinds: [World.Kind] = []
    if let finite = Settings.self as? any FiniteLearning.Type {
      kinds += finite.needsModel ? [.finite] : [.finite, .tabular]
    }
    if defaults is any DiscreteLearning { kinds += [.finite, .tabular] }
    if defaults is any VectorLearning { kinds.append(.discreteControl) }
    if defaults is any ContinuousLearning { kinds.append(.continuousControl) }
    self.kinds = kinds
    learnsFromClips = defaults is any ClipLearning
    settings = SettingSummary.all(of: defaults)
    configure = { given in
      var configuration = defaults
      for setting in given { try setting.apply(to: &configuration) }
      return configuration
    }
  }
}
