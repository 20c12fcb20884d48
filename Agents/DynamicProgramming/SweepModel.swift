import Networks
import RLCore

/// A known model laid out for sweeps.
///
/// The reward of a pair is folded into its mean, successors that several branches share are merged, and ends are left out:
/// q(s, a) = r(s, a) + Σ w v(s + offset), with w = γ p. Neighbouring states that differ in their place alone (the inside of
/// a grid, say) make one run that shares one pattern, whose backup then runs over contiguous values, sixteen states at a
/// time. A state like no other is a run of one: that costs 12 bytes, 12 a pair and 12 a successor; a long run next to
/// nothing. Each state has 4 bytes for its pattern, and 8 more where the states are ordered.
struct SweepModel: Sendable {
  /// Neighbouring states that the asynchronous sweep handles together. No run crosses from one block into the next.
  static let blockLength = 1024

  private struct Run {
    let start: Int32
    let count: Int32
    let pattern: Int32
  }

  let states: Int
  let actions: Int
  /// The state at each place and the place of each state. Empty where places are states.
  private let order: [Int32]
  private let places: [Int32]
  private var runs: [Run] = []
  /// Runs of block b are `blockRuns[b] ..< blockRuns[b + 1]`.
  private var blockRuns: [Int] = []
  /// Pattern of each place. Shape `[states]`.
  private var patterns: [Int32] = []
  /// Mean reward of each pair. Shape `[patterns, actions]`.
  private var rewards: [Double] = []
  /// Successors of a pair are `pairStarts[pair] ..< pairStarts[pair + 1]`. Shape `[patterns × actions + 1]`.
  private var pairStarts: [Int32] = [0]
  private var offsets: [Int32] = []
  private var weights: [Double] = []

  var blocks: Int { blockRuns.count - 1 }

  /// Lays `table` out with its states in the given order, or in their own. Under a policy, of shape `[states, actions]`,
  /// it is the Markov chain with one action, to follow the policy.
  init(_ table: TransitionTable, discount gamma: Double, order: [Int32] = [], under policy: [Double]? = nil) {
    states = table.states
    actions = policy == nil ? table.actions : 1
    self.order = order
    var places = [Int32](repeating: 0, count: order.count)
    for (place, state) in order.enumerated() { places[Int(state)] = Int32(place) }
    self.places = places
    patterns.reserveCapacity(states)
    // The pair that met each place last, and where it lists it.
    var met = [(pair: Int32, index: Int32)](repeating: (-1, 0), count: states)
    for place in 0..<states {
      let s = order.isEmpty ? place : Int(order[place])
      if let policy {
        append(table, gamma, s, 0..<table.actions, policy, at: place, &met)
      } else {
        for a in 0..<actions { append(table, gamma, s, a..<a + 1, nil, at: place, &met) }
      }
      let isNew = !dropIfLast()
      let pattern = Int32(rewards.count / actions - 1)
      patterns.append(pattern)
      if place % Self.blockLength == 0 { blockRuns.append(runs.count) }
      if isNew || place % Self.blockLength == 0 {
        runs.append(Run(start: Int32(place), count: 1, pattern: pattern))
      } else {
        let last = runs[runs.count - 1]
        runs[runs.count - 1] = Run(start: last.start, count: last.count + 1, pattern: pattern)
      }
    }
    blockRuns.append(runs.count)
  }

  /// Adds the pair of state `s` and one action, or several as a policy mixes them.
  private mutating func append(
    _ table: TransitionTable, _ gamma: Double, _ s: Int, _ actions: Range<Int>, _ policy: [Double]?, at place: Int,
    _ met: inout [(pair: Int32, index: Int32)]
  ) {
    let pair = Int32(s * table.actions + actions.lowerBound)
    var reward = 0.0
    for a in actions {
      let row = s * table.actions + a
      let share = policy?[row] ?? 1
      for i in Int(table.starts[row])..<Int(table.starts[row + 1]) where share > 0 {
        let branch = table.branches[i]
        let probability = share * table.probabilities[i]
        reward += probability * branch.reward
        if branch.isTerminal || probability == 0 || gamma == 0 { continue }
        let next = places.isEmpty ? Int(branch.next) : Int(places[Int(branch.next)])
        if met[next].pair == pair {
          weights[Int(met[next].index)] += gamma * probability
        } else {
          met[next] = (pair, Int32(weights.count))
          offsets.append(Int32(next - place))
          weights.append(gamma * probability)
        }
      }
    }
    rewards.append(reward)
    pairStarts.append(Int32(weights.count))
  }

  /// Drops the last pattern where it equals the one before; `false` where it stays.
  private mutating func dropIfLast() -> Bool {
    let pairs = rewards.count
    guard pairs > actions else { return false }
    let last = Int(pairStarts[pairs - actions])
    let before = Int(pairStarts[pairs - 2 * actions])
    guard weights.count - last == last - before else { return false }
    for a in 1...actions {
      guard rewards[pairs - a] == rewards[pairs - actions - a],
        Int(pairStarts[pairs - a]) - last == Int(pairStarts[pairs - actions - a]) - before
      else { return false }
    }
    for i in last..<weights.count {
      guard offsets[i] == offsets[i - last + before], weights[i] == weights[i - last + before] else { return false }
    }
    rewards.removeLast(actions)
    pairStarts.removeLast(actions)
    offsets.removeLast(weights.count - last)
    weights.removeLast(weights.count - last)
    return true
  }

