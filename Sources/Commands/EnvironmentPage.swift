import RLCore

/// An environment's documentation in Gymnasium's sections, for a terminal and for DocC: one text, two forms.
struct EnvironmentPage {
  let world: World
  /// The agents that fit.
  let agents: [String]
  let settings: [SettingReport]

  private var facts: [[String]] {
    [
      ["observations", "\(world.observationSpace)"], ["actions", "\(world.actionSpace)"],
      ["step limit", world.stepLimit.map(String.init) ?? "none"],
      ["agents", agents.isEmpty ? "none yet" : agents.joined(separator: ", ")],
    ]
  }

  private var quantities: [[String]] {
    guard case .box(let low, let high) = world.observationSpace, !world.documentation.quantities.isEmpty else {
      return []
    }
    return [["", "observation", "min", "max", "unit"]]
      + world.documentation.quantities.enumerated().map { i, quantity in
        ["\(i)", quantity.name, bound(low[i]), bound(high[i]), quantity.unit]
      }
  }

  private func bound(_ value: Float) -> String {
    value.isInfinite ? (value < 0 ? "−∞" : "∞") : rounded(Double(value), 4).replacing("-", with: "−")
  }

  /// Lines for a terminal.
  var text: [String] {
    let rows = facts.flatMap { fact in
      wrapped(fact[1], to: 84).enumerated().map { [$0 == 0 ? fact[0] : "", $1] }
    }
    var lines = ["\(world.id): \(world.documentation.summary)", ""] + table(rows)
    for (heading, words) in world.documentation.sections {
      lines += ["", heading] + wrapped(words, to: 100).map { "  " + $0 }
      if heading == "Observation", !quantities.isEmpty { lines += [""] + table(quantities).map { "  " + $0 } }
    }
    if !settings.isEmpty { lines += ["", "Parameters"] }
    return lines + table(settings.map { ["  env.\($0.name)", $0.value, "\($0.help) (\($0.expected))"] })
  }

  /// An article for a DocC catalogue.
  var markdown: [String] {
    var lines = ["# \(world.id)", "", world.documentation.summary.prefix(1).uppercased()]
    lines[2] += world.documentation.summary.dropFirst() + "."
    lines += ["", "## Overview", ""] + rows([["", ""]] + facts.map { ["**\($0[0])**", "`\($0[1])`"] })
    for (heading, words) in world.documentation.sections {
      lines += ["", "## \(heading)", ""] + wrapped(words, to: 100)
      if heading == "Observation", !quantities.isEmpty { lines += [""] + rows(quantities) }
    }
    guard !settings.isEmpty else { return lines }
    return lines + ["", "## Parameters", ""]
      + rows(
        [["`--set`", "default", "what it is"]]
          + settings.map { ["`env.\($0.name)`", $0.value, "\($0.help) (\($0.expected))"] })
  }

  /// A table whose first row is its head.
  private func rows(_ rows: [[String]]) -> [String] {
    let lines = rows.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
    return [lines[0], "|" + String(repeating: "---|", count: rows[0].count)] + lines.dropFirst()
  }
}
