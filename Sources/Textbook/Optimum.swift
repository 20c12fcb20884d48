import Agents
import Environments
import RLCore

/// The optimal values of a finite process, by the catalogue's own value iteration.
struct Optimum {
  let model: TransitionTable
  let solution: Solution

  /// Throws ``RLCore/CoreError/badModel``.
  init(of process: some FiniteMDP, tolerance: Double = 1e-11) throws {
    model = try TransitionTable(process)
    var configuration = ValueIteration.Configuration()
    configuration.tolerance = tolerance
    var solver = ValueIteration(configuration, for: model)
    var meter = Meter(tags: ValueIteration.metricTags)
    while !solver.isConverged { try solver.sweep(into: &meter) }
    solution = solver.solution
  }

  var v: [Double] { solution.v }

  /// Q(s, ·) of each state.
  var q: Quantity { table(solution.actionValues) }

  /// All optimal actions of each state, ties within 10⁻⁹.
  var actions: [[Int]] { solution.chosen }
}

extension Solution {
  /// Q(s, ·) of each state.
  var actionValues: [[Double]] { rows(q) }

  /// The actions that the policy may choose in each state.
  var chosen: [[Int]] { rows(policy).map { row in row.indices.filter { row[$0] > 0 } } }

  /// This solution's greedy actions, ties within 10⁻⁹.
  var greedy: [[Int]] { Solution(greedyWith: q, states: states, actions: actions).chosen }

  /// A table of shape `[states, actions]` in rows.
  func rows(_ table: [Double]) -> [[Double]] {
    (0..<states).map { Array(table[$0 * actions..<($0 + 1) * actions]) }
  }
}

extension GridWorld {
  /// Values and best moves of this grid as a figure.
  func figure(_ title: String, _ optimum: Optimum) -> Figure { figure(title, optimum.v, optimum.actions) }

  func figure(_ title: String, _ v: [Double], _ chosen: [[Int]]) -> Figure {
    let arrows: [Direction: String] = [
      .up: "↑", .right: "→", .down: "↓", .left: "←", .stay: "○", .upRight: "↗", .downRight: "↘", .downLeft: "↙",
      .upLeft: "↖",
    ]
    return Figure(
      title: title, columns: columns, values: v,
      arrows: chosen.map { $0.compactMap { arrows[actions[$0]] }.joined() })
  }
}

/// `values` in rows of `columns`.
func grid(_ values: [Double], columns: Int) -> Quantity {
  .list(
    stride(from: 0, to: values.count, by: columns).map {
      .list(values[$0..<$0 + columns].map(Quantity.number))
    })
}

func table(_ rows: [[Double]]) -> Quantity { .list(rows.map { .list($0.map(Quantity.number)) }) }
