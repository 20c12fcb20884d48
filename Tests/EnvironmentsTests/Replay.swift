import RLCore
import Testing

@testable import Environments

/// Episodes with one setting of an environment changed, written by Fixtures/classic-control.py.
struct RecordedVariants<Action: Decodable & Sendable>: Decodable, Sendable {
  struct Run: Decodable, Sendable {
    var setting: String
    var number: Double?
    var text: String?
    var timeLimit: Int
    var episodes: [RecordedEpisodes<Action>.Episode]

    var value: SettingValue { number.map(SettingValue.number) ?? .text(text ?? "") }
  }

  var runs: [Run]
}

/// Plays an episode's actions from its seed and requires Gymnasium's numbers.
func expectReplay<World: Environment<[Float], Action>, Action: Decodable & Sendable>(
  of episode: RecordedEpisodes<Action>.Episode, in start: World, limit: Int
) throws {
  var world = TimeLimit(start, limit: limit)
  var observation = world.emptyObservation()
  world.reset(seed: episode.seed, into: &observation)
  try #require(world.state == episode.initialState)
  try #require(zip(observation, episode.initialObservation).allSatisfy { abs($0 - $1) < 1e-7 })
  for (t, expected) in episode.steps.enumerated() {
    let step = world.step(expected.action, into: &observation)
    try #require(zip(world.state, expected.state).allSatisfy { abs($0 - $1) < 1e-9 }, "at \(t)")
    try #require(
      zip(observation, expected.observation).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) }, "at \(t)")
    try #require(abs(step.reward - expected.reward) < 1e-9, "at \(t)")
    try #require((step.ending == .terminated) == expected.terminated, "at \(t)")
    try #require((step.ending == .truncated) == expected.truncated, "at \(t)")
  }
}

/// Takes each step of an episode from Gymnasium's own state before it.
func expectSteps<World: Environment<[Float], Action>, Action: Decodable & Sendable>(
  of episode: RecordedEpisodes<Action>.Episode, in start: World
) throws {
  var world = start
  var observation = world.emptyObservation()
  var before = episode.initialState
  for (t, expected) in episode.steps.enumerated() {
    try world.restore(state: before, into: &observation)
    let step = world.step(expected.action, into: &observation)
    try #require(zip(world.state, expected.state).allSatisfy { abs($0 - $1) < 1e-12 }, "at \(t)")
    try #require(abs(step.reward - expected.reward) < 1e-12, "at \(t)")
    before = expected.state
  }
}
