/// What came of stepping through a recorded episode again.
public struct Verification: Sendable, Equatable {
  /// The first thing that is not as it was recorded.
  public struct Divergence: Sendable, Equatable {
    public enum Quantity: String, Sendable { case state, observation, action, reward, ending }

    /// Steps before it; 0 is the reset.
    public var step: Int
    public var quantity: Quantity
    public var recorded: [Double]
    public var found: [Double]
  }

  /// Steps that were taken.
  public private(set) var steps = 0
  /// The largest difference of two numbers that passes as rounding; 0 where all are the same to the bit.
  public private(set) var largestDifference = 0.0
  /// `nil` where all is as it was recorded.
  public private(set) var divergence: Divergence?

  /// Another build or processor may round differently: up to this share of a number, or of 1 where it is smaller.
  public static let tolerance = 1e-6

  /// Resets a copy of `world` with the episode's seed and takes its actions again.
  public init<World: Environment>(of episode: Episode, in world: World) {
    var world = world
    world.freeze()
    var observation = world.emptyObservation()
    world.reset(seed: episode.seed, into: &observation)
    guard agrees(0, .state, episode.states.row(0), world.state),
      agrees(0, .observation, episode.observations.row(0), observation.numbers)
    else { return }
    for position in 0..<episode.length {
      let row = episode.actions.row(position)
      guard let action = World.Action(numbers: row, in: world.actionSpace) else {
        divergence = Divergence(step: position, quantity: .action, recorded: row, found: [])
        return
      }
      let step = world.step(action, into: &observation)
      steps += 1
      let after = position + 1
      guard agrees(after, .state, episode.states.row(after), world.state),
        agrees(after, .observation, episode.observations.row(after), observation.numbers),
        agrees(after, .reward, [episode.rewards[position]], [step.reward]),
        agrees(after, .ending, Self.ending(of: episode, at: position), Self.ending(of: step, episode, at: position))
      else { return }
    }
  }

  /// Whether it terminated, and whether it was truncated, as 0 and 1.
  private static func ending(of episode: Episode, at position: Int) -> [Double] {
    [episode.terminations[position] ? 1 : 0, episode.truncations[position] ? 1 : 0]
  }

  /// The same of a step. In a world without a limit of its own it is the evaluation that cuts the last one.
  private static func ending(of step: Step, _ episode: Episode, at position: Int) -> [Double] {
    let isCut = step.ending == .running && position == episode.length - 1 && episode.length == Evaluation.stepLimit
    return [step.ending == .terminated ? 1 : 0, step.ending == .truncated || isCut ? 1 : 0]
  }

  private mutating func agrees(
    _ step: Int, _ quantity: Divergence.Quantity, _ recorded: [Double], _ found: [Double]
  ) -> Bool {
    let differences = zip(recorded, found).map { abs($0 - $1) / max(abs($0), 1) }
    guard recorded.count == found.count, differences.allSatisfy({ $0 <= Self.tolerance }) else {
      divergence = Divergence(step: step, quantity: quantity, recorded: recorded, found: found)
      return false
    }
    largestDifference = max(largestDifference, differences.max() ?? 0)
    return true
  }
}
