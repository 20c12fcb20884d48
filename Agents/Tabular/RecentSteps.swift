import RLCore

/// The last n steps of an episode, as a ring: the table's entry that each began with, and its reward. The oldest comes
/// first.
struct RecentSteps: Sendable {
  private var entries: [Int]
  private var rewards: [Double]
  private var first = 0
  private(set) var count = 0

  init(_ n: Int) {
    entries = .init(repeating: 0, count: n)
    rewards = .init(repeating: 0, count: n)
  }

  var isFull: Bool { count == entries.count }

  @inline(__always)
  subscript(i: Int) -> (entry: Int, reward: Double) { (entries[place(i)], rewards[place(i)]) }

  mutating func append(_ entry: Int, _ reward: Double) {
    let end = place(count)
    entries[end] = entry
    rewards[end] = reward
    count += 1
  }

  /// Takes off the oldest step, with G = R + γ R′ + … + γᵏ `tail` over all k steps kept.
  mutating func removeOldest(gamma: Double, tail: Double) -> (entry: Int, return: Double) {
    var g = tail
    for i in (0..<count).reversed() { g = rewards[place(i)] + gamma * g }
    return (removeOldest(), g)
  }

  /// Takes off the oldest step.
  @inline(__always)
  mutating func removeOldest() -> Int {
    let entry = entries[first]
    first = place(1)
    count -= 1
    return entry
  }

  /// Where a step stays in arrays of n elements for as long as it is kept.
  @inline(__always)
  func place(_ i: Int) -> Int {
    let place = first + i
    return place < entries.count ? place : place - entries.count
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("recent/entries", (0..<count).map { entries[place($0)] })
    checkpoint.add("recent/rewards", (0..<count).map { rewards[place($0)] })
  }

  /// `table`: the number of the table's entries.
  mutating func restore(from checkpoint: CheckpointReader, table: Int) throws {
    let saved = try checkpoint.ints("recent/entries")
    guard saved.count <= entries.count, saved.allSatisfy((0..<table).contains) else {
      throw CoreError.badCheckpoint("its 'recent/entries' are not \(entries.count) entries of the table or fewer")
    }
    let rewards = try checkpoint.doubles("recent/rewards", count: saved.count)
    (first, count) = (0, 0)
    for (entry, reward) in zip(saved, rewards) { append(entry, reward) }
  }
}
