import Networks
import RLCore

/// A known model laid out for sweeps: q(s, a) = r(s, a) + Σ w v(s + offset), with w = γ p.
///
/// States that are alike but for their place (the inside of a grid, say) share a kind, see ``SweepKinds``. Neighbours of
/// one kind whose successors lie at like offsets make one run, whose backup goes over contiguous values, eight states at
/// a time. A run costs 16 bytes and 4 a successor, which is also what a state like no neighbour of its costs; each state
/// has 4 bytes for its run, 8 more where the states are ordered, and 8 for its value.
struct SweepModel: Sendable {
  /// Neighbouring states that the asynchronous sweep handles together. No run crosses from one block into the next.
  static let blockLength = 1024

  private struct Run {
    let start: Int32
    var count: Int32
    let kind: Int32
    /// Where its offsets start.
    let offsets: Int32
  }

  let states: Int
  let actions: Int
  /// The place of each state. Empty where places are states.
  private var places: [Int32] = []
  private var kinds: SweepKinds
  private var runs: [Run] = []
  /// Runs of block b are `blockRuns[b] ..< blockRuns[b + 1]`.
  private var blockRuns: [Int] = []
  /// Run of each place. Shape `[states]`.
  private var runOf: [Int32] = []
  /// From a place to its successors.
  private var offsets: [Int32] = []

  var blocks: Int { blockRuns.count - 1 }

  /// Lays `table` out. Under a policy, of shape `[states, actions]`, it is the Markov chain with one action, to follow
  /// the policy.
  init(_ table: TransitionTable, discount gamma: Double, under policy: [Double]? = nil) {
    states = table.states
    actions = policy == nil ? table.actions : 1
    kinds = SweepKinds(actions: actions)
    runOf.reserveCapacity(states)
    var draft = SweepDraft(states: states)
    for s in 0..<states {
      if s % Self.blockLength == 0 { blockRuns.append(runs.count) }
      if policy == nil && s % Self.blockLength > 0 && table.isAlike(s, s - 1) {
        lengthen()
      } else {
        draft.read(s, of: table, gamma, policy)
        let first = offsets.count
        for next in draft.places { offsets.append(next - Int32(s)) }
        append(kinds.number(of: draft), at: s, offsetsFrom: first)
      }
    }
    blockRuns.append(runs.count)
  }

  /// The same model with its states in another order.
  func ordered(by order: [Int32]) -> SweepModel { SweepModel(self, order: order) }

  private init(_ model: SweepModel, order: [Int32]) {
    states = model.states
    actions = model.actions
    kinds = model.kinds
    runOf.reserveCapacity(states)
    var places = [Int32](repeating: 0, count: states)
    for (place, state) in order.enumerated() { places[Int(state)] = Int32(place) }
    for place in 0..<states {
      if place % Self.blockLength == 0 { blockRuns.append(runs.count) }
      let state = order[place]
      let run = model.runs[Int(model.runOf[Int(state)])]
      let first = offsets.count
      for i in Int(run.offsets)..<Int(run.offsets + kinds.widths[Int(run.kind)]) {
        offsets.append(places[Int(state + model.offsets[i])] - Int32(place))
      }
      append(run.kind, at: place, offsetsFrom: first)
    }
    blockRuns.append(runs.count)
    self.places = places
  }

  /// Adds a state whose offsets stand last: to the last run where that is alike.
  private mutating func append(_ kind: Int32, at place: Int, offsetsFrom first: Int) {
    if place % Self.blockLength > 0, let last = runs.last, last.kind == kind {
      let before = Int(last.offsets)
      var i = 0
      while first + i < offsets.count && offsets[first + i] == offsets[before + i] { i += 1 }
      if first + i == offsets.count {
        offsets.removeLast(i)
        return lengthen()
      }
    }
    runOf.append(Int32(runs.count))
    runs.append(Run(start: Int32(place), count: 1, kind: kind, offsets: Int32(first)))
  }

  private mutating func lengthen() {
    runs[runs.count - 1].count += 1
    runOf.append(Int32(runs.count - 1))
  }

  func place(of state: Int) -> Int { places.isEmpty ? state : Int(places[state]) }

  func state(at place: Int) -> Int { places.isEmpty ? place : places.firstIndex(of: Int32(place))! }

  // MARK: Sweeps

  /// v′(s) ← max_a q(s, a) for all states; returns max_s |v′(s) − v(s)|.
  func sweep(_ v: [Double], into next: inout [Double]) -> Double {
    v.withUnsafeBufferPointer { v in
      next.withUnsafeMutableBufferPointer { next in
        forEachRun(in: 0..<runs.count) { $0(v.baseAddress! + $1, into: next.baseAddress! + $1, count: $2) }
      }
    }
  }

  /// v(s) ← max_a q(s, a) for the states of a block, where each eight of a run are one step; returns the largest change.
  func sweep(block: Int, in v: inout [Double]) -> Double {
    v.withUnsafeMutableBufferPointer { v in
      forEachRun(in: blockRuns[block]..<blockRuns[block + 1]) {
        $0(v.baseAddress! + $1, into: v.baseAddress! + $1, count: $2)
      }
    }
  }

  /// v(s) ← max_a q(s, a) for one state after another; returns the largest change.
  func sweepInPlace(_ v: inout [Double]) -> Double {
    v.withUnsafeMutableBufferPointer { v in
      forEachRun(in: 0..<runs.count) { $0.inPlace(v.baseAddress! + $1, count: $2) }
    }
  }

