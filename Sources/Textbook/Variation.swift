import Environments
import RLCore

/// A small process written down, or another one with changed outcomes.
struct Variation: FiniteMDP {
  let stateCount: Int
  let actionCount: Int
  var discount: Double
  let initial: [Double]
  private let rule: @Sendable (Int, Int) -> [Outcome]

  init(
    states: Int, actions: Int, discount: Double, initial: [Double],
    rule: @escaping @Sendable (_ state: Int, _ action: Int) -> [Outcome]
  ) {
    (stateCount, actionCount, self.discount, self.initial, self.rule) = (states, actions, discount, initial, rule)
  }

  func outcomes(_ state: Int, _ action: Int) -> [Outcome] { rule(state, action) }
  func drawing(ofState state: Int) -> Drawing { Drawing(bounds: .init(x: 0...1, y: 0...1), shapes: []) }
}

extension FiniteMDP {
  /// This process with the outcomes that `rule` makes of its own.
  func changed(_ rule: @escaping @Sendable (_ state: Int, _ action: Int) -> [Outcome]) -> Variation {
    Variation(states: stateCount, actions: actionCount, discount: discount, initial: initial, rule: rule)
  }

  /// This process for one whom chance makes explore: with probability `epsilon` any action is taken instead of the chosen
  /// one. Its deterministic policies are the ε-greedy ones here, so that its optimum is the best of these.
  func exploring(_ epsilon: Double) -> Variation {
    changed { state, chosen in
      (0..<actionCount).flatMap { action in
        let share = (action == chosen ? 1 - epsilon : 0) + epsilon / Double(actionCount)
        return outcomes(state, action).map {
          Outcome(probability: share * $0.probability, next: $0.next, reward: $0.reward, isTerminal: $0.isTerminal)
        }
      }
    }
  }

  /// This process with the actions of each state in an order of their own.
  func shuffled(using random: inout RandomStream) -> Variation {
    let orders = (0..<stateCount).map { _ in
      var order = Array(0..<actionCount)
      for i in order.indices.reversed() { order.swapAt(i, random.integer(below: i + 1)) }
      return order
    }
    return changed { outcomes($0, orders[$0][$1]) }
  }

  /// The ε-greedy policy of one action for each state.
  func policy(_ chosen: [Int], epsilon: Double = 0) -> [Double] {
    let share = epsilon / Double(actionCount)
    return chosen.flatMap { best in (0..<actionCount).map { ($0 == best ? 1 - epsilon : 0) + share } }
  }
}

extension GridWorld {
  /// This grid where a bump into its edge from a forbidden cell pays for both, as the digits of Zhao's figures 5.6 and
  /// 5.7 have it.
  var bumpingTwice: Variation {
    changed { state, action in
      outcomes(state, action).map {
        var outcome = $0
        if outcome.next == state, actions[action] != .stay, cells[state] == .forbidden { outcome.reward += forbidden }
        return outcome
      }
    }
  }
}
