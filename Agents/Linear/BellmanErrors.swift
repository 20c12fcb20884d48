import Networks
import RLCore

/// What a model says of values that are linear in features, v(s) = w · x(s), exactly: how far they are from the policy's,
/// the projected Bellman error, and the fixed point of TD.
///
/// Source: Sutton & Barto, 2nd ed., §9.4 (equations 9.12 and 9.14) and §11.4; Zhao, §8.2.5. States count by how often the
/// behaviour stands in them, episodes beginning anew where they end.
struct BellmanErrors: Sendable {
  /// Work above which nothing is solved.
  private static let limit = 2e8

  /// The states that an episode can stand in.
  let states: [Int]
  /// v_π of each of `states`.
  let exact: [Double]
  /// How much each of `states` counts. Shape `[states]`.
  let weights: [Double]
  /// A = XᵀD (I − γP) X, column by column, and b = XᵀD r, at which A w = b is the fixed point. Shapes `[d, d]`, `[d]`.
  let matrix: [Double]
  let side: [Double]
  /// The fixed point; the shortest where there are several.
  let fixedPoint: [Double]

  private let gamma: Double
  private let features: StateFeatures
  /// Mean rewards, and P of the steps that go on: where row i leads lies at `starts[i] ..< starts[i + 1]`.
  private let rewards: [Double]
  private let starts: [Int]
  private let leads: [(place: Int, probability: Double)]
  /// An orthonormal basis of what √D X can say. Shape `[rank, states]`.
  private let directions: [[Double]]

  /// Steps that cost as much as one measurement, roughly.
  var cost: Int { (leads.count + directions.count * states.count) / 64 }

  /// `nil` where there is too much to solve, or no finite values. `policy`, `behaviour`: shape `[states, actions]`.
  init?(
    _ features: StateFeatures, of policy: [Double], from behaviour: [Double], in model: TransitionTable, gamma: Double
  ) {
    let d = features.count
    guard let values = PolicyValues(of: policy, in: model, gamma: gamma) else { return nil }
    let n = values.states.count
    guard Double(n) * Double(d) * Double(d) <= Self.limit,
      let weights = Self.shares(of: behaviour, over: values.states, in: model)
    else { return nil }
    (states, exact, self.weights, self.gamma, self.features) = (values.states, values.v, weights, gamma, features)

    var place = [Int](repeating: -1, count: model.states)
    for (i, s) in values.states.enumerated() { place[s] = i }
    var rewards = [Double](repeating: 0, count: n)
    var starts = [0]
    var leads: [(place: Int, probability: Double)] = []
    for (i, s) in values.states.enumerated() {
      for pair in s * model.actions..<(s + 1) * model.actions where policy[pair] > 0 {
        for b in Int(model.starts[pair])..<Int(model.starts[pair + 1]) {
          let (branch, share) = (model.branches[b], policy[pair] * model.probabilities[b])
          rewards[i] += share * branch.reward
          if !branch.isTerminal && share > 0 { leads.append((place[Int(branch.next)], share)) }
        }
      }
      starts.append(leads.count)
    }
    (self.rewards, self.starts, self.leads) = (rewards, starts, leads)

    let columns = Self.columns(features, values.states)
    directions = Self.orthonormal(columns.map { zip($0, weights).map { $0 * $1.squareRoot() } })
    var matrix = [Double](repeating: 0, count: d * d)
    for j in 0..<d {
      let gap = (0..<n).map { i in
        columns[j][i] - gamma
          * (starts[i]..<starts[i + 1]).reduce(0) { $0 + leads[$1].probability * columns[j][leads[$1].place] }
      }
      for k in 0..<d { matrix[j * d + k] = (0..<n).reduce(0) { $0 + weights[$1] * columns[k][$1] * gap[$1] } }
    }
    side = (0..<d).map { k in (0..<n).reduce(0) { $0 + weights[$1] * columns[k][$1] * rewards[$1] } }
    self.matrix = matrix
    fixedPoint = leastSquares(matrix, columns: d, side).x
  }

  /// √(Σ_s (w · x(s) − v_π(s))² / |S|)
  func valueError(_ w: [Double]) -> Double {
    var sum = 0.0
    for (i, s) in states.enumerated() {
      let gap = features.product(s, w) - exact[i]
      sum += gap * gap
    }
    return (sum / Double(states.count)).squareRoot()
  }

  /// √(Σ_s D(s) (w · x(s) − w_TD · x(s))²): how far the values are from those of TD's fixed point.
  func distanceToFixedPoint(_ w: [Double]) -> Double {
    var sum = 0.0
    for (i, s) in states.enumerated() {
      let gap = features.product(s, w) - features.product(s, fixedPoint)
      sum += weights[i] * gap * gap
    }
    return sum.squareRoot()
  }

  /// √PBE = ‖Π δ̄‖, δ̄(s) = E[R + γ v(S′)] − v(s).
  func projectedError(_ w: [Double]) -> Double {
    let v = states.map { features.product($0, w) }
    let errors = states.indices.map { i in
      let ahead = (starts[i]..<starts[i + 1]).reduce(0) { $0 + leads[$1].probability * v[leads[$1].place] }
      return (rewards[i] + gamma * ahead - v[i]) * weights[i].squareRoot()
    }
    return directions.reduce(0) { sum, direction in
      let part = zip(direction, errors).reduce(0) { $0 + $1.0 * $1.1 }
      return sum + part * part
    }.squareRoot()
  }

  /// The features by column. Shape `[d, states]`.
  private static func columns(_ features: StateFeatures, _ states: [Int]) -> [[Double]] {
    let rows = states.map(features.features)
    return (0..<features.count).map { i in rows.map { $0[i] } }
  }

  /// Where the behaviour spends its time: dᵀ = dᵀP, Σ d = 1, an episode's end leading to the next one's start.
  private static func shares(of policy: [Double], over states: [Int], in model: TransitionTable) -> [Double]? {
    let n = states.count
    var place = [Int](repeating: -1, count: model.states)
    for (i, s) in states.enumerated() { place[s] = i }
    // Column j of the system is row j of I − P, but for the last equation, which is the sum.
    var system = [Double](repeating: 0, count: n * n)
    for (i, s) in states.enumerated() {
      system[i * n + i] += 1
      for pair in s * model.actions..<(s + 1) * model.actions where policy[pair] > 0 {
        for b in Int(model.starts[pair])..<Int(model.starts[pair + 1]) {
          let (branch, share) = (model.branches[b], policy[pair] * model.probabilities[b])
          if branch.isTerminal {
            for (j, start) in states.enumerated() { system[i * n + j] -= share * model.initial[start] }
          } else if share > 0 {
            system[i * n + place[Int(branch.next)]] -= share
          }
        }
      }
      system[i * n + n - 1] = 1
    }
    var d = [Double](repeating: 0, count: n)
    d[n - 1] = 1
    guard solve(&system, &d), d.allSatisfy({ $0 > -1e-9 }) else { return nil }
    return d.map { max($0, 0) }
  }

  /// Gram and Schmidt's basis of the span of some columns, each made orthogonal twice.
  private static func orthonormal(_ columns: [[Double]]) -> [[Double]] {
    var basis: [[Double]] = []
    for column in columns {
      let size = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
      var rest = column
      for _ in 0..<2 {
        for direction in basis {
          let part = zip(direction, rest).reduce(0) { $0 + $1.0 * $1.1 }
          for i in rest.indices { rest[i] -= part * direction[i] }
        }
      }
      let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if length > 1e-9 * size { basis.append(rest.map { $0 / length }) }
    }
    return basis
  }
}
