import RLCore

/// Beat a dealer's hand without going over 21, with cards from an infinite deck. Gymnasium's `Blackjack-v1`, which has
/// no time limit: its model for planners, and its games card for card.
public struct Blackjack: FiniteMDP, FiniteEnvironment {
  /// Whether a natural wins against all but a natural; ``natural`` is then ignored.
  public var sab = true
  /// Whether winning with a natural pays 1.5.
  public var natural = false
  public var discount = 1.0
  public var random = RandomStream(seed: 0)
  @usableFromInline var player = Hand()
  /// Whether the player holds two cards that make 21.
  @usableFromInline var hasNatural = false
  /// The dealer's open card, 1 for an ace.
  @usableFromInline var open = 1
  @usableFromInline var hidden = 1

  /// All that matters of some cards.
  @usableFromInline struct Hand: Sendable {
    /// With an ace as 11 where that does not go over 21.
    @usableFromInline var sum = 0
    @usableFromInline var hasUsableAce = false

    @inlinable init() {}

    /// An ace is 1, a face 10.
    @inlinable @inline(__always)
    mutating func add(_ card: Int) {
      let least = sum - (hasUsableAce ? 10 : 0) + card
      hasUsableAce = (hasUsableAce || card == 1) && least <= 11
      sum = least + (hasUsableAce ? 10 : 0)
    }
  }

  public init() {}

  @inlinable static var limit: Int { 21 }
  /// The dealer takes cards below this sum.
  @inlinable static var enough: Int { 17 }

  /// Place in Gymnasium's tuple of the player's sum, the dealer's card and whether there is a usable ace.
  @inlinable static func index(_ sum: Int, _ open: Int, _ hasUsableAce: Bool) -> Int {
    (sum * 11 + open) * 2 + (hasUsableAce ? 1 : 0)
  }
}

extension Blackjack {
  public var observationSpace: Space { .discrete(stateCount) }
  public var actionSpace: Space { .discrete(2) }
  /// The player's sum, whether an ace is usable and whether it is a natural, the dealer's open and hidden card. Shape
  /// `[5]`.
  public var state: [Double] {
    [Double(player.sum), player.hasUsableAce ? 1 : 0, hasNatural ? 1 : 0, Double(open), Double(hidden)]
  }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let seed { random = RandomStream(seed: seed) }
    open = draw()
    hidden = draw()
    player = Hand()
    player.add(draw())
    player.add(draw())
    hasNatural = player.sum == Self.limit
    // Gymnasium goes on to draw the suit of the open card, and the face of a ten, for its picture.
    _ = random.integer(below: 4)
    if open == 10 { _ = random.integer(below: 3) }
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout Int) -> Step {
    if player.sum > Self.limit { return Step(reward: 0, ending: .terminated) }
    if action == 1 {
      player.add(draw())
      hasNatural = false
      observe(into: &observation)
      return player.sum > Self.limit ? Step(reward: -1, ending: .terminated) : Step(reward: 0, ending: .running)
    }
    observe(into: &observation)
    var dealer = Hand()
    dealer.add(open)
    dealer.add(hidden)
    let isMatched = dealer.sum == Self.limit
    while dealer.sum < Self.enough { dealer.add(draw()) }
    let isWin = dealer.sum > Self.limit || player.sum > dealer.sum
    var reward = isWin ? 1.0 : player.sum == dealer.sum ? 0 : -1
    if hasNatural && sab && !isMatched { reward = 1 }
    if hasNatural && !sab && natural && isWin { reward = 1.5 }
    return Step(reward: reward, ending: .terminated)
  }

  @inlinable @inline(__always)
  mutating func draw() -> Int { min(random.integer(below: 13) + 1, 10) }

  @inlinable @inline(__always)
  func observe(into observation: inout Int) { observation = Self.index(player.sum, open, player.hasUsableAce) }

  public mutating func restore(state: [Double], into observation: inout Int) throws {
    let numbers = state.compactMap { Int(exactly: $0) }
    guard numbers.count == 5, state.count == 5, (0...1).contains(numbers[1]), (0...1).contains(numbers[2]),
      (numbers[1] == 1 ? 12...21 : 4...31).contains(numbers[0]), numbers[2] == 0 || numbers[0...1] == [21, 1],
      (1...10).contains(numbers[3]), (1...10).contains(numbers[4])
    else {
      throw CoreError.badState(
        "\(state) is not a game of blackjack; expected [sum 4...31, usable ace 0 or 1, natural 0 or 1, open and "
          + "hidden card 1...10]")
    }
    player.sum = numbers[0]
    player.hasUsableAce = numbers[1] == 1
    hasNatural = numbers[2] == 1
    open = numbers[3]
    hidden = numbers[4]
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    table(sum: Int(state[0]), hasUsableAce: state[1] == 1, isNatural: state[2] == 1, open: Int(state[3]))
  }

  private func table(sum: Int, hasUsableAce: Bool, isNatural: Bool, open: Int) -> Drawing {
    func card(_ x: Double, _ y: Double) -> [Drawing.Point] {
      [(0.0, 0.0), (1, 0), (1, 1.4), (0, 1.4)].map { .init(x + $0.0, y + $0.1) }
    }
    let note = isNatural ? "natural" : hasUsableAce ? "usable ace" : ""
    return Drawing(
      bounds: .init(x: 0...5, y: 0...5),
      shapes: [
        .label("dealer", .init(0.4, 3.5), .faint), .polygon(card(2, 2.9), filled: false, .body),
        .label(open == 1 ? "A" : "\(open)", .init(2.5, 3.6), .body), .polygon(card(3.3, 2.9), filled: true, .faint),
        .label("player", .init(0.4, 1.3), .faint), .label("\(sum)", .init(2.5, 1.3), sum > 21 ? .bad : .accent),
        .label(note, .init(3.3, 1.3), .good),
      ])
  }
}

