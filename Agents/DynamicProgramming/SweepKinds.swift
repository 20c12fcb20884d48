import RLCore

/// What the states of a model share that differ in their place alone, each sort once: mean rewards, and which of a state's
/// successors, counted from 0, each pair leads to with which weight γ p.
///
/// Branches to one successor are merged, and ends are left out of the weights.
struct SweepKinds: Sendable {
  /// Most successors of a kind whose weights are kept as a full matrix too.
  private static let fullWidth = 4

  let actions: Int
  /// Mean reward of each pair. Shape `[kinds, actions]`.
  private(set) var rewards: [Double] = []
  /// Whether the pair may end the episode. Shape `[kinds, actions]`.
  private(set) var mayEnd: [Bool] = []
  /// Entries of a pair are `starts[pair] ..< starts[pair + 1]`. Shape `[kinds × actions + 1]`.
  private(set) var starts: [Int32] = [0]
  private(set) var successors: [Int32] = []
  private(set) var weights: [Double] = []
  /// Successors of each kind.
  private(set) var widths: [Int32] = []
  /// Weights as matrices of shape `[actions, 4]`, for kinds of few successors that most of their actions share.
  private(set) var matrices: [Double] = []
  /// Where the matrix of each kind starts; −1 where there is none.
  private(set) var matrixStarts: [Int32] = []
  /// The kind last seen with each hash.
  private var known: [Int: Int32] = [:]

  var count: Int { widths.count }

  init(actions: Int) { self.actions = actions }

  /// The tables, for kernels.
  func withPointers(
    _ body: (
      _ rewards: UnsafePointer<Double>, _ starts: UnsafePointer<Int32>, _ successors: UnsafePointer<Int32>,
      _ weights: UnsafePointer<Double>, _ matrices: UnsafePointer<Double>
    ) -> Void
  ) { body(rewards, starts, successors, weights, matrices) }

  /// The number of what `draft` describes.
  mutating func number(of draft: SweepDraft) -> Int32 {
    let hash = draft.hash
    if let kind = known[hash], isEqual(Int(kind), draft) { return kind }
    let kind = Int32(count)
    known[hash] = kind
    rewards += draft.rewards
    mayEnd += draft.mayEnd
    let base = Int32(weights.count)
    starts += draft.ends.map { base + $0 }
    successors += draft.successors
    weights += draft.weights
    widths.append(Int32(draft.places.count))
    let isFull = draft.places.count <= Self.fullWidth && draft.weights.count > 2 * actions
    matrixStarts.append(isFull ? Int32(matrices.count) : -1)
    if isFull {
      let start = matrices.count
      matrices += repeatElement(0, count: actions * Self.fullWidth)
      for a in 0..<actions {
        for i in Int(a == 0 ? 0 : draft.ends[a - 1])..<Int(draft.ends[a]) {
          matrices[start + a * Self.fullWidth + Int(draft.successors[i])] = draft.weights[i]
        }
      }
    }
    return kind
  }

  private func isEqual(_ kind: Int, _ draft: SweepDraft) -> Bool {
    let pairs = kind * actions..<(kind + 1) * actions
    let base = starts[pairs.lowerBound]
    let entries = Int(base)..<Int(starts[pairs.upperBound])
    return entries.count == draft.weights.count && Int(widths[kind]) == draft.places.count
      && rewards[pairs].elementsEqual(draft.rewards) && mayEnd[pairs].elementsEqual(draft.mayEnd)
      && weights[entries].elementsEqual(draft.weights) && successors[entries].elementsEqual(draft.successors)
      && pairs.allSatisfy { starts[$0 + 1] - base == draft.ends[$0 - pairs.lowerBound] }
  }
}

/// One state on its way into a ``SweepModel``.
struct SweepDraft {
  /// Mean reward of each action.
  private(set) var rewards: [Double] = []
  private(set) var mayEnd: [Bool] = []
  /// Where the entries of each action end.
  private(set) var ends: [Int32] = []
  private(set) var successors: [Int32] = []
  private(set) var weights: [Double] = []
  /// The successors themselves.
  private(set) var places: [Int32] = []
  /// The state that met each state last, and as which of its successors.
  private var met: [(by: Int32, number: Int32)]
  /// The entry of each successor for the present action.
  private var entries: [Int32] = []

  init(states: Int) { met = .init(repeating: (-1, 0), count: states) }

  /// Takes up state `s`, with its actions apart or mixed as a policy of shape `[states, actions]` has it.
  mutating func read(_ s: Int, of table: TransitionTable, _ gamma: Double, _ policy: [Double]?) {
    rewards.removeAll(keepingCapacity: true)
    mayEnd.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    successors.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    for a in 0..<table.actions {
      let pair = s * table.actions + a
      if policy == nil || a == 0 { open() }
      let share = policy?[pair] ?? 1
      for i in Int(table.starts[pair])..<Int(table.starts[pair + 1]) where share > 0 && table.probabilities[i] > 0 {
        add(table.branches[i], share * table.probabilities[i], gamma, to: Int32(s))
      }
      if policy == nil || a == table.actions - 1 { ends.append(Int32(weights.count)) }
    }
  }

  private mutating func open() {
    rewards.append(0)
    mayEnd.append(false)
    for i in entries.indices { entries[i] = -1 }
  }

  private mutating func add(_ branch: TransitionTable.Branch, _ p: Double, _ gamma: Double, to s: Int32) {
    rewards[rewards.count - 1] += p * branch.reward
    if branch.isTerminal { mayEnd[mayEnd.count - 1] = true }
    if branch.isTerminal || gamma == 0 { return }
    let next = Int(branch.next)
    if met[next].by != s {
      met[next] = (s, Int32(places.count))
      places.append(branch.next)
      entries.append(-1)
    }
    let number = met[next].number
    let entry = Int(entries[Int(number)])
    if entry >= 0 {
      weights[entry] += gamma * p
    } else {
      entries[Int(number)] = Int32(weights.count)
      successors.append(number)
      weights.append(gamma * p)
    }
  }

  var hash: Int {
    var hasher = Hasher()
    hasher.combine(rewards)
    hasher.combine(mayEnd)
    hasher.combine(ends)
    hasher.combine(successors)
    hasher.combine(weights)
    return hasher.finalize()
  }
}
