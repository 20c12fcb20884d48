import RLCore
import Testing

/// A quantity of a textbook result, row by row: from Fixtures/textbook.json, which holds exact values that were
/// computed from the books' definitions by linear solves, apart from this code.
func textbook(_ id: String, _ quantity: String) throws -> [Double] {
  let values = try fixture("textbook", as: [String: [String: [Double]]].self)
  return try #require(values[id]?[quantity])
}

/// The largest difference between two equally long lists, infinite where they are not.
func distance(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

/// State values of a policy, π(a|s) of shape `[states][actions]`: the Bellman equation as a linear system, solved by
/// elimination. `reward` may put something else in the rewards' place, such as 1 to count steps.
func policyValues(
  of process: some FiniteMDP, _ policy: [[Double]], reward: (Outcome) -> Double = \.reward
) -> [Double] {
  let n = process.stateCount
  var rows = (0..<n).map { s in (0...n).map { $0 == s ? 1.0 : 0 } }
  for s in 0..<n {
    for (a, share) in policy[s].enumerated() where share > 0 {
      for outcome in process.outcomes(s, a) {
        // An end leads nowhere: what it pays on itself is not collected either.
        if outcome.isTerminal && outcome.next == s { continue }
        rows[s][n] += share * outcome.probability * reward(outcome)
        if !outcome.isTerminal { rows[s][outcome.next] -= share * outcome.probability * process.discount }
      }
    }
  }
  return solved(&rows)
}

/// The same in every state.
func policyValues(
  of process: some FiniteMDP, everywhere actions: [Double], reward: (Outcome) -> Double = \.reward
) -> [Double] {
  policyValues(of: process, [[Double]](repeating: actions, count: process.stateCount), reward: reward)
}

/// One action in each state.
func policyValues(of process: some FiniteMDP, actions: [Int]) -> [Double] {
  policyValues(of: process, actions.map { chosen in (0..<process.actionCount).map { $0 == chosen ? 1 : 0 } })
}

/// Chooses every action with equal probability.
func uniformValues(of process: some FiniteMDP, reward: (Outcome) -> Double = \.reward) -> [Double] {
  let share = 1 / Double(process.actionCount)
  return policyValues(
    of: process, everywhere: [Double](repeating: share, count: process.actionCount), reward: reward)
}

/// Gaussian elimination with row pivots. Shape of `rows`: `[n][n + 1]`.
private func solved(_ rows: inout [[Double]]) -> [Double] {
  let n = rows.count
  for k in 0..<n {
    let pivot = (k..<n).max { abs(rows[$0][k]) < abs(rows[$1][k]) }!
    rows.swapAt(k, pivot)
    for i in k + 1..<max(n, k + 1) where rows[i][k] != 0 {
      let factor = rows[i][k] / rows[k][k]
      for j in k...n { rows[i][j] -= factor * rows[k][j] }
    }
  }
  var x = [Double](repeating: 0, count: n)
  for k in (0..<n).reversed() {
    let known = (k + 1..<max(n, k + 1)).reduce(0) { $0 + rows[k][$1] * x[$1] }
    x[k] = (rows[k][n] - known) / rows[k][k]
  }
  return x
}

/// q(s, a) where the values of the states are given. Shape `[states][actions]`.
func actionValues(of process: some FiniteMDP, _ values: [Double]) -> [[Double]] {
  (0..<process.stateCount).map { s in
    (0..<process.actionCount).map { a in
      process.outcomes(s, a).reduce(0) {
        $0 + $1.probability * ($1.reward + ($1.isTerminal ? 0 : process.discount * values[$1.next]))
      }
    }
  }
}

/// The promises that a finite world breaks: its model, its simulator, and a picture of each state.
func brokenPromises(of process: some FiniteMDP, limit: Int) throws -> [String] {
  let blank = (0..<process.stateCount).filter {
    let drawing = process.drawing(ofState: $0)
    return drawing.shapes.isEmpty && drawing.grid == nil
  }
  return checkFiniteMDP(process) + checkEnvironment(TimeLimit(try Simulator(process), limit: limit), steps: 100_000)
    + (blank.isEmpty ? [] : ["states \(blank) draw nothing"])
}
