import Foundation
import Testing

@Suite struct EvaluateTests {
  /// What `evaluate --json` says (DESIGN §5).
  struct Report: Decodable, Equatable {
    let run: String
    let env: String
    let episodes: Int
    let seed: UInt64
    let meanReward: Double
    let stdReward: Double
    let meanLength: Double
  }

  @Test func reportsAsAgreed() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--steps", "1000", "--name", "run"]).code == 0)
    let finished = try folder.run("evaluate", "run", "--episodes", "7", "--seed", "10100", "--json")
    #expect(finished.code == 0 && finished.outputLines.count == 1 && finished.errors == "")
    let keys: Set = ["run", "env", "episodes", "seed", "meanReward", "stdReward", "meanLength"]
    #expect(try finished.keys() == keys)
    let report = try finished.json(as: Report.self)
    #expect((report.env, report.episodes, report.seed, report.meanLength) == ("Pendulum-v1", 7, 10100, 200))
    #expect(report.meanReward < 0 && report.stdReward > 0)
    // Neither the way to name the run nor the number of other episodes changes anything.
    #expect(try folder.run("evaluate", "--episodes", "7", "--seed", "10100", "--json").json(as: Report.self) == report)
    #expect(try folder.run("evaluate", "Runs/run", "--episodes", "7", "--seed", "10100", "--json").code == 0)
    let text = try folder.run("evaluate", "run", "--episodes", "7")
    #expect(text.code == 0 && text.output.hasPrefix("run  best checkpoint, step ") && text.errors == "")
  }

  @Test func theLatestCheckpointOnTheSelectionStartsIsTheLastEvaluation() throws {
    let folder = try Folder()
    for command in [Quick.ddpg + ["--steps", "1500"], Quick.qLearning] {
      let trained = try folder.run(command + ["--name", command[2], "--json"]).json(as: TrainReport.self)
      let eval = try #require(trained.eval)
      let again = try folder.run(
        "evaluate", command[2], "--checkpoint", "latest", "--seed", "20000", "--episodes", "\(eval.episodes)", "--json"
      ).json(as: Report.self)
      #expect((again.meanReward, again.stdReward) == (eval.meanReward, eval.stdReward))
    }
  }

  @Test func theBestCheckpointIsTheBestEvaluation() throws {
    let folder = try Folder()
    #expect(try folder.run(Quick.ddpg + ["--steps", "3000", "--name", "run"]).code == 0)
    let rows = try folder.read("Runs/run/metrics.jsonl")
    let best = try #require(rows.matches(of: /"eval\/mean_reward":([^,}]+)/).compactMap { Double($0.1) }.max())
    let report = try folder.run("evaluate", "run", "--seed", "20000", "--episodes", "2", "--json").json(as: Report.self)
    #expect(report.meanReward == best)
  }

  @Test func aSampledPolicyExplores() throws {
    let folder = try Folder()
    #expect(try folder.run("train", "--agent", "q-learning", "--name", "run").code == 0)
    let modes = try [[], ["--sample"]].map { flags in
      try folder.run(["evaluate", "run", "--episodes", "50", "--json"] + flags).json(as: Report.self)
    }
    #expect(modes[0].meanReward == -13 && modes[0].stdReward == 0)
    // With ε = 0.1 beside the cliff one falls now and then.
    #expect(modes[1].meanReward < -20)
  }
}
