import RLCore
import RunStore

extension RunView {
  /// Several seeds as one run: steps and pace summed, curves averaged. `nil` where there is one run only.
  init?(averaging runs: [RunView]) {
    guard runs.count > 1 else { return nil }
    count = runs.count
    agent = runs[0].agent
    environment = runs[0].environment
    seed = "\(runs[0].seed)…\(runs[runs.count - 1].seed)"
    status = Self.status(of: runs)
    step = Self.sum(runs.map(\.step))
    budget = runs.allSatisfy { $0.budget != nil } ? Self.sum(runs.compactMap(\.budget)) : nil
    elapsed = runs.map(\.elapsed).max() ?? 0
    for tag in runs.max(by: { $0.tags.count < $1.tags.count })?.tags ?? [] {
      let average = Self.average(runs.compactMap { $0.series[tag]?.points })
      tags.append(tag)
      series[tag] = Series(average.points.map { (step: $0.x, value: $0.y) })
      bands[tag] = average.band
    }
    // Beside a mean over seeds stands its spread over seeds.
    if let band = bands["eval/mean_reward"]?.last {
      series["eval/std_reward"] = Series([(step: 0, value: (band.upperBound - band.lowerBound) / 2)])
    }
    let paces = runs.filter { $0.status == .running }.compactMap(\.stepsPerSecond)
    pace = paces.isEmpty ? nil : paces.reduce(0, +)
    let steady = runs.filter { $0.status == .running }.compactMap(\.steadyPace)
    sumOfSteadyPaces = steady.isEmpty ? nil : steady.reduce(0, +)
    (replayCapacity, rolloutSize, nearOptimal) = (runs[0].replayCapacity, runs[0].rolloutSize, runs[0].nearOptimal)
  }

  /// What one of them still does, all do; else the worst that happened to any.
  private static func status(of runs: [RunView]) -> RunStatus? {
    let all = runs.compactMap(\.status)
    if let live = [RunStatus.running, .paused].first(where: all.contains) { return live }
    if let failed = all.first(where: { if case .failed = $0 { true } else { false } }) { return failed }
    return [.stopped, .interrupted, .finished].first { all.contains($0) }
  }

  /// The sum, or the greatest number where that is greater.
  static func sum(_ counts: [Int]) -> Int {
    counts.reduce(0) { total, count in
      let (next, isTooLarge) = total.addingReportingOverflow(count)
      return isTooLarge ? .max : next
    }
  }

  /// The mean over those that have reached a step, with a standard deviation on either side.
  private static func average(_ curves: [[Drawing.Point]]) -> (points: [Drawing.Point], band: [ClosedRange<Double>]) {
    let tables = curves.map { Dictionary($0.map { ($0.x, $0.y) }, uniquingKeysWith: { $1 }) }
    var points: [Drawing.Point] = []
    var band: [ClosedRange<Double>] = []
    for step in (curves.max { $0.count < $1.count } ?? []).map(\.x) {
      let values = tables.compactMap { $0[step] }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      guard variance.isFinite else { continue }
      points.append(Drawing.Point(step, mean))
      band.append(mean - variance.squareRoot()...mean + variance.squareRoot())
    }
    return (points, band)
  }
}
