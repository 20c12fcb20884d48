import RLCore

/// Optimistic initial values: a greedy bandit that every arm disappoints until all were tried.
///
/// Source: Sutton & Barto, 2nd ed., §2.6.
///
/// Deviations from the source, metrics: as ``EpsilonGreedyBandit``, which these settings make.
public enum OptimisticBandit {
  public struct Configuration: ChoiceSettings, Equatable {
    public static let id = "optimistic"
    public static let summary = "a bandit's arms by estimates that start too high"

    public var alpha: StepSize = 0.1
    public var epsilon: Schedule = 0
    public var initialValue = 5.0

    public init() {}

    public static let settings = choiceSettings

    public func learner(in world: some FiniteEnvironment, model: TransitionTable?, seed: UInt64) -> any Learner {
      EpsilonGreedyBandit(self, for: world, seed: seed).learner(in: world, seed: seed)
    }
  }
}
