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
    if let start = onlyStart, seed == nil {
      // The reset's draw decides nothing.
      if isDeterministic { skippedDraws &+= 1 } else { _ = random.next() }
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
      sums.withUnsafeBufferPointer { sums in
        branches[Self.draw(pair, starts.baseAddress!, sums.baseAddress!, using: &random)]
      }
    }
  }

  /// The branch that a uniform draw falls to: the first of the pair's whose running sum exceeds it.
  @inlinable @inline(__always)
  static func draw(
    _ pair: Int, _ starts: UnsafePointer<Int32>, _ sums: UnsafePointer<Double>, using random: inout RandomStream
  ) -> Int {
    let draw = random.uniform()
    let first = Int(starts[pair])
    let end = Int(starts[pair &+ 1])
    // Those that do not exceed it are counted by the sign of a difference: a branch could not be predicted.
    var chosen = first
    for i in first..<end { chosen &+= Int(truncatingIfNeeded: ~(draw - sums[i]).bitPattern &>> 63) }
    return chosen == end ? first : chosen
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
