import Testing

@testable import Terminal

/// Each alarm is provoked once, and stays silent for a run that comes close and is well.
@Suite struct AlarmsTests {
  private struct Row {
    let index: Int
    /// From 0 to 1.
    let share: Double
  }

  /// A run of forty rows. Returns rise from −100 to 0, and evaluations with them, but for what `changes` says.
  private func run(_ changes: [String: (Row) -> Double] = [:]) -> RunView {
    let usual: [(String, (Row) -> Double)] = [
      ("rollout/ep_rew_mean", { -100 + 100 * $0.share }), ("eval/mean_reward", { -90 + 90 * $0.share }),
      ("eval/std_reward", { _ in 5 }), ("train/q_value", { -20 * $0.share }), ("train/loss", { 1 - $0.share / 2 }),
      ("time/fps", { _ in 1000 }), ("train/clip_fraction", { _ in 0.2 }), ("train/entropy_loss", { -1 + $0.share / 2 }),
    ]
    var run = RunView()
    run.status = .running
    (run.step, run.budget) = (4000, 10_000)
    for index in 0..<40 {
      let row = Row(index: index, share: Double(index) / 39)
      for (tag, value) in usual { run.append(tag, step: 100 * index, value: (changes[tag] ?? value)(row)) }
    }
    return run
  }

  private func titles(_ tag: String, _ value: @escaping (Row) -> Double) -> [String] {
    alarms(of: run([tag: value])).map(\.title)
  }

  @Test func aRunThatLearnsHasNone() {
    #expect(alarms(of: run()) == [])
    #expect(alarms(of: Sample.run()) == [] && alarms(of: Sample.planner()) == [] && alarms(of: RunView()) == [])
  }

  @Test func valuesExplode() {
    #expect(titles("train/q_value") { 20_000 * $0.share * $0.share } == ["values explode"])
    // Large, but as large as the returns allow; or large from the start and falling.
    #expect(titles("train/q_value") { 900 * $0.share } == [])
    #expect(titles("train/q_value") { 20_000 * (1.1 - $0.share) } == [])
  }

  @Test func aLossExplodes() {
    #expect(titles("train/loss") { $0.index > 35 ? 1000 : 1 } == ["train/loss explodes"])
    #expect(titles("train/loss") { $0.index == 36 ? 1000 : 1 } == [])
  }

  @Test func whatWasLearntIsLost() {
    let lost = titles("eval/mean_reward") { $0.index > 30 ? -88 : -90 + 90 * $0.share }
    #expect(lost.contains("what was learnt is lost"))
    // One bad evaluation is no loss.
    #expect(titles("eval/mean_reward") { $0.index == 38 ? -88 : -90 + 90 * $0.share } == [])
  }

  @Test func itDoesNotGetBetter() {
    let flat = run([
      "rollout/ep_rew_mean": { -100 + Double($0.index % 3) }, "eval/mean_reward": { -90 - Double($0.index % 2) },
    ])
    #expect(alarms(of: flat).map(\.title) == ["no better than at the start"])
    // Early in the run nothing is known yet.
    var early = flat
    early.step = 1000
    #expect(alarms(of: early) == [])
    // Solved before the first evaluation: training has come from below.
    #expect(titles("eval/mean_reward") { _ in 0 } == [])
  }

  @Test func valuesDie() {
    #expect(titles("train/q_value") { 1e-6 * $0.share } == ["values die"])
    #expect(titles("train/q_value") { 0.1 * $0.share } == [])
    // Where there was no reward yet, no value is right.
    let none = run(["rollout/ep_rew_mean": { _ in 0 }, "eval/mean_reward": { _ in 0 }, "train/q_value": { _ in 0 }])
    #expect(!alarms(of: none).map(\.title).contains("values die"))
  }

  @Test func updatesAreClipped() {
    #expect(titles("train/clip_fraction") { 0.3 + 0.6 * $0.share } == ["most updates are clipped"])
    #expect(titles("train/clip_fraction") { $0.index == 39 ? 0.9 : 0.3 } == [])
  }

  @Test func explorationEnds() {
    let certain = run(["train/entropy_loss": { $0.index > 9 ? -0.001 : -1 }])
    #expect(alarms(of: certain).map(\.title) == ["the policy no longer explores"])
    // Near the end of a run that is as it should be.
    var late = certain
    late.step = 9000
    #expect(alarms(of: late) == [])
  }

  @Test func evaluationIsFarFromTraining() {
    #expect(titles("eval/mean_reward") { -90 + 5 * $0.share } == ["evaluation is far below training"])
    #expect(titles("eval/mean_reward") { -90 + 60 * $0.share } == [])
  }

  @Test func throughputFalls() {
    let slow = run(["time/fps": { $0.index > 36 ? 200 : 1000 }])
    #expect(alarms(of: slow).map(\.title) == ["training has become slow"])
    // Rows with an evaluation are slow at all times; and what is over is not slow.
    #expect(titles("time/fps") { $0.index % 5 == 0 || $0.index > 36 ? 200 : 1000 } == [])
    var over = slow
    over.status = .finished
    #expect(alarms(of: over) == [])
  }

  @Test func theDashboardSaysWhatToTry() {
    var state = DashboardState(runs: [run(["train/q_value": { 20_000 * $0.share * $0.share }])])
    for (width, height) in [(80, 24), (200, 60)] {
      #expect(dashboardFrame(state, width: width, height: height).text.contains("! values explode"))
    }
    _ = state.handle(.character("a"))
    let text = dashboardFrame(state, width: 120, height: 40).text
    for words in ["alarms", "mean |Q| is", "try: a smaller learningRate or tau"] {
      #expect(text.contains(words), "\(text)")
    }
    _ = state.handle(.left)
    #expect(!dashboardFrame(state, width: 120, height: 40).text.contains("try: "))
    var well = DashboardState(runs: [run()])
    _ = well.handle(.character("a"))
    #expect(dashboardFrame(well, width: 120, height: 40).text.contains("nothing in the metrics looks wrong"))
  }
}