  func place(of state: Int) -> Int { places.isEmpty ? state : Int(places[state]) }

  /// q of the action in the state at `place`.
  @inline(__always)
  func actionValue(_ place: Int, _ action: Int, _ v: UnsafePointer<Double>) -> Double {
    let pair = Int(patterns[place]) &* actions &+ action
    var sum = rewards[pair]
    for i in Int(pairStarts[pair])..<Int(pairStarts[pair &+ 1]) { sum += weights[i] * v[place &+ Int(offsets[i])] }
    return sum
  }

  /// v′(s) ← max_a q(s, a) for all states; returns max_s |v′(s) − v(s)|.
  func sweep(_ v: [Double], into next: inout [Double]) -> Double {
    v.withUnsafeBufferPointer { v in
      next.withUnsafeMutableBufferPointer { next in sweep(0..<runs.count, v.baseAddress!, next.baseAddress!) }
    }
  }

  /// v(s) ← max_a q(s, a) for the states of a block, where each sixteen of a run are one step; returns the largest change.
  func sweep(block: Int, in v: inout [Double]) -> Double {
    v.withUnsafeMutableBufferPointer {
      sweep(blockRuns[block]..<blockRuns[block + 1], $0.baseAddress!, $0.baseAddress!)
    }
  }

  private func sweep(_ range: Range<Int>, _ v: UnsafePointer<Double>, _ next: UnsafeMutablePointer<Double>) -> Double {
    var change = 0.0
    for run in runs[range] {
      let pairs = Int(run.pattern) * actions
      change = max(
        change,
        backUp(
          v + Int(run.start), into: next + Int(run.start), count: Int(run.count), pairs..<pairs + actions, rewards,
          pairStarts, offsets, weights))
    }
    return change
  }

  /// v(s) ← max_a q(s, a) for one state after another; returns the largest change.
  func sweepInPlace(_ v: inout [Double]) -> Double {
    var change = 0.0
    v.withUnsafeMutableBufferPointer { v in
      for place in 0..<states {
        var best = actionValue(place, 0, v.baseAddress!)
        for a in 1..<max(1, actions) { best = max(best, actionValue(place, a, v.baseAddress!)) }
        change = max(change, abs(best - v[place]))
        v[place] = best
      }
    }
    return change
  }

  /// π(s) ← the first action within 1e-9 of the best, for all states; returns max_s |max_a q(s, a) − v(s)|.
  func improve(_ policy: inout [Int32], _ v: [Double]) -> Double {
    var change = 0.0
    v.withUnsafeBufferPointer { v in
      for place in 0..<states {
        var first = 0
        var chosen = actionValue(place, 0, v.baseAddress!)
        var best = chosen
        for a in 1..<max(1, actions) {
          let value = actionValue(place, a, v.baseAddress!)
          best = max(best, value)
          if value > chosen + 1e-9 { (first, chosen) = (a, value) }
        }
        policy[place] = Int32(first)
        change = max(change, abs(best - v[place]))
      }
    }
    return change
  }

  /// v′(s) ← q(s, π(s)) for all states.
  func evaluate(_ policy: [Int32], _ v: [Double], into next: inout [Double]) {
    v.withUnsafeBufferPointer { v in
      for place in 0..<states { next[place] = actionValue(place, Int(policy[place]), v.baseAddress!) }
    }
  }

  /// The mean reward of a pair.
  func reward(_ place: Int, _ action: Int) -> Double { rewards[Int(patterns[place]) * actions + action] }

  func forEachSuccessor(_ place: Int, _ action: Int, _ body: (_ next: Int, _ weight: Double) -> Void) {
    let pair = Int(patterns[place]) * actions + action
    for i in Int(pairStarts[pair])..<Int(pairStarts[pair + 1]) { body(place + Int(offsets[i]), weights[i]) }
  }

  /// Blocks that read the values of each block.
  func readers() -> [[Int32]] {
    var readers = [[Int32]](repeating: [], count: blocks)
    for block in 0..<blocks {
      for run in runs[blockRuns[block]..<blockRuns[block + 1]] {
        let pairs = Int(run.pattern) * actions
        for i in Int(pairStarts[pairs])..<Int(pairStarts[pairs + actions]) {
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
    (0..<rewards.count / actions).map { rewards[$0 * actions..<($0 + 1) * actions].max()! }.min()!
  }

  /// max |r(s, a)|
  var largestReward: Double { rewards.reduce(0) { max($0, abs($1)) } }

  /// q under the values `v`, which stand by place. Shape `[states, actions]`, by state.
  func actionValues(_ v: [Double]) -> [Double] {
    var q = [Double](repeating: 0, count: states * actions)
    v.withUnsafeBufferPointer { v in
      for s in 0..<states {
        for a in 0..<actions { q[s * actions + a] = actionValue(place(of: s), a, v.baseAddress!) }
      }
    }
    return q
  }

  /// Greedy with respect to q under the values `v`.
  func solution(_ v: [Double]) -> Solution { Solution(greedyWith: actionValues(v), states: states, actions: actions) }
}
