import Foundation
import Testing

/// What `train --json` says (DESIGN §5).
struct TrainReport: Decodable {
  struct Eval: Decodable, Equatable {
    let meanReward: Double
    let stdReward: Double
    let episodes: Int
  }

  let run: String
  let agent: String
  let env: String
  let seed: UInt64
  let steps: Int
  let wallSeconds: Double
  let stepsPerSecond: Double
  let eval: Eval?
}

@Suite struct TrainTests {
  @Test(arguments: [
    (Quick.ddpg, "ddpg", "Pendulum-v1", 6000, 2), (Quick.qLearning, "q-learning", "FrozenLake-v1", 20000, 20),
    (Quick.valueIteration, "value-iteration", "Zhao-5x5", 241, 1),
  ])
  func reportsAsAgreed(command: [String], agent: String, env: String, steps: Int, episodes: Int) throws {
    let folder = try Folder()
    let finished = try folder.run(command + ["--seed", "3", "--json"])
    #expect(finished.code == 0)
    #expect(finished.outputLines.count == 1)
    #expect(finished.errors.contains("step \(steps)/"))
    let keys: Set = ["run", "agent", "env", "seed", "steps", "wallSeconds", "stepsPerSecond", "eval"]
    #expect(try finished.keys() == keys)
    let report = try finished.json(as: TrainReport.self)
    #expect((report.agent, report.env, report.seed, report.steps) == (agent, env, 3, steps))
    #expect(report.eval?.episodes == episodes)
    #expect(report.wallSeconds > 0 && report.stepsPerSecond > 0)
    #expect(report.run.hasPrefix("Runs/\(env)__\(agent)__s3__"))
    #expect(folder.has("\(report.run)/config.yaml"))
    // The last row of metrics says the same.
    let row = try #require(folder.read("\(report.run)/metrics.jsonl").split(separator: "\n").last)
    #expect(row.hasPrefix("{\"step\":\(steps),"))
    #expect(row.contains("\"eval/mean_reward\":\(try #require(report.eval).meanReward),"))
  }

