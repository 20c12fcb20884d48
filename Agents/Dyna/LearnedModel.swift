import RLCore

/// A deterministic model of a world, learned from what was seen.
struct LearnedModel: Sendable {
  struct Outcome: Sendable {
    var reward: Double
    var next: Int
    var isTerminal: Bool
  }

  /// What each pair led to when it was last seen. Shape `[pairs]`.
  private var outcomes: [Outcome]
  private var isKnown: [Bool]
  /// The pairs that are known, in the first `count` places. Shape `[pairs]`.
  private var known: [Int]
  private var count = 0

  init(pairs: Int) {
    outcomes = .init(repeating: Outcome(reward: 0, next: 0, isTerminal: false), count: pairs)
    isKnown = .init(repeating: false, count: pairs)
    known = .init(repeating: 0, count: pairs)
  }

  func knows(_ pair: Int) -> Bool { isKnown[pair] }

  /// What is known of a pair that is.
  @inline(__always)
  subscript(pair: Int) -> Outcome { outcomes[pair] }

  /// The pairs that are known.
  var pairs: ArraySlice<Int> { known[..<count] }

  /// Model(S, A) ← R, S′.
  @inline(__always)
  mutating func learn(_ pair: Int, _ outcome: Outcome) {
    if !isKnown[pair] {
      isKnown[pair] = true
      known[count] = pair
      count += 1
    }
    outcomes[pair] = outcome
  }

  /// A known pair, each as likely as the others, and what the model says of it.
  @inline(__always)
  func draw(using random: inout RandomStream) -> (pair: Int, outcome: Outcome) {
    let pair = known[random.integer(below: count)]
    return (pair, outcomes[pair])
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("model/known", Array(known[..<count]))
    checkpoint.add("model/rewards", outcomes.map(\.reward))
    checkpoint.add("model/next", outcomes.map(\.next))
    checkpoint.add("model/terminal", outcomes.map { $0.isTerminal ? 1 : 0 })
  }

  mutating func restore(from checkpoint: CheckpointReader, states: Int) throws {
    let pairs = outcomes.count
    let saved = try checkpoint.ints("model/known")
    let rewards = try checkpoint.doubles("model/rewards", count: pairs)
    let next = try checkpoint.ints("model/next", count: pairs)
    let terminal = try checkpoint.ints("model/terminal", count: pairs)
    guard Set(saved).count == saved.count, saved.allSatisfy((0..<pairs).contains),
      next.allSatisfy((0..<states).contains)
    else { throw CoreError.badCheckpoint("its arrays 'model/…' are no model of \(states) states, \(pairs) pairs") }
    self = LearnedModel(pairs: pairs)
    for pair in saved {
      learn(pair, Outcome(reward: rewards[pair], next: next[pair], isTerminal: terminal[pair] == 1))
    }
  }
}
