import RLCore

/// Dive to the right for a treasure that only one sequence of actions out of 2ᴺ reaches: a test of exploration.
/// bsuite's deep sea, whose episodes are N steps.
public struct DeepSea: FiniteMDP {
  /// Rows and columns, N.
  public var size = 10 { didSet { drawMapping() } }
  /// Whether a move to the right may fail, and the ends of the last row pay noise.
  public var stochastic = false
  /// Seeds which of the two actions goes to the right in each cell.
  public var mappingSeed = 0 { didSet { drawMapping() } }
  public var discount = 1.0
  /// The action that goes to the right. Shape `[size × size]`.
  private(set) var rightward: [Int] = []

  static let moveCost = 0.01

  public init() { drawMapping() }

  private mutating func drawMapping() {
    var random = RandomStream(seed: UInt64(mappingSeed))
    rightward = (0..<size * size).map { _ in random.integer(below: 2) }
  }

  /// The cells row by row, and a row for the ground on which a dive ends.
  public var stateCount: Int { (size + 1) * size }
  public var actionCount: Int { 2 }
  public var initial: [Double] { (0..<stateCount).map { $0 == 0 ? 1 : 0 } }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let row = state / size
    let column = state % size
    guard row < size else { return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)] }
    let isRight = action == rightward[state]
    let treasure = isRight && column == size - 1 ? 1.0 : 0
    let reward = treasure - (isRight ? Self.moveCost / Double(size) : 0)
    let failure = isRight && stochastic ? 1 / Double(size) : 0
    let isNoisy = stochastic && row == size - 1 && (column == 0 || column == size - 1)
    var outcomes: [Outcome] = []
    for (move, chance) in [(isRight ? 1 : -1, 1 - failure), (0, failure)] where chance > 0 {
      let next = (row + 1) * size + min(max(column + move, 0), size - 1)
      for noise in isNoisy ? [1.0, -1] : [0] {
        outcomes.append(
          Outcome(
            probability: isNoisy ? chance / 2 : chance, next: next, reward: reward + noise,
            isTerminal: row == size - 1))
      }
    }
    return outcomes
  }

  public func drawing(ofState state: Int) -> Drawing {
    let cells = (0..<stateCount).map { cell -> Drawing.Grid.Cell in
      if cell == size * size - 1 { return .target }
      return cell == 0 ? .start : cell >= size * size ? .wall : .free
    }
    // An action goes left in one cell and right in another, so there are no moves for a policy's arrows.
    return Drawing(grid: .init(rows: size + 1, columns: size, cells: cells, agent: state, moves: []))
  }

  /// The expected return of the best policy: to the right, and free of cost to the left once a move has failed.
  var optimalReturn: Double {
    guard stochastic else { return 1 - Self.moveCost }
    let success = 1 - 1 / Double(size)
    let all = (0..<size).reduce(1.0) { product, _ in product * success }
    return all / success - Self.moveCost * (1 - all)
  }
}

extension DeepSea {
  public var documentation: Documentation {
    Documentation(
      summary: "dive to the right for a treasure that undirected exploration hardly finds",
      action: """
        0 and 1: one of them goes down and to the right, the other down and to the left, which is which drawn for every
        cell from mappingSeed. With stochastic, a move to the right goes straight down with probability 1/N.
        """,
      observation: """
        row · N + column, rows from the top. The last N numbers are the ground on which the dive ends.
        """,
      rewards: """
        −0.01/N for going right, 0 for going left, and 1 more for going right in the last column, which is reached in
        the last row alone. With stochastic, the first and the last cell of the last row pay 1 more or 1 less, each as
        likely.
        """,
      start: "The upper left cell.",
      end: "Terminates after N steps, on the ground.",
      knownReturn: """
        \(optimalReturn) by the best policy, undiscounted: 0.99; stochastic qᴺ⁻¹ − 0.01 (1 − qᴺ) with q = 1 − 1/N. A
        uniformly random policy finds the treasure once in 2ᴺ episodes.
        """,
      source: """
        Osband et al. (2020), Behaviour Suite for Reinforcement Learning, arXiv:1908.03568, deep_sea; Osband et al.
        (2019), Deep Exploration via Randomized Value Functions, arXiv:1703.07608. The same dynamics; the noise is ±1
        instead of N(0, 1), of the same mean and variance, so that the world is finite; the mapping is drawn from our
        own stream; and bsuite's N × N picture is one number.
        """)
  }
}

extension DeepSea: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .integer("size", \.size, in: 2...100, "rows and columns, and steps of an episode"),
      .flag("stochastic", \.stochastic, "let moves to the right fail and the last row pay noise"),
      .integer("mappingSeed", \.mappingSeed, in: 0...Int.max, "seed of what the actions mean in each cell"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
