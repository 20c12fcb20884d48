import RLCore

/// Which visits of an entry within an episode count.
public enum Visits: String, CaseIterable, Sendable {
  case first, every
}

/// What an episode went through: the table's entries and the rewards that followed. Its room grows to the longest
/// episode and is kept.
struct EpisodeRecord: Sendable {
  private var entries: [Int] = []
  private var rewards: [Double] = []
  /// Visits of each entry of the table in the episode. Shape `[table]`.
  private var visits: [Int]
  private let counted: Visits

  init(_ counted: Visits, table: Int) {
    self.counted = counted
    visits = .init(repeating: 0, count: table)
  }

  var count: Int { entries.count }

  @inline(__always)
  subscript(t: Int) -> (entry: Int, reward: Double) { (entries[t], rewards[t]) }

  @inline(__always)
  mutating func append(_ entry: Int, _ reward: Double) {
    entries.append(entry)
    rewards.append(reward)
    visits[entry] += 1
  }

  /// Takes off the last step, and says whether the visit counts.
  @inline(__always)
  mutating func removeLast() -> (entry: Int, reward: Double, counts: Bool) {
    let (entry, reward) = (entries.removeLast(), rewards.removeLast())
    visits[entry] -= 1
    return (entry, reward, counted == .every || visits[entry] == 0)
  }

  /// Forgets the steps and keeps their room.
  mutating func clear() {
    for entry in entries { visits[entry] = 0 }
    entries.removeAll(keepingCapacity: true)
    rewards.removeAll(keepingCapacity: true)
  }

  func save(to checkpoint: inout CheckpointWriter, as name: String = "episode") {
    checkpoint.add("\(name)/entries", entries)
    checkpoint.add("\(name)/rewards", rewards)
  }

  mutating func restore(from checkpoint: CheckpointReader, as name: String = "episode") throws {
    let entries = try checkpoint.ints("\(name)/entries")
    let rewards = try checkpoint.doubles("\(name)/rewards", count: entries.count)
    guard entries.allSatisfy(visits.indices.contains) else {
      throw CoreError.badCheckpoint("its array '\(name)/entries' has entries beyond a table of \(visits.count)")
    }
    self = EpisodeRecord(counted, table: visits.count)
    for (entry, reward) in zip(entries, rewards) { append(entry, reward) }
  }
}
