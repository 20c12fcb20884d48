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
  @Option(help: "Folder that episodes are saved in.") var save = Demonstrations.folder

  @MainActor func runOnScreen() throws {
    let world = try Catalog.environment(environment).world(environmentSettings(sets))
    guard hasUsableTerminal() else {
      throw UsageError(
        "play needs a terminal; without one step by hand: rlgym rollout --env \(environment) --actions -")
    }
    let demonstrations = Demonstrations(of: world.id, in: save)
    do {
      try showPlay(
        of: world.played(), title: world.id, drawing: world.drawing, seed: seed,
        save: demonstrations.save, isInterrupted: { Interruption.isRequested })
    } catch let error as TerminalError { throw UsageError("\(world.id): \(error)") }
    for line in demonstrations.lines { try printOut(line) }
    if Interruption.isRequested { throw ExitCode(130) }
  }
}

/// The episodes that a person plays, saved as files of their own.
final class Demonstrations {
  static let folder = "Demonstrations"

  private let environment: String
  private let folder: String
  /// What to say of them once the screen is free.
  private(set) var lines: [String] = []

  init(of environment: String, in folder: String = Demonstrations.folder) {
    self.environment = environment
    self.folder = folder
  }

  /// Returns what to show.
  func save(_ episode: Episode) throws -> String {
    let name = try EpisodeFile.saveDemonstration(
      episode, environment: environment, in: URL(filePath: folder, directoryHint: .isDirectory))
    lines.append("\(folder)/\(name)  \(episode.length) steps, return \(rounded(episode.totalReward, 2))")
    return "saved \(name)"
  }
}
