import RLCore

/// How long to train, and how often to look.
public struct TrainingSettings: Configurable, Sendable, Equatable {
  public var steps = 100_000
  public var logEvery = 1000
  public var evaluateEvery = 5000
  public var evaluationEpisodes = 20
  public var checkpointEvery = 5000

  public init() {}

  public static let settings: [Setting<TrainingSettings>] = [
    .integer("steps", \.steps, in: 1...Int.max, "environment steps (for a planner: sweeps), warm-up included"),
    .integer("logEvery", \.logEvery, in: 1...Int.max, "steps between rows of metrics"),
    .integer("evaluateEvery", \.evaluateEvery, in: 1...Int.max, "steps between evaluations"),
    .integer("evaluationEpisodes", \.evaluationEpisodes, in: 1...1_000_000, "episodes of an evaluation"),
    .integer("checkpointEvery", \.checkpointEvery, in: 1...Int.max, "steps between checkpoints"),
  ]

  /// The next step after `clock` at which there is something to do besides learning.
  func nextStop(after clock: Int) -> Int {
    [logEvery, evaluateEvery, checkpointEvery].map { (clock / $0 + 1).multipliedClamped(by: $0) }.reduce(steps, min)
  }
}

extension Int {
  fileprivate func multipliedClamped(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
