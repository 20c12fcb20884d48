import Environments
import RLCore
import Testing

@testable import Agents

/// Learning from what somebody else did.
@Suite struct RecordedStepsTests {
  /// Steps of the uniform policy, in episodes that are cut after 30.
  private func steps(_ count: Int, in start: Simulator) -> RecordedSteps {
    var (world, random) = (TimeLimit(start, limit: 30), RandomStream(seed: 4))
    var (s, next) = (0, 0)
    world.reset(seed: 1, into: &s)
    return RecordedSteps(
      (0..<count).map { _ in
        let a = random.integer(below: 5)
        let step = world.step(a, into: &next)
        defer { if step.ending == .running { s = next } else { world.reset(seed: nil, into: &s) } }
        return .init(s, a, step.reward, next, step.ending)
      })
  }

  /// A fixed set that has every pair says what the best policy is (Zhao, §7.4, algorithm 7.3).
  @Test func theOptimumIsFoundWithoutPlaying() throws {
    let world = try Simulator(GridWorld(bundled: "Zhao-5x5"))
    var settings = QLearning.Configuration()
    settings.alpha = 0.5
    settings.data = steps(4000, in: world)
    #expect(settings.misfit(in: world) == nil)
    var learner = settings.learner(in: world, model: world.table, seed: 1)
    var meter = Meter(tags: learner.metricTags)
    try learner.advance(by: 400_000, into: &meter)
    let optimum = naiveValues(try GridWorld(bundled: "Zhao-5x5"), discount: 0.9)
    let found = try #require(learner.solution)
    for (x, y) in zip(found.v, optimum) { #expect(abs(x - y) < 1e-6) }
    #expect(learner.clock == 400_000 && meter.episodes == 0)
    #expect(try learner.evaluate(episodes: 1, seed: 1, sample: false).returns[0] > 0)
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    let world = try Simulator(GridWorld(bundled: "Zhao-5x5"))
    var settings = QLearning.Configuration()
    settings.data = steps(70, in: world)
    var meter = Meter(tags: QLearning.metricTags)
    var first = settings.learner(in: world, model: nil, seed: 1)
    try first.advance(by: 95, into: &meter)
    var second = settings.learner(in: world, model: nil, seed: 2)
    try second.restore(from: reader(first.save))
    try first.advance(by: 95, into: &meter)
    try second.advance(by: 95, into: &meter)
    #expect(reader(second.save).tensors == reader(first.save).tensors)
  }

  @Test func settingsReadBack() throws {
    let world = try Simulator(GridWorld(bundled: "Zhao-5x5"))
    let data = steps(65, in: world)
    #expect(Set(data.all.map(\.ending)) == [.running, .truncated])
    var settings = QLearning.Configuration()
    try settings.set("data", to: data.value)
    #expect(settings.data == data)
    try settings.set("data", to: .text("none"))
    #expect(settings.data == nil)
    #expect(throws: CoreError.self) { try settings.set("data", to: .list([.list([.integer(1), .integer(2)])])) }
  }

  @Test func stepsOfAnEpisodeAreItsTransitions() throws {
    let world = TimeLimit(try Simulator(GridWorld(bundled: "Zhao-5x5")), limit: 30)
    var policy = UniformPolicy<Int, Int>(over: world.actionSpace, random: RandomStream(seed: 1))
    let episode = Evaluation(of: &policy, in: world, episodes: 1, seed: 1).episode
    let steps = RecordedSteps(episode).all
    #expect(steps.count == 30 && steps.last?.ending == .truncated)
    for t in 0..<29 { #expect(steps[t].next == steps[t + 1].state && steps[t].ending == .running) }
    #expect(steps.map(\.reward) == episode.rewards)
  }

  @Test func stepsOfAnotherWorldAreRefused() throws {
    let world = try Simulator(GridWorld(bundled: "Zhao-2x2"))
    #expect(RecordedSteps([.init(0, 1, 0, 4, .running)]).misfit(in: world)?.contains("0..<4") == true)
    #expect(RecordedSteps([.init(0, 5, 0, 1, .running)]).misfit(in: world)?.contains("0..<5") == true)
    #expect(RecordedSteps([.init(0, 4, 0, 3, .terminated)]).misfit(in: world) == nil)
  }
}
