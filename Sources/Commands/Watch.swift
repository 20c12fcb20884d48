import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal

struct Watch: ScreenCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch all runs, or one, live or finished, from their files.")

  @Argument(help: "A run's name or folder; all of them where left out, without a terminal the newest.") var name:
    String?
  @Option(help: "Folder of runs.") var runs = "Runs"

  @MainActor func runOnScreen() throws {
    if name == nil && hasUsableTerminal() { return try watchAll() }
    let run = try UsageError.of { try RunDirectory.find(name, in: URL(filePath: runs)) }
    let setup = try Setup(of: run)
    guard hasUsableTerminal() else {
      var progress = PlainProgress(of: [run], every: .zero)
      try printOut("\(run.name)  \(progress.latest())")
      return
    }
    let exit = try showDashboard(
      of: [run], drawing: setup.world.drawing, stayOpenWhenOver: true, isOver: { false },
      isInterrupted: { Interruption.isRequested })
    if exit == .interrupted { throw ExitCode(130) }
  }

  @MainActor private func watchAll() throws {
    let exit = try showFleet(
      in: URL(filePath: runs),
      drawing: { run in
        // A run whose world cannot be made here, as one of another package, is shown without its picture.
        guard let setup = try? Setup(of: run) else {
          return { _ in Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
        }
        return setup.world.drawing
      },
      isInterrupted: { Interruption.isRequested })
    if exit == .interrupted { throw ExitCode(130) }
  }
}
