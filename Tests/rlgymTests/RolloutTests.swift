import Foundation
import Testing

@Suite struct RolloutTests {
  /// A line of `rollout --json` (DESIGN §5).
  struct Line: Decodable, Equatable {
    let t: Int
    let state: [Double]
    let observation: Numbers
    let action: Numbers?
    let reward: Double?
    let terminated: Bool
    let truncated: Bool
  }

  /// An integer or a list of numbers.
  struct Numbers: Codable, Equatable {
    let values: [Double]

    init(from decoder: any Decoder) throws {
      if let list = try? [Double](from: decoder) { values = list } else { values = [try Double(from: decoder)] }
    }

    func encode(to encoder: any Encoder) throws {
      if values.count == 1, let integer = Int(exactly: values[0]) {
        try integer.encode(to: encoder)
      } else {
        try values.encode(to: encoder)
      }
    }
  }

  private struct Recording: Decodable {
    struct Episode: Decodable {
      let seed: UInt64
      let initialState: [Double]
      let initialObservation: [Double]
      let steps: [Moment]
    }

    struct Moment: Decodable {
      let action: Numbers
      let state: [Double]
      let observation: [Double]
      let reward: Double
      let terminated: Bool
      let truncated: Bool
    }

    let episodes: [Episode]
  }

  private func recording(_ id: String) throws -> Recording {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "EnvironmentsTests/Fixtures")
    return try JSONDecoder().decode(Recording.self, from: Data(contentsOf: fixtures.appending(path: id + ".json")))
  }

  private func lines(_ finished: Finished) throws -> [Line] {
    try finished.outputLines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  /// Actions as `--actions` reads them; an integer stays one.
  private func actions(_ steps: [Recording.Moment], discrete: Bool) -> String {
    steps.map { discrete ? "\(Int($0.action.values[0]))" : "\($0.action.values)" }.joined(separator: "\n") + "\n"
  }

  private func near(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
  }

  /// Seed, actions inside and beyond the bounds, rewards, flags and the time limit.
  @Test(arguments: ["Pendulum-v1", "CartPole-v1"]) func replaysGymnasium(id: String) throws {
    let folder = try Folder()
    let episodes = try recording(id).episodes
    #expect(episodes.count == 4)
    for episode in episodes {
      let input = actions(episode.steps, discrete: id == "CartPole-v1")
      let finished = try folder.run(
        "rollout", "--env", id, "--seed", "\(episode.seed)", "--actions", "-", "--json", input: input)
      #expect(finished.code == 0 && finished.errors == "")
      let lines = try lines(finished)
      try #require(lines.count == episode.steps.count + 1)
      #expect(lines[0].state == episode.initialState)
      #expect(near(lines[0].observation.values, episode.initialObservation, 1e-6))
      #expect(lines[0].action == nil && lines[0].reward == nil)
      #expect(try JSONObject(finished.outputLines[0]).fields.count == 5)
      for (t, (line, expected)) in zip(lines.dropFirst(), episode.steps).enumerated() {
        #expect(line.t == t + 1)
        #expect(near(line.state, expected.state, 1e-9))
        #expect(near(line.observation.values, expected.observation, 1e-6))
        #expect(near(line.action?.values ?? [], expected.action.values, 1e-6))
        #expect(abs((line.reward ?? .nan) - expected.reward) < 1e-9)
        #expect(line.terminated == expected.terminated && line.truncated == expected.truncated)
      }
    }
  }

  @Test(arguments: ["Pendulum-v1", "CartPole-v1"]) func beginsInAGivenState(id: String) throws {
    let folder = try Folder()
    let episode = try recording(id).episodes[0]
    let (before, after) = (episode.steps[4], episode.steps[5])
    try folder.write(actions([after], discrete: id == "CartPole-v1"), to: "actions.txt")
    let finished = try folder.run(
      "rollout", "--env", id, "--state", "\(before.state)", "--actions", "actions.txt", "--json")
    let lines = try lines(finished)
    try #require(lines.count == 2)
    #expect(lines[0].state == before.state)
    #expect(near(lines[1].state, after.state, 1e-12))
    #expect(abs((lines[1].reward ?? .nan) - after.reward) < 1e-12)
  }

  @Test func aFiniteWorldSpeaksInIntegers() throws {
    let folder = try Folder()
    // Up from the start, eleven to the right, down to the goal; what follows is not read.
    let moves = ["0"] + Array(repeating: "1", count: 11) + ["2", "2"]
    let finished = try folder.run(
      "rollout", "--env", "CliffWalking-v1", "--actions", "-", "--json", input: moves.joined(separator: "\n"))
    let lines = try lines(finished)
    #expect(finished.outputLines[1].contains("\"action\":0,\"observation\":24,\"reward\":-1,"))
    #expect(lines.map(\.observation.values) == ([36] + Array(24...35) + [47]).map { [Double($0)] })
    #expect(lines.map(\.terminated) == Array(repeating: false, count: 13) + [true])
    #expect(lines.compactMap(\.reward).reduce(0, +) == -13)
  }

  @Test func settingsOfTheEnvironment() throws {
    let folder = try Folder()
    let command = ["rollout", "--env", "Pendulum-v1", "--state", "[1.5707963267948966, 0]", "--actions", "-", "--json"]
    let moon = try lines(folder.run(command + ["--set", "env.gravity=1.6"], input: "[0]\n"))
    #expect(near([moon[1].state[1]], [1.5 * 1.6 * 0.05], 1e-15))
  }

  @Test func randomActionsAreDecidedByTheSeed() throws {
    let folder = try Folder()
    let runs = try ["1", "1", "2"].map {
      try folder.run("rollout", "--env", "Pendulum-v1", "--seed", $0, "--steps", "20", "--json").output
    }
    #expect(runs[0] == runs[1] && runs[0] != runs[2])
    #expect(runs[0].split(separator: "\n").count == 21)
    #expect(try folder.run("rollout", "--env", "Pendulum-v1", "--json").outputLines.count == 201)
    #expect(try folder.run("rollout", "--env", "Pendulum-v1", "--steps", "0", "--json").outputLines.count == 1)
  }

  @Test func aRunsPolicyPlays() throws {
    let folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--name", "run").code == 0)
    let lines = try lines(folder.run("rollout", "--agent", "run", "--json"))
    #expect(lines.count == 14)
    #expect(lines.last?.terminated == true)
    #expect(lines.compactMap(\.reward).reduce(0, +) == -13)
    #expect(
      try folder.run("rollout", "--agent", "run", "--env", "CliffWalking-v1", "--steps", "3").outputLines.count == 4)
  }

  @Test func textForPeople() throws {
    let folder = try Folder()
    let finished = try folder.run("rollout", "--env", "CliffWalking-v1", "--actions", "-", input: "\n0\n\n0\n")
    #expect(finished.outputLines.count == 3)
    #expect(finished.outputLines[1] == "t 1  action 0  reward -1.0000  observation 24")
  }
}
