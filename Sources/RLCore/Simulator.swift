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
  @usableFromInline let branches: [TransitionTable.Branch]
  /// The branches of each pair.
  @usableFromInline let transitions: Distributions
  /// The first states: one distribution.
  @usableFromInline let first: Distributions
  /// The only possible first state, or `nil`.
  @usableFromInline let onlyStart: Int?

  /// Throws ``CoreError/badModel``.
  public init(_ process: some FiniteMDP) throws {
    self.process = process
    table = try TransitionTable(process)
    actions = table.actions
    branches = table.branches
    transitions = Distributions(table.probabilities, starts: table.starts)
    first = Distributions(table.initial, starts: [0, Int32(table.states)])
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
    current = first.withPointers { $0.draw(0, using: &random) }
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
      branch = branches[transitions.withPointers { $0.draw(pair, using: &random) }]
    }
    current = Int(truncatingIfNeeded: branch.next)
    observation = current
    return Step(reward: branch.reward, ending: branch.isTerminal ? .terminated : .running)
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
