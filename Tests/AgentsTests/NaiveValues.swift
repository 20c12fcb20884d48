import RLCore

/// Optimal values by the textbook's loop over outcomes, with nothing shared with the planners: synchronous sweeps until
/// nothing moves by more than 1e-15 of the largest value.
func naiveValues(_ process: some FiniteMDP, discount gamma: Double) -> [Double] {
  let rows = (0..<process.stateCount).map { s in (0..<process.actionCount).map { process.outcomes(s, $0) } }
  var v = [Double](repeating: 0, count: rows.count)
  for _ in 0..<100_000 {
    let next = rows.map { row in
      row.map { outcomes in
        outcomes.reduce(0) { $0 + $1.probability * ($1.reward + ($1.isTerminal ? 0 : gamma * v[$1.next])) }
      }.max()!
    }
    let change = zip(next, v).reduce(0) { max($0, abs($1.0 - $1.1)) }
    v = next
    if change <= 1e-15 * max(1, v.reduce(0) { max($0, abs($1)) }) { break }
  }
  return v
}
