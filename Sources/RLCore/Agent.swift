/// A learning rule that acts and learns from one transition at a time.
///
/// `act` and `learn` run in the innermost loop: they allocate nothing, and tabular agents mark them
/// `@inline(__always)`.
public protocol Agent<Observation, Action>: Sendable {
  associatedtype Observation: SpaceElement
  associatedtype Action: SpaceElement
  associatedtype Behaviour: Policy<Observation, Action>

  /// Metric tags, one per slot of the ``Meter`` that `learn` adds to.
  static var metricTags: [String] { get }

  /// Chooses the action to take now, exploring.
  mutating func act(_ observation: Observation, into action: inout Action)

  /// Learns from one transition. `next` is the state the step led to, even where the episode ended there.
  mutating func learn(
    _ observation: Observation, _ action: Action, _ reward: Double, _ next: Observation, _ ending: Ending,
    into meter: inout Meter)

  /// A frozen copy of the present policy: deterministic, or as it explores where `seed` is given.
  func policy(sampledWith seed: UInt64?) -> Behaviour

  func save(to checkpoint: inout CheckpointWriter)
  mutating func restore(from checkpoint: CheckpointReader) throws

  var solution: Solution? { get }

  /// What it holds an observation to be worth; `nil` where it has no values, or they are in ``solution``.
  func estimate(of observation: Observation) -> ValueEstimate?
}

extension Agent {
  public var solution: Solution? { nil }
  public func estimate(of observation: Observation) -> ValueEstimate? { nil }
}

/// A policy that chooses actions and does not learn. It acts on many observations at once.
public protocol Policy<Observation, Action>: Sendable {
  associatedtype Observation: SpaceElement
  associatedtype Action: SpaceElement
  /// Writes the action for each observation. Both arrays have ``Evaluation/lanes`` elements or fewer.
  mutating func act(_ observations: [Observation], into actions: inout [Action])
}

/// Draws every action uniformly from the action space.
public struct UniformPolicy<Observation: SpaceElement, Action: SpaceElement>: Policy {
  private let space: Space
  private var random: RandomStream

  public init(over space: Space, random: RandomStream) {
    self.space = space
    self.random = random
  }

  public mutating func act(_ observations: [Observation], into actions: inout [Action]) {
    for i in observations.indices { actions[i].sample(from: space, using: &random) }
  }
}

/// A distribution over actions for every state of a finite world, as a table.
public struct TabularPolicy: Policy {
  private let actions: Int
  /// Shape `[states, actions]`.
  private let probabilities: [Double]
  /// The most probable action of each state, the lowest among equals. Shape `[states]`.
  private let modes: [Int]
  /// Where the policy samples; `nil` where it takes the mode.
  private var random: RandomStream?

  public init(probabilities: [Double], actions: Int, sampledWith seed: UInt64?) {
    self.actions = actions
    self.probabilities = probabilities
    modes = stride(from: 0, to: probabilities.count, by: actions).map { row in
      (1..<actions).reduce(0) { probabilities[row + $1] > probabilities[row + $0] ? $1 : $0 }
    }
    random = seed.map { RandomStream(seed: $0) }
  }

  public mutating func act(_ observations: [Int], into chosen: inout [Int]) {
    for (i, s) in observations.enumerated() {
      chosen[i] = random?.categorical(probabilities[s * actions..<(s + 1) * actions]) ?? modes[s]
    }
  }
}
