import RLCore
import RunStore

/// Everything the dashboard shows of one run: plain values, gathered by ``RunCollector``.
struct RunView: Sendable {
  /// An episode as far as it has been played.
  struct Scene: Sendable {
    /// The training step it was recorded at.
    var recordedAt: Int
    /// Steps shown so far, and in all.
    var position: Int
    var length: Int
    /// Of the steps shown so far, and of all.
    var returnSoFar: Double
    var totalReward: Double
    var drawing: Drawing
    /// The states so far, where there is a surface to draw them on.
    var path: [Drawing.Point] = []
    /// What the agent held the present observation to be worth.
    var estimate: ValueEstimate?
  }

  var name = ""
  var agent = ""
  var environment = ""
  var seed = ""
  /// `nil` until there is a run to read.
  var status: RunStatus?
  /// Environment steps, sweeps or updates done, and to do.
  var step = 0
  var budget: Int?
  /// Seconds of training so far.
  var elapsed = 0.0
  /// By tag, in the order in which the tags appeared.
  var tags: [String] = []
  var series: [String: Series] = [:]
  /// Of an average over seeds the spread at each point, by tag.
  var bands: [String: [ClosedRange<Double>]] = [:]
  /// Of an average over seeds the sums of their paces, the present and the steady ones.
  var pace: Double?
  var sumOfSteadyPaces: Double?
  /// How many runs it stands for.
  var count = 1
  var scene: Scene?
  var solution: Solution?
  /// State values over the states, of a world that is no grid.
  var surface: Surface?
  /// What may change while it goes on, and what has.
  var schedules: [RunSchedule] = []
  var changes: [SettingChange] = []
  /// Steps that its replay buffer holds, where it has one, or else that a rollout of all lanes has.
  var replayCapacity: Int?
  var rolloutSize: Int?
  /// The mean return of the best play that is known.
  var nearOptimal: Double?
  /// Preferences that it learns from, where it does.
  var pairs: Int?

  mutating func append(_ tag: String, step: Int, value: Double) {
    if series[tag] == nil { tags.append(tag) }
    series[tag, default: Series()].append(step: Double(step), value: value)
  }

  func last(_ tag: String) -> Double? { series[tag]?.last }

  /// Share of the budget, 0…1. What has converged is done, whatever is left of it.
  var progress: Double? {
    budget.map { $0 > 0 && status != .finished ? min(max(Double(step) / Double($0), 0), 1) : 1 }
  }

  /// Whether it sweeps a model: then the residual over sweeps is its learning curve.
  var isPlanning: Bool { series["train/residual"] != nil }

  /// The right end of the step axis; a planner stops when it has converged, long before its budget.
  var axisEnd: Double? { isPlanning ? nil : budget.map { Double($0) / Double(count) } }

  /// Environment steps a second: as recorded, else on average.
  var stepsPerSecond: Double? {
    if let pace { return pace }
    if let recorded = last("time/fps"), recorded.isFinite, recorded > 0 { return recorded }
    return elapsed > 0 && step > 0 ? Double(step) / elapsed : nil
  }

  /// Steps a second over the last half of the steps so far: what one slow row says does not turn the estimate of the end.
  var steadyPace: Double? {
    if let sumOfSteadyPaces { return sumOfSteadyPaces }
    let rows = series["time/fps"]?.points ?? []
    let late = zip(rows, rows.dropFirst()).filter { $1.y > 0 && $0.x >= Double(step) / 2 }
    let seconds = late.reduce(0) { $0 + ($1.1.x - $1.0.x) / $1.1.y }
    guard let first = late.first, let last = late.last, seconds > 0, seconds.isFinite else { return stepsPerSecond }
    return (last.1.x - first.0.x) / seconds
  }

  /// Seconds until the budget is used up, at the steady pace.
  var secondsLeft: Double? {
    guard status == .running, let budget, let pace = steadyPace, pace > 0 else { return nil }
    return max(Double(budget) - Double(step), 0) / pace
  }

  /// What its experience fills, of one seed where it stands for several.
  var fill: (name: String, held: Int, size: Int)? {
    let steps = step / max(count, 1)
    if let replayCapacity { return ("replay", min(steps, replayCapacity), replayCapacity) }
    guard let rolloutSize, rolloutSize > 0 else { return nil }
    return ("rollout", steps % rolloutSize, rolloutSize)
  }

  /// How far the evaluations are from the best play that is known.
  var gapText: String? {
    guard let nearOptimal, nearOptimal.isFinite, let evaluation = evaluationReturn, evaluation.isFinite else {
      return nil
    }
    let gap = nearOptimal - evaluation
    let isReached = gap <= 0.01 * abs(nearOptimal)
    return "near-optimal \(Format.number(nearOptimal)), " + (isReached ? "reached" : "\(Format.number(gap)) away")
  }

  var trainingReturn: Double? { last("rollout/ep_rew_mean") }
  var evaluationReturn: Double? { last("eval/mean_reward") }

  /// `-151.2 ± 80.1`
  var evaluationText: String? {
    guard let mean = evaluationReturn else { return nil }
    return last("eval/std_reward").map { Format.spread(mean, $0) } ?? Format.number(mean)
  }

