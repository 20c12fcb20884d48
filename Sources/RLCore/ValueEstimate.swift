/// What a learner holds an observation to be worth: shown beside the world, and what a ``Surface`` is made of.
public struct ValueEstimate: Sendable, Equatable {
  /// The value of the state: that of its best action, or of what the policy does there.
  public var v: Double
  /// The value of each action, where there are finitely many and they are valued. Shape `[actions]`, or empty.
  public var q: [Double]
  /// The probability of each action as the policy explores, where it is a distribution over finitely many. Shape
  /// `[actions]`, or empty.
  public var p: [Double]

  public init(v: Double, q: [Double] = [], p: [Double] = []) {
    self.v = v
    self.q = q
    self.p = p
  }

  /// That of a learner of action values: v = max q.
  public init(q: [Double]) { self.init(v: q.max() ?? 0, q: q) }

  var isFinite: Bool { v.isFinite && q.allSatisfy(\.isFinite) && p.allSatisfy(\.isFinite) }
}

/// State values over a world whose state is one or two numbers, at points that lie evenly from bound to bound.
public struct Surface: Sendable, Equatable {
  /// Bounds of the state, that of the columns first. Shape `[1]` or `[2]`.
  public let low: [Double]
  public let high: [Double]
  /// Points along the second number, 1 where there is none, and along the first.
  public let rows: Int
  public let columns: Int
  /// Row by row, from the lowest second number on. Shape `[rows, columns]`.
  public let v: [Float]

  public init(low: [Double], high: [Double], rows: Int, columns: Int, v: [Float]) {
    precondition(low.count == high.count && (1...2).contains(low.count) && v.count == rows * columns)
    self.low = low
    self.high = high
    self.rows = rows
    self.columns = columns
    self.v = v
  }

  /// The values of numbered states; `nil` where there is one only.
  public init?(of solution: Solution) {
    guard solution.states > 1, solution.v.allSatisfy(\.isFinite) else { return nil }
    self.init(
      low: [0], high: [Double(solution.states - 1)], rows: 1, columns: solution.states, v: solution.v.map(Float.init))
  }

  /// The values of states in a box of one or two bounded numbers; `nil` for another space, or where a state has no finite
  /// value.
  public init?(over states: Space, value: ([Double]) -> Double?) {
    guard case .box(let low, let high) = states, (1...2).contains(low.count) else { return nil }
    let (rows, columns) = low.count == 1 ? (1, 101) : (21, 31)
    func place(_ axis: Int, _ index: Int, of count: Int) -> Double {
      let share = Double(index) / Double(count - 1)
      return Double(low[axis]) * (1 - share) + Double(high[axis]) * share
    }
    var v: [Float] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let state = [place(0, column, of: columns)] + (low.count == 2 ? [place(1, row, of: rows)] : [])
        guard let value = value(state).map(Float.init), value.isFinite else { return nil }
        v.append(value)
      }
    }
    self.init(low: low.map(Double.init), high: high.map(Double.init), rows: rows, columns: columns, v: v)
  }
}

extension Solution {
  /// What its tables say of each observation of an episode in their world; nothing where it was another one.
  func estimates(along episode: Episode) -> [ValueEstimate] {
    let places = episode.observations.doubles.compactMap { Int(exactly: $0) }
    guard places.count == episode.length + 1, places.allSatisfy({ (0..<states).contains($0) }) else { return [] }
    let estimates = places.map { ValueEstimate(v: v[$0], q: Array(q[$0 * actions..<($0 + 1) * actions])) }
    return estimates.allSatisfy(\.isFinite) ? estimates : []
  }
}

extension Episode {
  /// The error of each step's value, r + γ V(s′) − V(s): nothing is to come after a termination, and what a truncation cut
  /// off counts by its value. Empty where the agent did not say its values.
  public func temporalDifferences(discount: Double) -> [Double] {
    guard estimates.count == length + 1 else { return [] }
    return (0..<length).map { t in
      let future = terminations[t] ? 0 : discount * estimates[t + 1].v
      return rewards[t] + future - estimates[t].v
    }
  }
}

extension Environment {
  /// What a learner holds each observation of an episode to be worth; nothing where it does not say.
  func estimates(of episode: Episode, by estimate: (Observation) -> ValueEstimate?) -> [ValueEstimate] {
    let space = observationSpace
    let estimates = (0...episode.length).compactMap { position in
      Observation(numbers: episode.observations.row(position), in: space).flatMap(estimate)
    }
    return estimates.count == episode.length + 1 && estimates.allSatisfy(\.isFinite) ? estimates : []
  }

  /// The values of the world's states by what a learner holds their observations to be worth.
  func surface(by estimate: (Observation) -> ValueEstimate?) -> Surface? {
    guard let states = stateSpace else { return nil }
    let look = looking()
    return Surface(over: states) { look($0).flatMap(estimate)?.v }
  }

  /// The tables of what learns in a finite world without tables of its own, as a network that sees states as vectors.
  func solution(by estimate: (Observation) -> ValueEstimate?) -> Solution? {
    // States above which a network is not asked for the value of each.
    let most = 4096
    guard Observation.self != Int.self, case .discrete(let states)? = stateSpace,
      case .discrete(let actions) = actionSpace, states <= most
    else { return nil }
    let look = looking()
    let estimates = (0..<states).compactMap { look([Double($0)]).flatMap(estimate) }
    guard estimates.count == states, estimates.allSatisfy({ $0.isFinite && $0.q.count == actions }) else { return nil }
    return Solution(greedyWith: estimates.flatMap(\.q), states: states, actions: actions)
  }

  /// What is observed in a state; `nil` where there is no such state.
  private func looking() -> ([Double]) -> Observation? {
    var place = self
    place.freeze()
    var seen = emptyObservation()
    return { (try? place.restore(state: $0, into: &seen)) == nil ? nil : seen }
  }
}
