import Environments
import Networks
import RLCore

/// The Markov chain of a process under a policy: where it leads and what it earns.
struct Chain {
  let states: Int
  let discount: Double
  let initial: [Double]
  /// P of the steps that go on. Shape `[states, states]`, row by row.
  private(set) var transitions: [Double]
  /// Mean rewards. Shape `[states]`.
  private(set) var rewards: [Double]

  /// `policy`: shape `[states, actions]`. Throws ``RLCore/CoreError/badModel``.
  init(of policy: [Double], in process: some FiniteMDP) throws {
    let table = try TransitionTable(process)
    (states, discount, initial) = (table.states, table.discount, table.initial)
    transitions = .init(repeating: 0, count: states * states)
    rewards = .init(repeating: 0, count: states)
    for pair in policy.indices {
      let s = pair / table.actions
      for i in Int(table.starts[pair])..<Int(table.starts[pair + 1]) {
        let share = policy[pair] * table.probabilities[i]
        rewards[s] += share * table.branches[i].reward
        if !table.branches[i].isTerminal { transitions[s * states + Int(table.branches[i].next)] += share }
      }
    }
  }

  /// Where it is in the long run: dᵀ = dᵀP, Σ d = 1. Shape `[states]`.
  func stationary() throws -> [Double] {
    // Column j of the system is row j of I − P, but for the last equation, which is the sum.
    var system = transitions.map { -$0 }
    for s in 0..<states {
      system[s * states + s] += 1
      system[s * states + states - 1] = 1
    }
    return try solution(system, (0..<states).map { $0 == states - 1 ? 1 : 0 })
  }

  /// Discounted expected visits from `first`, or from the process's own start: xᵀ = d₀ᵀ (I − γP)⁻¹. Shape `[states]`.
  func visits(from first: [Double]? = nil) throws -> [Double] {
    var system = transitions.map { -discount * $0 }
    for s in 0..<states { system[s * states + s] += 1 }
    return try solution(system, first ?? initial)
  }

  /// The average reward ρ and the differential values h = r − ρ + P h, whose mean at the start is 0.
  func average() throws -> (reward: Double, values: [Double]) {
    let n = states + 1
    var system = [Double](repeating: 0, count: n * n)
    for s in 0..<states {
      for next in 0..<states { system[next * n + s] = (s == next ? 1 : 0) - transitions[s * states + next] }
      system[states * n + s] = 1
      system[s * n + states] = initial[s]
    }
    let found = try solution(system, rewards + [0])
    return (found[states], Array(found[..<states]))
  }

  /// P x of a function of the states.
  func expected(_ x: [Double]) -> [Double] {
    (0..<states).map { s in
      var sum = 0.0
      for next in 0..<states { sum += transitions[s * states + next] * x[next] }
      return sum
    }
  }

  private func solution(_ system: [Double], _ side: [Double]) throws -> [Double] {
    var (system, x) = (system, side)
    guard solve(&system, &x) else { throw CoreError.noSolution("the equations of the chain are singular") }
    return x
  }
}

/// Values that are linear in features, v(s) = x(s)·w, over the states of a chain.
struct LinearValues {
  let chain: Chain
  /// x by feature: `features[i][s]`. Shape `[features, states]`.
  let features: [[Double]]
  /// How much each state counts, D. Shape `[states]`.
  let weights: [Double]

  func values(_ w: [Double]) -> [Double] {
    (0..<chain.states).map { s in zip(features, w).reduce(0) { $0 + $1.0[s] * $1.1 } }
  }

  /// A = ΦᵀD (I − γP) Φ. Shape `[features, features]`, column by column.
  var matrix: [Double] {
    features.flatMap { column in
      let ahead = chain.expected(column)
      let gap = zip(column, ahead).map { $0 - chain.discount * $1 }
      return features.map { product($0, gap) }
    }
  }

  /// Σ_s D(s) a(s) b(s)
  func product(_ a: [Double], _ b: [Double]) -> Double {
    a.indices.reduce(0) { $0 + weights[$1] * a[$1] * b[$1] }
  }

  /// Where semi-gradient TD(0) comes to rest: A w = ΦᵀD r.
  func fixedPoint() throws -> [Double] {
    var (a, w) = (matrix, features.map { product($0, chain.rewards) })
    guard solve(&a, &w) else { throw CoreError.noSolution("the equations of TD's fixed point are singular") }
    return w
  }

  /// The w of least Σ D (v − x·w)², and the rank of the features.
  func nearest(to v: [Double]) -> (w: [Double], rank: Int) {
    let roots = weights.map { $0.squareRoot() }
    let scaled = features.flatMap { zip($0, roots).map { $0 * $1 } }
    let found = leastSquares(scaled, columns: features.count, zip(v, roots).map { $0 * $1 })
    return (found.x, found.rank)
  }

  /// Σ D (v − x·w)², weights summing to 1.
  func error(_ w: [Double], of v: [Double]) -> Double {
    let gaps = zip(values(w), v).map { $0 - $1 }
    return product(gaps, gaps)
  }
}