  /// What the world's panel can show, in turn.
  var layers: [WorldLayer] {
    if scene?.drawing.grid != nil { return solution?.visits == nil ? [.world] : [.world, .visits] }
    return surface == nil ? [.world] : [.world, .surface]
  }

  /// The tag of a schedule's values.
  static func scheduleTag(_ name: String) -> String { "schedule/\(name)" }

  /// Tags with a chart of their own: losses first. Learning curves and times have their own panels.
  var metrics: [String] {
    let curves = [
      "rollout/ep_rew_mean", "eval/mean_reward", "eval/std_reward", "train/residual", MetricsRow.askedTag,
      MetricsRow.idleTag,
    ]
    let shown = tags.filter { !$0.hasPrefix("time/") && !curves.contains($0) }
    let isFirst = { (tag: String) in tag.hasPrefix("train/") && tag.hasSuffix("loss") }
    let isSecond = { (tag: String) in !isFirst(tag) && !tag.hasPrefix("rollout/") && !tag.hasPrefix("eval/") }
    return shown.filter(isFirst) + shown.filter(isSecond) + shown.filter { !isFirst($0) && !isSecond($0) }
  }
}

/// The panels of the dashboard that can be hidden or shown alone, in the order of their keys.
enum Panel: Int, Sendable, CaseIterable {
  case curve, metrics, world, throughput
}

/// A setting of a run that may become another number while it goes on.
public struct RunSchedule: Sendable, Equatable {
  public let name: String
  public let range: ClosedRange<Double>
  /// As it stands now.
  var value = ""

  public init(name: String, range: ClosedRange<Double>) {
    self.name = name
    self.range = range
  }
}

/// The dashboard between two frames. Keys change it, ``dashboardFrame(_:width:height:)`` draws it.
struct DashboardState: Sendable {
  var runs: [RunView]
  /// All runs as one, where they are several seeds.
  private(set) var average: RunView?
  /// The run that is shown in detail, or whose episode is beside the average of all.
  var selected = 0
  /// Whether the average is shown.
  private(set) var showsAll: Bool
  /// The metric that is shown first.
  var metric = 0
  /// Doublings of the animation's speed, −4…4.
  var speedStep = 0
  var isPaused = false
  var showsHelp = false
  private(set) var showsAlarms = false
  /// What the world's panel shows, where the run has it.
  var layer = WorldLayer.world
  /// The panel that a person has chosen, and whether it is shown alone.
  private(set) var focus: Panel?
  private(set) var isZoomed = false
  private(set) var hidden: Set<Panel> = []
  /// Of the screen, in cells: what lies where a person clicks.
  var bounds = Rect(x: 0, y: 0, width: 0, height: 0)
  /// Of the machine, where it is known.
  var load: MachineLoad?

  /// What a key asks of the trainer, until it is sent.
  private(set) var request: RunRequest?
  /// What came of it, or what a key needs, until the next key.
  private(set) var notice = ""
  /// Whether the next `x` stops the run.
  private var isStopping = false
  /// The change of a schedule that is being typed.
  private(set) var prompt: SchedulePrompt?

  /// `showsAll`: whether the average of several runs is shown first.
  init(runs: [RunView], showsAll: Bool = false) {
    self.runs = runs
    self.showsAll = showsAll && runs.count > 1
    average = RunView(averaging: runs)
  }

  /// Takes over what the collectors have; `hasNews`: whether that is more than another moment of an episode.
  mutating func take(_ runs: [RunView], hasNews: Bool) {
    self.runs = runs
    if hasNews { average = RunView(averaging: runs) }
  }

  var speed: Double { speedStep >= 0 ? Double(1 << speedStep) : 1 / Double(1 << -speedStep) }

  /// What ``layer`` comes to with the present run, and what follows it.
  var shownLayer: WorldLayer { run.layers.contains(layer) ? layer : .world }
  var nextLayer: WorldLayer? {
    let layers = run.layers
    guard layers.count > 1, let index = layers.firstIndex(of: shownLayer) else { return nil }
    return layers[(index + 1) % layers.count]
  }

  /// What the key that leads to a layer calls it.
  func name(of layer: WorldLayer) -> String {
    switch layer {
    case .world: run.scene?.drawing.grid == nil ? "world" : "values"
    case .visits: "visits"
    case .surface: "values"
    }
  }

  /// What is shown in detail.
  var run: RunView {
    let one = runs.indices.contains(selected) ? runs[selected] : RunView()
    guard showsAll, var average else { return one }
    (average.scene, average.solution, average.surface) = (one.scene, one.solution, one.surface)
    return average
  }

  /// The runs that a request is for.
  var addressed: [RunView] { (showsAll ? runs : [run]).filter { $0.status?.isLive == true } }

  /// The panels that are not hidden and have something to show.
  var panels: [Panel] {
    let shown = Panel.allCases.filter { !hidden.contains($0) && ($0 != .metrics || !run.metrics.isEmpty) }
    return shown.isEmpty ? [.curve] : shown
  }

