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
  var scene: Scene?
  var solution: Solution?
  /// State values over the states, of a world that is no grid.
  var surface: Surface?

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
  var axisEnd: Double? { isPlanning ? nil : budget.map(Double.init) }

  /// Environment steps a second: as recorded, else on average.
  var stepsPerSecond: Double? {
    if let recorded = last("time/fps"), recorded.isFinite, recorded > 0 { return recorded }
    return elapsed > 0 && step > 0 ? Double(step) / elapsed : nil
  }

  /// Seconds until the budget is used up, at the present pace.
  var secondsLeft: Double? {
    guard status == .running, let budget, let pace = stepsPerSecond else { return nil }
    return max(Double(budget) - Double(step), 0) / pace
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

  /// Tags with a chart of their own: losses first. Learning curves and times have their own panels.
  var metrics: [String] {
    let curves = ["rollout/ep_rew_mean", "eval/mean_reward", "eval/std_reward", "train/residual"]
    let shown = tags.filter { !$0.hasPrefix("time/") && !curves.contains($0) }
    let isFirst = { (tag: String) in tag.hasPrefix("train/") && tag.hasSuffix("loss") }
    let isSecond = { (tag: String) in !isFirst(tag) && !tag.hasPrefix("rollout/") && !tag.hasPrefix("eval/") }
    return shown.filter(isFirst) + shown.filter(isSecond) + shown.filter { !isFirst($0) && !isSecond($0) }
  }
}

/// The dashboard between two frames. Keys change it, ``dashboardFrame(_:width:height:)`` draws it.
struct DashboardState: Sendable {
  var runs: [RunView]
  /// The run that is shown in detail.
  var selected = 0
  /// The metric that is shown first.
  var metric = 0
  /// Doublings of the animation's speed, −4…4.
  var speedStep = 0
  var isPaused = false
  var showsHelp = false
  /// What the world's panel shows, where the run has it.
  var layer = WorldLayer.world

  init(runs: [RunView]) { self.runs = runs }

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

  var run: RunView { runs.indices.contains(selected) ? runs[selected] : RunView() }

  /// Follows a key. Returns whether it asks to quit.
  mutating func handle(_ key: Key) -> Bool {
    if showsHelp {
      showsHelp = false
      return key == .character("q")
    }
    let metrics = max(run.metrics.count, 1)
    switch key {
    case .character("q"), .character("Q"): return true
    case .character(" "): isPaused.toggle()
    case .character("?"), .character("h"): showsHelp = true
    case .character("v"): layer = nextLayer ?? layer
    case .right: metric = (metric + 1) % metrics
    case .left: metric = (metric + metrics - 1) % metrics
    case .up where runs.count > 1: selected = max(selected - 1, 0)
    case .down where runs.count > 1: selected = min(selected + 1, runs.count - 1)
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
  case left, right, up, down, home, end, escape, enter
  /// The terminal has another size.
  case resize
}
