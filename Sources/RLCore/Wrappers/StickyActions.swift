/// With a probability, `world` is given its last action again instead of the agent's: noise that no open-loop sequence of
/// actions survives. The first action of an episode, or after a restored state, is the agent's.
///
/// Source: Machado et al. 2018, doi:10.1613/jair.5699, §5. A repeated action may be repeated again. The draws come from
/// a stream of their own, so that the world's stays Gymnasium's.
public struct StickyActions<World: Environment>: Environment {
  public var world: World
  /// How often the last action is taken again; 0.25 in the source.
  public let probability: Double
  @usableFromInline var stickiness: RandomStream
  /// Whether there is a last action.
  @usableFromInline var hasActed = false
  /// The last action's numbers, copied: to keep the agent's own array would make it copy that. Shape `[actionSize]`.
  @usableFromInline var last: [World.Action.Scalar]
  /// Where the last action is put together again.
  @usableFromInline var repeated: World.Action

  public init(_ world: World, probability: Double = 0.25) {
    precondition((0...1).contains(probability), "a probability is in 0...1")
    self.world = world
    self.probability = probability
    stickiness = Self.stream(besides: world.random)
    last = .init(repeating: 0, count: world.actionSpace.size)
    repeated = world.emptyAction()
  }

  @inlinable public var observationSpace: Space { world.observationSpace }
  @inlinable public var actionSpace: Space { world.actionSpace }
  @inlinable public var state: [Double] { world.state }
  public var stateSpace: Space? { world.stateSpace }
  @inlinable public var stepLimit: Int? { world.stepLimit }
  /// The world's stream. Setting it starts the stream of stickiness anew as well, so that lanes do not stick together.
  public var random: RandomStream {
    get { world.random }
    set {
      world.random = newValue
      stickiness = Self.stream(besides: newValue)
    }
  }

  @inlinable @inline(__always)
  public mutating func reset(seed: UInt64?, into observation: inout World.Observation) {
    if let seed { stickiness = Self.stream(spawnedFrom: seed) }
    hasActed = false
    world.reset(seed: seed, into: &observation)
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: World.Action, into observation: inout World.Observation) -> Step {
    if hasActed && stickiness.uniform() < probability {
      last.withUnsafeBufferPointer { _ = repeated.read(from: $0.baseAddress!) }
      return world.step(repeated, into: &observation)
    }
    hasActed = true
    last.withUnsafeMutableBufferPointer { _ = action.write(to: $0.baseAddress!) }
    return world.step(action, into: &observation)
  }

  /// A child that no other part of a run takes.
  @usableFromInline static func stream(spawnedFrom seed: UInt64) -> RandomStream {
    RandomStream(SeedSequence(seed).spawn(.max))
  }

  /// A stream that depends on `random` and leaves it where it is.
  private static func stream(besides random: RandomStream) -> RandomStream {
    var copy = random
    return stream(spawnedFrom: copy.next())
  }

  @inlinable public mutating func restore(state: [Double], into observation: inout World.Observation) throws {
    hasActed = false
    try world.restore(state: state, into: &observation)
  }

  @inlinable public mutating func freeze() { world.freeze() }

  public var documentation: Documentation {
    var documentation = world.documentation
    documentation.action += " With probability \(probability) the action before is taken again instead."
    return documentation
  }
  @inlinable public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  public func save(to checkpoint: inout CheckpointWriter) {
    world.save(to: &checkpoint)
    checkpoint.add("environment/sticky/random", stickiness)
    // Empty where there is none.
    checkpoint.add("environment/sticky/action", hasActed ? lastAction.numbers : [])
  }

  public mutating func restore(
    from checkpoint: CheckpointReader, into observation: inout World.Observation
  ) throws {
    try world.restore(from: checkpoint, into: &observation)
    stickiness = try checkpoint.random("environment/sticky/random")
    let numbers = try checkpoint.doubles("environment/sticky/action")
    hasActed = !numbers.isEmpty
    if !hasActed { return }
    guard let action = World.Action(numbers: numbers, in: actionSpace) else {
      throw CoreError.badCheckpoint("its last action \(numbers) is not one of \(actionSpace)")
    }
    last.withUnsafeMutableBufferPointer { _ = action.write(to: $0.baseAddress!) }
  }

  private var lastAction: World.Action {
    var action = repeated
    last.withUnsafeBufferPointer { _ = action.read(from: $0.baseAddress!) }
    return action
  }
}
