import RLCore
import Testing

@testable import Terminal

@Suite struct ReplayFrameTests {
  private let episode = TemporaryRun.episode(10)

  private func frame(_ position: Int, _ width: Int, _ height: Int) -> Frame {
    var state = ReplayState(lengths: [10], speed: 1)
    for _ in 0..<position { _ = state.handle(.right) }
    let moment = Moment(of: episode, at: position, title: "ddpg at 4,000", drawing: dot)
    return replayFrame(state, moment, solution: nil, width: width, height: height)
  }

  @Test func aMomentHasTheActionTakenAndWhatItEarned() {
    let moment = Moment(of: episode, at: 4, title: "", drawing: dot)
    #expect(moment.returnSoFar == -4 && moment.reward == -1 && moment.action == [1] && moment.ending == nil)
    #expect(moment.observation == [0.5] && moment.drawing == dot([4]))
    let last = Moment(of: episode, at: 10, title: "", drawing: dot)
    #expect(last.action == nil && last.reward == nil && last.ending == "truncated" && last.returnSoFar == -10)
  }

  @Test func itShowsTheNumbers() {
    let text = frame(4, 80, 24).text
    for words in ["ddpg at 4,000", "step 4/10", "-4.000", "-1.000", "observation", "0.500", "paused", "? help"] {
      #expect(text.contains(words), "\(words)")
    }
    #expect(frame(10, 80, 24).text.contains("truncated"))
  }

  @Test func itShowsWhatTheAgentHeldItToBeWorth() throws {
    var valued = episode
    valued.estimates = (0...10).map { ValueEstimate(q: [Double($0), 7.5]) }
    let moment = Moment(of: valued, at: 4, title: "", drawing: dot)
    var state = ReplayState(lengths: [10], speed: 1)
    let lines = replayFrame(state, moment, solution: nil, width: 80, height: 24).lines
    // Action 1 is taken, and the best.
    for words in ["value            7.500", " Q 0 ───", "4.000", "▸Q 1 ███", "7.500"] {
      #expect(lines.contains { $0.contains(words) }, "\(lines.joined(separator: "\n"))")
    }
    #expect(!frame(4, 80, 24).text.contains("value "))
    var text = ""
    try replayText(of: valued, title: "run", every: 10, width: 9, height: 2, drawing: dot, write: { text += $0 })
    // After the last step the ending is what counts.
    #expect(text.contains("value 7.500  q 0, 7.500\n") && text.contains("return -10.00  truncated\n"))

    // Without values of the actions, how probable they were.
    valued.estimates = (0...10).map { ValueEstimate(v: Double($0), p: [0.25, 0.75]) }
    let drawn = Moment(of: valued, at: 4, title: "", drawing: dot)
    let probable = replayFrame(state, drawn, solution: nil, width: 80, height: 24).lines
    for words in [" p 0 ██", "0.250", "▸p 1 ███", "0.750"] {
      #expect(probable.contains { $0.contains(words) }, "\(probable.joined(separator: "\n"))")
    }

    let surface = Surface(low: [0], high: [10], rows: 1, columns: 2, v: [0, 1])
    func page() -> Frame { replayFrame(state, moment, solution: nil, surface: surface, width: 80, height: 24) }
    let world = page()
    #expect(world.text.contains("v values"))
    _ = state.handle(.character("v"))
    #expect(page().text.contains("v world") && page() != world)
  }

  @Test func theErrorOfAValueStandsBelowIt() throws {
    var valued = episode
    valued.estimates = (0...10).map { ValueEstimate(v: $0 == 6 ? 40 : 2) }
    let recording = Recording(title: "run", episode: valued, discount: 0.5)
    // −1 + γ 40 − 2 at step 5, −1 + γ 2 − 40 at step 6; else −1 + γ 2 − 2.
    #expect(recording.errors[5] == 17 && recording.errors[6] == -40 && recording.errors[9] == -2)
    #expect(recording.worst == 6 && Recording(title: "", episode: episode, discount: 0.5).worst == nil)
    let moment = Moment(of: valued, at: 6, title: "run", errors: recording.errors, drawing: dot)
    var state = ReplayState(lengths: [10], worst: [6], speed: 1)
    _ = state.handle(.character("w"))
    let text = replayFrame(state, moment, solution: nil, width: 120, height: 24).text
    for words in ["TD error", "-40.00", "w worst TD error", "b take over"] { #expect(text.contains(words), "\(text)") }
    for width in 40..<140 {
      let last = replayFrame(state, moment, solution: nil, width: width, height: 24).lines[23]
      #expect(last.count == width && last.hasSuffix("╯"), "\(last)")
    }
    var page = ""
    try replayText(of: valued, title: "", discount: 0.5, every: 6, width: 9, height: 2, drawing: dot) { page += $0 }
    #expect(page.contains("value 40.00  TD error -40.00\n"))
  }

  @Test func smallScreensKeepTheEssentials() {
    let lines = frame(4, 24, 5).lines
    #expect(lines[3] == "t 4/10     return -4.000")
    #expect(lines[4].hasPrefix("█████████"))
  }

  @Test func gridActionsAreArrows() {
    let grid = Drawing.Grid(rows: 1, columns: 2, cells: [.free, .free], agent: 0, moves: GridPictureTests.cross)
    let moment = Moment(of: episode, at: 0, title: "", drawing: { _ in Drawing(grid: grid) })
    #expect(moment.actionText == "→ 1")
  }

  @Test func asText() throws {
    var pages: [String] = []
    try replayText(
      of: episode, title: "run", every: 4, width: 20, height: 2, drawing: dot, write: { pages.append($0) })
    #expect(pages.count == 4)
    #expect(pages[0].hasPrefix("run  t 0/10  return 0  action 1  reward -1.000\n"))
    #expect(pages[3].hasPrefix("run  t 10/10  return -10.00  truncated\n"))
    #expect(pages.map { $0.count { $0 == "\n" } } == [3, 3, 3, 3])
    #expect(Set(pages.map { $0.drop { $0 != "\n" } }).count == 4)
  }

  @Test func asASCII() throws {
    var text = ""
    try replayText(
      of: episode, title: "a → b", every: 1, width: 20, height: 2, drawing: dot, isASCII: true, write: { text += $0 })
    let isASCII = text.allSatisfy { $0.isASCII }
    #expect(isASCII)
    #expect(text.contains("a > b"))
  }

  @Test func anEpisodeWithoutSteps() {
    let empty = Episode(
      observations: Tensor(shape: [1, 1], values: .float32([0])), actions: Tensor(shape: [0, 1], values: .float32([])),
      rewards: [], terminations: [], truncations: [], states: Tensor(shape: [1, 1], values: .float64([0])), seed: 0)
    #expect(throws: TerminalError.emptyEpisode("x")) {
      try replayText(of: empty, title: "x", every: 1, width: 9, height: 9, drawing: dot, write: { _ in })
    }
    #expect(throws: TerminalError.emptyEpisode("x")) { try svgAnimation(of: empty, title: "x", drawing: dot) }
  }
}
