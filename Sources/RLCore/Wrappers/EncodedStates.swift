/// How the states of a finite world become vectors.
public enum StateEncoding: String, CaseIterable, Sendable {
  /// One number for each state: 1 for the present one, 0 for the others.
  case oneHot = "one-hot"
  /// Where the state is, in −1 … 1: row and column on a grid, elsewhere its number.
  case coordinates
}

/// A finite world whose states are seen as vectors, so that what learns from vectors learns in it.
public struct EncodedStates<World: FiniteEnvironment>: Environment {
  public var world: World
  public let encoding: StateEncoding
  /// Shape `[states, size]` of coordinates; empty where the encoding is one-hot.
  private let table: [Float]
  private let size: Int
  private var place = 0

  public init(_ world: World, as encoding: StateEncoding) {
    self.world = world
    self.encoding = encoding
    guard case .discrete(let states) = world.observationSpace else {
      preconditionFailure("a finite world's observations are discrete")
    }
    switch encoding {
    case .oneHot:
      size = states
      table = []
    case .coordinates:
      let rows = world.coordinates
      size = rows[0].count
      table = rows.flatMap { $0.map(Float.init) }
    }
  }

  public var observationSpace: Space {
    .box(
      low: .init(repeating: encoding == .oneHot ? 0 : -1, count: size), high: .init(repeating: 1, count: size))
  }
  public var actionSpace: Space { world.actionSpace }
  public var state: [Double] { world.state }
  public var stateSpace: Space? { world.stateSpace }
  public var stepLimit: Int? { world.stepLimit }
  public var random: RandomStream {
    get { world.random }
    set { world.random = newValue }
  }

  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    world.reset(seed: seed, into: &place)
    write(into: &observation)
  }

  public mutating func step(_ action: Int, into observation: inout [Float]) -> Step {
    let step = world.step(action, into: &place)
    write(into: &observation)
    return step
  }

  /// The caller may hand over another array each time, so that all of it is written.
  private func write(into observation: inout [Float]) {
    switch encoding {
    case .oneHot:
      for i in observation.indices { observation[i] = 0 }
      observation[place] = 1
    case .coordinates:
      for i in 0..<size { observation[i] = table[place * size + i] }
    }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    try world.restore(state: state, into: &place)
    write(into: &observation)
  }

  public mutating func freeze() { world.freeze() }
  public var documentation: Documentation { world.documentation }
  public func drawing(of state: [Double]) -> Drawing { world.drawing(of: state) }

  public func save(to checkpoint: inout CheckpointWriter) { world.save(to: &checkpoint) }

  public mutating func restore(from checkpoint: CheckpointReader, into observation: inout [Float]) throws {
    try world.restore(from: checkpoint, into: &place)
    write(into: &observation)
  }
}

extension FiniteEnvironment {
  /// Where each state is, in numbers of −1 … 1: row and column of a grid's picture, elsewhere the number of the state.
  /// Shape `[states, 1 or 2]`.
  public var coordinates: [[Double]] {
    func scaled(_ index: Int, of count: Int) -> Double {
      count > 1 ? 2 * Double(index) / Double(count - 1) - 1 : 0
    }
    guard case .discrete(let states) = observationSpace else { return [] }
    // One picture tells the shape of all: a large grid's is not drawn once for each of its states.
    guard let grid = drawing(of: [0]).grid, grid.cells.count == states else {
      return (0..<states).map { [scaled($0, of: states)] }
    }
    return (0..<states).map {
      [scaled($0 / grid.columns, of: grid.rows), scaled($0 % grid.columns, of: grid.columns)]
    }
  }
}
