import RLCore
import RunStore

/// Progress without a terminal: one plain line every few seconds, of one run or of several side by side.
///
/// `step 4000/10000 (40%)  return -312.4  eval -151.2 ± 80.1  29,310 steps/s  ETA 0:02`
public struct PlainProgress {
  private var collectors: [RunCollector]
  private let interval: Duration
  private var next: ContinuousClock.Instant
  private var lastLine = ""

  public init(
    of runs: [RunDirectory], every interval: Duration = .seconds(3), from start: ContinuousClock.Instant = .now
  ) {
    collectors = runs.map { run in
      RunCollector(run, drawing: { _ in Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) })
    }
    self.interval = interval
    next = start + interval
  }

  /// A line when it is time for one and something has changed.
  public mutating func poll(now: ContinuousClock.Instant = .now) -> String? {
    guard now >= next else { return nil }
    next = now + interval
    let line = latest()
    guard line != lastLine, !line.isEmpty else { return nil }
    lastLine = line
    return line
  }

  /// How far it is as a bar of twelve columns; empty where nobody knows how far it goes.
  public var bar: String {
    let (views, budgets) = (collectors.map(\.view), collectors.compactMap(\.view.budget))
    let total = RunView.sum(budgets)
    guard budgets.count == views.count, total > 0 else { return "" }
    var frame = Frame(width: 12, height: 1)
    frame.bar(Double(RunView.sum(views.map(\.step))) / Double(total), x: 0, y: 0, width: 12, paint: .plain)
    return (isUTF8() ? frame : frame.ascii).text
  }

  /// How things stand now, as at the end of training. Empty before there is anything to say.
  public mutating func latest() -> String {
    for index in collectors.indices { _ = collectors[index].poll() }
    return progressLine(collectors.map(\.view))
  }
}

/// Steps and pace summed, returns averaged over the runs.
func progressLine(_ runs: [RunView]) -> String {
  let step = RunView.sum(runs.map(\.step))
  guard step > 0 else { return "" }
  var parts: [String] = []
  if runs.count > 1 { parts.append("\(runs.count) runs") }
  let budgets = runs.compactMap(\.budget)
  let total = RunView.sum(budgets)
  if budgets.count == runs.count, total > 0 {
    parts.append("step \(step)/\(total) (\(Int(Double(step) / Double(total) * 100))%)")
  } else {
    parts.append("step \(step)")
  }
  func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
  if let value = mean(runs.compactMap(\.trainingReturn)) { parts.append("return \(Format.number(value))") }
  if runs.count == 1, let text = runs[0].evaluationText {
    parts.append("eval \(text)")
  } else if let value = mean(runs.compactMap(\.evaluationReturn)) {
    parts.append("eval \(Format.number(value))")
  }
  let pace = runs.compactMap(\.stepsPerSecond).reduce(0, +)
  if pace > 0 { parts.append("\(Format.fixed(pace, 0)) steps/s") }
  if let left = runs.compactMap(\.secondsLeft).max() { parts.append("ETA \(Format.duration(left))") }
  return parts.joined(separator: "  ")
}
