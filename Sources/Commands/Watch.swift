import ArgumentParser
import Foundation
import RunStore
import Terminal

struct Watch: ScreenCommand {
  static let configuration = CommandConfiguration(abstract: "Watch a run, live or finished, from its files.")

  @Argument(help: "A run's name or folder; the newest where left out.") var name: String?
  @Option(help: "Folder of runs.") var runs = "Runs"

  @MainActor func runOnScreen() throws {
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
}
