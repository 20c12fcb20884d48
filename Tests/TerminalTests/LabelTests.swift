import RLCore
import RunStore
import Testing

@testable import Terminal

@Suite struct LabelTests {
  private static let drawing = Drawing(
    bounds: .init(x: 0...1, y: 0...1),
    shapes: [.circle(.init(0.5, 0.5), radius: 0.3, filled: true, .body)])

  private func state(_ labels: [Int: PairLabel] = [:]) -> LabelState {
    var state = LabelState(wanted: 3, labels: labels)
    state.show(lengths: [4, 9], worths: [4, 9])
    return state
  }

  @Test func keysSayWhich() {
    for (key, preference) in [
      (Key.left, 1.0), (.right, 0), (.character("="), 0.5), (.character("s"), nil),
    ] as [(Key, Double?)] {
      var state = state()
      let said = PairLabel(pair: 0, preference: preference, labeler: "human", worths: [4, 9])
      let request = state.handle(key)
      #expect(request == .say(said))
      #expect(state.pair == 1 && state.decided == (preference == nil ? 0 : 1))
    }
    var state = state()
    let request = state.handle(.character("q"))
    #expect(request == .quit)
  }

  /// The last label is taken back, in words too, and its pair is shown again; earlier sittings' as well.
  @Test func undoes() {
    var state = state([0: PairLabel(pair: 0, preference: 1, labeler: "human", worths: [1, 2])])
    #expect(state.pair == 1)
    _ = state.handle(.right)
    guard case .say(let undone) = state.handle(.character("u")) else {
      Issue.record("nothing was undone")
      return
    }
    #expect(undone.pair == 1 && undone.undone == true && undone.preference == nil && state.pair == 1)
    _ = state.handle(.character("u"))
    let request = state.handle(.character("u"))
    #expect(state.pair == 0 && state.decided == 0 && request == .nothing)
  }

  @Test func playsBothAtOnce() {
    var state = state()
    func passes(_ seconds: Double) -> Bool { state.advance(seconds: seconds, pace: 10) }
    var moved = passes(0.5)
    #expect(moved && state.position == 5)
    _ = state.handle(.character(" "))
    moved = passes(1)
    #expect(!moved && state.position == 5)
    _ = state.handle(.character("r"))
    #expect(state.position == 0)
    moved = passes(9)
    #expect(moved && state.position == 9)
    moved = passes(1)
    #expect(!moved)
  }

  @Test func frame() {
    var state = state()
    _ = state.advance(seconds: 0.6, pace: 10)
    let frame = labelFrame(
      state, title: "world", drawings: [Self.drawing, Self.drawing], endings: ["terminated", "truncated"], width: 80,
      height: 24)
    let lines = frame.lines
    #expect(lines.count == 24 && lines[0].hasPrefix("which is better?  world · pair 0"))
    #expect(lines[0].hasSuffix("0 of 3") && lines[1].contains("left") && lines[1].contains("terminated 4/4"))
    #expect(lines[1].contains("right") && lines[1].contains("6/9") && !lines[1].contains("truncated"))
    #expect(lines[23].contains("← left  → right  = neither  s skip  u undo"))
  }

  @Test func bearsAnySize() {
    for (width, height) in [(0, 0), (1, 1), (3, 2), (11, 5), (30, 6), (200, 60)] {
      let frame = labelFrame(
        state(), title: "world", drawings: [Self.drawing, Self.drawing], endings: ["over", "over"], width: width,
        height: height)
      #expect(frame.width == width && frame.height == height)
    }
  }
}