  /// The panel that is shown alone.
  var zoomed: Panel? { isZoomed ? focus.flatMap { panels.contains($0) ? $0 : nil } : nil }

  private mutating func focusNext() {
    let index = focus.flatMap { panels.firstIndex(of: $0) }
    focus = panels[index.map { ($0 + 1) % panels.count } ?? 0]
  }

  private mutating func toggleZoom() {
    if focus.map({ panels.contains($0) }) != true { focus = panels[0] }
    isZoomed.toggle()
  }

  /// A panel is chosen by a click, and by another one shown alone; a run is chosen.
  private mutating func click(x: Int, y: Int) {
    guard !DashboardLayout.isSmall(bounds.width, bounds.height) else { return }
    let layout = DashboardLayout(self, width: bounds.width, height: bounds.height)
    if let rect = layout.runs, rect.contains(x, y) {
      let row = DashboardLayout.firstRun(self, room: rect.height - 2) + y - rect.y - 1
      guard y > rect.y, y < rect.maxY - 1, row <= runs.count else { return }
      showsAll = row == 0
      selected = max(row - 1, 0)
    }
    guard let panel = layout.panel(at: x, y) else { return }
    if focus == panel { isZoomed.toggle() } else { focus = panel }
  }

  /// The wheel does what arrows do, to what it is turned over.
  private mutating func turn(up: Bool, x: Int, y: Int) {
    guard !DashboardLayout.isSmall(bounds.width, bounds.height) else { return }
    let layout = DashboardLayout(self, width: bounds.width, height: bounds.height)
    if layout.runs?.contains(x, y) == true { _ = handle(up ? .up : .down) }
    switch layout.panel(at: x, y) {
    case .metrics: _ = handle(up ? .left : .right)
    case .world: _ = handle(.character(up ? "+" : "-"))
    default: break
    }
  }

  /// The request has been sent, or `problem` says why not.
  mutating func answer(_ problem: String?) {
    notice = problem ?? request.map { "asked to \($0.words)" } ?? ""
    request = nil
  }

  private mutating func ask(_ wanted: RunRequest) {
    guard !addressed.isEmpty else {
      notice = "no trainer is at work here"
      return
    }
    if wanted == .stop && !isStopping {
      isStopping = true
      notice = "x once more saves and stops"
      return
    }
    isStopping = false
    request = wanted
  }

  private mutating func beginPrompt() {
    guard let run = addressed.first else {
      notice = "no trainer is at work here"
      return
    }
    prompt = SchedulePrompt(run.schedules)
    if prompt == nil { notice = "no setting of \(run.agent) can change while it is at work" }
  }

  /// Follows a key. Returns whether it asks to quit.
  mutating func handle(_ key: Key) -> Bool {
    if showsHelp || showsAlarms {
      (showsHelp, showsAlarms) = (false, false)
      return key == .character("q")
    }
    if var prompt {
      let answer = prompt.handle(key)
      self.prompt = answer == .typing ? prompt : nil
      if case .change(let name, let value) = answer { request = .set(name: name, value: value) }
      return false
    }
    notice = ""
    if key != .character("x") { isStopping = false }
    let metrics = max(run.metrics.count, 1)
    switch key {
    case .character("p"): ask(addressed.contains { $0.status == .running } ? .pause : .resume)
    case .character("s"): ask(.checkpoint)
    case .character("e"): ask(.evaluate)
    case .character("x"): ask(.stop)
    case .character("c"): beginPrompt()
    case .character("q"), .character("Q"), .escape: return true
    case .character(" "): isPaused.toggle()
    case .character("?"), .character("h"): showsHelp = true
    case .character("a"): showsAlarms = true
    case .character("v"): layer = nextLayer ?? layer
    case .character("z"): toggleZoom()
    case .tab: focusNext()
    case .character(let digit) where digit.wholeNumberValue.map { 1...Panel.allCases.count ~= $0 } == true:
      hidden.formSymmetricDifference([Panel.allCases[digit.wholeNumberValue! - 1]])
    case .click(let x, let y): click(x: x, y: y)
    case .wheel(let up, let x, let y): turn(up: up, x: x, y: y)
    case .right: metric = (metric + 1) % metrics
    case .left: metric = (metric + metrics - 1) % metrics
    case .up where runs.count > 1:
      showsAll = selected == 0
      selected = max(selected - 1, 0)
    case .down where runs.count > 1:
      if !showsAll { selected = min(selected + 1, runs.count - 1) }
      showsAll = false
    case .up, .character("+"), .character("="): speedStep = min(speedStep + 1, 4)
    case .down, .character("-"): speedStep = max(speedStep - 1, -4)
    default: break
    }
    return false
  }
}

/// What a person can press.
enum Key: Sendable, Equatable {
  case character(Character)
  case left, right, up, down, home, end, escape, enter, backspace, tab
  /// Of the mouse, in cells from the upper left: its first button, and a turn of its wheel.
  case click(x: Int, y: Int)
  case wheel(up: Bool, x: Int, y: Int)
  /// The terminal has another size.
  case resize
}
