import RLCore

/// A robot that collects cans, and whose battery runs down. Sutton and Barto's example 3.3.
public struct RecyclingRobot: FiniteMDP {
  /// Probability that a search leaves a high battery high.
  public var alpha = 0.8
  /// Probability that a search leaves a low battery low, instead of empty.
  public var beta = 0.3
  public var searchReward = 3.0
  public var waitReward = 1.0
  /// Pays for being found with an empty battery.
  public var rescueReward = -3.0
  public var discount = 0.9

  static let high = 0
  static let low = 1

  public init() {}

  public var stateCount: Int { 2 }
  public var actionCount: Int { 3 }
  public var initial: [Double] { [1, 0] }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    switch (state, action) {
    case (Self.high, 0):
      [outcome(alpha, Self.high, searchReward), outcome(1 - alpha, Self.low, searchReward)]
    case (_, 0): [outcome(beta, Self.low, searchReward), outcome(1 - beta, Self.high, rescueReward)]
    case (Self.low, 2): [outcome(1, Self.high, 0)]
    // The book has no recharging of a high battery; as a second name of waiting it changes no value.
    default: [outcome(1, state, waitReward)]
    }
  }

  private func outcome(_ probability: Double, _ next: Int, _ reward: Double) -> Outcome {
    Outcome(probability: probability, next: next, reward: reward, isTerminal: false)
  }

  public func drawing(ofState state: Int) -> Drawing {
    Drawing(
      nodes: [.init("high", 0, 0), .init("low", 2, 0)],
      arrows: [(from: 0, to: 0), (from: 0, to: 1), (from: 1, to: 1), (from: 1, to: 0)], agent: state)
  }
}

extension RecyclingRobot {
  public var documentation: Documentation {
    Documentation(
      summary: "collect cans without running out of battery",
      action: """
        0 search, 1 wait, 2 recharge. A search leaves a high battery high with probability alpha, else low; a low one
        low with probability beta, else empty: then the robot is carried home and charged. With a high battery 2 is 1.
        """,
      observation: "The battery: 0 high, 1 low.",
      rewards: "searchReward, waitReward, 0 for recharging, and rescueReward for a battery that ran empty. Settings.",
      start: "A high battery.",
      end: "Never terminates.",
      knownReturn: "Values 25.4237 (high) and 22.8814 (low) at a discount of 0.9: search when high, recharge when low.",
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), example 3.3, which names no numbers but the −3 of a
        rescue: alpha 0.8, beta 0.3, rewards of 3 and 1 and the discount are ours.
        """)
  }
}

extension RecyclingRobot: Configurable {
  public static var settings: [Setting<Self>] {
    let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    return [
      .number("alpha", \.alpha, in: 0...1, "probability that a search leaves a high battery high"),
      .number("beta", \.beta, in: 0...1, "probability that a search leaves a low battery low, instead of empty"),
      .number("searchReward", \.searchReward, in: finite, "reward of a search"),
      .number("waitReward", \.waitReward, in: finite, "reward of waiting"),
      .number("rescueReward", \.rescueReward, in: finite, "reward of a search that empties the battery"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
