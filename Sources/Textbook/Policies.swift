import Agents
import Environments
import RLCore

/// The values of a policy and of its actions, by the catalogue's own policy evaluation, exactly. `policy`: shape
/// `[states, actions]`.
///
/// Throws ``RLCore/CoreError/badModel`` and ``RLCore/CoreError/noSolution``.
func evaluation(of policy: [Double], in process: some FiniteMDP) throws -> Solution {
  var configuration = PolicyEvaluation.Configuration()
  configuration.method = .exact
  var evaluation = PolicyEvaluation(configuration, of: policy, in: try TransitionTable(process))
  var meter = Meter(tags: PolicyEvaluation.metricTags)
  try evaluation.sweep(into: &meter)
  return evaluation.solution
}

extension FiniteMDP {
  /// The policy that does the same in every state.
  func policy(everywhere choice: [Double]) -> [Double] { (0..<stateCount).flatMap { _ in choice } }

  /// Every action as likely as any other.
  var uniformPolicy: [Double] { policy(everywhere: .init(repeating: 1 / Double(actionCount), count: actionCount)) }
}

/// Σ aᵢ bᵢ
func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// max |aᵢ − bᵢ|
func distance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { abs($0 - $1) }.max() ?? 0 }

extension GridWorld {
  /// Zhao's 5×5 grid, figure 3.4, with r_boundary = −1, r_target = 1 and γ = 0.9.
  static func zhao55(forbidden: Double = -1) throws -> GridWorld {
    var world = try GridWorld(bundled: "Zhao-5x5")
    world.forbidden = forbidden
    return world
  }

  /// The policy that rows of letters spell: U up, R right, D down, L left, O stay; with probability `epsilon` any action.
  func policy(_ rows: [String], epsilon: Double = 0) -> [Double] {
    let letters: [Character: Direction] = ["U": .up, "R": .right, "D": .down, "L": .left, "O": .stay]
    let share = epsilon / Double(actions.count)
    return rows.joined().flatMap { letter in
      actions.map { ($0 == letters[letter] ? 1 - epsilon : 0) + share }
    }
  }
}
