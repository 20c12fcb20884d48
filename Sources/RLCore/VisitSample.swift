/// How often training was in each state of a finite world, estimated from a sample of its steps. Q-learning's loop over a
/// table gives 4 to 5 % of its speed for the sample, and gave up to 7 % where every step was counted.
///
/// Step ⌊jα⌋ is counted for j = 1, 2, …; α is irrational, so that the steps counted meet all states of a cycle of any
/// length equally often (Weyl 1916, doi:10.1007/BF01475864).
@usableFromInline struct VisitSample: Sendable {
  /// α, twenty times the golden ratio.
  private static let stride = 32.3606797749979

  /// Shape `[states]`; empty where the world is not finite.
  private var counts: [Int]
  /// The number j of the step that is counted next, and that step.
  private var index = 0
  @usableFromInline private(set) var next = Int.max

  @usableFromInline init(of space: Space) {
    guard case .discrete(let states) = space else {
      counts = []
      return
    }
    counts = .init(repeating: 0, count: states)
    goOn(from: 0)
  }

  private mutating func goOn(from clock: Int) {
    index = max(Int(Double(clock) / Self.stride), 1)
    while step(index) < clock { index += 1 }
    next = step(index)
  }

  private func step(_ index: Int) -> Int { Int(Double(index) * Self.stride) }

  /// Counts the state that step ``next`` is taken from.
  @usableFromInline @inline(never)
  mutating func count(_ s: Int?) {
    if let s { counts[s] += 1 }
    index += 1
    next = step(index)
  }

  /// Steps taken from each state, as far as the sample tells. Shape `[states]`.
  var visits: [Int] { counts.map { Int((Double($0) * Self.stride).rounded()) } }

  func save(to checkpoint: inout CheckpointWriter) {
    if !counts.isEmpty { checkpoint.add("visits", counts) }
  }

  mutating func restore(from checkpoint: CheckpointReader, clock: Int) throws {
    guard !counts.isEmpty else { return }
    counts = try checkpoint.ints("visits", count: counts.count)
    goOn(from: clock)
  }
}
