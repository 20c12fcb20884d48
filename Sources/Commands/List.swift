import ArgumentParser
import Foundation
import RunStore
import Textbook

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List agents, envs, runs or experiments.")

  enum What: String, ExpressibleByArgument, CaseIterable { case agents, envs, runs, experiments }

  @Argument(help: "agents, envs, runs or experiments.") var what: What
  @Option(help: "Folder of runs.") var runs = "Runs"
  @Flag(help: "Print one JSON object.") var json = false

  private struct Item: Encodable {
    let id: String
    let summary: String
    /// The environments that an agent has a tuned preset for, its default first.
    var presets: [String]?
  }

  func run() throws {
    let items =
      switch what {
      case .agents:
        try Catalog.agents.map {
          // Nobody waits for all presets to be read who does not see them.
          Item(id: $0.id, summary: $0.summary, presets: json ? try Setup.presetEnvironments(of: $0.id) : nil)
        }
      case .envs: try Catalog.environments.map { Item(id: $0.id, summary: try $0.documentation().summary) }
      case .experiments: Textbook.experiments.map { Item(id: $0.id, summary: $0.title) }
      case .runs: RunDirectory.all(in: URL(filePath: runs)).map { Item(id: $0.name, summary: summary($0)) }
      }
    if json { return try printJSON([what.rawValue: items]) }
    for line in table(items.map { [$0.id, $0.summary] }) { try printOut(line) }
    if items.isEmpty { printError("there are no runs in \(runs) yet; make one with: rlgym train --agent ddpg") }
  }

  private func summary(_ run: RunDirectory) -> String {
    var reader = RunReader(run)
    reader.poll()
    let status =
      switch reader.status {
      case .running: "running"
      case .paused: "paused"
      case .finished: "finished"
      case .interrupted: "interrupted"
      case .failed: "failed"
      case .stopped: "stopped"
      }
    let best = reader.best.map { "  best eval \(rounded($0.reward, 2)) at step \($0.step)" } ?? ""
    return "\(status)  step \(reader.rows.last?.step ?? 0)\(best)"
  }
}
