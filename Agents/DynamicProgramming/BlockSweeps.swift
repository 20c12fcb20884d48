import RLCore

/// Asynchronous value iteration over blocks of states that lie at a like distance from an end.
///
/// Source: Sutton & Barto, 2nd ed., §4.5; Bertsekas and Tsitsiklis (1989), §4.3, that any order converges. The order and
/// the ledger of changes are ours.
///
/// Values start at a constant that no backup lowers, so that they only rise, and what rises comes from the ends: states are
/// ordered by distance to an end, nearest first. A pass goes through the blocks in that order, skips those that nothing has
/// moved, and stops behind the first block that no pass has seen: what lies further would be computed from values about
/// to change. For each block a ledger adds up γ times the changes in the blocks that it reads, which bounds how far any
/// of its states is from its own backup.
struct BlockSweeps: Sendable {
  private let gamma: Double
  /// Blocks whose bound is below this rest.
  private let threshold: Double
  private let readers: [[Int32]]
  /// A bound on |Tv(s) − v(s)| over the states of each block. Shape `[blocks]`.
  private var ledger: [Double]
  /// Blocks seen by a pass: the first so many.
  private var seen = 0
  /// The next block of the present pass.
  private var cursor = 0
  /// The first block that may not rest.
  private var first = 0
  private(set) var isDone = false
  private var backups = 0

  init(_ model: SweepModel, discount: Double, threshold: Double) {
    gamma = discount
    self.threshold = threshold
    readers = model.readers()
    // |Tc − c| ≤ max |r| + |c|
    let unseen = model.largestReward + abs(Self.start(model, discount: discount))
    ledger = .init(repeating: unseen, count: model.blocks)
  }

  /// c with Tc ≥ c: what every state can earn at once, for ever; 0 where that is a gain, since some may end, and where
  /// nothing is discounted.
  static func start(_ model: SweepModel, discount: Double) -> Double {
    discount < 1 ? min(model.securedReward, 0) / (1 - discount) : 0
  }

  /// Backs up as many states as there are, or until all blocks rest; returns the bound on max_s |Tv(s) − v(s)|.
  mutating func sweep(_ model: SweepModel, _ v: inout [Double]) -> Double {
    let end = backups + model.states
    while backups < end && !isDone {
      if ledger[cursor] > threshold {
        let change = model.sweep(block: cursor, in: &v)
        backups += min(SweepModel.blockLength, model.states - cursor * SweepModel.blockLength)
        ledger[cursor] = 0
        for reader in readers[cursor] {
          let reader = Int(reader)
          ledger[reader] += gamma * change
          if ledger[reader] > threshold { first = min(first, reader) }
        }
      }
      advance()
    }
    return ledger.max()!
  }

  private mutating func advance() {
    let isFront = cursor == seen
    if isFront { seen += 1 }
    cursor += 1
    if isFront || cursor == ledger.count {
      while first < ledger.count && ledger[first] <= threshold { first += 1 }
      isDone = first == ledger.count
      cursor = isDone ? 0 : first
    }
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("blocks/ledger", ledger)
    checkpoint.add("blocks/counters", [seen, cursor, first, isDone ? 1 : 0, backups])
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    ledger = try checkpoint.doubles("blocks/ledger", count: ledger.count)
    let counters = try checkpoint.ints("blocks/counters", count: 5)
    (seen, cursor, first, isDone, backups) = (counters[0], counters[1], counters[2], counters[3] == 1, counters[4])
  }
}
