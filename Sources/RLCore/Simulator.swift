/// Plays any finite MDP from flat tables. Samples as Gymnasium's toy-text environments do: one uniform draw a step,
/// one a reset, each inverted along the running sum of probabilities.
public struct Simulator: FiniteEnvironment {
  /// The process and its picture, shared by all copies.
  public let process: any FiniteMDP
  public let table: TransitionTable
  public var random: RandomStream

  @usableFromInline var current: Int
  @usableFromInline let actions: Int
  /// Where every pair has one branch, the draws that Gymnasium makes decide nothing: they are skipped, and counted so
  /// that the next draw that matters is Gymnasium's.
  @usableFromInline let isDeterministic: Bool
  @usableFromInline var skippedDraws: UInt64 = 0
  @usableFromInline let starts: [Int32]
  @usableFromInline let branches: [TransitionTable.Branch]
  /// Running sums of each pair's probabilities.
  @usableFromInline let sums: [Double]
  /// The same in rows of four, filled up with infinities; empty where a pair has more branches, or where they would
  /// not stay in a cache. Shape `[pairs, 4]`.
  @usableFromInline let fours: [Double]
  /// The only possible first state, or `nil`.
  @usableFromInline let onlyStart: Int?

  /// Throws ``CoreError/badModel``.
  public init(_ process: some FiniteMDP) throws {
    self.process = process
    table = try TransitionTable(process)
    actions = table.actions
    starts = table.starts
    branches = table.branches
    sums = table.runningSums()
    fours = Self.rowsOfFour(sums, starts)
    isDeterministic = table.branches.count == table.states * table.actions
    onlyStart = table.initial.firstIndex(of: 1)
    random = RandomStream(seed: 0)
    current = table.initial.firstIndex { $0 > 0 }!
  }

  public var discount: Double { table.discount }
  public var observationSpace: Space { .discrete(table.states) }
  public var actionSpace: Space { .discrete(table.actions) }
  public var state: [Double] { [Double(current)] }

  @inlinable @inline(__always)
  public mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let start = onlyStart, seed == nil, isDeterministic {
      skippedDraws &+= 1
      current = start
    } else {
      drawStart(seed: seed)
    }
    observation = current
  }

  @usableFromInline @inline(never)
  mutating func drawStart(seed: UInt64?) {
    settleDraws()
    if let seed { random = RandomStream(seed: seed) }
    current = random.categorical(table.initial)
  }

  @usableFromInline mutating func settleDraws() {
    random.advance(by: skippedDraws)
    skippedDraws = 0
  }

  @inlinable @inline(__always)
  public mutating func step(_ action: Int, into observation: inout Int) -> Step {
    let pair = current &* actions &+ action
    let branch: TransitionTable.Branch
    if isDeterministic {
      skippedDraws &+= 1
      branch = branches[pair]
    } else {
      branch = drawBranch(pair)
    }
    current = Int(truncatingIfNeeded: branch.next)
    observation = current
    return Step(reward: branch.reward, ending: branch.isTerminal ? .terminated : .running)
  }

  @inlinable @inline(__always)
  mutating func drawBranch(_ pair: Int) -> TransitionTable.Branch {
    starts.withUnsafeBufferPointer { starts in
      (fours.isEmpty ? sums : fours).withUnsafeBufferPointer { sums in
        let (starts, sums) = (starts.baseAddress!, sums.baseAddress!)
        return branches[
          fours.isEmpty ? Self.draw(pair, starts, sums, &random) : Self.drawOfFour(pair, starts, sums, &random)]
      }
    }
  }

  /// The branch that a uniform draw falls to: the first of the pair's whose running sum exceeds it.
  @inlinable @inline(__always)
  static func draw(
    _ pair: Int, _ starts: UnsafePointer<Int32>, _ sums: UnsafePointer<Double>, _ random: inout RandomStream
  ) -> Int {
    let draw = random.uniform()
    let first = Int(starts[pair])
    let end = Int(starts[pair &+ 1])
    // Those that do not exceed it are counted by the sign of a difference: a branch could not be predicted.
    var chosen = first
    for i in first..<end { chosen &+= notBelow(draw, sums[i]) }
    return chosen == end ? first : chosen
  }

  /// The same from rows of four, without a loop whose end would have to be predicted.
  @inlinable @inline(__always)
  static func drawOfFour(
    _ pair: Int, _ starts: UnsafePointer<Int32>, _ fours: UnsafePointer<Double>, _ random: inout RandomStream
  ) -> Int {
    let draw = random.uniform()
    let first = Int(starts[pair])
    let row = fours + 4 &* pair
    let passed =
      notBelow(draw, row[0]) &+ notBelow(draw, row[1]) &+ notBelow(draw, row[2]) &+ notBelow(draw, row[3])
    let chosen = first &+ passed
    return chosen == Int(starts[pair &+ 1]) ? first : chosen
  }

  /// 1 where `draw` is `sum` or more, else 0.
  @inlinable @inline(__always)
  static func notBelow(_ draw: Double, _ sum: Double) -> Int {
    Int(truncatingIfNeeded: ~(draw - sum).bitPattern &>> 63)
  }

  private static func rowsOfFour(_ sums: [Double], _ starts: [Int32]) -> [Double] {
    let pairs = starts.count - 1
    guard pairs <= 1 << 16, (0..<pairs).allSatisfy({ starts[$0 + 1] - starts[$0] <= 4 }) else { return [] }
    var rows = [Double](repeating: .infinity, count: 4 * pairs)
    for pair in 0..<pairs {
      for (k, i) in (starts[pair]..<starts[pair + 1]).enumerated() { rows[4 * pair + k] = sums[Int(i)] }
    }
    return rows
  }

  public mutating func restore(state: [Double], into observation: inout Int) throws {
    guard let index = Int(numbers: state, in: observationSpace) else {
      throw CoreError.badState("\(state) is not a state; expected one integer in 0..<\(table.states)")
    }
    current = index
    observation = index
  }

  public var documentation: Documentation { process.documentation }
  public func drawing(of state: [Double]) -> Drawing { process.drawing(ofState: Int(state[0])) }

  public mutating func restore(from checkpoint: CheckpointReader, into observation: inout Int) throws {
    try restore(state: checkpoint.doubles("environment/state"), into: &observation)
    random = try checkpoint.random("environment/random")
    skippedDraws = 0
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    var settled = self
    settled.settleDraws()
    checkpoint.add("environment/state", settled.state)
    checkpoint.add("environment/random", settled.random)
  }
}
