import Foundation
import OrderedCollections
import RLCore
import RunStore
import Terminal

/// What `describe` says of a run: how it stands, its settings, what it found of its world, and how it learnt.
struct RunPage {
  let run: RunDirectory
  let config: RunConfig
  let reader: RunReader

  func text(width: Int, isColoured: Bool) -> [String] {
    let parts = [facts + settings(width), values(width, isColoured), curve(width, isColoured), metrics]
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private var facts: [String] {
    var lines = [
      "\(run.name)", "agent        \(config.agent)", "environment  \(config.environment)",
      "seed         \(config.seed)", "status       \(reader.status), step \(reader.rows.last?.step ?? 0)",
    ]
    if let setup = try? Setup(of: run), let remark = setup.world.remark(setup.agent) {
      lines.append("features     \(remark)")
    }
    if let reward = config.reward { lines.append("rewards      of the reward model of \(reward)") }
    for change in reader.changes { lines.append("changed      \(change.name)=\(change.value) at step \(change.step)") }
    if let best = reader.best { lines.append("best         \(rounded(best.reward, 2)) at step \(best.step)") }
    return lines + ["command      \(config.command.joined(separator: " "))"]
  }

  private func settings(_ width: Int) -> [String] {
    let all: [(prefix: String, settings: OrderedDictionary<String, SettingValue>)] = [
      ("", config.agentSettings), ("env.", config.environmentSettings), ("train.", config.trainingSettings),
    ]
    let words = all.flatMap { part in
      part.settings.map { "\(part.prefix)\($0.key)=\(abridged("\($0.value)"))" }
    }
    return wrapped(words, to: width - 13).enumerated().map { index, line in
      (index == 0 ? "settings     " : "             ") + line
    }
  }

  /// A grid world's tables, of any other world the state values; nothing where there are none. A world that cannot be made
  /// here, as one of another package, is no grid.
  private func values(_ width: Int, _ isColoured: Bool) -> [String] {
    if let solution = reader.solution, let episode = reader.latestEpisode?.episode, let setup = try? Setup(of: run) {
      let grid = lines(
        of: solution, on: setup.world.drawing(episode.states.row(0)), width: width, isColoured: isColoured)
      if !grid.isEmpty { return grid }
    }
    return reader.valueSurface.map { lines(of: $0, width: width, isColoured: isColoured) } ?? []
  }

  private func curve(_ width: Int, _ isColoured: Bool) -> [String] {
    learningCurve.map { lines(of: $0, width: width, height: 14, isColoured: isColoured) } ?? []
  }

  /// Of a planner the residual; `nil` where nothing was measured.
  private var learningCurve: Chart? {
    if let residual = curve("residual", "train/residual") {
      return Chart("residual", x: "sweeps", y: "greatest change of a value", isLogarithmic: true, [residual])
    }
    // In this order they have the colours of the dashboard.
    let curves = [("training", "rollout/ep_rew_mean"), ("evaluation", "eval/mean_reward")].compactMap(curve)
    return curves.isEmpty ? nil : Chart("learning curve", x: "steps", y: "return", curves)
  }

  private func curve(_ name: String, _ tag: String) -> Chart.Curve? {
    let points = reader.rows.compactMap { row in row.values[tag].map { Drawing.Point(Double(row.step), $0) } }
    return points.isEmpty ? nil : Chart.Curve(name, points)
  }

  /// What there is to see of it, one picture below the other: maps or state values, the learning curve, and what its agent
  /// measured. `nil` where there is nothing yet.
  func svg() -> String? {
    var parts: [SVGPart] = []
    if let solution = reader.solution, let episode = reader.latestEpisode?.episode, let setup = try? Setup(of: run) {
      parts = SVGPart.maps(of: solution, on: setup.world.drawing(episode.states.row(0)))
    }
    if parts.isEmpty, let surface = reader.valueSurface { parts = [SVGPart(surface: surface)] }
    if let learningCurve { parts.append(SVGPart(chart: learningCurve)) }
    let tags = reader.rows.reduce(into: OrderedSet<String>()) { tags, row in tags.formUnion(row.values.keys) }
    for tag in tags where !["time/", "eval/", "rollout/"].contains(where: tag.hasPrefix) && tag != "train/residual" {
      guard let curve = curve(String(tag.split(separator: "/").last ?? ""), tag), curve.points.count > 1 else {
        continue
      }
      let isPlanning = tags.contains("train/residual")
      let chart = Chart(
        tag, x: isPlanning ? "sweeps" : "steps", y: "", isLogarithmic: tag == "train/bound", [curve])
      parts.append(SVGPart(chart: chart, height: 240))
    }
    return parts.isEmpty ? nil : Terminal.svg(of: parts, title: "\(run.name): \(config.agent), \(config.environment)")
  }

  private var metrics: [String] {
    guard let values = reader.rows.last?.values, !values.isEmpty else { return [] }
    return ["last row of metrics"] + table(values.map { ["  \($0.key)", String(format: "%.6g", $0.value)] })
  }
}
