/// The last `count` observations of `world` in one, oldest first: a memory for what a single one does not show, such as
/// a velocity. The first observation of an episode fills all places.
///
/// Source: the stacked screens of Mnih et al. 2015, doi:10.1038/nature14236.
public struct StackedFrames<World: Environment>: Environment where World.Observation == [Float] {
  public var world: World
  /// Observations in a stack.
  public let count: Int
  /// The newest observation. Shape `[size]`.
  @usableFromInline var frame: [Float]
  /// Oldest first. Shape `[count, size]`.
  @usableFromInline var frames: [Float]

  public init(_ world: World, count: Int) {
    precondition(count > 0, "a stack holds at least one observation")
    self.world = world
    self.count = count
    frame = world.emptyObservation()
    frames = .init(repeating: 0, count: count * frame.count)
  }

  public var observationSpace: Space {
    guard case .box(let low, let high) = world.observationSpace else { preconditionFailure("a vector is of a box") }
    return .box(low: repeated(low), high: repeated(high))
  }
  @inlinable public var actionSpace: Space { world.actionSpace }
  @inlinable public var state: [Double] { world.state }
  public var stateSpace: Space? { world.stateSpace }
  @inlinable public var stepLimit: Int? { world.stepLimit }
  @inlinable public var random: RandomStream {
    get { world.random }
    set { world.random = newValue }
  }

  @inlinable @inline(__always)
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    world.reset(seed: seed, into: &frame)
    fill(&observation)
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: World.Action, into observation: inout [Float]) -> Step {
    let step = world.step(action, into: &frame)
    let size = frame.count
    let older = frames.count - size
    for i in 0..<older { frames[i] = frames[i + size] }
    for i in 0..<size { frames[older + i] = frame[i] }
    observe(into: &observation)
    return step
  }

  @inlinable mutating func fill(_ observation: inout [Float]) {
    for i in frames.indices { frames[i] = frame[i % frame.count] }
    observe(into: &observation)
  }

  // Number by number: to take over the array would make the next step copy it.
  @inlinable func observe(into observation: inout [Float]) {
    for i in frames.indices { observation[i] = frames[i] }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    try world.restore(state: state, into: &frame)
    fill(&observation)
  }

  @inlinable public mutating func freeze() { world.freeze() }

  public var documentation: Documentation {
    var documentation = world.documentation
    documentation.observation += " The last \(count) are given, oldest first; the first of an episode fills all places."
    documentation.quantities = (0..<count).reversed().flatMap { age in
      documentation.quantities.map { .init(age == 0 ? $0.name : "\($0.name), \(age) before", unit: $0.unit) }
    }
    return documentation
  }
  @inlinable public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  public func save(to checkpoint: inout CheckpointWriter) {
    world.save(to: &checkpoint)
    checkpoint.add("environment/frames", frames, shape: [count, frame.count])
  }

  public mutating func restore(from checkpoint: CheckpointReader, into observation: inout [Float]) throws {
    try world.restore(from: checkpoint, into: &frame)
    frames = try checkpoint.floats("environment/frames", count: frames.count)
    observe(into: &observation)
  }

  private func repeated(_ bounds: [Float]) -> [Float] { (0..<count).flatMap { _ in bounds } }
}
