import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal

struct Watch: ScreenCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch all runs, or one, live or finished, from their files; or ask a live one for something.",
    discussion: """
      rlgym watch                                               # all runs, as they are trained
      rlgym watch my-run --send pause                           # or resume, checkpoint, evaluate, stop
      rlgym watch my-run --send 'set learningRate=0.0005'       # a rate or another schedule, from here on
      """)

  @Argument(help: "A run's name or folder; all of them where left out, without a terminal the newest.") var name:
    String?
  @Option(
    help: ArgumentHelp("Ask the run's trainer for something instead, and watch nothing.", valueName: "request"))
  var send: String?
  @Option(help: "Folder of runs.") var runs = "Runs"

  @MainActor func runOnScreen() throws {
    if let send { return try ask(send) }
    if name == nil && hasUsableTerminal() { return try watchAll() }
    let run = try UsageError.of { try RunDirectory.find(name, in: URL(filePath: runs)) }
    let setup = try Setup(of: run)
    guard hasUsableTerminal() else {
      var progress = PlainProgress(of: [run], every: .zero)
      try printOut("\(run.name)  \(progress.latest())")
      return
    }
    let exit = try showDashboard(
      of: [run], background: setup.background, stayOpenWhenOver: true, isOver: { false },
      isInterrupted: { Interruption.isRequested })
    if exit == .interrupted { throw ExitCode(130) }
  }

  /// What cannot be is refused here, where somebody sees it; the trainer would only say so in the run's log.
  private func ask(_ text: String) throws {
    let run = try UsageError.of { try RunDirectory.find(name, in: URL(filePath: runs)) }
    let request = try UsageError.of("--send: ") { try RunRequest(text) }
    if case .set(let name, let value) = request {
      var agent = try Setup(of: run).agent
      try UsageError.of("--send \(text): ") { try agent.setSchedule(name, to: value) }
    }
    try UsageError.of("--send \(text): ") { try RunRequests.send(request, to: run) }
    try printOut("\(run.path)  asked: \(request)")
  }

  @MainActor private func watchAll() throws {
    let exit = try showFleet(
      in: URL(filePath: runs),
      background: { run in
        // A run whose world cannot be made here, as one of another package, is shown without its picture.
        guard let setup = try? Setup(of: run) else {
          return RunBackground(drawing: { _ in Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) })
        }
        return setup.background
      },
      isInterrupted: { Interruption.isRequested })
    if exit == .interrupted { throw ExitCode(130) }
  }
}
