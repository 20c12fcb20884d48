import RLCore

/// Values of the cells of a grid and the best actions' directions, row by row.
public struct Figure: Sendable {
  public let title: String
  public let columns: Int
  public let values: [Double]
  /// The arrows of each cell's best actions, or the letters that Zhao's policies are spelled with.
  public let arrows: [String]

  /// The cells as a drawing, to be shown with ``solution``.
  public var drawing: Drawing {
    let rows = values.count / columns
    let grid = Drawing.Grid(
      rows: rows, columns: columns, cells: .init(repeating: .free, count: values.count), agent: nil,
      moves: Self.moves.map(\.move))
    return Drawing(grid: grid)
  }

  /// The values and, as a policy over the eight directions and staying, the arrows.
  public var solution: Solution {
    let policy = arrows.flatMap { arrows -> [Double] in
      let chosen = Self.moves.map { move in move.signs.contains { arrows.contains($0) } }
      let count = max(chosen.count { $0 }, 1)
      return chosen.map { $0 ? 1 / Double(count) : 0 }
    }
    return Solution(states: values.count, actions: Self.moves.count, v: values, q: policy, policy: policy)
  }

  private static let moves: [(signs: [Character], move: Drawing.Grid.Move)] = [
    (["↑", "U"], .init(down: -1, right: 0)), (["→", "R"], .init(down: 0, right: 1)),
    (["↓", "D"], .init(down: 1, right: 0)), (["←", "L"], .init(down: 0, right: -1)),
    (["○", "O"], .init(down: 0, right: 0)), (["↗"], .init(down: -1, right: 1)),
    (["↘"], .init(down: 1, right: 1)), (["↙"], .init(down: 1, right: -1)), (["↖"], .init(down: -1, right: -1)),
  ]
}
