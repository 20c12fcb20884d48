import RLCore

/// Choose once among five rewards that come after 1, 3, 10, 30 and 100 steps: a test of the discount. bsuite's
/// discounting chain, whose episodes are 100 steps.
public struct DiscountingChain: FiniteMDP {
  /// The chain of this number modulo 5 pays 10 % more.
  public var mappingSeed = 0
  public var discount = 1.0

  static let length = 100
  /// The step that pays, by chain.
  static let payday = [1, 3, 10, 30, 100]

  public init() {}

  /// The choice, and every chain after each of its steps.
  public var stateCount: Int { 1 + Self.payday.count * Self.length }
  public var actionCount: Int { Self.payday.count }
  public var initial: [Double] { (0..<stateCount).map { $0 == 0 ? 1 : 0 } }

  /// The chain, and the steps taken, of a state; no chain before the choice.
  static func place(_ state: Int) -> (chain: Int?, steps: Int) {
    state == 0 ? (nil, 0) : ((state - 1) / length, (state - 1) % length + 1)
  }

  public func reward(ofChain chain: Int) -> Double { chain == mappingSeed % Self.payday.count ? 1.1 : 1 }

  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let (chosen, steps) = Self.place(state)
    if steps == Self.length { return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)] }
    let chain = chosen ?? action
    return [
      Outcome(
        probability: 1, next: 1 + chain * Self.length + steps,
        reward: steps + 1 == Self.payday[chain] ? reward(ofChain: chain) : 0, isTerminal: steps + 1 == Self.length)
    ]
  }

  public func drawing(ofState state: Int) -> Drawing {
    let (chain, steps) = Self.place(state)
    func height(_ chain: Int) -> Double { Double(20 * (Self.payday.count - chain) - 10) }
    var shapes: [Drawing.Shape] = []
    for (number, payday) in Self.payday.enumerated() {
      let isBonus = reward(ofChain: number) > 1
      shapes.append(.path([.init(0, height(number)), .init(100, height(number))], .faint))
      shapes.append(
        .circle(.init(Double(payday), height(number)), radius: 2, filled: isBonus, isBonus ? .good : .plain))
    }
    let place = chain.map { Drawing.Point(Double(steps), height($0)) } ?? Drawing.Point(-5, 50)
    shapes.append(.circle(place, radius: 3, filled: true, .body))
    return Drawing(bounds: .init(x: -10...105, y: 0...100), shapes: shapes)
  }
}

extension DiscountingChain {
  public var documentation: Documentation {
    Documentation(
      summary: "choose between rewards that come sooner and later",
      action: "0…4: the first one chooses a chain, the others do nothing.",
      observation: "0 before the choice, then 1 + 100 · chain + (steps taken − 1), up to 500.",
      rewards: "1 after 1, 3, 10, 30 or 100 steps in chains 0 to 4, else 0; 1.1 in the chain mappingSeed modulo 5.",
      start: "State 0.",
      end: "Terminates after 100 steps.",
      knownReturn: """
        1.1, undiscounted. With the discount γ chain i is worth its reward times γ to the power of its step less one.
        """,
      source: """
        Osband et al. (2020), Behaviour Suite for Reinforcement Learning, arXiv:1908.03568, discounting_chain. The same
        dynamics; bsuite's pair of chain and time is one number.
        """)
  }
}

extension DiscountingChain: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .integer("mappingSeed", \.mappingSeed, in: 0...Int.max, "the chain of this number modulo 5 pays 10 % more"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
