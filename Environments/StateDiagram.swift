import RLCore

// Diagrams of worlds with a handful of states, as textbooks draw them: states are circles, moves are arrows.
extension Drawing {
  /// A state: a circle with its name, or a square where episodes end.
  struct Node {
    var name: String
    var place: Point
    var isEnd = false

    init(_ name: String, _ x: Double, _ y: Double, isEnd: Bool = false) {
      self.name = name
      place = Point(x, y)
      self.isEnd = isEnd
    }
  }

  static let nodeRadius = 0.25

  /// A diagram in which the agent's state is filled. Arrows that go both ways bend apart; one from a state to itself is
  /// a small loop above it.
  init(nodes: [Node], arrows: [(from: Int, to: Int)], agent: Int) {
    var shapes: [Shape] = []
    for arrow in arrows {
      let start = nodes[arrow.from].place
      if arrow.from == arrow.to {
        shapes.append(.circle(Point(start.x, start.y + 1.5 * Self.nodeRadius), radius: 0.125, filled: false, .faint))
      } else {
        let isTwoWay = arrows.contains { $0.from == arrow.to && $0.to == arrow.from }
        shapes += Self.arrow(from: start, to: nodes[arrow.to].place, bend: isTwoWay ? 0.25 : 0)
      }
    }
    for (index, node) in nodes.enumerated() {
      let ink: Ink = index == agent ? .accent : .body
      if node.isEnd {
        let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map {
          Point(node.place.x + $0.0 * Self.nodeRadius, node.place.y + $0.1 * Self.nodeRadius)
        }
        shapes.append(.polygon(corners, filled: index == agent, ink))
      } else {
        shapes.append(.circle(node.place, radius: Self.nodeRadius, filled: index == agent, ink))
      }
      if !node.name.isEmpty { shapes.append(.label(node.name, node.place, .plain)) }
    }
    let x = nodes.map(\.place.x)
    let y = nodes.map(\.place.y)
    self.init(
      bounds: Bounds(x: x.min()! - 0.5...x.max()! + 0.5, y: y.min()! - 0.7...y.max()! + 0.7), shapes: shapes)
  }

  /// From rim to rim; `bend` moves the middle to the left of the way.
  private static func arrow(from start: Point, to end: Point, bend: Double) -> [Shape] {
    let length = ((end.x - start.x) * (end.x - start.x) + (end.y - start.y) * (end.y - start.y)).squareRoot()
    let along = Point((end.x - start.x) / length, (end.y - start.y) / length)
    func place(_ forward: Double, _ left: Double) -> Point {
      Point(start.x + along.x * forward - along.y * left, start.y + along.y * forward + along.x * left)
    }
    let gap = length - 2 * nodeRadius
    let way = (0...8).map { i in
      let t = Double(i) / 8
      return place(nodeRadius + t * gap, 4 * t * (1 - t) * bend)
    }
    let tip = length - nodeRadius
    return [
      .path(way, .faint),
      .path([place(tip - 0.125, bend / 3 + 0.07), place(tip, 0), place(tip - 0.125, bend / 3 - 0.07)], .faint),
    ]
  }
}
