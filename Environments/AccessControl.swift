import RLCore

/// Give a few servers to customers who pay differently. Sutton and Barto's example 10.2, the access-control queue.
public struct AccessControl: FiniteMDP {
  public var servers = 10
  /// Probability that a busy server becomes free in a step.
  public var freeing = 0.06
  public var discount = 0.99

  /// What customers pay, each as likely.
  static let payments = [1.0, 2, 4, 8]

  public init() {}

  public var stateCount: Int { (servers + 1) * Self.payments.count }
  public var actionCount: Int { 2 }
  public var initial: [Double] {
    (0..<stateCount).map { $0 / Self.payments.count == servers ? 1 / Double(Self.payments.count) : 0 }
  }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let kinds = Self.payments.count
    let free = state / kinds
    let accepts = action == 1 && free > 0
    let busy = servers - free + (accepts ? 1 : 0)
    let reward = accepts ? Self.payments[state % kinds] : 0
    return freed(of: busy).enumerated().flatMap { freed, probability in
      (0..<kinds).map { next in
        Outcome(
          probability: probability / Double(kinds), next: (servers - busy + freed) * kinds + next, reward: reward,
          isTerminal: false)
      }
    }
  }

  /// The binomial distribution, one server at a time. Shape `[busy + 1]`.
  private func freed(of busy: Int) -> [Double] {
    var distribution = [1.0]
    for _ in 0..<busy {
      distribution = (0...distribution.count).map { k in
        (k < distribution.count ? distribution[k] * (1 - freeing) : 0) + (k > 0 ? distribution[k - 1] * freeing : 0)
      }
    }
    return distribution
  }

  public func drawing(ofState state: Int) -> Drawing {
    let free = state / Self.payments.count
    let payment = Int(Self.payments[state % Self.payments.count])
    var shapes: [Drawing.Shape] = (0..<servers).map { server in
      let isBusy = server < servers - free
      return .circle(.init(Double(server), 0), radius: 0.4, filled: isBusy, isBusy ? .body : .faint)
    }
    shapes.append(.circle(.init(-2, 0), radius: 0.4, filled: false, .accent))
    shapes.append(.label("\(payment)", .init(-2, 0), .accent))
    return Drawing(bounds: .init(x: -3...Double(servers), y: -1...1), shapes: shapes)
  }
}

extension AccessControl {
  public var documentation: Documentation {
    Documentation(
      summary: "give a few servers to the customers who pay most",
      action: "0 rejects the customer at the head of the queue, 1 accepts. With no free server 1 rejects too.",
      observation: "4 · the number of free servers + the customer's kind: 0 to 3 pay 1, 2, 4 and 8.",
      rewards: "What an accepted customer pays: 1, 2, 4 or 8; else 0.",
      start: "All servers free, a customer of any kind.",
      end: "Never terminates.",
      knownReturn: """
        2.7476 a step, the best average reward: with ten servers reject those who pay 1 always and those who pay 2 while
        fewer than four servers are free. At the discount of 0.99 those who pay 1 are worth accepting too while nine or
        ten are free.
        """,
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), example 10.2: each busy server, one just given
        included, becomes free with probability 0.06 a step. There the measure is the average reward; the discount is
        ours, for solvers that need one.
        """)
  }
}

extension AccessControl: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .integer("servers", \.servers, in: 1...100, "number of servers"),
      .number("freeing", \.freeing, in: 0...1, "probability that a busy server becomes free in a step"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
