import RLCore
import Testing

@testable import Terminal

@Suite struct GridPictureTests {
  typealias Move = Drawing.Grid.Move
  static let cross = [
    Move(down: -1, right: 0), Move(down: 0, right: 1), Move(down: 1, right: 0), Move(down: 0, right: -1),
  ]

  private func grid(
    _ rows: Int, _ columns: Int, _ kinds: [Int: Drawing.Grid.Cell] = [:], agent: Int? = nil, moves: [Move] = cross
  ) -> Drawing.Grid {
    Drawing.Grid(
      rows: rows, columns: columns, cells: (0..<rows * columns).map { kinds[$0] ?? .free }, agent: agent, moves: moves)
  }

  private func draw(_ grid: Drawing.Grid, _ solution: Solution?, _ width: Int, _ height: Int) -> [String] {
    var frame = Frame(width: width, height: height)
    frame.draw(Drawing(grid: grid), in: frame.bounds, solution: solution)
    return frame.lines
  }

  /// The picture of one cell whose policy is shared among `best`.
  private func arrows(_ best: [Move], room: Int, of moves: [Move] = cross) -> String {
    let policy = moves.map { best.contains($0) ? 1 / Double(best.count) : 0 }
    let solution = Solution(states: 1, actions: moves.count, v: [0], q: policy, policy: policy)
    return GridPicture(grid: grid(1, 1, moves: moves), solution: solution, room: 5).arrows(0, room: room)
  }

  @Test func oneBestActionIsAnArrow() {
    let moves = (-1...1).flatMap { down in (-1...1).map { Move(down: down, right: $0) } }
    #expect(moves.map { arrows([$0], room: 1, of: moves) }.joined() == "↖↑↗←∘→↙↓↘")
  }

  @Test func severalAreListedOrJoined() {
    let (up, right, down, left) = (Self.cross[0], Self.cross[1], Self.cross[2], Self.cross[3])
    #expect(arrows([up, right], room: 3) == "↑→")
    #expect(arrows([up, right], room: 1) == "╰")
    #expect(arrows([down, left], room: 1) == "╮")
    #expect(arrows([left, right], room: 1) == "─")
    #expect(arrows([up, down, left], room: 2) == "┤")
    #expect(arrows([up, right, left], room: 1) == "┴")
    #expect(arrows([up, right, down, left], room: 9) == "·")
    let withStay = Self.cross + [Move(down: 0, right: 0)]
    #expect(arrows([up, withStay[4]], room: 1, of: withStay) == "✱")
    #expect(arrows([up, right, down, left], room: 1, of: withStay) == "┼")
  }

  @Test func kindsWithoutASolution() {
    let kinds: [Int: Drawing.Grid.Cell] = [0: .start, 1: .wall, 2: .cliff, 3: .target, 4: .teleport]
    #expect(draw(grid(1, 6, kinds, agent: 5), nil, 6, 1) == ["S█░◎○●"])
    #expect(
      draw(grid(1, 3, [1: .forbidden]), nil, 13, 3) == ["╭───┬───┬───╮", "│ · │░░░│ · │", "╰───┴───┴───╯"])
  }

  @Test func valuesArrowsAndAgent() {
    let solution = Solution(greedyWith: [0, 1, 0, 0, -12.5, -12.5, -20, -20], states: 2, actions: 4)
    #expect(
      draw(grid(1, 2, [1: .target], agent: 0), solution, 21, 5) == [
        "╭─────────┬─────────╮", "│●        │◎        │", "│    →    │   ↑→    │", "│   1.00  │ -12.50  │",
        "╰─────────┴─────────╯",
      ])
    #expect(draw(grid(1, 2, [1: .target], agent: 0), solution, 2, 1) == ["●◎"])
  }

  @Test func visitsAreCountsUponTheHeatOfTheirLogarithms() {
    func picture(_ visits: [Int], room: Int) -> GridPicture {
      var solution = Solution(greedyWith: [0, 5, 10, 0], states: 4, actions: 1)
      solution.visits = visits
      return GridPicture(grid: grid(1, 4, moves: [Self.cross[0]]), solution: solution, layer: .visits, room: room)
    }
    let wide = picture([0, 9, 99, 9999], room: 5)
    #expect((0..<4).map { wide.value($0) } == ["    0", "    9", "   99", "9,999"])
    #expect((0..<4).map { wide.heat($0) } == [.heat0, .heat2, .heat4, .heat7])
    #expect(wide.sign(3, room: 5) == "")
    let long = picture([0, 999, 123_456, 12_345_678], room: 5)
    #expect((0..<4).map { long.value($0) } == ["    0", "  999", " 123k", "12.3M"])
    // Where no number fits, how many digits it has.
    let narrow = picture([0, 9, 99, 9999], room: 1)
    #expect((0..<4).map { narrow.value($0) } == [nil, nil, nil, nil])
    #expect((0..<4).map { narrow.sign($0, room: 1) } == ["·", "1", "2", "4"])
  }

  @Test func withoutCountsTheValuesAreShown() {
    let solution = Solution(greedyWith: [1, 0, -100, -101], states: 2, actions: 2)
    let moves = Array(Self.cross.prefix(2))
    let picture = GridPicture(grid: grid(1, 2, moves: moves), solution: solution, layer: .visits, room: 7)
    #expect(picture.value(0) == "   1.00" && picture.sign(0, room: 1) == "↑")
  }

  @Test func decimalsAreTheSameForAllAndGiveWay() {
    let solution = Solution(greedyWith: [1, 0, -100, -101], states: 2, actions: 2)
    func widths(_ room: Int) -> [String?] {
      let picture = GridPicture(grid: grid(1, 2), solution: solution, room: room)
      return [picture.value(0), picture.value(1)]
    }
    #expect(widths(7) == ["   1.00", "-100.00"])
    #expect(widths(6) == ["   1.0", "-100.0"])
    #expect(widths(4) == ["   1", "-100"])
    #expect(widths(3) == [nil, nil])
  }

  @Test func heatRunsFromTheLowestToTheHighestValue() {
    let solution = Solution(greedyWith: [0, 5, 10], states: 3, actions: 1)
    let picture = GridPicture(grid: grid(1, 3), solution: solution, room: 5)
    #expect([0, 1, 2].map(picture.heat) == [.heat0, .heat4, .heat7])
    let flat = Solution(greedyWith: [2, 2], states: 2, actions: 1)
    #expect(GridPicture(grid: grid(1, 2), solution: flat, room: 5).heat(0) == .heat3)
    let odd = Solution(greedyWith: [.infinity, 1], states: 2, actions: 1)
    #expect(GridPicture(grid: grid(1, 2), solution: odd, room: 5).heat(0) == nil)
  }

  @Test func aLargeGridIsShownAroundTheAgent() {
    let lines = draw(grid(100, 100, [5050: .target], agent: 5051), nil, 9, 3)
    #expect(lines.count == 3)
    #expect(lines.joined().contains("◎●"))
  }

  @Test func aSolutionOfAnotherWorldIsNotShown() {
    let solution = Solution(greedyWith: [1, 2], states: 2, actions: 1)
    #expect(draw(grid(1, 3), solution, 3, 1) == ["···"])
  }
}
