/// The pairs that lead to each state in a model where every pair leads to one: a list a state, through the pairs
/// themselves.
struct PredecessorLists: Sendable {
  /// A state's first pair, and each pair's neighbours in its list; −1 where there is none. Shapes `[states]`, `[pairs]`.
  private var first: [Int]
  private var after: [Int]
  private var before: [Int]

  init(states: Int, pairs: Int) {
    first = .init(repeating: -1, count: states)
    after = .init(repeating: -1, count: pairs)
    before = after
  }

  mutating func add(_ pair: Int, to state: Int) {
    after[pair] = first[state]
    before[pair] = -1
    if first[state] >= 0 { before[first[state]] = pair }
    first[state] = pair
  }

  mutating func remove(_ pair: Int, from state: Int) {
    if before[pair] >= 0 { after[before[pair]] = after[pair] } else { first[state] = after[pair] }
    if after[pair] >= 0 { before[after[pair]] = before[pair] }
  }

  /// The first pair that leads to a state, and the one after another; −1 where there is none.
  @inline(__always)
  func first(of state: Int) -> Int { first[state] }
  @inline(__always)
  func next(after pair: Int) -> Int { after[pair] }
}