  @Test func aTabularRunHasEveryFile() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.qLearning + ["--name", "run"]).code == 0)
    let names = folder.names(in: "Runs/run").filter { !$0.hasPrefix("events.out.tfevents.") }
    #expect(names == ["checkpoints", "config.yaml", "episodes", "log.txt", "metrics.jsonl", "solution.json"])
    #expect(folder.names(in: "Runs/run").count == names.count + 1)
    #expect(folder.names(in: "Runs/run/checkpoints") == ["best.safetensors", "latest.safetensors"])
    let steps = stride(from: 2500, through: 20000, by: 2500)
    #expect(folder.names(in: "Runs/run/episodes") == steps.map { "\($0)-0.safetensors" }.sorted())
    struct Solution: Decodable {
      let states: Int
      let actions: Int
      let v: [Double]
      let q: [[Double]]
      let policy: [[Double]]
    }
    let solution = try JSONDecoder().decode(Solution.self, from: folder.data("Runs/run/solution.json"))
    #expect((solution.states, solution.actions) == (16, 4))
    #expect(solution.v.count == 16 && solution.q.count == 16)
    #expect(solution.policy.allSatisfy { $0.count == 4 && abs($0.reduce(0, +) - 1) < 1e-12 })
  }

  @Test func withoutJSONTheLastLineIsForPeople() throws {
    let folder = try Folder()
    let finished = try folder.run(Quick.valueIteration + ["--name", "run"])
    #expect(finished.code == 0)
    #expect(finished.outputLines.count == 1)
    #expect(finished.output.hasPrefix("Runs/run  241 steps in "))
  }

  @Test func anAgentAloneIsACompleteCommand() throws {
    let folder = try Folder()
    let report = try folder.run("train", "--agent", "q-learning", "--json").json(as: TrainReport.self)
    #expect(report.env == "CliffWalking-v1")
    #expect(report.eval?.meanReward == -13)
  }

  @Test(arguments: ["--steps", "--total-timesteps", "--n-timesteps"]) func otherNames(steps: String) throws {
    let folder = try Folder()
    let report = try folder.run("train", "--algo", "q-learning", steps, "1234", "--json").json(as: TrainReport.self)
    #expect((report.agent, report.steps) == ("q-learning", 1234))
  }

  @Test func seedsSideBySideEqualSeedsAlone() throws {
    let folder = try Folder()
    let command = Quick.ddpg + ["--steps", "2500"]
    let together = try folder.run(command + ["--seeds", "3", "--seed", "5", "--runs", "together", "--json"])
    #expect(together.code == 0)
    #expect(together.outputLines.count == 1)
    let runs = folder.names(in: "together")
    #expect(runs.count == 3)
    for (run, seed) in zip(runs, 5...7) {
      #expect(run.hasPrefix("Pendulum-v1__ddpg__s\(seed)__"))
      #expect(try folder.run(command + ["--seed", "\(seed)", "--name", "alone\(seed)"]).code == 0)
      try expectSame(folder, "together/\(run)", "Runs/alone\(seed)")
    }
    struct Reports: Decodable { let runs: [TrainReport] }
    #expect(try together.json(as: Reports.self).runs.map(\.seed) == [5, 6, 7])
    #expect(try RunFiles(folder, "Runs/alone5").metrics != RunFiles(folder, "Runs/alone6").metrics)
  }

  @Test func setReachesAgentEnvironmentAndTrainer() throws {
    let folder = try Folder()
    let command = Quick.ddpg + ["--steps", "1000"]
    #expect(try folder.run(command + ["--name", "plain"]).code == 0)
    let sets = ["--set", "discount=0.5", "--set", "env.gravity=1.6", "--set", "train.logEvery=250"]
    #expect(try folder.run(command + sets + ["--name", "set"]).code == 0)
    let config = try folder.read("Runs/set/config.yaml")
    for line in ["  discount: 0.5\n", "  gravity: 1.6\n", "  logEvery: 250\n", "  steps: 1000\n"] {
      #expect(config.contains(line))
    }
    let (plain, set) = (try RunFiles(folder, "Runs/plain"), try RunFiles(folder, "Runs/set"))
    #expect(plain.metrics.split(separator: "\n").count == 2 && set.metrics.split(separator: "\n").count == 4)
    #expect(plain.files["episodes/1000-0.safetensors"] != set.files["episodes/1000-0.safetensors"])
  }

  @Test func presetThenSetThenSteps() throws {
    let folder = try Folder()
    try folder.write(
      """
      CartPole-v1: { nothing: here }
      Pendulum-v1:
        train.steps: 800
        train.evaluationEpisodes: 1
        hidden: [4, 4]
        batch: 8
        discount: 0.9
        env.gravity: 5
      """, to: "tuned.yaml")
    let command = ["train", "--agent", "ddpg", "--preset", "tuned.yaml", "--json"]
    #expect(try folder.run(command + ["--name", "a"]).json(as: TrainReport.self).steps == 800)
    let other = command + ["--set", "discount=0.8", "--set", "train.steps=900", "--steps", "700", "--name", "b"]
    #expect(try folder.run(other).json(as: TrainReport.self).steps == 700)
    let (a, b) = (try folder.read("Runs/a/config.yaml"), try folder.read("Runs/b/config.yaml"))
    for line in ["  hidden: [4, 4]\n", "  batch: 8\n", "  gravity: 5.0\n"] {
      #expect(a.contains(line) && b.contains(line))
    }
    #expect(a.contains("  discount: 0.9\n") && b.contains("  discount: 0.8\n"))
  }

  @Test func aGridWorldFromAFile() throws {
    let folder = try Folder()
    try folder.write("map: |\n  S.C.\n  ...T\nrewards: { step: -1 }\nlimit: 50\n", to: "bridge.yaml")
    let command = ["train", "--agent", "q-learning", "--env", "bridge.yaml", "--steps", "5000", "--name", "run"]
    let report = try folder.run(command + ["--set", "env.cliff=-5", "--json"]).json(as: TrainReport.self)
    #expect(report.env == "bridge.yaml")
    // Right, down, right, right: three steps at −1 and the target's 1.
    #expect(report.eval?.meanReward == -2)
    // The run has the world in it.
    try folder.remove("bridge.yaml")
    let evaluated = try folder.run("evaluate", "run", "--episodes", "1", "--json").json(as: EvaluateTests.Report.self)
    #expect(evaluated.meanReward == -2)
    #expect(try folder.run("train", "--resume", "run", "--steps", "6000").code == 0)
  }

  /// A policy is taken from a run, its solution or a list, and belongs to the run from then on.
  @Test func aPolicyOfAnotherRunIsPredicted() throws {
    let folder = try Folder()
    let solve = ["train", "--agent", "value-iteration", "--env", "SB-gridworld-4x4", "--name", "exact"]
    #expect(try folder.run(solve).code == 0)
    let predict = ["train", "--agent", "td", "--env", "SB-gridworld-4x4", "--steps", "2000"]
    #expect(try folder.run(predict + ["--policy", "exact", "--name", "a"]).code == 0)
    #expect(try folder.run(predict + ["--set", "policy=Runs/exact/solution.json", "--name", "b"]).code == 0)
    let line = try #require(
      folder.read("Runs/a/config.yaml").split(separator: "\n").first { $0.hasPrefix("  policy: ") })
    try folder.write(String(line.dropFirst("  policy: ".count)), to: "list.json")
    #expect(try folder.run(predict + ["--policy", "list.json", "--name", "c"]).code == 0)
    #expect(try folder.run(predict + ["--name", "uniform"]).code == 0)
    try expectSame(folder, "Runs/a", "Runs/b")
    try expectSame(folder, "Runs/a", "Runs/c")
    #expect(try RunFiles(folder, "Runs/a").metrics != RunFiles(folder, "Runs/uniform").metrics)
    try folder.remove("Runs/exact")
    #expect(try folder.run("train", "--resume", "a", "--steps", "3000").code == 0)
    #expect(try folder.run("train", "--agent", "policy-evaluation", "--env", "Zhao-5x5", "--policy", "a").code == 64)
  }

  @Test(arguments: Quick.all) func theCommandInTheConfigurationMakesTheSameRun(command: [String]) throws {
    let folder = try Folder()
    #expect(try folder.run(command + ["--seed", "11", "--name", "run", "--runs", "first"]).code == 0)
    let config = try folder.read("first/run/config.yaml")
    let line = try #require(config.split(separator: "\n").first { $0.hasPrefix("command: [") })
    // A flow list of words, in quotes where YAML needs them.
    let words = line.dropFirst("command: [".count).dropLast().matches(of: /"([^"]*)"|'([^']*)'|([^, ]+)/).map {
      String($0.1 ?? $0.2 ?? $0.3 ?? "")
    }
    #expect(words.first == "rlgym")
    let again = words.dropFirst().map { $0 == "first" ? "second" : $0 }
    #expect(try folder.run(again).code == 0)
    try expectSame(folder, "first/run", "second/run")
  }

  @Test func theSettingsInTheConfigurationMakeTheSameRun() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--steps", "1500", "--name", "run"]).code == 0)
    // The sections of the configuration as a preset.
    var section = ""
    var preset = "Pendulum-v1:\n"
    for line in try folder.read("Runs/run/config.yaml").split(separator: "\n") {
      if line.hasPrefix("  ") {
        preset += "  \(section)\(line.dropFirst(2))\n"
      } else if line.hasPrefix("environmentSettings") {
        section = "env."
      } else if line.hasPrefix("trainingSettings") {
        section = "train."
      } else {
        section = ""
      }
    }
    try folder.write(preset, to: "preset.yaml")
    #expect(try folder.run("train", "--agent", "ddpg", "--preset", "preset.yaml", "--name", "again").code == 0)
    try expectSame(folder, "Runs/run", "Runs/again")
  }

  @Test func aDashboardNeedsATerminalAndTrainingDoesNot() throws {
    let folder = try Folder()
    let finished = try folder.run(Quick.valueIteration + ["--dashboard", "on", "--json"])
    #expect(finished.code == 0)
    #expect(finished.errors.contains("no dashboard: "))
    #expect(try finished.json(as: TrainReport.self).steps == 241)
  }
}
