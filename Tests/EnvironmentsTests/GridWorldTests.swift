import RLCore
import Testing

@testable import Environments

/// The rules of a move, one by one.
@Suite struct GridWorldTests {
  private static let everyDirection = GridWorld.Direction.allCases

  private func outcome(_ probability: Double, _ next: Int, _ reward: Double, _ isTerminal: Bool = false) -> Outcome {
    Outcome(probability: probability, next: next, reward: reward, isTerminal: isTerminal)
  }

  @Test(arguments: [
    (GridWorld.Direction.up, 1), (.right, 5), (.down, 7), (.left, 3), (.stay, 4), (.upRight, 2), (.downRight, 8),
    (.downLeft, 6), (.upLeft, 0),
  ])
  func everyDirectionLeadsToItsCell(direction: GridWorld.Direction, cell: Int) throws {
    var world = try GridWorld(map: ["...", ".S.", "..."])
    world.actions = [direction]
    #expect(world.outcomes(4, 0) == [outcome(1, cell, 0)])
  }

  @Test func cellsPayWhatTheyAreAndStayingPaysAgain() throws {
    var world = try GridWorld(map: ["ST.", "F.."])
    world.actions = [.right, .down, .left, .stay]
    world.step = -0.5
    world.forbidden = -7
    world.target = 3
    world.continuing = true
    #expect(world.outcomes(0, 0) == [outcome(1, 1, 3)])
    #expect(world.outcomes(0, 1) == [outcome(1, 3, -7)])
    #expect(world.outcomes(1, 0) == [outcome(1, 2, -0.5)])
    #expect(world.outcomes(1, 3) == [outcome(1, 1, 3)])
    #expect(world.outcomes(3, 3) == [outcome(1, 3, -7)])
    #expect(world.outcomes(3, 0) == [outcome(1, 4, -0.5)])
  }

  @Test func theEdgeAndWallsPayBoundaryAndKeepOneInPlace() throws {
    var world = try GridWorld(map: ["S#", "T."])
    world.actions = [.up, .right, .upRight, .stay]
    world.boundary = -1
    world.target = 5
    world.continuing = true
    #expect(world.outcomes(0, 0) == [outcome(1, 0, -1)])
    #expect(world.outcomes(0, 1) == [outcome(1, 0, -1)])
    // Clipped, this diagonal runs into the wall.
    #expect(world.outcomes(2, 2) == [outcome(1, 2, -1)])
    // Leaving the grid from a target pays boundary, not target.
    #expect(world.outcomes(3, 1) == [outcome(1, 3, -1)])
    #expect(world.outcomes(2, 3) == [outcome(1, 2, 5)])
  }

  @Test func aMoveOffTheGridSlidesAlongTheEdge() throws {
    var world = try GridWorld(map: ["..T", "S.."])
    world.actions = [.upRight, .downRight]
    world.boundary = -1
    #expect(world.outcomes(0, 0) == [outcome(1, 1, -1)])
    #expect(world.outcomes(3, 1) == [outcome(1, 4, -1)])
    // It enters the target on the way, so it ends, but it was outside, so it pays boundary.
    #expect(world.outcomes(1, 0) == [outcome(1, 2, -1, true)])
  }

