import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal
import Textbook

struct Reproduce: ParsableCommand, ScreenCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the books' examples again, and say whether they hold.")

  @Argument(help: "Experiments; see them with: rlgym list experiments") var ids: [String] = []
  @Flag(help: "All of them.") var all = false
  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("What if: a setting of the methods, env.name of the world, or runs.", valueName: "name=value"))
  var sets: [String] = []
  @Option(help: "Seed of all runs.") var seed: UInt64 = 0
  @Option(help: "Runs side by side; as many as there are cores by default.") var threads: Int?
  @Option(help: "Write the figures as SVG into this folder.") var svg: String?
  @Flag(help: "Print one JSON object: {id: {quantity: value}}.") var json = false

  func runOnScreen() throws {
    let chosen = try all ? Textbook.experiments : ids.map(experiment)
    guard !chosen.isEmpty else {
      throw UsageError("name experiments, or give --all; see them with: rlgym list experiments")
    }
    let changes = try sets.map(Given.init(assignment:))
    if let threads, threads < 1 { throw UsageError("--threads \(threads): expected 1 or more") }
    var trial = Trial()
    trial.changes = changes.map { ($0.name, $0.value) }
    trial.seed = seed
    trial.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount

    var report: [String: [String: Quantity]] = [:]
    var failed: [String] = []
    for experiment in chosen {
      let start = ContinuousClock.now
      let findings = try findings(of: experiment, trial)
      report[experiment.id] = Dictionary(uniqueKeysWithValues: findings.quantities.map { ($0.name, $0.value) })
      if !findings.holds { failed.append(experiment.id) }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let lines = all ? [line(experiment, findings, seconds)] : page(experiment, findings, seconds)
      for line in lines { json ? printError(line) : try printOut(line) }
      if let svg { try draw(experiment, findings, in: URL(filePath: svg)) }
    }
    let verdict = "\(chosen.count - failed.count) of \(chosen.count) hold"
    let summary = failed.isEmpty ? verdict : verdict + "; not: " + failed.joined(separator: ", ")
    json ? printError(summary) : try printOut(summary)
    if json { try printJSON(report) }
    // Under other settings than the book's its claims need not hold.
    if !failed.isEmpty && changes.isEmpty { throw ExitCode(1) }
  }

  private func experiment(_ id: String) throws -> Experiment {
    if let experiment = Textbook.experiments.first(where: { $0.id == id }) { return experiment }
    let near = nearestNames(to: id, in: Textbook.experiments.map(\.id))
    throw UsageError(
      "there is no experiment '\(id)'"
        + (near.isEmpty ? "; see them all with: rlgym list experiments" : suggestion(near)))
  }

  /// Throws `ExitCode` 130 where a signal came.
  private func findings(of experiment: Experiment, _ trial: Trial) throws -> Findings {
    if Interruption.isRequested { throw ExitCode(130) }
    var trial = trial
    let showsProgress = isatty(STDERR_FILENO) == 1
    trial.progress = { done, count in
      if showsProgress { Self.replaceLine(done < count ? "\(experiment.id): run \(done) of \(count)" : "") }
      return !Interruption.isRequested
    }
    do { return try experiment.run(trial) } catch is CancellationError {
      if showsProgress { Self.replaceLine("") }
      throw ExitCode(130)
    } catch let error as CoreError where !sets.isEmpty {
      throw UsageError("--set with \(experiment.id): \(error)")
    }
  }

  /// Writes over the line that the terminal's cursor is in.
  private static func replaceLine(_ words: String) {
    FileHandle.standardError.write(Data("\r\u{1b}[K\(words)".utf8))
  }

  /// What a table of all of them says of one.
  private func line(_ experiment: Experiment, _ findings: Findings, _ seconds: Double) -> String {
    let runs = findings.quantities.compactMap { if case .mean(_, _, let runs) = $0.value { runs } else { nil } }.max()
    let count = findings.quantities.count
    return "\(findings.holds ? "✓" : "✗") \(experiment.id)  \(experiment.title)  "
      + "\(count) \(count == 1 ? "quantity" : "quantities")\(runs.map { " over \($0) runs" } ?? ""), "
      + "\(rounded(seconds, 1)) s"
  }

  /// Claim, figures, numbers and verdicts, as a person reads them.
  private func page(_ experiment: Experiment, _ findings: Findings, _ seconds: Double) -> [String] {
    var lines = ["\(experiment.id): \(experiment.title)", "  \(experiment.source)"]
    lines += wrapped(experiment.claim, to: 98).map { "  " + $0 }
    lines += wrapped(experiment.remark, to: 98).map { "  " + $0 }
    if !sets.isEmpty { lines.append("  What if " + sets.joined(separator: ", ") + "; the verdicts are the book's.") }
    for figure in findings.figures { lines += [""] + rows(figure).map { "  " + $0 } }
    for chart in findings.charts { lines += [""] + Terminal.lines(of: chart, width: 98).map { "  " + $0 } }
    let numbers = findings.quantities.compactMap { name, value -> [String]? in
      switch value {
      case .number(let number): [name, rounded(number, 6)]
      case .mean(let mean, let deviation, let runs):
        [name, rounded(mean, 4), "± \(rounded(deviation, 4))", "over \(runs) runs"]
      case .list: nil
      }
    }
    if !numbers.isEmpty { lines += [""] + table(numbers).map { "  " + $0 } }
    lines.append("")
    lines += findings.verdicts.map { "  \($0.holds ? "✓" : "✗") \($0.text)" }
    return lines + ["  \(rounded(seconds, 1)) s", ""]
  }

  private func rows(_ figure: Figure) -> [String] {
    let cells = zip(figure.values, figure.arrows).map { value, arrows in "\(rounded(value, 1)) \(arrows)" }
    return [figure.title]
      + table(stride(from: 0, to: cells.count, by: figure.columns).map { Array(cells[$0..<$0 + figure.columns]) })
  }

  private func draw(_ experiment: Experiment, _ findings: Findings, in folder: URL) throws {
    let charts = findings.charts.map { Terminal.svg(of: $0) }
    let figures = findings.figures.map { Terminal.svg(of: $0.drawing, solution: $0.solution) }
    let pictures = charts + figures
    guard !pictures.isEmpty else { return }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (index, picture) in pictures.enumerated() {
      let file = folder.appending(path: "\(experiment.id)\(pictures.count > 1 ? "-\(index + 1)" : "").svg")
      try writeAtomically(Data(picture.utf8), to: file)
      printError("wrote \(file.relativePath)")
    }
  }
}
