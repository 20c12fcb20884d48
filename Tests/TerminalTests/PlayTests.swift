import RLCore
import Testing

@testable import Terminal

@Suite struct PlayStateTests {
  private func state(
    _ space: Space, isTurnBased: Bool = false, moves: [Drawing.Grid.Move] = [], _ keys: Key...
  ) throws -> PlayState {
    var state = try #require(PlayState(space, isTurnBased: isTurnBased, moves: moves))
    for key in keys { _ = state.handle(key) }
    return state
  }

  private static let three = Space.discrete(3)
  private static let motor = Space.box(low: [-2], high: [2])

  @Test func whatAKeyboardCannotChoose() {
    #expect(PlayState(.box(low: [-1, -1], high: [1, 1]), isTurnBased: false) == nil)
    #expect(PlayState(.box(low: [-1], high: [.infinity]), isTurnBased: false) == nil)
  }

  @Test func arrowsAndDigitsChooseActions() throws {
    #expect(try state(Self.three).action == 1)
    #expect(try state(Self.three, .left).action == 0 && state(Self.three, .right).action == 2)
    #expect(try state(Self.three, .right, .down).action == 1)
    #expect(try state(.discrete(6), .character("4")).action == 4)
    #expect(try state(.discrete(6), .character("4"), .character("7"), .up).action == 4)
    #expect(try state(.discrete(2), .right).action == 1)
  }

  @Test func aNumberIsMoreOrLess() throws {
    #expect(try state(Self.motor).action == 0)
    #expect(try state(Self.motor, .right).action == 0.5)
    #expect(try state(Self.motor, .left, .left, .left, .left, .left, .left).action == -2)
    #expect(try state(Self.motor, .right, .right, .down).action == 0)
    #expect(try state(Self.motor, .character("0")).action == -2 && state(Self.motor, .character("9")).action == 2)
  }

  @Test func onAGridArrowsAreItsMoves() throws {
    let moves = GridPictureTests.cross
    for (key, action) in [(Key.up, 0.0), (.right, 1), (.down, 2), (.left, 3)] {
      var state = try state(.discrete(4), isTurnBased: true, moves: moves)
      let wish = state.handle(key)
      #expect(wish == .step && state.action == action)
    }
    // A move that is not among the actions is none.
    var sideways = try state(.discrete(2), isTurnBased: true, moves: [moves[1], moves[3]])
    let wish = sideways.handle(.up)
    #expect(wish == nil)
  }

  @Test func timeBeginsWithTheFirstKey() throws {
    var state = try state(Self.three)
    var steps = state.due(after: 9, pace: 20)
    #expect(steps == 0)
    _ = state.handle(.left)
    steps = state.due(after: 0.55, pace: 20)
    #expect(steps == 5)
    _ = state.handle(.character(" "))
    steps = state.due(after: 9, pace: 20)
    #expect(steps == 0)
    let wish = state.handle(.character("."))
    #expect(wish == .step)
    var turns = try self.state(.discrete(4), isTurnBased: true, .right)
    steps = turns.due(after: 9, pace: 4)
    #expect(steps == 0)
  }

  @Test func anEpisodeEndsAndAnotherBegins() throws {
    var state = try state(Self.three, .left)
    state.take(Step(reward: -1, ending: .running))
    state.take(Step(reward: -2, ending: .terminated))
    #expect(state.totalReward == -3 && state.steps == 2)
    var wish = state.handle(.right)
    let steps = state.due(after: 9, pace: 20)
    #expect(wish == nil && steps == 0)
    wish = state.handle(.enter)
    #expect(wish == .restart)
    wish = state.handle(.character("q"))
    #expect(wish == .quit)
  }

  @Test func theFrameSaysHowItStands() throws {
    var state = try state(Self.motor, .right)
    state.take(Step(reward: -1.5, ending: .running))
    func page(_ width: Int, _ height: Int) -> Frame {
      playFrame(state, Sample.pendulum, title: "Pendulum-v1", note: "saved it", width: width, height: height)
    }
    let text = page(80, 24).text
    for words in ["Pendulum-v1", "saved it", "step 1", "action 0.500", "reward -1.500", "return -1.500", "? help"] {
      #expect(text.contains(words), "\(text)")
    }
    #expect(page(20, 5).lines[4].hasPrefix("t 1") && page(20, 5).lines[4].hasSuffix("-1.500"))
    for (width, height) in [(1, 1), (20, 5), (39, 30), (60, 15), (200, 60)] {
      #expect(page(width, height).cells.count == width * height)
    }
    _ = state.handle(.character("?"))
    #expect(page(80, 24).text.contains("an unfinished episode is not kept"))
  }
}
