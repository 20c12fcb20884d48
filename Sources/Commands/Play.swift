import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal

struct Play: ScreenCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play an environment with the keyboard; episodes are saved as demonstrations.",
    discussion: """
      rlgym play CliffWalking-v1
      rlgym play MountainCar-v0 --seed 7 --save Demonstrations
      rlgym replay Demonstrations/MountainCar-v0__s7.safetensors
      """)

  @Argument(help: "Environment id, or a grid world's YAML file.") var environment: String
  @Option(name: .customLong("set"), parsing: .singleValue, help: "Environment setting as env.name=value.")
  var sets: [String] = []
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seed of the first episode, the next ones count on from it.", valueName: "whole-number"))
  var seed: UInt64 = 0
  @Option(help: "Folder that episodes are saved in.") var save = "Demonstrations"

  @MainActor func runOnScreen() throws {
    let world = try Catalog.environment(environment).world(environmentSettings(sets))
    guard hasUsableTerminal() else {
      throw UsageError(
        "play needs a terminal; without one step by hand: rlgym rollout --env \(environment) --actions -")
    }
    let folder = URL(filePath: save, directoryHint: .isDirectory)
    var saved: [String] = []
    do {
      try showPlay(
        of: world.played(), title: world.id, drawing: world.drawing, seed: seed,
        save: { episode in
          let name = try EpisodeFile.saveDemonstration(episode, environment: world.id, in: folder)
          saved.append("\(save)/\(name)  \(episode.length) steps, return \(rounded(episode.totalReward, 2))")
          return "saved \(name)"
        }, isInterrupted: { Interruption.isRequested })
    } catch let error as TerminalError { throw UsageError("\(world.id): \(error)") }
    for line in saved { try printOut(line) }
    if Interruption.isRequested { throw ExitCode(130) }
  }
}
