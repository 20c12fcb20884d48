import ArgumentParser
import Foundation
import RunStore

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play a trained policy on fixed starts: episode i is reset with seed S + i.")

  @Argument(help: "A run's name or folder; the newest where left out.") var name: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Episodes to play.", valueName: "integer"))
  var episodes = 100
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seed of the first start; 10000 and up are the test starts.", valueName: "whole-number"))
  var seed: UInt64 = 10_000
  @Flag(help: "Act as the policy explores, not deterministically.") var sample = false
  @Option(help: "Checkpoint: best or latest.") var checkpoint = CheckpointKind.best
  @Option(help: "Folder of runs.") var runs = "Runs"
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard (1...10_000_000).contains(episodes) else { throw UsageError("--episodes \(episodes): expected 1...10000000") }
    let run = try UsageError.of { try RunDirectory.find(name, in: URL(filePath: runs)) }
    let (setup, learner) = try trained(run, checkpoint)
    let evaluation = try learner.evaluate(episodes: episodes, seed: seed, sample: sample)
    guard evaluation.stdReturn.isFinite else {
      throw OutputError(
        description: "the returns of \(run.name) are beyond the largest number; expected smaller rewards")
    }
    if json {
      try printJSON(
        Report(
          run: run.path, env: setup.world.id, episodes: episodes, seed: seed,
          meanReward: evaluation.meanReturn, stdReward: evaluation.stdReturn, meanLength: evaluation.meanLength))
    } else {
      try printOut(
        "\(run.name)  \(checkpoint.rawValue) checkpoint, step \(learner.clock): "
          + "return \(rounded(evaluation.meanReturn, 2)) ± \(rounded(evaluation.stdReturn, 2)), "
          + "length \(rounded(evaluation.meanLength, 1)), over \(episodes) episode\(episodes == 1 ? "" : "s") from seed \(seed)"
      )
    }
  }

  private struct Report: Encodable {
    let run: String
    let env: String
    let episodes: Int
    let seed: UInt64
    let meanReward: Double
    let stdReward: Double
    let meanLength: Double
  }
}

extension CheckpointKind: ExpressibleByArgument {}
