import RLCore
import Testing

@Suite struct StackedFramesTests {
  @Test(arguments: [1, 2, 4])
  func areTheLastObservationsOfTheEpisode(count: Int) {
    let raw = life(of: TimeLimit(Drift(), limit: 9), from: 3, steps: 100)
    let stacked = life(of: StackedFrames(TimeLimit(Drift(), limit: 9), count: count), from: 3, steps: 100)
    #expect(stacked.map(\.step) == raw.map(\.step))
    var episode: [[Double]] = []
    for (moment, stack) in zip(raw, stacked) {
      if moment.step == nil { episode = .init(repeating: moment.observation, count: count - 1) }
      episode.append(moment.observation)
      #expect(stack.observation == episode.suffix(count).flatMap(\.self))
    }
  }

  @Test func aStateFillsAllPlaces() throws {
    var world = StackedFrames(Drift(), count: 3)
    _ = life(of: &world, steps: 5)
    var observation = world.emptyObservation()
    try world.restore(state: [1, 20], into: &observation)
    #expect(observation == [1, 20, 1, 20, 1, 20])
    _ = world.step([0, 30], into: &observation)
    #expect(observation == [1, 20, 1, 20, Float(world.state[0]), 30])
  }

  @Test func quantitiesTellTheirAge() {
    let world = StackedFrames(Drift(), count: 2)
    #expect(
      world.documentation.quantities == [
        .init("place, 1 before", unit: "m"), .init("load, 1 before", unit: "kg"), .init("place", unit: "m"),
        .init("load", unit: "kg"),
      ])
    #expect(
      world.observationSpace == .box(low: [-.infinity, 0, -.infinity, 0], high: [.infinity, 50, .infinity, 50]))
  }
}
