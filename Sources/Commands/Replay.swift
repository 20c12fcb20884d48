import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal

struct Replay: ScreenCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play a saved episode: on a terminal with pause, step, speed and scrub; elsewhere as text frames.")

  @Argument(help: "A run's name or folder; the newest where left out.") var name: String?
  @Option(parsing: .unconditional, help: "Which episode: the step it was saved at, best or last.") var episode = "last"
  @Option(parsing: .unconditional, help: ArgumentHelp("How fast: 1 is the natural pace.", valueName: "number"))
  var speed = 1.0
  @Option(help: "Write an animation to this SVG file instead.") var svg: String?
  @Option(help: "Folder of runs.") var runs = "Runs"

  @MainActor func runOnScreen() throws {
    guard speed > 0, speed <= 100 else { throw UsageError("--speed \(speed): expected more than 0, at most 100") }
    let run = try UsageError.of { try RunDirectory.find(name, in: URL(filePath: runs)) }
    let setup = try Setup(of: run)
    let saved = run.episodes()
    guard !saved.isEmpty else { throw UsageError("\(run.name) has no saved episodes yet") }
    let chosen = try index(in: saved, of: run)
    var reader = RunReader(run)
    reader.poll()
    let solution = setup.world.table == nil ? nil : reader.solution

    if let svg {
      let episode = try episode(saved[chosen].url, of: setup)
      let picture = try svgAnimation(
        of: episode, title: title(saved[chosen].step, setup), drawing: setup.world.drawing, solution: solution)
      try writeAtomically(Data(picture.utf8), to: URL(filePath: svg))
      printError("wrote \(svg)")
    } else if hasUsableTerminal() {
      // The chosen one first; the others follow in their order, without those that are damaged.
      var episodes = [(title: title(saved[chosen].step, setup), episode: try episode(saved[chosen].url, of: setup))]
      for other in saved[(chosen + 1)...] + saved[..<chosen] {
        do {
          episodes.append((title: title(other.step, setup), episode: try episode(other.url, of: setup)))
        } catch let error as RunStoreError {
          printError("left out: \(error)")
        }
      }
      try showReplay(
        of: episodes, drawing: setup.world.drawing, solution: solution, surface: reader.valueSurface, speed: speed,
        isInterrupted: { Interruption.isRequested })
      if Interruption.isRequested { throw ExitCode(130) }
    } else {
      let episode = try episode(saved[chosen].url, of: setup)
      try replayText(
        of: episode, title: title(saved[chosen].step, setup), every: max(1, episode.length / 20), width: 72,
        height: 24, drawing: setup.world.drawing, solution: solution, write: { try printOut($0) })
    }
  }

  /// Throws ``RunStore/RunStoreError`` where the file is damaged or another world's.
  private func episode(_ url: URL, of setup: Setup) throws -> Episode {
    let (episode, metadata) = try EpisodeFile.read(url)
    guard metadata.environment == setup.world.id else {
      throw RunStoreError.badFile(
        path: url.relativePath, line: nil,
        reason: "it belongs to the environment \(metadata.environment); expected \(setup.world.id)")
    }
    return episode
  }

  private func title(_ step: Int, _ setup: Setup) -> String {
    "\(setup.world.id) · \(setup.agent.id) · step \(step)"
  }

  private func index(in saved: [(step: Int, index: Int, url: URL)], of run: RunDirectory) throws -> Int {
    switch episode {
    case "last": return saved.count - 1
    case "best":
      var reader = RunReader(run)
      reader.poll()
      guard let best = reader.best, let index = saved.lastIndex(where: { $0.step == best.step }) else {
        throw UsageError("\(run.name) has no best episode: none was saved with an evaluation")
      }
      return index
    default:
      guard let step = Int(episode), let index = saved.lastIndex(where: { $0.step == step }) else {
        let steps = saved.map { "\($0.step)" }
        let listed = steps.count > 8 ? steps.prefix(4) + ["…"] + steps.suffix(3) : steps[...]
        throw UsageError("--episode \(episode): expected best, last, or one of " + listed.joined(separator: ", "))
      }
      return index
    }
  }
}