  @Test func theTargetEndsUnlessTheWorldContinues() throws {
    var world = try GridWorld(map: ["ST"])
    #expect(world.outcomes(0, 1) == [outcome(1, 1, 1, true)])
    for a in 0..<4 { #expect(world.outcomes(1, a) == [outcome(1, 1, 0, true)]) }
    try world.set("continuing", to: .flag(true))
    #expect(world.outcomes(0, 1) == [outcome(1, 1, 1)])
    #expect(world.outcomes(1, 3) == [outcome(1, 0, 0)])
  }

  @Test func wallsAreNeverLeft() throws {
    let world = try GridWorld(map: ["S#"])
    for a in 0..<4 { #expect(world.outcomes(1, a) == [outcome(1, 1, 0, true)]) }
  }

  @Test func cliffsLeadBackToAnyStart() throws {
    var world = try GridWorld(map: ["SCS", ".C."])
    world.actions = [.right, .upRight]
    #expect(world.outcomes(0, 0) == [outcome(0.5, 0, -100), outcome(0.5, 2, -100)])
    world.boundary = -2
    // Clipped onto the cliff: outside, so boundary is paid, and back to a start.
    #expect(world.outcomes(0, 1) == [outcome(0.5, 0, -2), outcome(0.5, 2, -2)])
    #expect(world.initial == [0.5, 0, 0.5, 0, 0, 0])
  }

  @Test func withoutAStartEveryFreeCellIsOne() throws {
    let world = try GridWorld(map: [".F", "#.", "CT"])
    #expect(world.initial == [0.5, 0, 0, 0.5, 0, 0])
  }

  @Test(arguments: [
    (GridWorld.Direction.up, 3, 5), (.right, 1, 7), (.down, 5, 3), (.left, 7, 1), (.upRight, 0, 8),
    (.downRight, 2, 6), (.downLeft, 8, 0), (.upLeft, 6, 2),
  ])
  func slipsGoToBothSides(direction: GridWorld.Direction, left: Int, right: Int) throws {
    var world = try GridWorld(map: ["...", ".S.", "..."])
    world.actions = [direction]
    let intended = world.outcomes(4, 0)[0].next
    world.slip = 0.1
    #expect(world.outcomes(4, 0) == [outcome(0.1, left, 0), outcome(0.8, intended, 0), outcome(0.1, right, 0)])
    world.slip = 0.5
    #expect(world.outcomes(4, 0) == [outcome(0.5, left, 0), outcome(0.5, right, 0)])
  }

  @Test func stayingNeverSlips() throws {
    var world = try GridWorld(map: ["S."])
    world.actions = [.stay]
    world.slip = 0.3
    #expect(world.outcomes(0, 0) == [outcome(1, 0, 0)])
  }

  @Test func windOfTheColumnOneLeavesPushesUp() throws {
    var world = try GridWorld(map: ["...", "...", "S.."])
    world.actions = [.right, .stay]
    world.wind = [1, 2, 0]
    world.boundary = -1
    #expect(world.outcomes(6, 0) == [outcome(1, 4, 0)])
    #expect(world.outcomes(7, 0) == [outcome(1, 2, 0)])
    // Blown off the top: clipped, and boundary.
    #expect(world.outcomes(4, 0) == [outcome(1, 2, -1)])
    #expect(world.outcomes(8, 1) == [outcome(1, 8, 0)])
    #expect(world.outcomes(6, 1) == [outcome(1, 3, 0)])
  }

  @Test func windNoiseIsOneLessOrMoreWhereThereIsWind() throws {
    var world = try GridWorld(map: ["..", "..", "..", "S."])
    world.actions = [.stay, .right]
    world.wind = [1, 0]
    world.windNoise = true
    #expect(world.outcomes(6, 0) == [outcome(1.0 / 3, 6, 0), outcome(1.0 / 3, 4, 0), outcome(1.0 / 3, 2, 0)])
    #expect(world.outcomes(7, 0) == [outcome(1, 7, 0)])
    world.slip = 0.25
    let outcomes = world.outcomes(6, 1)
    #expect(outcomes.count == 9)
    #expect(abs(outcomes.reduce(0) { $0 + $1.probability } - 1) < 1e-15)
    #expect(outcomes.filter { $0.next == 5 } == [outcome(0.5 / 3, 5, 0)])
  }

  @Test func teleportsIgnoreTheActionAndSlipAndWind() throws {
    var world = try GridWorld(map: ["S..", "..T"])
    world.teleports = [1: .init(to: 3, reward: 10), 4: .init(to: 5, reward: 2)]
    world.slip = 0.2
    world.wind = [1, 1, 1]
    for a in 0..<4 {
      #expect(world.outcomes(1, a) == [outcome(1, 3, 10)])
      #expect(world.outcomes(4, a) == [outcome(1, 5, 2, true)])
    }
  }

  @Test func boundaryAndForbiddenFollowStepUntilTheyAreSet() throws {
    var world = try GridWorld(map: ["SF"])
    try world.set("step", to: .number(-3))
    #expect(world.boundary == -3 && world.forbidden == -3)
    try world.set("forbidden", to: .integer(-10))
    try world.set("step", to: .number(-1))
    #expect(world.boundary == -1 && world.forbidden == -10)
  }

  @Test func settingsReachEveryProperty() throws {
    var world = try GridWorld(map: ["ST"])
    let changes: [(String, SettingValue)] = [
      ("step", .number(-1)), ("boundary", .number(-2)), ("forbidden", .number(-3)), ("target", .number(4)),
      ("cliff", .number(-5)), ("discount", .number(0.5)), ("slip", .number(0.1)), ("continuing", .flag(true)),
      ("limit", .integer(50)),
    ]
    for (name, value) in changes { try world.set(name, to: value) }
    #expect(world.settingValues.map(\.name) == changes.map(\.0))
    #expect(world.settingValues.map(\.value) == changes.map(\.1))
    #expect(world.limit == 50)
    try world.set("limit", to: .integer(0))
    #expect(world.limit == nil)
    for (name, value) in [("discount", 2.0), ("slip", 0.6), ("step", Double.nan), ("limit", -1)] {
      #expect(throws: CoreError.self) { try world.set(name, to: .number(value)) }
    }
  }

  @Test func drawsItsCells() throws {
    var world = try GridWorld(map: ["S.F", "#CT"])
    world.teleports = [1: .init(to: 0, reward: 1)]
    let grid = try #require(world.drawing(ofState: 2).grid)
    #expect(grid.rows == 2 && grid.columns == 3 && grid.agent == 2)
    #expect(grid.cells == [.start, .teleport, .forbidden, .wall, .cliff, .target])
    #expect(grid.moves.count == 4)
  }

  @Test(arguments: [
    ([], "the map: it is empty; expected at least one row of cells"),
    (["S.", "."], "the map: row 1 has 1 cells; expected 2, as row 0 has"),
    (["S.", ".G"], "the map: 'G' at row 1, column 1 is not a cell; expected one of . S T F # C"),
    (["#F", "TC"], "the map: it has no cell to start in; expected a start 'S' or a free cell '.'"),
  ])
  func wrongMapsAreRefused(map: [String], message: String) throws {
    let error = try #require(throws: EnvironmentError.self) { try GridWorld(map: map) }
    #expect(error.description == message)
  }

  @Test func hugeMapsAreRefused() throws {
    let wide = try #require(throws: EnvironmentError.self) {
      try GridWorld(map: [String(repeating: ".", count: 1 << 21), "", ""])
    }
    #expect(wide.description == "the map: it has 3 rows of 2097152 cells; expected 4194304 cells or fewer")
    let steep = try #require(throws: EnvironmentError.self) {
      try GridWorld(map: [String(repeating: "C", count: 3000), String(repeating: ".", count: 3000)])
    }
    #expect(steep.description == "the map: 3000 cliff cells lead back to 3000 starts; expected fewer starts 'S'")
  }
}
