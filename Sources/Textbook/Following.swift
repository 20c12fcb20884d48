import Environments
import RLCore

/// A process whose actions a policy chooses: a Markov reward process, with one action that does what the policy does.
/// Its optimal values are the policy's values.
struct Following: FiniteMDP {
  let process: any FiniteMDP
  /// Probability of each action in each state. Shape `[states, actions]`.
  let policy: [Double]

  init(_ process: some FiniteMDP, _ policy: [Double]) {
    precondition(policy.count == process.stateCount * process.actionCount, "a probability per state and action")
    self.process = process
    self.policy = policy
  }

  /// The same distribution over actions in every state.
  init(_ process: some FiniteMDP, everywhere choice: [Double]) {
    self.init(process, (0..<process.stateCount).flatMap { _ in choice })
  }

  /// Every action as likely as any other.
  init(uniformIn process: some FiniteMDP) {
    let count = process.actionCount
    self.init(process, everywhere: .init(repeating: 1 / Double(count), count: count))
  }

  var stateCount: Int { process.stateCount }
  var actionCount: Int { 1 }
  var discount: Double { process.discount }
  var initial: [Double] { process.initial }
  var documentation: Documentation { process.documentation }
  func drawing(ofState state: Int) -> Drawing { process.drawing(ofState: state) }

  func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let actions = process.actionCount
    return (0..<actions).filter { policy[state * actions + $0] > 0 }.flatMap { a in
      process.outcomes(state, a).map { outcome in
        var part = outcome
        part.probability *= policy[state * actions + a]
        return part
      }
    }
  }
}

/// The values of a policy.
func values(of following: Following) throws -> [Double] { try Optimum(of: following).v }

/// Q(s, a) = Σ p(s′, r | s, a) (r + γ v(s′)) for every state and action.
func actionValues(of process: some FiniteMDP, under v: [Double]) -> [[Double]] {
  (0..<process.stateCount).map { s in
    (0..<process.actionCount).map { a in
      process.outcomes(s, a).reduce(0) {
        $0 + $1.probability * ($1.reward + ($1.isTerminal ? 0 : process.discount * v[$1.next]))
      }
    }
  }
}

extension GridWorld {
  /// The policy that rows of letters spell: U up, R right, D down, L left, O stay; with probability `epsilon` any action.
  func policy(_ rows: [String], epsilon: Double = 0) -> [Double] {
    let letters: [Character: Direction] = ["U": .up, "R": .right, "D": .down, "L": .left, "O": .stay]
    let share = epsilon / Double(actions.count)
    return rows.joined().flatMap { letter in
      actions.map { ($0 == letters[letter] ? 1 - epsilon : 0) + share }
    }
  }
}
