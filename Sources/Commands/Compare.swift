import ArgumentParser
import Foundation
import RLCore
import RunStore
import Terminal

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare agents over seeds: learning curves, interquartile means, and who is better how surely.",
    discussion: """
      Runs of one agent and the same settings are one group, whatever their seeds. Its score is the interquartile mean
      of their last evaluations; intervals are of 95 %, by stratified bootstrap over seeds (arXiv:2108.13264).

      rlgym train --agent q-learning --env CliffWalking-v1 --seeds 10
      rlgym train --agent sarsa --env CliffWalking-v1 --seeds 10
      rlgym compare --env CliffWalking-v1 --svg curves.svg
      """)

  @Argument(help: "Runs' names or folders.") var names: [String] = []
  @Option(name: .customLong("env"), help: "Compare all runs in this environment, in the place of naming them.")
  var environment: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Return whose first reaching is timed; the median of the last evaluations where left out.", valueName: "number"))
  var threshold: Double?
  @Option(help: "Write the curves to this SVG file too.") var svg: String?
  @Option(help: "Folder of runs.") var runs = "Runs"
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    if let threshold, !threshold.isFinite { throw UsageError("--threshold \(threshold): expected a finite number") }
    let worlds = comparedWorlds(try chosen().map(ComparedRun.init)) { printError("left out: \($0)") }
    guard !worlds.isEmpty else { throw UsageError("none of these runs has an evaluation yet") }
    let charts = worlds.map(\.charts)
    if let svg {
      try writeAtomically(Data(Terminal.svg(of: charts.flatMap(\.self)).utf8), to: URL(filePath: svg))
      printError("wrote \(svg)")
    }
    if json { return try printJSON(ComparisonReport(worlds, threshold: threshold)) }
    for (world, charts) in zip(worlds, charts) { try show(world, charts) }
    if worlds.count > 1 { try showTogether(worlds) }
  }

  /// The runs that are meant, each once.
  private func chosen() throws -> [RunDirectory] {
    let root = URL(filePath: runs)
    guard let environment else {
      guard !names.isEmpty else {
        throw UsageError("compare needs runs: their names, or --env ID for all runs in an environment")
      }
      var found: [RunDirectory] = []
      for name in names {
        let run = try UsageError.of { try RunDirectory.find(name, in: root) }
        if !found.contains(run) { found.append(run) }
      }
      return found
    }
    guard names.isEmpty else { throw UsageError("--env \(environment): leave it out where runs are named") }
    // Oldest first, so that what was trained again is what is left out. A damaged run is no part of the environment.
    let all = RunDirectory.all(in: root).reversed().compactMap { run in
      (try? RunConfig(from: run)).map { (run: run, config: $0) }
    }
    let found = all.filter { $0.config.environment == environment }.sorted { $0.config.created < $1.config.created }
    guard found.isEmpty else { return found.map(\.run) }
    let known = Array(Set(all.map(\.config.environment))).sorted()
    throw UsageError(
      "--env \(environment): there are no runs in it in \(runs)"
        + (known.isEmpty ? "" : "; there are in: \(known.joined(separator: ", "))"))
  }

  private func show(_ world: ComparedWorld, _ charts: [Chart]) throws {
    for chart in charts {
      for line in lines(of: chart, width: terminalWidth(), isColoured: isColoured()) { try printOut(line) }
      try printOut("")
    }
    let level = threshold ?? world.commonLevel
    let head = [
      "", "seeds", "steps", "final", "best", "interquartile mean of finals, 95 %", "steps to \(short(level))",
    ]
    let rows = world.groups.map { group in
      let score = group.score
      let interval = group.runs.count > 1 ? " [\(short(score.low)), \(short(score.high))]" : ""
      let steps = group.steps(to: level)
      return [
        group.label, "\(group.runs.count)", "\(Int(group.runs.compactMap(\.evaluations.last?.x).min() ?? 0))",
        short(mean(group.finals)), short(mean(group.runs.map(\.best))), short(score.value) + interval,
        steps.isFinite ? rounded(steps, 0) : "-",
      ]
    }
    for line in table([head] + rows) { try printOut("  " + line) }
    let best = world.winner.group ?? world.groups.max { $0.score.value < $1.score.value }!
    for other in world.groups where other.label != best.label {
      try printOut("  " + text(improvement(of: [(best, other)]), best.label, other.label))
    }
    if world.groups.count > 1 {
      let (group, reason) = world.winner
      try printOut(group.map { "  ahead: \($0.label); \(reason)" } ?? "  no winner is named: \(reason)")
    }
    try printOut("")
  }

  /// Of groups that met in several worlds, whose returns have no scale in common.
  private func showTogether(_ worlds: [ComparedWorld]) throws {
    for (one, other, pairs) in meetings(in: worlds) {
      try printOut("over \(pairs.count) environments: " + text(improvement(of: pairs), one, other))
    }
  }

  private func text(_ estimate: Estimate, _ one: String, _ other: String) -> String {
    "P(\(one) > \(other)) = \(rounded(estimate.value, 2)) "
      + "[\(rounded(estimate.low, 2)), \(rounded(estimate.high, 2))]"
  }
}

