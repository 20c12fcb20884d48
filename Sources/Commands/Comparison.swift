import Foundation
import OrderedCollections
import RLCore
import RunStore

/// What a run's files say of how well it learnt.
struct ComparedRun {
  let run: RunDirectory
  let config: RunConfig
  /// Mean returns of the evaluations.
  let evaluations: [Drawing.Point]
  /// A planner's residual over its sweeps; empty for what does not plan.
  let residuals: [Drawing.Point]

  /// Throws ``RunStore/RunStoreError``.
  init(_ run: RunDirectory) throws {
    self.run = run
    config = try RunConfig(from: run)
    var tail = MetricsTail(run.metricsURL)
    let rows = tail.poll()
    func points(_ tag: String) -> [Drawing.Point] {
      rows.filter { $0.values[MetricsRow.askedTag] == nil }
        .compactMap { row in row.values[tag].map { Drawing.Point(Double(row.step), $0) } }
    }
    evaluations = points("eval/mean_reward")
    residuals = points("train/residual")
  }

  /// Its last evaluation, and its best one. There must be one.
  var final: Double { evaluations.last!.y }
  var best: Double { evaluations.map(\.y).max()! }

  /// Steps until an evaluation first reached `level`; infinite where none did.
  func steps(to level: Double) -> Double { evaluations.first { $0.y >= level }?.x ?? .infinity }
}

/// Runs that differ in their seeds alone.
struct ComparedGroup {
  /// The agent, and the settings in which it differs from the others.
  let label: String
  /// In the order of their seeds, which are all different.
  let runs: [ComparedRun]

  var agent: String { runs[0].config.agent }
  var isPlanner: Bool { runs.allSatisfy { !$0.residuals.isEmpty } }
  var finals: [Double] { runs.map(\.final) }
  /// The interquartile mean of the finals.
  var score: Estimate { SeedStatistics.bootstrap([finals]) { SeedStatistics.interquartileMean($0[0]) } }

  /// The median seed's; infinite where half of them or more never arrive.
  func steps(to level: Double) -> Double { SeedStatistics.median(runs.map { $0.steps(to: level) }) }

  /// The interquartile mean over seeds at the steps that all of them have, with its band.
  func curve(of quantity: KeyPath<ComparedRun, [Drawing.Point]>) -> Chart.Curve {
    let tables = runs.map { Dictionary($0[keyPath: quantity].map { ($0.x, $0.y) }, uniquingKeysWith: { $1 }) }
    let shared = runs[0][keyPath: quantity].map(\.x).filter { step in tables.allSatisfy { $0[step] != nil } }
    // More points than these show nothing new.
    let stride = (shared.count + 99) / 100
    let steps = shared.enumerated().filter { $0.offset % stride == 0 || $0.offset == shared.count - 1 }.map(\.element)
    let estimates = steps.map { step in
      SeedStatistics.bootstrap([tables.map { $0[step]! }]) { SeedStatistics.interquartileMean($0[0]) }
    }
    return Chart.Curve(
      label, zip(steps, estimates).map { Drawing.Point($0, $1.value) },
      band: runs.count > 1 ? estimates.map { $0.low...$0.high } : [])
  }
}

/// The groups that were trained in one world.
struct ComparedWorld {
  /// The environment, and the settings in which it differs from the others.
  let title: String
  let groups: [ComparedGroup]

  var environment: String { groups[0].runs[0].config.environment }
  /// What half of the runs end at or above.
  var commonLevel: Double { SeedStatistics.median(groups.flatMap(\.finals)) }

  /// Learning curves of what learns, residuals of what plans.
  var charts: [Chart] {
    let (planners, learners) = (groups.filter(\.isPlanner), groups.filter { !$0.isPlanner })
    var charts: [Chart] = []
    if !learners.isEmpty {
      charts.append(
        Chart("\(title): evaluations", x: "steps", y: "return", learners.map { $0.curve(of: \.evaluations) }))
    }
    if !planners.isEmpty {
      charts.append(
        Chart(
          "\(title): residuals", x: "sweeps", y: "greatest change of a value", isLogarithmic: true,
          planners.map { $0.curve(of: \.residuals) }))
    }
    return charts
  }

