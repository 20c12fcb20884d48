import RLCore
import Testing

@testable import Environments

@Suite struct StateDiagramTests {
  private let nodes = [Drawing.Node("a", 0, 0), .init("b", 3, 0), .init("", 3, 2, isEnd: true)]

  private func paths(_ drawing: Drawing) -> [[Drawing.Point]] {
    drawing.shapes.compactMap { if case .path(let points, .faint) = $0 { points } else { nil } }
  }

  @Test func fillsTheAgentsState() {
    let drawing = Drawing(nodes: nodes, arrows: [], agent: 1)
    #expect(
      drawing.shapes == [
        .circle(.init(0, 0), radius: 0.25, filled: false, .body), .label("a", .init(0, 0), .plain),
        .circle(.init(3, 0), radius: 0.25, filled: true, .accent), .label("b", .init(3, 0), .plain),
        .polygon([.init(2.75, 1.75), .init(3.25, 1.75), .init(3.25, 2.25), .init(2.75, 2.25)], filled: false, .body),
      ])
    #expect(drawing.bounds == .init(x: -0.5...3.5, y: -0.7...2.7))
  }

  @Test func arrowsGoFromRimToRim() {
    let paths = paths(Drawing(nodes: nodes, arrows: [(from: 0, to: 1)], agent: 0))
    #expect(paths.count == 2 && paths[0].first == .init(0.25, 0) && paths[0].last == .init(2.75, 0))
    #expect(paths[0].allSatisfy { $0.y == 0 } && paths[1][1] == .init(2.75, 0))
  }

  @Test func arrowsBothWaysBendApartAndOneToItselfIsALoop() {
    let drawing = Drawing(nodes: nodes, arrows: [(from: 0, to: 1), (from: 1, to: 0), (from: 1, to: 1)], agent: 0)
    let middles = paths(drawing).filter { $0.count == 9 }.map { $0[4].y }
    #expect(middles == [0.25, -0.25])
    #expect(drawing.shapes.contains(.circle(.init(3, 0.375), radius: 0.125, filled: false, .faint)))
  }
}
