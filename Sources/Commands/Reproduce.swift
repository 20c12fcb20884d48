import ArgumentParser
import Foundation
import RLCore
import Textbook

struct Reproduce: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the books' examples again, and say whether they hold.")

  @Argument(help: "Experiments; see them with: rlgym list experiments") var ids: [String] = []
  @Flag(help: "All of them.") var all = false
  @Flag(help: "Print one JSON object: {id: {quantity: value}}.") var json = false

  func run() throws {
    let chosen = try all ? Textbook.experiments : ids.map(experiment)
    guard !chosen.isEmpty else {
      throw UsageError("name experiments, or give --all; see them with: rlgym list experiments")
    }
    var report: [String: [String: Quantity]] = [:]
    var failed: [String] = []
    for experiment in chosen {
      if Interruption.isRequested { throw ExitCode(130) }
      let findings = try experiment.run()
      report[experiment.id] = Dictionary(uniqueKeysWithValues: findings.quantities.map { ($0.name, $0.value) })
      if !findings.holds { failed.append(experiment.id) }
      for line in page(experiment, findings) { json ? printError(line) : try printOut(line) }
    }
    let verdict = "\(chosen.count - failed.count) of \(chosen.count) hold"
    let summary = failed.isEmpty ? verdict : verdict + "; not: " + failed.joined(separator: ", ")
    json ? printError(summary) : try printOut(summary)
    if json { try printJSON(report) }
    if !failed.isEmpty { throw ExitCode(1) }
  }

  private func experiment(_ id: String) throws -> Experiment {
    if let experiment = Textbook.experiments.first(where: { $0.id == id }) { return experiment }
    let near = nearestNames(to: id, in: Textbook.experiments.map(\.id))
    throw UsageError(
      "there is no experiment '\(id)'"
        + (near.isEmpty ? "; see them all with: rlgym list experiments" : suggestion(near)))
  }

  /// Claim, figures, numbers and verdicts, as a person reads them.
  private func page(_ experiment: Experiment, _ findings: Findings) -> [String] {
    var lines = ["\(experiment.id): \(experiment.title)", "  \(experiment.source)", "  \(experiment.claim)"]
    if !experiment.remark.isEmpty { lines.append("  \(experiment.remark)") }
    for figure in findings.figures { lines += [""] + rows(figure).map { "  " + $0 } }
    let numbers = findings.quantities.compactMap { name, value -> [String]? in
      if case .number(let number) = value { [name, rounded(number, 6)] } else { nil }
    }
    if !numbers.isEmpty { lines += [""] + table(numbers).map { "  " + $0 } }
    lines.append("")
    lines += findings.verdicts.map { "  \($0.holds ? "✓" : "✗") \($0.text)" }
    return lines + [""]
  }

  private func rows(_ figure: Figure) -> [String] {
    let cells = zip(figure.values, figure.arrows).map { value, arrows in "\(rounded(value, 1)) \(arrows)" }
    return [figure.title]
      + table(stride(from: 0, to: cells.count, by: figure.columns).map { Array(cells[$0..<$0 + figure.columns]) })
  }
}
