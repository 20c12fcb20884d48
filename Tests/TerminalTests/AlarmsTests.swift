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
    let others = ["eval/idle_reward", "train/saturation"].compactMap { tag in changes[tag].map { (tag, $0) } }
    for index in 0..<40 {
      let row = Row(index: index, share: Double(index) / 39)
      for (tag, value) in usual + others { run.append(tag, step: 100 * index, value: (changes[tag] ?? value)(row)) }
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

  @Test func doingNothingIsAsGood() {
    let idle = run(["eval/mean_reward": { _ in -50 }, "eval/idle_reward": { _ in -50 }])
    #expect(alarms(of: idle).map(\.title).contains("no better than doing nothing"))
    #expect(alarms(of: idle).first { $0.title.contains("nothing") }?.reason.contains("-50.00") == true)
    // One good evaluation of the last half is better; and early in the run nothing is known yet.
    let better = run(["eval/mean_reward": { $0.index == 30 ? -49 : -50 }, "eval/idle_reward": { _ in -50 }])
    #expect(!alarms(of: better).map(\.title).contains("no better than doing nothing"))
    var early = idle
    early.step = 1000
    #expect(!alarms(of: early).map(\.title).contains("no better than doing nothing"))
  }

  @Test func theActorSaturates() {
    let stuck = run(["train/saturation": { 0.5 + 0.5 * $0.share }, "eval/mean_reward": { _ in -90 }])
    #expect(alarms(of: stuck).map(\.title).contains("the actor is saturated"))
    // A policy that pushes with all its force and gets better is well; so is one that moves between the bounds.
    #expect(titles("train/saturation") { 0.5 + 0.5 * $0.share } == [])
    let free = run(["train/saturation": { _ in 0.9 }, "eval/mean_reward": { _ in -90 }])
    #expect(!alarms(of: free).map(\.title).contains("the actor is saturated"))
  }

  @Test func theReplayIsOld() {
    var old = run([
      "rollout/ep_rew_mean": { $0.index > 25 ? 0 : -100 },
      "eval/mean_reward": { $0.index > 20 ? -40 : -90 + 3 * Double($0.index) },
    ])
    (old.step, old.replayCapacity, old.budget) = (4000, 1_000_000, 7000)
    #expect(alarms(of: old).map(\.title).contains("the replay is older than the policy"))
    // A small buffer holds what the present policy does; and a policy that still gets better, or cannot, is served well.
    var fresh = old
    fresh.replayCapacity = 500
    #expect(!alarms(of: fresh).map(\.title).contains("the replay is older than the policy"))
    var solved = run([
      "rollout/ep_rew_mean": { $0.index > 25 ? 0 : -100 },
      "eval/mean_reward": { $0.index > 20 ? -30.2 : -90 + 3 * Double($0.index) },
    ])
    (solved.step, solved.replayCapacity, solved.budget) = (4000, 1_000_000, 7000)
    #expect(!alarms(of: solved).map(\.title).contains("the replay is older than the policy"))
    var rising = run(["rollout/ep_rew_mean": { $0.index > 25 ? 0 : -100 }])
    (rising.replayCapacity, rising.budget) = (1_000_000, 7000)
    #expect(!alarms(of: rising).map(\.title).contains("the replay is older than the policy"))
  }

  @Test func aLossIsStuck() {
    let flat = run(["train/loss": { 3 + Double($0.index % 2) / 100 }, "eval/mean_reward": { _ in -90 }])
    #expect(alarms(of: flat).map(\.title).contains("train/loss is stuck"))
    #expect(!alarms(of: run(["eval/mean_reward": { _ in -90 }])).map(\.title).contains("train/loss is stuck"))
    // Where the policy gets better all the same, nothing is stuck.
    #expect(titles("train/loss") { _ in 3 } == [])
  }

  /// A policy that is tuned on pairs as it should be: margins and accuracies rise, what is preferred gains.
  private func tuned(_ changes: [String: (Row) -> Double] = [:]) -> RunView {
    let usual: [String: (Row) -> Double] = [
      "train/loss": { 0.69 - 0.3 * $0.share }, "rewards/margins": { 2 * $0.share },
      "rewards/accuracies": { 0.5 + 0.4 * $0.share }, "logps/chosen": { -40 + 5 * $0.share },
    ]
    var run = run(usual.merging(changes) { $1 })
    for (tag, value) in usual where tag != "train/loss" {
      for index in 0..<40 {
        run.append(tag, step: 100 * index, value: (changes[tag] ?? value)(Row(index: index, share: Double(index) / 39)))
      }
    }
    run.pairs = 20
    return run
  }

  @Test func aTunedPolicyHasNone() { #expect(alarms(of: tuned()) == []) }

  @Test func preferencesLeaveNoTrace() {
    let still = tuned(["train/loss": { _ in 0.693147 }, "rewards/margins": { _ in 0 }])
    #expect(alarms(of: still).map(\.title).contains("the loss stays at ln 2"))
    // It says more than that the loss is stuck.
    #expect(!alarms(of: still).map(\.title).contains("train/loss is stuck"))
    // At ln 2 to begin with is as it should be.
    let begun = tuned(["train/loss": { 0.693147 - 0.01 * $0.share }, "rewards/margins": { 0.02 * $0.share }])
    #expect(!alarms(of: begun).map(\.title).contains("the loss stays at ln 2"))
  }

  @Test func whatIsPreferredBecomesLessProbable() {
    let falling = tuned(["logps/chosen": { -40 - 10 * $0.share }])
    #expect(alarms(of: falling).map(\.title) == ["preferred clips become less probable"])
    #expect(alarms(of: tuned(["logps/chosen": { -40 - 2 * $0.share }])) == [])
  }

  @Test func fewPairsAreLearntByHeart() {
    var certain = tuned(["rewards/accuracies": { $0.index > 20 ? 1 : 0.6 }])
    #expect(alarms(of: certain).map(\.title) == ["few pairs, learnt by heart"])
    certain.pairs = 500
    #expect(alarms(of: certain) == [])
    #expect(alarms(of: tuned(["rewards/accuracies": { $0.index % 3 == 0 ? 0.95 : 1 }])) == [])
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
