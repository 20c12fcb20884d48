import RLCore

/// Take an umbrella or not, and learn at the end of a long and noisy way whether it rains: a test of credit assignment.
/// bsuite's umbrella chain, whose episodes are `chainLength` steps.
public struct UmbrellaChain: Environment {
  public var chainLength = 20
  /// Random bits in an observation that mean nothing.
  public var distractors = 20 { didSet { bits = [Float](repeating: 0, count: distractors) } }
  public var random = RandomStream(seed: 0)
  @usableFromInline var isNeeded = false
  @usableFromInline var isTaken = false
  /// Steps taken.
  @usableFromInline var time = 0
  /// Shape `[distractors]`.
  @usableFromInline var bits = [Float](repeating: 0, count: 20)

  public init() {}

  public var observationSpace: Space {
    let count = 3 + distractors
    return .box(low: [Float](repeating: 0, count: count), high: [Float](repeating: 1, count: count))
  }
  public var actionSpace: Space { .discrete(2) }
  /// Whether the umbrella is needed, whether it is taken, steps taken, and the distractors. Shape `[3 + distractors]`.
  public var state: [Double] { [isNeeded ? 1 : 0, isTaken ? 1 : 0, Double(time)] + bits.map(Double.init) }

  @inlinable
  public mutating func reset(seed: UInt64?, into observation: inout [Float]) {
    if let seed { random = RandomStream(seed: seed) }
    time = 0
    isNeeded = random.integer(below: 2) == 1
    isTaken = random.integer(below: 2) == 1
    distract()
    observe(into: &observation)
  }

  @inlinable
  public mutating func step(_ action: Int, into observation: inout [Float]) -> Step {
    if time == 0 { isTaken = action == 1 }
    time = min(time + 1, chainLength)
    let isOver = time == chainLength
    let isGood = isOver ? isTaken == isNeeded : random.integer(below: 2) == 1
    distract()
    observe(into: &observation)
    return Step(reward: isGood ? 1 : -1, ending: isOver ? .terminated : .running)
  }

  @inlinable @inline(__always)
  mutating func distract() {
    for i in bits.indices { bits[i] = Float(random.integer(below: 2)) }
  }

  @inlinable @inline(__always)
  func observe(into observation: inout [Float]) {
    observation[0] = isNeeded ? 1 : 0
    observation[1] = isTaken ? 1 : 0
    observation[2] = Float(1 - Double(time) / Double(chainLength))
    for i in bits.indices { observation[3 + i] = bits[i] }
  }

  public mutating func restore(state: [Double], into observation: inout [Float]) throws {
    let isBits = (state.prefix(2) + state.dropFirst(3)).allSatisfy { $0 == 0 || $0 == 1 }
    guard state.count == 3 + distractors, isBits, let steps = Int(exactly: state[2]), (0...chainLength).contains(steps)
    else {
      throw CoreError.badState(
        "\(state) is not an umbrella chain; expected [needed 0 or 1, taken 0 or 1, steps 0...\(chainLength)] and "
          + "\(distractors) distractors, 0 or 1")
    }
    isNeeded = state[0] == 1
    isTaken = state[1] == 1
    time = steps
    for i in bits.indices { bits[i] = Float(state[3 + i]) }
    observe(into: &observation)
  }

  public func drawing(of state: [Double]) -> Drawing {
    let way = 10 * state[2] / Double(chainLength)
    let isNeeded = state[0] == 1
    let isTaken = state[1] == 1
    var shapes: [Drawing.Shape] = [
      .path([.init(0, 1), .init(10, 1)], .faint),
      .label(isNeeded ? "rain" : "sun", .init(9, 3.5), isNeeded ? .bad : .good),
      .circle(.init(way, 1.3), radius: 0.3, filled: true, .body),
    ]
    if isTaken {
      shapes.append(.path([.init(way, 1.6), .init(way, 2.6)], .accent))
      shapes.append(.polygon([.init(way - 0.7, 2.2), .init(way, 2.8), .init(way + 0.7, 2.2)], filled: true, .accent))
    }
    for (i, bit) in state.dropFirst(3).enumerated() {
      let place = Drawing.Point((Double(i) + 0.5) * 10 / Double(state.count - 3), 0.4)
      shapes.append(.circle(place, radius: min(0.2, 4 / Double(state.count - 3)), filled: bit == 1, .faint))
    }
    return Drawing(bounds: .init(x: -1...11, y: 0...4), shapes: shapes)
  }
}

extension UmbrellaChain {
  public var documentation: Documentation {
    Documentation(
      summary: "take an umbrella where it will rain, and learn of it late",
      action: "0 or 1: the first one leaves or takes the umbrella, the others do nothing.",
      observation: "Whether the umbrella is needed stays as it is; the distractors are drawn anew at every step.",
      quantities: [.init("umbrella needed"), .init("umbrella taken"), .init("part of the way left")]
        + (0..<distractors).map { .init("distractor \($0 + 1)") },
      rewards: """
        1 or −1. At the end 1 where the umbrella was taken and needed, or neither; before, either with equal
        probability.
        """,
      start: "Whether it is needed, whether it is held and every distractor: 0 or 1 with equal probability.",
      end: "Terminates after chainLength steps.",
      knownReturn: "1 on average with the right first action, −1 with the wrong one; the rest has mean 0.",
      source: """
        Osband et al. (2020), Behaviour Suite for Reinforcement Learning, arXiv:1908.03568, umbrella_length and
        umbrella_distract. The same dynamics, drawn from our own stream.
        """)
  }
}

extension UmbrellaChain: Configurable {
  public static var settings: [Setting<Self>] {
    [
      .integer("chainLength", \.chainLength, in: 1...10_000, "steps of an episode"),
      .integer("distractors", \.distractors, in: 0...1000, "random numbers in an observation that mean nothing"),
    ]
  }
}
