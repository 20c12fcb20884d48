import Testing

@testable import Terminal

@Suite struct ReplayStateTests {
  private func state(_ keys: Key..., lengths: [Int] = [200, 50]) -> ReplayState {
    var state = ReplayState(lengths: lengths, speed: 1)
    for key in keys { _ = state.handle(key) }
    return state
  }

  @Test func timeMovesIt() {
    var state = state()
    var moved = state.advance(seconds: 0.04, pace: 20)
    #expect(!moved)
    moved = state.advance(seconds: 0.04, pace: 20)
    #expect(moved)
    #expect(state.position == 1)
    moved = state.advance(seconds: 1, pace: 20)
    #expect(moved)
    #expect(state.position == 21)
    moved = state.advance(seconds: 1000, pace: 20)
    #expect(moved)
    #expect(state.isAtEnd && state.position == 200)
    moved = state.advance(seconds: 1000, pace: 20)
    #expect(!moved)
  }

  @Test func theMouseGoesToAPlaceOfTheBar() {
    var state = state()
    state.bounds = Rect(x: 0, y: 0, width: 80, height: 24)
    _ = state.handle(.click(x: 77, y: 22))
    #expect(state.position == 200)
    _ = state.handle(.click(x: 2, y: 22))
    #expect(state.position == 0)
    _ = state.handle(.click(x: 40, y: 3))
    #expect(state.position == 0)
    _ = state.handle(.wheel(up: false, x: 40, y: 3))
    #expect(state.position == 1 && state.isPaused)
  }

  @Test func pausing() {
    var state = state(.character(" "))
    #expect(state.isPaused)
    var moved = state.advance(seconds: 10, pace: 20)
    #expect(!moved)
    _ = state.handle(.character(" "))
    moved = state.advance(seconds: 1, pace: 20)
    #expect(moved)
    #expect(state.position == 20)
  }

  @Test func steppingPauses() {
    #expect(state(.character("."), .right).position == 2)
    #expect(state(.right).isPaused)
    #expect(state(.character(","), .left).position == 0)
    #expect(state(.end, .left).position == 199)
    #expect(state(.end, .right).position == 200)
  }

  @Test func speeds() {
    #expect(state(.character("+"), .up).speed == 4)
    #expect(state(.down, .character("-"), .character("-")).speed == 0.125)
    var fast = ReplayState(lengths: [9], speed: 1e9)
    for _ in 0..<20 { _ = fast.handle(.down) }
    #expect(fast.speed == 1.0 / 16)
    #expect(ReplayState(lengths: [9], speed: .nan).speed == 1)
  }

  @Test func scrubbing() {
    #expect(state(.character("5")).position == 100)
    #expect(state(.character("9")).position == 180)
    #expect(state(.character("9"), .character("0")).position == 0)
    #expect(state(.end).position == 200)
    #expect(state(.end, .home).position == 0)
  }

  @Test func episodesFollowInARing() {
    #expect(state(.character("n")).length == 50)
    #expect(state(.character("n"), .character("n")).episode == 0)
    #expect(state(.character("p")).episode == 1)
    #expect(state(.character("7"), .character("n")).position == 0)
  }

  @Test func theWorstErrorAndTheControls() {
    var state = ReplayState(lengths: [200, 50], worst: [137, nil], speed: 1)
    _ = state.handle(.character("w"))
    #expect(state.position == 137 && state.isPaused && state.notice == "")
    _ = state.handle(.character("n"))
    _ = state.handle(.character("w"))
    #expect(state.position == 0 && state.notice.contains("no values were recorded"))
    _ = state.handle(.character("b"))
    #expect(state.wantsControls && state.isPaused && state.notice == "")
    state.answer("no")
    #expect(!state.wantsControls && state.notice == "no")
  }

  @Test func looping() {
    var state = state(.character("l"), .end)
    let moved = state.advance(seconds: 1, pace: 20)
    #expect(moved)
    #expect(state.position == 0)
  }

  @Test func spaceAtTheEndBeginsAgain() {
    #expect(state(.end, .character(" ")).position == 0)
    let paused = state(.right, .end, .character(" "))
    #expect(paused.position == 0 && !paused.isPaused)
  }

  @Test func quittingAndHelp() {
    var state = state()
    var quits = state.handle(.character("q"))
    #expect(quits)
    quits = state.handle(.escape)
    #expect(quits)
    _ = state.handle(.character("?"))
    #expect(state.showsHelp)
    _ = state.handle(.character("9"))
    #expect(!state.showsHelp && state.position == 0)
  }

  @Test func unknownKeysDoNothing() {
    let before = ReplayState(lengths: [10], speed: 1)
    #expect(state(.character("z"), .resize, .enter, .character("é"), lengths: [10]) == before)
  }
}
