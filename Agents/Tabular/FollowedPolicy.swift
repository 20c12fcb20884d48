import RLCore

/// A policy that is given, and followed or judged as it stands.
public enum FollowedPolicy: Sendable, Equatable {
  /// Every action as likely as any other.
  case uniform
  /// What is chosen in each state.
  case table([Choice])

  public enum Choice: Sendable, Equatable {
    case action(Int)
    /// Shape `[actions]`.
    case probabilities([Double])
  }

  /// The settings that are such policies, and the words that are no file or run there.
  public static let settingNames: Set = ["policy", "behaviour"]
  public static let words: Set = ["uniform", "epsilon-greedy"]

  static let form = "uniform, a file, a run, or a list with an action or a row of probabilities for each state"

  /// `probabilities`: shape `[states, actions]`.
  public init(probabilities: [Double], actions: Int) {
    self = .table(
      stride(from: 0, to: probabilities.count, by: actions).map { start in
        let row = Array(probabilities[start..<start + actions])
        return row.firstIndex(of: 1).map(Choice.action) ?? .probabilities(row)
      })
  }

  /// As a setting is written; `nil` where it is neither a word nor a list of actions and distributions.
  public init?(_ value: SettingValue) {
    if value == .text("uniform") {
      self = .uniform
      return
    }
    guard case .list(let items) = value, !items.isEmpty else { return nil }
    var table: [Choice] = []
    for item in items {
      switch item {
      case .integer(let action) where action >= 0: table.append(.action(action))
      case .list(let numbers):
        let row = numbers.compactMap(\.asNumber)
        guard row.count == numbers.count, row.allSatisfy({ $0 >= 0 }), abs(row.reduce(0, +) - 1) < 1e-9 else {
          return nil
        }
        table.append(.probabilities(row))
      default: return nil
      }
    }
    self = .table(table)
  }

  public var value: SettingValue {
    switch self {
    case .uniform: .text("uniform")
    case .table(let table):
      .list(
        table.map { choice in
          switch choice {
          case .action(let action): .integer(action)
          case .probabilities(let row): .list(row.map(SettingValue.number))
          }
        })
    }
  }

  /// Why it is no policy for `world`; `nil` where it is one.
  func misfit(in world: some FiniteEnvironment) -> String? {
    let (states, actions) = world.sizes
    guard case .table(let table) = self else { return nil }
    if table.count != states { return "is for \(table.count) states; expected one for \(states)" }
    for (s, choice) in table.enumerated() {
      switch choice {
      case .action(let action):
        if action >= actions { return "takes action \(action) in state \(s); expected one of 0..<\(actions)" }
      case .probabilities(let row):
        if row.count != actions { return "has \(row.count) actions in state \(s); expected \(actions)" }
      }
    }
    return nil
  }

  /// Why it cannot act in `world` for one who learns of `target`; `nil` where it can.
  func misfit(in world: some FiniteEnvironment, of target: FollowedPolicy) -> String? {
    if let reason = misfit(in: world) { return reason }
    let (states, actions) = world.sizes
    let wanted = target.probabilities(states: states, actions: actions)
    let taken = probabilities(states: states, actions: actions)
    guard let pair = wanted.indices.first(where: { wanted[$0] > 0 && taken[$0] == 0 }) else { return nil }
    return "never takes action \(pair % actions) in state \(pair / actions), which the policy does; "
      + "expected one that does all that the policy does"
  }

  /// π(a | s). Shape `[states, actions]`.
  func probabilities(states: Int, actions: Int) -> [Double] {
    guard case .table(let table) = self else {
      return .init(repeating: 1 / Double(actions), count: states * actions)
    }
    let rows = table.flatMap { choice in
      switch choice {
      case .action(let action): (0..<actions).map { $0 == action ? 1.0 : 0 }
      case .probabilities(let row): row
      }
    }
    precondition(rows.count == states * actions, "a policy has a probability for each pair")
    return rows
  }
}

extension Setting {
  /// A policy that is followed or judged.
  static func policy(_ name: String, _ path: Path<FollowedPolicy>, _ help: String) -> Setting {
    .custom(
      name, expected: FollowedPolicy.form, help, read: { $0[keyPath: path].value },
      write: { root, value in
        guard let policy = FollowedPolicy(value) else { return false }
        root[keyPath: path] = policy
        return true
      })
  }

  /// A policy that is followed in the place of an ε-greedy one.
  static func behaviour(_ name: String, _ path: Path<FollowedPolicy?>, _ help: String) -> Setting {
    .custom(
      name, expected: "epsilon-greedy, " + FollowedPolicy.form, help,
      read: { $0[keyPath: path]?.value ?? .text("epsilon-greedy") },
      write: { root, value in
        let policy = FollowedPolicy(value)
        guard policy != nil || value == .text("epsilon-greedy") else { return false }
        root[keyPath: path] = policy
        return true
      })
  }
}

/// A followed policy for the states and actions of one world, ready to draw from.
struct PolicyTable: Sendable {
  /// π(a | s). Shape `[states, actions]`.
  let probabilities: [Double]
  private let actions: Int
  private let isUniform: Bool

  init(_ policy: FollowedPolicy, for world: some FiniteEnvironment) {
    let (states, actions) = world.sizes
    self.actions = actions
    isUniform = policy == .uniform
    probabilities = policy.probabilities(states: states, actions: actions)
  }

  /// A ~ π(· | S).
  @inline(__always)
  func draw(_ s: Int, using random: inout RandomStream) -> Int {
    if isUniform { return random.integer(below: actions) }
    let draw = random.uniform()
    let row = s &* actions
    var (sum, action) = (0.0, 0)
    // Where rounding leaves the sum below the draw, it is the last action that can be chosen at all.
    for a in 0..<actions where probabilities[row &+ a] > 0 {
      sum += probabilities[row &+ a]
      action = a
      if sum > draw { break }
    }
    return action
  }
}
