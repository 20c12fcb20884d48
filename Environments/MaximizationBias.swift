import RLCore

/// A choice that looks good because the largest of many noisy estimates does. Sutton and Barto's example 6.7.
public struct MaximizationBias: FiniteEnvironment {
  /// Actions in state B.
  public var actions = 10
  public var discount = 1.0
  public var random = RandomStream(seed: 0)
  @usableFromInline var place = 0

  @inlinable static var a: Int { 0 }
  @inlinable static var b: Int { 1 }
  @inlinable static var end: Int { 2 }
  @inlinable static var mean: Double { -0.1 }

  public init() {}

  public var observationSpace: Space { .discrete(3) }
  public var actionSpace: Space { .discrete(actions) }
  public var state: [Double] { [Double(place)] }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout Int) {
    if let seed { random = RandomStream(seed: seed) }
    place = Self.a
    observation = place
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout Int) -> Step {
    let reward = place == Self.b ? Self.mean + random.normal() : 0
    place = Self.next(place, action)
    observation = place
    return Step(reward: reward, ending: place == Self.end ? .terminated : .running)
  }

  /// Half of the actions go either way from A, so that exploring does too, as in the book, where A has only two.
  @inlinable static func next(_ place: Int, _ action: Int) -> Int { place == a && action % 2 == 0 ? b : end }

  public mutating func restore(state: [Double], into observation: inout Int) throws {
    guard let index = Int(numbers: state, in: observationSpace) else {
      throw CoreError.badState("\(state) is not a state; expected one integer in 0..<3")
    }
    place = index
    observation = index
  }

  public func drawing(of state: [Double]) -> Drawing { means.drawing(ofState: Int(state[0])) }

  /// The same world with its mean rewards, for planners, which need no more: a reward of infinitely many values is no
  /// ``Outcome``.
  public var means: Means { Means(world: self) }

  public struct Means: FiniteMDP {
    let world: MaximizationBias

    public var stateCount: Int { 3 }
    public var actionCount: Int { world.actions }
    public var discount: Double { world.discount }
    public var initial: [Double] { [1, 0, 0] }
    public var documentation: Documentation { world.documentation }

    public func outcomes(_ state: Int, _ action: Int) -> [Outcome] {
      let next = MaximizationBias.next(state, action)
      let reward = state == b ? mean : 0
      return [Outcome(probability: 1, next: next, reward: reward, isTerminal: next == end)]
    }

    public func drawing(ofState state: Int) -> Drawing {
      Drawing(
        nodes: [.init("A", 2, 0), .init("B", 0, 0), .init("", 1, -1.5, isEnd: true)],
        arrows: [(from: 0, to: 1), (from: 0, to: 2), (from: 1, to: 2)], agent: state)
    }
  }
}

extension MaximizationBias {
  public var documentation: Documentation {
    Documentation(
      summary: "see through the best of many noisy rewards",
      action: """
        In A even actions go left to B, odd ones right to the end; in B all go to the end. The book has two actions in A
        and many in B; here half of the actions go either way, so that a uniform choice is the book's.
        """,
      observation: "0 in A, 1 in B, 2 at the end.",
      rewards: "0 from A; from B normal with mean −0.1 and variance 1, whatever the action.",
      start: "A.",
      end: "Terminates on going right from A and on leaving B.",
      knownReturn:
        "0 for going right, −0.1 for going left: the optimum is right, and Q-learning prefers left for long.",
      source: """
        Sutton and Barto, Reinforcement Learning, 2nd ed. (2018), example 6.7, undiscounted; the book does not say how
        many actions B has, ten are ours.
        """)
  }
}

extension MaximizationBias: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .integer("actions", \.actions, in: 2...1000, "number of actions in B"),
      .number("discount", \.discount, in: 0...1, "discount of a step"),
    ]
  }
}