  /// The group that is better than every other one as far as the seeds can tell, or why none is named.
  var winner: (group: ComparedGroup?, reason: String) {
    guard groups.count > 1 else { return (nil, "there is one group only") }
    if let lone = groups.first(where: { $0.runs.count == 1 }) {
      return (
        nil,
        "\(lone.label) has one seed, which says nothing of the next one; "
          + "train more with: rlgym train --agent \(lone.agent) --env \(environment) --seeds 10"
      )
    }
    let best = groups.max { SeedStatistics.interquartileMean($0.finals) < SeedStatistics.interquartileMean($1.finals) }!
    for other in groups where other.label != best.label {
      let (n, m) = (best.runs.count, other.runs.count)
      let chance = SeedStatistics.chanceOfSeparation(n, m)
      if chance > 0.05 {
        return (
          nil,
          "\(n) seeds of \(best.label) against \(m) of \(other.label) are too few: equals would lie wholly apart in "
            + "\(rounded(chance * 100, 0)) % of such trials"
        )
      }
      if improvement(of: [(best, other)]).low <= 0.5 {
        return (nil, "the interval of P(\(best.label) > \(other.label)) does not lie above one half")
      }
    }
    return (best, "the interval of each P(\(best.label) > …) lies above one half")
  }
}

/// The probability that a run of the first group of a pair ends higher than one of the second, averaged over the pairs,
/// which are of one world each.
func improvement(of pairs: [(ComparedGroup, ComparedGroup)]) -> Estimate {
  SeedStatistics.bootstrap(pairs.flatMap { [$0.finals, $1.finals] }) { strata in
    let shares = stride(from: 0, to: strata.count, by: 2).map {
      SeedStatistics.probabilityOfImprovement(of: strata[$0], over: strata[$0 + 1])
    }
    return shares.reduce(0, +) / Double(shares.count)
  }
}

/// Runs by their worlds, and there by agents and settings; both in the order in which they were first given.
/// `leaveOut` is told why a run is not counted.
func comparedWorlds(_ runs: [ComparedRun], leaveOut: (String) -> Void) -> [ComparedWorld] {
  struct Place: Hashable {
    let environment: String
    let settings: OrderedDictionary<String, SettingValue>
    let world: String?
  }
  struct Kind: Hashable {
    let agent: String
    var settings: OrderedDictionary<String, SettingValue>
  }
  var places: OrderedDictionary<Place, OrderedDictionary<Kind, [UInt64: ComparedRun]>> = [:]
  for run in runs {
    let config = run.config
    guard !run.evaluations.isEmpty else {
      leaveOut("\(run.run.name) has no evaluation yet")
      continue
    }
    let place = Place(
      environment: config.environment, settings: prefixed("env.", config.environmentSettings), world: config.world)
    let training = prefixed("train.", config.trainingSettings)
    var kind = Kind(agent: config.agent, settings: config.agentSettings.merging(training) { $1 })
    kind.settings["env.reward"] = config.reward.map(SettingValue.text)
    if let earlier = places[place]?[kind]?[config.seed] {
      leaveOut("\(run.run.name) is \(earlier.run.name) again, with the same seed and settings")
      continue
    }
    places[place, default: [:]][kind, default: [:]][config.seed] = run
  }
  let titles = labels(of: places.keys.map { ($0.environment, $0.settings) })
  return zip(titles, places.values).map { title, kinds in
    let names = labels(of: kinds.keys.map { ($0.agent, $0.settings) })
    return ComparedWorld(
      title: title,
      groups: zip(names, kinds.values).map { name, seeds in
        ComparedGroup(label: name, runs: seeds.sorted { $0.key < $1.key }.map(\.value))
      })
  }
}

private func prefixed(
  _ prefix: String, _ settings: OrderedDictionary<String, SettingValue>
) -> OrderedDictionary<String, SettingValue> {
  OrderedDictionary(uniqueKeysWithValues: settings.map { (prefix + $0.key, $0.value) })
}

/// Each name with those of its settings that others of the same name have otherwise; no two are the same.
private func labels(of items: [(name: String, settings: OrderedDictionary<String, SettingValue>)]) -> [String] {
  var seen: [String: Int] = [:]
  return items.map { item in
    let others = items.filter { $0.name == item.name }
    let differing = item.settings.filter { pair in others.contains { $0.settings[pair.key] != pair.value } }
    let label = ([item.name] + differing.map { "\($0.key)=\(abridged("\($0.value)"))" }).joined(separator: " ")
    seen[label, default: 0] += 1
    return seen[label]! == 1 ? label : "\(label) #\(seen[label]!)"
  }
}

/// A table of a policy does not fit on a line.
func abridged(_ value: String) -> String { value.count <= 24 ? value : value.prefix(23) + "…" }
