import RLCore

/// States by their distance to an end, in steps that have a probability: breadth first, against the arrows.
///
/// Where nothing ends, distance is from the states that can earn the most at once. States that cannot get there are last.
struct ReverseOrder {
  let order: [Int32]
  /// Steps to the nearest end; −1 where none can be reached. Shape `[states]`.
  let distances: [Int32]
  /// Whether the distances are to ends.
  let hasEnds: Bool

  /// Over the steps of any policy, or of one, of shape `[states, actions]`.
  init(_ table: TransitionTable, under policy: [Double]? = nil) {
    let successors = Successors(table, policy)
    var starts = [Int32](repeating: 0, count: table.states + 1)
    for next in successors.list { starts[Int(next) + 1] += 1 }
    for s in 0..<table.states { starts[s + 1] += starts[s] }
    var predecessors = [Int32](repeating: 0, count: successors.list.count)
    var free = starts
    for s in 0..<table.states {
      for i in Int(successors.starts[s])..<Int(successors.starts[s + 1]) {
        let next = Int(successors.list[i])
        predecessors[Int(free[next])] = Int32(s)
        free[next] += 1
      }
    }

    hasEnds = successors.ends.contains(true)
    let seeds = hasEnds ? successors.ends : Self.best(successors.earnings)
    var distances = [Int32](repeating: -1, count: table.states)
    var order: [Int32] = []
    order.reserveCapacity(table.states)
    for s in 0..<table.states where seeds[s] {
      distances[s] = 0
      order.append(Int32(s))
    }
    var head = 0
    while head < order.count {
      let s = Int(order[head])
      head += 1
      for i in Int(starts[s])..<Int(starts[s + 1]) {
        let before = Int(predecessors[i])
        if distances[before] >= 0 { continue }
        distances[before] = distances[s] + 1
        order.append(Int32(before))
      }
    }
    for s in 0..<table.states where distances[s] < 0 { order.append(Int32(s)) }
    self.order = order
    self.distances = distances
  }

  /// In each state the first action that may lead nearer to an end, so that all states end that can.
  func policy(in table: TransitionTable) -> [Int] {
    (0..<table.states).map { s in
      guard hasEnds && distances[s] >= 0 else { return 0 }
      return (0..<table.actions).first { a in
        let pair = s * table.actions + a
        return (Int(table.starts[pair])..<Int(table.starts[pair + 1])).contains { i in
          let branch = table.branches[i]
          return table.probabilities[i] > 0
            && (branch.isTerminal || distances[Int(branch.next)] == distances[s] - 1)
        }
      } ?? 0
    }
  }

  private static func best(_ earnings: [Double]) -> [Bool] {
    let most = earnings.max()!
    return earnings.map { $0 == most }
  }
}

/// What can follow each state, whatever is done: each successor once.
private struct Successors {
  var starts: [Int32] = [0]
  var list: [Int32] = []
  /// Whether the state can end at once.
  var ends: [Bool]
  /// The best mean reward of the state.
  var earnings: [Double]

  init(_ table: TransitionTable, _ policy: [Double]?) {
    ends = .init(repeating: false, count: table.states)
    earnings = .init(repeating: -.infinity, count: table.states)
    starts.reserveCapacity(table.states + 1)
    var met = [Int32](repeating: -1, count: table.states)
    for s in 0..<table.states {
      for pair in s * table.actions..<(s + 1) * table.actions where policy?[pair] ?? 1 > 0 {
        var reward = 0.0
        for i in Int(table.starts[pair])..<Int(table.starts[pair + 1]) where table.probabilities[i] > 0 {
          let branch = table.branches[i]
          reward += table.probabilities[i] * branch.reward
          if branch.isTerminal {
            ends[s] = true
          } else if met[Int(branch.next)] != Int32(s) {
            met[Int(branch.next)] = Int32(s)
            list.append(branch.next)
          }
        }
        earnings[s] = max(earnings[s], reward)
      }
      starts.append(Int32(list.count))
    }
  }
}