extension Blackjack {
  public var stateCount: Int { 32 * 11 * 2 }
  public var actionCount: Int { 2 }

  /// A natural that pays more than another 21 is a state of its own in the model. It has the place of a sum of 0 with
  /// an ace, which no hand has.
  private static func naturalIndex(_ open: Int) -> Int { index(0, open, true) }

  private static let cards = (1...10).map { (card: $0, chance: $0 == 10 ? 4.0 / 13 : 1.0 / 13) }

  public var initial: [Double] {
    var chances = [Double](repeating: 0, count: stateCount)
    for open in Self.cards {
      for first in Self.cards {
        for second in Self.cards {
          var hand = Hand()
          hand.add(first.card)
          hand.add(second.card)
          let isSpecial = hand.sum == Self.limit && (sab || natural)
          let index =
            isSpecial ? Self.naturalIndex(open.card) : Self.index(hand.sum, open.card, hand.hasUsableAce)
          chances[index] += open.chance * first.chance * second.chance
        }
      }
    }
    return chances
  }

  /// The dealer's play is one outcome of sticking: it is won, drawn or lost.
  public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
    let open = state / 2 % 11
    let isNatural = open > 0 && state == Self.naturalIndex(open)
    var hand = Hand()
    hand.hasUsableAce = state % 2 == 1
    hand.sum = isNatural ? Self.limit : state / 22
    guard open > 0, (hand.hasUsableAce ? 12...Self.limit : 4...Self.limit).contains(hand.sum) else {
      return [Outcome(probability: 1, next: state, reward: 0, isTerminal: true)]
    }
    if action == 1 {
      return Self.cards.map {
        var next = hand
        next.add($0.card)
        let isBust = next.sum > Self.limit
        return Outcome(
          probability: $0.chance, next: Self.index(next.sum, open, next.hasUsableAce), reward: isBust ? -1 : 0,
          isTerminal: isBust)
      }
    }
    let sums = Self.dealerSums(from: open)
    let draw = hand.sum < Self.enough ? 0 : sums[hand.sum]
    let loss = sums[(hand.sum + 1)...].reduce(0, +)
    var chances: [(reward: Double, chance: Double)] = [(1, 1 - draw - loss), (0, draw), (-1, loss)]
    if isNatural && sab {
      // Only two cards match it: an ace and a ten.
      let match = open == 1 ? 4.0 / 13 : open == 10 ? 1.0 / 13 : 0
      chances = [(1, 1 - match), (0, match)]
    } else if isNatural && natural {
      chances[0].reward = 1.5
    }
    return chances.filter { $0.chance > 0 }.map {
      Outcome(probability: $0.chance, next: state, reward: $0.reward, isTerminal: true)
    }
  }

  /// How likely the dealer ends with each sum from 0 to 21, with this open card; the rest goes over 21. Shape `[22]`.
  static func dealerSums(from open: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: limit + 1)
    // Chances of the hands by their least sum, which every card raises, and whether they hold an ace.
    var hands = [[Double]](repeating: [0, 0], count: limit + 11)
    hands[open][open == 1 ? 1 : 0] = 1
    for least in 1...limit {
      for ace in 0...1 where hands[least][ace] > 0 {
        let sum = ace == 1 && least <= 11 ? least + 10 : least
        if sum >= enough {
          sums[sum] += hands[least][ace]
          continue
        }
        for next in cards { hands[least + next.card][next.card == 1 ? 1 : ace] += hands[least][ace] * next.chance }
      }
    }
    return sums
  }

  public func drawing(ofState state: Int) -> Drawing {
    let open = state / 2 % 11
    let isNatural = state == Self.naturalIndex(open)
    return table(
      sum: isNatural ? Self.limit : state / 22, hasUsableAce: state % 2 == 1, isNatural: isNatural, open: open)
  }
}

extension Blackjack {
  public var documentation: Documentation {
    Documentation(
      summary: "beat the dealer's hand without going over 21",
      action: "0 sticks, 1 takes a card.",
      observation: """
        (sum · 11 + dealer) · 2 + ace: the player's sum 4…31, the dealer's open card 1…10 with 1 for an ace, and 1 for a
        usable ace, one that counts 11 without going over 21. The model holds a natural apart where it pays more than
        another 21, under a sum of 0 with an ace; the observation does not.
        """,
      rewards: """
        1 for winning, 0 for a draw, −1 for losing. With sab a natural, 21 in two cards, wins against all but a natural;
        without it, and with natural, winning with one pays 1.5.
        """,
      start: "Two cards each, from a deck of 13 ranks that never runs out; the dealer's second card is hidden.",
      end: """
        Terminates when the player sticks or goes over 21. The dealer then takes cards below 17. There is no time limit.
        """,
      knownReturn: "−0.04311 under the optimal policy; −0.04656 without sab and natural. Both are exact.",
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), example 5.1, as Gymnasium 1.4's Blackjack-v1, the same
        cards from the same seed.
        """)
  }
}

extension Blackjack: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .flag("sab", \.sab, "let a natural win against all but a natural, and ignore `natural`"),
      .flag("natural", \.natural, "pay 1.5 for winning with a natural"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
