import RLCore

/// Steps that somebody took in a finite world: data to learn from instead of playing.
public struct RecordedSteps: Sendable, Equatable {
  public struct One: Sendable, Equatable {
    public var state: Int
    public var action: Int
    public var reward: Double
    public var next: Int
    public var ending: Ending

    public init(_ state: Int, _ action: Int, _ reward: Double, _ next: Int, _ ending: Ending) {
      (self.state, self.action, self.reward, self.next, self.ending) = (state, action, reward, next, ending)
    }
  }

  /// What a setting is called that has them.
  public static let settingName = "data"

  /// In the order in which they were taken.
  public let all: [One]

  public init(_ all: [One]) { self.all = all }

  /// The steps of an episode of a finite world.
  public init(_ episode: Episode) {
    let (states, actions) = (episode.observations.doubles.map { Int($0) }, episode.actions.doubles.map { Int($0) })
    all = (0..<episode.length).map { t in
      let ending: Ending = episode.terminations[t] ? .terminated : episode.truncations[t] ? .truncated : .running
      return One(states[t], actions[t], episode.rewards[t], states[t + 1], ending)
    }
  }

  /// As a setting is written: a list with state, action, reward, next state and the ending's number of each step.
  public init?(_ value: SettingValue) {
    guard case .list(let items) = value, !items.isEmpty else { return nil }
    var all: [One] = []
    for item in items {
      guard case .list(let parts) = item, parts.count == 5, case .integer(let s) = parts[0],
        case .integer(let a) = parts[1], let r = parts[2].asNumber, case .integer(let next) = parts[3],
        case .integer(let code) = parts[4], let ending = UInt8(exactly: code).flatMap(Ending.init), r.isFinite
      else { return nil }
      all.append(One(s, a, r, next, ending))
    }
    self.all = all
  }

  public var value: SettingValue {
    .list(
      all.map {
        .list([
          .integer($0.state), .integer($0.action), .number($0.reward), .integer($0.next),
          .integer(Int($0.ending.rawValue)),
        ])
      })
  }

  /// Why they are no steps of `world`; `nil` where they may be.
  func misfit(in world: some FiniteEnvironment) -> String? {
    let (states, actions) = world.sizes
    for (t, step) in all.enumerated() {
      if ![step.state, step.next].allSatisfy((0..<states).contains) {
        return "go from state \(step.state) to \(step.next) in step \(t); expected states in 0..<\(states)"
      }
      if !(0..<actions).contains(step.action) {
        return "take action \(step.action) in step \(t); expected one in 0..<\(actions)"
      }
    }
    return nil
  }
}

extension Setting {
  /// Steps to learn from.
  static func data(_ path: Path<RecordedSteps?>, _ help: String) -> Setting {
    .custom(
      RecordedSteps.settingName, expected: "none, a run, a file of `rlgym rollout --json`, or a list of steps", help,
      read: { $0[keyPath: path]?.value ?? .text("none") },
      write: { root, value in
        let steps = RecordedSteps(value)
        guard steps != nil || value == .text("none") else { return false }
        root[keyPath: path] = steps
        return true
      })
  }
}

/// Learning from recorded steps, in their order and again from the first after the last. The world is only evaluated in.
struct RecordedLearning<World: FiniteEnvironment, Rule: Agent<Int, Int>>: ActingLearner {
  let world: World
  private var agent: Rule
  private let steps: RecordedSteps
  private(set) var clock = 0

  init(_ agent: Rule, from steps: RecordedSteps, in world: World) {
    (self.agent, self.steps, self.world) = (agent, steps, world)
  }

  var isConverged: Bool { false }
  var metricTags: [String] { Rule.metricTags }
  var solution: Solution? { agent.solution }

  mutating func advance(by count: Int, into meter: inout Meter) throws {
    for i in clock..<clock + count {
      let step = steps.all[i % steps.all.count]
      agent.learn(step.state, step.action, step.reward, step.next, step.ending, into: &meter)
    }
    clock += count
    if let fault = meter.fault { throw fault }
  }

  func policy(sampledWith seed: UInt64?) -> Rule.Behaviour { agent.policy(sampledWith: seed) }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    agent.save(to: &checkpoint)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    try agent.restore(from: checkpoint)
  }
}
