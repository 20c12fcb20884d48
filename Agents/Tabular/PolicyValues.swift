import Networks
import RLCore

/// The exact values of a policy in a known model, over the states that an episode can stand in.
struct PolicyValues: Sendable {
  /// States above which no system is solved: the work grows with their cube.
  private static let limit = 1500

  /// The states that the start leads to before an episode ends, by any actions, in ascending order.
  let states: [Int]
  /// v(s) of each of `states`.
  let v: [Double]

  /// Solves (I − γ P) v = r; `nil` where there are too many states or no finite values. `policy`: shape
  /// `[states, actions]`.
  init?(of policy: [Double], in model: TransitionTable, gamma: Double) {
    let states = Self.reachable(in: model)
    guard states.count <= Self.limit else { return nil }
    let n = states.count
    var place = [Int](repeating: -1, count: model.states)
    for (i, s) in states.enumerated() { place[s] = i }
    // I − γ P, column by column, and r.
    var matrix = [Double](repeating: 0, count: n * n)
    var v = [Double](repeating: 0, count: n)
    for (i, s) in states.enumerated() {
      matrix[i * n + i] = 1
      for pair in s * model.actions..<(s + 1) * model.actions where policy[pair] > 0 {
        for b in Int(model.starts[pair])..<Int(model.starts[pair + 1]) {
          let (branch, weight) = (model.branches[b], policy[pair] * model.probabilities[b])
          v[i] += weight * branch.reward
          if !branch.isTerminal && weight > 0 { matrix[place[Int(branch.next)] * n + i] -= gamma * weight }
        }
      }
    }
    // The factors' diagonal is left in the matrix: a pivot that is 0 but for rounding gives values that mean nothing.
    guard solve(&matrix, &v), (0..<n).allSatisfy({ abs(matrix[$0 * n + $0]) > 1e-12 }) else { return nil }
    self.states = states
    self.v = v
  }

  /// √(Σ_s (w(s) − v(s))² / |S|).
  func error(of w: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<states.count { sum += (w[states[i]] - v[i]) * (w[states[i]] - v[i]) }
    return (sum / Double(states.count)).squareRoot()
  }

  private static func reachable(in model: TransitionTable) -> [Int] {
    var isSeen = model.initial.map { $0 > 0 }
    var open = isSeen.indices.filter { isSeen[$0] }
    while let s = open.popLast() {
      for b in Int(model.starts[s * model.actions])..<Int(model.starts[(s + 1) * model.actions]) {
        let next = Int(model.branches[b].next)
        if model.branches[b].isTerminal || model.probabilities[b] == 0 || isSeen[next] { continue }
        isSeen[next] = true
        open.append(next)
      }
    }
    return isSeen.indices.filter { isSeen[$0] }
  }
}
