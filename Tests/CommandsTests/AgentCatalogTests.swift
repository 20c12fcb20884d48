import RLCore
import RunStore
import Testing

@testable import Commands

/// What holds for every agent by being in the catalogue, in a world that it fits.
@Suite struct AgentCatalogTests {
  static let ids = Catalog.agents.map(\.id)
  /// Those that a world is enough for: the others need clips, and have tests of their own.
  static let players = Catalog.agents.filter { !$0.learnsFromClips }.map(\.id)

  @Test func idsAreDistinct() { #expect(Set(Self.ids).count == Self.ids.count) }

  /// The world of the agent's first preset, or one that it fits, and settings small enough for a test.
  private func setup(_ id: String, in environment: String? = nil, _ more: [String] = []) throws -> Setup {
    let entry = try Catalog.agent(id)
    let names = Set(entry.settings.map(\.name))
    let small = [
      ("hidden", "[16, 16]"), ("batch", "16"), ("warmup", "50"), ("capacity", "500"), ("horizon", "16"),
      ("lanes", "3"), ("groups", "1"), ("groupSize", "2"),
    ]
    let sets = small.filter { names.contains($0.0) }.map { "\($0.0)=\($0.1)" }
    let fitting = try Setup.presetEnvironments(of: id).first
    let others: [World.Kind: String] = [
      .finite: "FrozenLake-v1", .tabular: "Blackjack-v1", .discreteControl: "CartPole-v1",
      .continuousControl: "Pendulum-v1",
    ]
    return try Setup(agent: id, environment: environment ?? fitting ?? others[entry.kinds[0]], sets: sets + more)
  }

  private func saved(_ learner: any Learner, _ meter: Meter) -> [Tensor] {
    var writer = CheckpointWriter()
    learner.save(to: &writer)
    meter.save(to: &writer)
    return writer.tensors.sorted { $0.name < $1.name }.map(\.tensor)
  }

  /// The same seed twice is the same run, in slices of whatever size; saved and restored in the middle it goes on to the
  /// same end.
  @Test(arguments: players) func oneSeedIsOneRunThroughCheckpoints(_ id: String) throws {
    try checkContinuation(of: setup(id))
  }

  @Test(arguments: ["ppo", "a2c"]) func oneSeedIsOneRunWithBinsToo(_ id: String) throws {
    try checkContinuation(of: setup(id, in: "Quadrotor", ["bins=5"]))
  }

  private func checkContinuation(of setup: Setup) throws {
    var whole = try setup.learner(seed: 3)
    var meter = Meter(tags: whole.metricTags)
    try whole.advance(by: 400, into: &meter)
    let middle = whole.clock
    while whole.clock < 900 && !whole.isConverged { try whole.advance(by: 1, into: &meter) }

    var first = try setup.learner(seed: 3)
    var firstMeter = Meter(tags: first.metricTags)
    while first.clock < middle { try first.advance(by: min(7, middle - first.clock), into: &firstMeter) }
    var writer = CheckpointWriter()
    first.save(to: &writer)
    firstMeter.save(to: &writer)
    var second = try setup.learner(seed: 4)
    var secondMeter = Meter(tags: second.metricTags)
    try second.restore(from: CheckpointReader(writer))
    try secondMeter.restore(from: CheckpointReader(writer))
    while second.clock < whole.clock { try second.advance(by: min(64, whole.clock - second.clock), into: &secondMeter) }
    #expect(saved(second, secondMeter) == saved(whole, meter))
    #expect(
      try second.evaluate(episodes: 3, seed: 9, sample: true).returns
        == whole.evaluate(episodes: 3, seed: 9, sample: true).returns)
  }

  /// Each schedule becomes another number in the middle, and the run is the same when it is saved and restored later on.
  @Test(arguments: players) func aChangedScheduleGoesThroughCheckpoints(_ id: String) throws {
    let setup = try setup(id)
    let schedules = setup.schedules
    guard !schedules.isEmpty else { return }
    func save(_ learner: any Learner) -> CheckpointReader {
      var writer = CheckpointWriter()
      learner.save(to: &writer)
      return CheckpointReader(writer)
    }
    func advance(_ learner: inout any Learner, to clock: Int, _ meter: inout Meter) throws {
      while learner.clock < clock { try learner.advance(by: clock - learner.clock, into: &meter) }
    }
    func end(interruptedAt stops: [Int], changing changes: [SettingChange]) throws -> [Tensor] {
      var learner = try setup.learner(seed: 3)
      var meter = Meter(tags: learner.metricTags)
      try advance(&learner, to: 200, &meter)
      for stop in [learner.clock] + stops {
        try advance(&learner, to: stop, &meter)
        var next = try setup.learner(seed: 4, with: changes)
        try next.restore(from: save(learner))
        learner = next
      }
      try advance(&learner, to: 900, &meter)
      return saved(learner, meter)
    }
    let plain = try end(interruptedAt: [], changing: [])
    var hasEffect = false
    for schedule in schedules {
      let change = [SettingChange(name: schedule.name, value: schedule.range.lowerBound, step: 200)]
      let whole = try end(interruptedAt: [], changing: change)
      #expect(try end(interruptedAt: [307, 455], changing: change) == whole, "\(schedule.name)")
      if whole != plain { hasEffect = true }
    }
    #expect(hasEffect, "of \(schedules.map(\.name))")
  }

  /// What a setting reads is what it takes: a run's configuration makes the same agent again.
  @Test(arguments: ids) func settingsReadBack(_ id: String) throws {
    let entry = try Catalog.agent(id)
    let given = entry.settings.map { Given(place: "test", name: $0.name, value: $0.value) }
    let again = try entry.configure(given)
    #expect(again.settingValues.map(\.value) == entry.settings.map(\.value))
  }
}
