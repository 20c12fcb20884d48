import RLCore
import Testing

@Suite struct EncodedStatesTests {
  /// Two rows of three cells, walked at random; action 1 ends it now and then. With `isGrid` it is drawn as one.
  private struct Board: FiniteMDP {
    var isGrid: Bool

    var stateCount: Int { 6 }
    var actionCount: Int { 2 }
    var discount: Double { 1 }
    var initial: [Double] { .init(repeating: 1.0 / 6, count: 6) }

    func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
      (0..<6).map {
        Outcome(probability: 1.0 / 6, next: $0, reward: Double($0 + action), isTerminal: action == 1 && $0 == 0)
      }
    }

    func drawing(ofState state: Int) -> Drawing {
      guard isGrid else { return Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
      return Drawing(
        grid: .init(rows: 2, columns: 3, cells: .init(repeating: .free, count: 6), agent: state, moves: []))
    }
  }

  /// The same life seen as numbers of states and as vectors: all but the observations is alike.
  private func observations(_ encoding: StateEncoding, isGrid: Bool) throws -> [(state: Int, vector: [Double])] {
    let simulator = try Simulator(Board(isGrid: isGrid))
    let encoded = EncodedStates(simulator, as: encoding)
    let plain = life(of: simulator, from: 5, steps: 100)
    let seen = life(of: encoded, from: 5, steps: 100)
    #expect(seen.map(\.state) == plain.map(\.state) && seen.map(\.step) == plain.map(\.step))
    #expect(encoded.observationSpace.size == seen[0].observation.count)
    return zip(plain, seen).map { (Int($0.observation[0]), $1.observation) }
  }

  @Test func oneHotIsOneForTheState() throws {
    for (state, vector) in try observations(.oneHot, isGrid: false) {
      #expect(vector == (0..<6).map { $0 == state ? 1 : 0 })
    }
  }

  @Test func coordinatesOfAGridAreRowAndColumn() throws {
    for (state, vector) in try observations(.coordinates, isGrid: true) {
      #expect(vector == [state < 3 ? -1 : 1, Double(state % 3 - 1)])
    }
  }

  @Test func coordinatesElsewhereAreTheNumber() throws {
    for (state, vector) in try observations(.coordinates, isGrid: false) {
      #expect(vector == [Double(Float(2 * Double(state) / 5 - 1))])
    }
  }

  @Test(arguments: StateEncoding.allCases) func savedAndRestoredItGoesOnTheSame(_ encoding: StateEncoding) throws {
    var original = EncodedStates(try Simulator(Board(isGrid: true)), as: encoding)
    var restored = original
    var observations = (original.emptyObservation(), restored.emptyObservation())
    original.reset(seed: 9, into: &observations.0)
    _ = life(of: &original, steps: 33)
    try restored.restore(from: reader(original.save), into: &observations.1)
    #expect(reader(restored.save).tensors == reader(original.save).tensors)
    #expect(life(of: &restored, steps: 50) == life(of: &original, steps: 50))
  }
}
