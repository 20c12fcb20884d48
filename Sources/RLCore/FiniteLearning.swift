/// The settings of a planner or a tabular agent, which make a learner in any finite world: all that the catalogue needs
/// of one.
public protocol FiniteLearning: Configurable, Sendable {
  /// As the command names it, in kebab-case.
  static var id: String { get }
  /// What it is, in one line without a full stop.
  static var summary: String { get }
  /// Whether it needs the model of the world, or only plays it.
  static var needsModel: Bool { get }

  init()

  /// A learner in `world`. The model is there where ``needsModel`` says so.
  func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner
}
