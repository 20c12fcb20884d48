/// How often training was in each state of a finite world: counted over the first steps, then estimated from a sample, since
/// counting every step would cost Q-learning's loop over a table 7 % of its speed.
///
/// After the first n steps those at n + ⌊jα⌋ are counted for j = 0, 1, …; α is irrational, so that they meet all states of
/// a cycle of any length equally often (Weyl 1916, doi:10.1007/BF01475864).
@usableFromInline struct VisitSample: Sendable {
  /// n
  private static let whole = 1 << 16
  /// α, two hundred times the golden ratio.
  private static let stride = 323.606_797_749_979

  /// Of the first n steps. Shape `[states]`; empty where the world is not finite.
  private var counts: [Int]
  /// Of the sample after them. Shape `[states]`.
  private var sampled: [Int]
  /// How many steps were counted before the next one is, and that step.
  private var index = 0
  @usableFromInline private(set) var next = Int.max

  @usableFromInline init(of space: Space) {
    guard case .discrete(let states) = space else {
      (counts, sampled) = ([], [])
      return
    }
    counts = .init(repeating: 0, count: states)
    sampled = counts
    goOn(from: 0)
  }

  private mutating func goOn(from clock: Int) {
    index = min(clock, Self.whole) + Int(Double(max(0, clock - Self.whole)) / Self.stride)
    while step(index) < clock { index += 1 }
    next = step(index)
  }

  private func step(_ index: Int) -> Int {
    min(index, Self.whole) + Int(Double(max(0, index - Self.whole)) * Self.stride)
  }

  /// Counts the state that step ``next`` is taken from.
  @usableFromInline @inline(never)
  mutating func count(_ s: Int?) {
    if let s {
      if index < Self.whole { counts[s] += 1 } else { sampled[s] += 1 }
    }
    index += 1
    next = step(index)
  }

  /// Steps taken from each state, as far as the sample tells. Shape `[states]`.
  var visits: [Int] { zip(counts, sampled).map { $0 + Int((Double($1) * Self.stride).rounded()) } }

  func save(to checkpoint: inout CheckpointWriter) {
    if counts.isEmpty { return }
    checkpoint.add("visits", counts)
    checkpoint.add("visits/sampled", sampled)
  }

  mutating func restore(from checkpoint: CheckpointReader, clock: Int) throws {
    guard !counts.isEmpty else { return }
    counts = try checkpoint.ints("visits", count: counts.count)
    sampled = try checkpoint.ints("visits/sampled", count: counts.count)
    goOn(from: clock)
  }
}
