import Agents
import Environments
import RLCore

/// The optimal values of a finite process, by the catalogue's own value iteration.
struct Optimum {
  let model: TransitionTable
  let solution: Solution
  /// Sweeps until the guaranteed bound was met.
  let sweeps: Int

  /// Throws ``RLCore/CoreError/badModel``.
  init(of process: some FiniteMDP, tolerance: Double = 1e-11) throws {
    model = try TransitionTable(process)
    var configuration = ValueIteration.Configuration()
    configuration.tolerance = tolerance
    var solver = ValueIteration(configuration, for: model)
    var meter = Meter(tags: ValueIteration.metricTags)
    var sweeps = 0
    while !solver.isConverged {
      solver.sweep(into: &meter)
      sweeps += 1
    }
    self.sweeps = sweeps
    solution = solver.solution
  }

  var v: [Double] { solution.v }

  /// Q(s, ·) of each state.
  var q: Quantity {
    .list(rows(solution.q).map { .list($0.map(Quantity.number)) })
  }

  /// All optimal actions of each state, ties within 10⁻⁹.
  var actions: [[Int]] { rows(solution.policy).map { row in row.indices.filter { row[$0] > 0 } } }

  private func rows(_ flat: [Double]) -> [[Double]] {
    (0..<solution.states).map { Array(flat[$0 * solution.actions..<($0 + 1) * solution.actions]) }
  }
}

extension GridWorld {
  /// Values and best moves of this grid as a figure.
  func figure(_ title: String, _ optimum: Optimum) -> Figure {
    let arrows: [Direction: String] = [
      .up: "↑", .right: "→", .down: "↓", .left: "←", .stay: "○", .upRight: "↗", .downRight: "↘", .downLeft: "↙",
      .upLeft: "↖",
    ]
    return Figure(
      title: title, columns: columns, values: optimum.v,
      arrows: optimum.actions.map { $0.compactMap { arrows[actions[$0]] }.joined() })
  }
}

/// `values` in rows of `columns`.
func grid(_ values: [Double], columns: Int) -> Quantity {
  .list(
    stride(from: 0, to: values.count, by: columns).map {
      .list(values[$0..<$0 + columns].map(Quantity.number))
    })
}
