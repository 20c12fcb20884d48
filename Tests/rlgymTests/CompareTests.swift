import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct CompareTests {
  private let folder: Folder
  private let config: String

  init() throws {
    folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--steps", "1000", "--name", "model").code == 0)
    config = try folder.read("Runs/model/config.yaml")
    try folder.remove("Runs/model")
  }

  /// A run whose evaluations at steps 10, 20, … were these.
  private func make(
    _ agent: String, seed: Int, _ evaluations: [Double], epsilon: String = "0.1", env: String = "CliffWalking-v1",
    name: String? = nil
  ) throws {
    let run = "Runs/\(name ?? "\(agent)-\(seed)")"
    try FileManager.default.createDirectory(at: folder[run], withIntermediateDirectories: true)
    let text = config.replacing("agent: q-learning", with: "agent: \(agent)")
      .replacing("seed: 0", with: "seed: \(seed)").replacing("epsilon: 0.1", with: "epsilon: \(epsilon)")
      .replacing("environment: CliffWalking-v1", with: "environment: \(env)")
    try folder.write(text, to: "\(run)/config.yaml")
    let rows = evaluations.enumerated().map {
      "{\"step\":\(10 * ($0.offset + 1)),\"time\":1,\"eval/mean_reward\":\($0.element)}\n"
    }
    try folder.write(rows.joined(), to: "\(run)/metrics.jsonl")
  }

  private func make(_ agent: String, finals: [Double], env: String = "CliffWalking-v1") throws {
    for (seed, final) in finals.enumerated() {
      try make(agent, seed: seed, [-100, final], env: env, name: "\(env)-\(agent)-\(seed)")
    }
  }

  private struct Report: Decodable {
    struct Interval: Decodable {
      let value: Double
      let low: Double
      let high: Double
    }
    struct Group: Decodable {
      let env: String
      let group: String
      let seeds: [Int]
      let final: [Double]
      let best: [Double]
      let interquartileMean: Interval
      let threshold: Double
      let stepsToThreshold: [Double?]
    }
    struct Improvement: Decodable {
      let envs: [String]
      let group: String
      let over: String
      let probability: Interval
    }
    struct Winner: Decodable {
      let winner: String?
      let reason: String
    }
    let groups: [Group]
    let improvements: [Improvement]
    let winners: [Winner]
  }

  private func report(_ arguments: String...) throws -> Report {
    let finished = try folder.run(["compare", "--json"] + arguments)
    #expect(finished.code == 0 && finished.outputLines.count == 1, "\(finished.errors)")
    return try finished.json()
  }

  private let x = [-13, -15.5, -17, -13, -21, -14.25, -19, -13.5, -90, -16]
  private let y = [-25, -14, -33, -22.5, -17, -19, -27, -13.0]

  /// The numbers are NumPy's, as in `SeedStatisticsTests`.
  @Test func theStatisticsAreOverSeeds() throws {
    try make("q-learning", finals: x)
    try make("sarsa", finals: y)
    let report = try report("--env", "CliffWalking-v1")
    let groups = report.groups.sorted { $0.group < $1.group }
    #expect(groups.map(\.group) == ["q-learning", "sarsa"])
    #expect(groups[0].seeds == Array(0..<10) && groups[0].final == x && groups[0].best == x)
    let score = groups[0].interquartileMean
    #expect(abs(score.value + 15.875) < 1e-9 && abs(score.low + 30.001041666666666) < 1e-9)
    #expect(abs(score.high + 13.791666666666666) < 1e-9)
    // The median of all eighteen finals.
    #expect(groups.allSatisfy { $0.threshold == -17 })
    #expect(groups[1].stepsToThreshold == [nil, 20, nil, nil, 20, nil, nil, 20])
    let improvement = try #require(report.improvements.first)
    #expect(report.improvements.count == 1 && improvement.group != improvement.over)
    let share = improvement.group == "q-learning" ? 0.675 : 0.325
    #expect(abs(improvement.probability.value - share) < 1e-9)
    #expect(report.winners.count == 1 && report.winners[0].winner == nil)
    #expect(report.winners[0].reason.contains("P(q-learning > sarsa) does not lie above one half"))
  }

  @Test(
    arguments: [
      (1, 5, nil, "b has one seed"), (5, 1, nil, "a has one seed"), (1, 1, nil, "has one seed"),
      (2, 2, nil, "too few"), (3, 3, nil, "in 10 % of such trials"), (4, 4, "b", "above one half"),
      (3, 10, "b", "above one half"),
    ] as [(Int, Int, String?, String)])
  func aWinnerNeedsSeeds(ofB: Int, ofA: Int, winner: String?, reason: String) throws {
    try make("b", finals: (0..<ofB).map { -13 - Double($0) / 10 })
    try make("a", finals: (0..<ofA).map { -40 + Double($0) })
    let verdict = try #require(try report("--env", "CliffWalking-v1").winners.first)
    #expect(verdict.winner == winner)
    #expect(verdict.reason.contains(reason), "\(verdict.reason)")
    let text = try folder.run("compare", "--env", "CliffWalking-v1").output
    #expect(text.contains(winner.map { "ahead: \($0)" } ?? "no winner is named: "))
  }

  @Test func groupsAreNamedByWhatDiffers() throws {
    for seed in 0..<2 {
      try make("sarsa", seed: seed, [-20, -15], name: "s\(seed)")
      try make("sarsa", seed: seed, [-20, -16], epsilon: "0.2", name: "t\(seed)")
    }
    let groups = try report("s0", "s1", "t0", "t1", "t1").groups
    #expect(groups.map(\.group) == ["sarsa epsilon=0.1", "sarsa epsilon=0.2"])
    #expect(groups.map(\.seeds) == [[0, 1], [0, 1]])
    #expect(try report("s0", "s1").groups.map(\.group) == ["sarsa"])
  }

  @Test func whatDoesNotCountIsNamed() throws {
    try make("sarsa", seed: 0, [-20, -15], name: "first")
    try make("sarsa", seed: 0, [-20, -15], name: "again")
    try make("sarsa", seed: 1, [], name: "empty")
    let finished = try folder.run("compare", "first", "again", "empty", "--json")
    #expect(
      finished.errorLines == [
        "left out: again is first again, with the same seed and settings",
        "left out: empty has no evaluation yet",
      ])
    #expect(try finished.json(as: Report.self).groups.map(\.seeds) == [[0]])
    let none = try folder.run("compare", "empty")
    #expect(none.code == 64 && none.errors.contains("rlgym: none of these runs has an evaluation yet"))
    let other = try folder.run("compare", "--env", "Taxi-v4")
    #expect(other.code == 64 && other.errors.contains("there are in: CliffWalking-v1"))
  }

  @Test func overSeveralEnvironmentsPairsAreAveraged() throws {
    for env in ["CliffWalking-v1", "Taxi-v4"] {
      try make("q-learning", finals: env == "Taxi-v4" ? [1, 2, 3] : x, env: env)
      try make("sarsa", finals: env == "Taxi-v4" ? [2, 2, 5, 0.5] : y, env: env)
    }
    let names = folder.runs
    let report: Report = try folder.run(["compare", "--json"] + names).json()
    let both = try #require(report.improvements.last)
    #expect(both.envs.count == 2 && both.group == "q-learning")
    #expect(abs(both.probability.value - 0.5875) < 1e-9 && abs(both.probability.low - 0.328046875) < 1e-9)
    let text = try folder.run(["compare"] + names).output
    #expect(text.contains("over 2 environments: P(q-learning > sarsa) = 0.59 [0.33, 0.83]"))
  }

  @Test func curvesInTheTerminalAndAsAPicture() throws {
    try make("q-learning", finals: x)
    #expect(try folder.run(Quick.valueIteration + ["--name", "planned"]).code == 0)
    let all = try folder.run(["compare", "--svg", "curves.svg"] + folder.runs)
    #expect(all.code == 0 && all.errors.contains("wrote curves.svg"), "\(all.errors)")
    for words in ["CliffWalking-v1: evaluations", "Zhao-5x5: residuals", "1e-10", "sweeps", "steps to -15.75"] {
      #expect(all.output.contains(words), "\(words) in\n\(all.output)")
    }
    let picture = try folder.read("curves.svg")
    #expect(picture.contains("<polygon class=\"band") && picture.contains("1e-10"))
    #expect(picture.split(separator: "<polyline").count == 3)
    #expect(XMLParser(data: Data(picture.utf8)).parse())
  }
}