/// The pairs of groups that met in more than one world, by their labels.
private func meetings(
  in worlds: [ComparedWorld]
) -> [(one: String, other: String, pairs: [(ComparedGroup, ComparedGroup)])] {
  var names: [String] = []
  for group in worlds.flatMap(\.groups) where !names.contains(group.label) { names.append(group.label) }
  return names.indices.flatMap { i in
    names[(i + 1)...].compactMap { other in
      let pairs = worlds.compactMap { world -> (ComparedGroup, ComparedGroup)? in
        guard let a = world.groups.first(where: { $0.label == names[i] }),
          let b = world.groups.first(where: { $0.label == other })
        else { return nil }
        return (a, b)
      }
      return pairs.count > 1 ? (names[i], other, pairs) : nil
    }
  }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// Shares of success need another digit than returns.
private func short(_ value: Double) -> String { rounded(value, value.magnitude < 10 ? 3 : 2) }

/// The JSON of `compare`: `{"groups", "improvements", "winners"}`.
private struct ComparisonReport: Encodable {
  struct Interval: Encodable {
    let value: Double
    let low: Double
    let high: Double

    init(_ estimate: Estimate) { (value, low, high) = (estimate.value, estimate.low, estimate.high) }
  }

  struct Group: Encodable {
    let env: String
    let group: String
    let agent: String
    let runs: [String]
    let seeds: [UInt64]
    let final: [Double]
    let best: [Double]
    let interquartileMean: Interval
    let threshold: Double
    /// `null` for a seed that did not reach it.
    let stepsToThreshold: [Double?]
  }

  struct Improvement: Encodable {
    let envs: [String]
    let group: String
    let over: String
    let probability: Interval
  }

  struct Winner: Encodable {
    let env: String
    let winner: String?
    let reason: String

    private enum Key: CodingKey { case env, winner, reason }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(env, forKey: .env)
      try container.encode(winner, forKey: .winner)
      try container.encode(reason, forKey: .reason)
    }
  }

  let groups: [Group]
  var improvements: [Improvement]
  let winners: [Winner]

  init(_ worlds: [ComparedWorld], threshold: Double?) {
    groups = worlds.flatMap { world in
      let level = threshold ?? world.commonLevel
      return world.groups.map { group in
        Group(
          env: world.title, group: group.label, agent: group.agent, runs: group.runs.map(\.run.path),
          seeds: group.runs.map(\.config.seed), final: group.finals, best: group.runs.map(\.best),
          interquartileMean: Interval(group.score), threshold: level,
          stepsToThreshold: group.runs.map { run in
            let steps = run.steps(to: level)
            return steps.isFinite ? steps : nil
          })
      }
    }
    improvements = worlds.flatMap { world in
      world.groups.indices.flatMap { i in
        world.groups[(i + 1)...].map { other in
          Improvement(
            envs: [world.title], group: world.groups[i].label, over: other.label,
            probability: Interval(improvement(of: [(world.groups[i], other)])))
        }
      }
    }
    for (one, other, pairs) in meetings(in: worlds) {
      let envs = worlds.filter { world in
        [one, other].allSatisfy { label in world.groups.contains { $0.label == label } }
      }
      improvements.append(
        Improvement(
          envs: envs.map(\.title), group: one, over: other, probability: Interval(improvement(of: pairs))))
    }
    winners = worlds.map { world in
      let (group, reason) = world.winner
      return Winner(env: world.title, winner: group?.label, reason: reason)
    }
  }
}
