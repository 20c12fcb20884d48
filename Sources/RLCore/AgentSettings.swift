/// The settings of an agent, decided: all that the catalogue needs of one.
///
/// What worlds it fits is said by conforming to ``FiniteLearning``, ``VectorLearning``, ``DiscreteLearning`` or
/// ``ContinuousLearning``.
public protocol AgentSettings: Configurable, Sendable {
  /// As the command names it, in kebab-case.
  static var id: String { get }
  /// What it is, in one line without a full stop.
  static var summary: String { get }

  init()
}

/// The settings of a planner or a tabular agent, which make a learner in any finite world.
public protocol FiniteLearning: AgentSettings {
  /// Whether it needs the model of the world, or only plays it.
  static var needsModel: Bool { get }

  /// Why it cannot learn in `world`, for one line that begins with its id; `nil` where it can.
  func misfit(in world: some FiniteEnvironment) -> String?

  /// A learner in `world`, in which it fits. The model is there where ``needsModel`` says so.
  func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner
}

extension FiniteLearning {
  public func misfit(in world: some FiniteEnvironment) -> String? { nil }
}

/// The settings of an agent for vector observations and discrete actions.
public protocol VectorLearning: AgentSettings {
  /// Why it cannot learn in `world`, for one line that begins with its id; `nil` where it can.
  func misfit(in world: some Environment<[Float], Int>) -> String?

  /// A learner in `world`, in which it fits.
  func learner(in world: some Environment<[Float], Int>, seed: UInt64) -> any Learner
}

extension VectorLearning {
  public func misfit(in world: some Environment<[Float], Int>) -> String? { nil }
}

/// The settings of such an agent that the states of a finite world reach as vectors, in the way ``states`` says.
public protocol DiscreteLearning: VectorLearning {
  var states: StateEncoding { get }
}

/// The settings of an agent for vector observations and continuous actions.
public protocol ContinuousLearning: AgentSettings {
  func learner(in world: some Environment<[Float], [Float]>, seed: UInt64) -> any Learner
}

extension AgentSettings {
  public var id: String { Self.id }
}