  /// The largest of what `body` returns of runs: how they are backed up, where they start, and how many states they have.
  @inline(__always)
  private func forEachRun(in range: Range<Int>, _ body: (Backup, _ start: Int, _ count: Int) -> Double) -> Double {
    var change = 0.0
    kinds.withPointers { rewards, starts, successors, weights, matrices in
      offsets.withUnsafeBufferPointer { offsets in
        for run in runs[range] {
          let kind = Int(run.kind)
          let matrix = Int(kinds.matrixStarts[kind])
          let backup = Backup(
            actions: actions, rewards: rewards + kind * actions, starts: starts + kind * actions,
            successors: successors, weights: weights, matrix: matrix < 0 ? nil : matrices + matrix,
            width: Int(kinds.widths[kind]), offsets: offsets.baseAddress! + Int(run.offsets))
          change = max(change, body(backup, Int(run.start), Int(run.count)))
        }
      }
    }
    return change
  }

  /// π(s) ← the first action within 1e-9 of the best, for all states; returns max_s |max_a q(s, a) − v(s)|.
  func improve(_ policy: inout [Int32], _ v: [Double]) -> Double {
    var change = 0.0
    for place in 0..<states {
      var first = 0
      var chosen = actionValue(place, 0, v)
      var best = chosen
      for a in 1..<max(1, actions) {
        let value = actionValue(place, a, v)
        best = max(best, value)
        if value > chosen + 1e-9 { (first, chosen) = (a, value) }
      }
      policy[place] = Int32(first)
      change = max(change, abs(best - v[place]))
    }
    return change
  }

  /// v′(s) ← q(s, π(s)) for all states.
  func evaluate(_ policy: [Int32], _ v: [Double], into next: inout [Double]) {
    for place in 0..<states { next[place] = actionValue(place, Int(policy[place]), v) }
  }

  // MARK: States and pairs

  /// q of the action in the state at `place`.
  @inline(__always)
  func actionValue(_ place: Int, _ action: Int, _ v: [Double]) -> Double {
    let run = runs[Int(runOf[place])]
    let pair = Int(run.kind) &* actions &+ action
    var sum = kinds.rewards[pair]
    for i in Int(kinds.starts[pair])..<Int(kinds.starts[pair &+ 1]) {
      sum += kinds.weights[i] * v[place &+ Int(offsets[Int(run.offsets &+ kinds.successors[i])])]
    }
    return sum
  }

  /// max_a q(s, a) of the state at `place`.
  @inline(__always)
  func backedUp(_ place: Int, _ v: [Double]) -> Double {
    var best = actionValue(place, 0, v)
    for a in 1..<max(1, actions) { best = max(best, actionValue(place, a, v)) }
    return best
  }

  /// The mean reward of a pair.
  func reward(_ place: Int, _ action: Int) -> Double { kinds.rewards[kind(place) * actions + action] }

  /// Whether the pair may end the episode.
  func mayEnd(_ place: Int, _ action: Int) -> Bool { kinds.mayEnd[kind(place) * actions + action] }

  private func kind(_ place: Int) -> Int { Int(runs[Int(runOf[place])].kind) }

  func forEachSuccessor(_ place: Int, _ action: Int, _ body: (_ next: Int, _ weight: Double) -> Void) {
    let run = runs[Int(runOf[place])]
    let pair = Int(run.kind) * actions + action
    for i in Int(kinds.starts[pair])..<Int(kinds.starts[pair + 1]) {
      body(place + Int(offsets[Int(run.offsets + kinds.successors[i])]), kinds.weights[i])
    }
  }

  /// What can follow, whatever is done: each successor once.
  @inline(__always)
  func forEachSuccessor(_ place: Int, _ body: (_ next: Int) -> Void) {
    let run = runs[Int(runOf[place])]
    for i in Int(run.offsets)..<Int(run.offsets + kinds.widths[Int(run.kind)]) { body(place + Int(offsets[i])) }
  }

  /// The places that can be reached from some, those first.
  func reached(from starts: [Int]) -> [Int] {
    var isReached = [Bool](repeating: false, count: states)
    for s in starts { isReached[s] = true }
    var reached = starts
    var head = 0
    while head < reached.count {
      forEachSuccessor(reached[head]) { next in
        if isReached[next] { return }
        isReached[next] = true
        reached.append(next)
      }
      head += 1
    }
    return reached
  }

  /// Blocks that read the values of each block.
  func readers() -> [[Int32]] {
    var readers = [[Int32]](repeating: [], count: blocks)
    for block in 0..<blocks {
      for run in runs[blockRuns[block]..<blockRuns[block + 1]] {
        for i in Int(run.offsets)..<Int(run.offsets + kinds.widths[Int(run.kind)]) {
          let first = Int(run.start) + Int(offsets[i])
          for read in first / Self.blockLength...(first + Int(run.count) - 1) / Self.blockLength
          where readers[read].last != Int32(block) { readers[read].append(Int32(block)) }
        }
      }
    }
    return readers
  }

  /// The least over states of their best mean reward: what every state can earn at once.
  var securedReward: Double {
    (0..<kinds.count).map { kinds.rewards[$0 * actions..<($0 + 1) * actions].max()! }.min()!
  }

  /// max |r(s, a)|
  var largestReward: Double { kinds.rewards.reduce(0) { max($0, abs($1)) } }

  /// q under the values `v`, which stand by place. Shape `[states, actions]`, by state.
  func actionValues(_ v: [Double]) -> [Double] {
    var q = [Double](repeating: 0, count: states * actions)
    for s in 0..<states {
      for a in 0..<actions { q[s * actions + a] = actionValue(place(of: s), a, v) }
    }
    return q
  }

  /// Greedy with respect to q under the values `v`.
  func solution(_ v: [Double]) -> Solution { Solution(greedyWith: actionValues(v), states: states, actions: actions) }
}
