/// A ring of the last `capacity` transitions, sampled uniformly with replacement (Lin 1992, doi:10.1007/BF00992699).
///
/// A transition is one row of floats, `[observation | action | reward | bootstrap | next]`, so that a sample touches
/// one stretch of memory. Storage grows by doubling up to the capacity, so that a short run stays small.
public struct Replay: Sendable {
  public let capacity: Int
  public let observationSize: Int
  public let actionSize: Int
  public private(set) var count = 0
  /// The row that the next transition is written to.
  public private(set) var cursor = 0
  private var rows: [Float] = []

  /// Floats in a row.
  public var rowSize: Int { 2 * observationSize + actionSize + 2 }

  public init(capacity: Int, observationSize: Int, actionSize: Int) {
    precondition(capacity > 0, "a replay buffer holds at least one transition")
    self.capacity = capacity
    self.observationSize = observationSize
    self.actionSize = actionSize
  }

  /// Stores one transition over the oldest. `bootstrap`: the factor on what follows `next`, 0 only where the step
  /// terminated.
  public mutating func append(
    _ observation: [Float], _ action: [Float], _ reward: Float, _ next: [Float], bootstrap: Float
  ) {
    precondition(
      observation.count == observationSize && next.count == observationSize && action.count == actionSize,
      "a transition fits the buffer")
    if count < capacity, rows.count == count * rowSize {
      let grown = min(capacity, max(1024, 2 * count))
      rows.append(contentsOf: repeatElement(0, count: (grown - count) * rowSize))
    }
    var at = cursor * rowSize
    for value in observation {
      rows[at] = value
      at += 1
    }
    for value in action {
      rows[at] = value
      at += 1
    }
    rows[at] = reward
    rows[at + 1] = bootstrap
    at += 2
    for value in next {
      rows[at] = value
      at += 1
    }
    cursor = cursor + 1 == capacity ? 0 : cursor + 1
    count = min(count + 1, capacity)
  }

  /// Gathers `batch.count` transitions drawn uniformly.
  public func sample(into batch: inout TransitionBatch, using random: inout RandomStream) {
    precondition(count > 0, "an empty buffer cannot be sampled")
    gather(into: &batch) { _ in random.integer(below: count) }
  }

  /// Gathers the transitions of the given rows, as many as `batch.count`.
  public func gather(_ indices: [Int], into batch: inout TransitionBatch) {
    precondition(indices.count >= batch.count && indices.allSatisfy { (0..<count).contains($0) }, "rows there are")
    gather(into: &batch) { indices[$0] }
  }

  @inline(__always)
  private func gather(into batch: inout TransitionBatch, _ index: (Int) -> Int) {
    let o = observationSize
    let width = o + actionSize
    let n = batch.count
    let rowSize = rowSize
    rows.withUnsafeBufferPointer { rows in
      let rows = rows.baseAddress!
      batch.offsets.withUnsafeMutableBufferPointer { offsets in
        batch.rewards.withUnsafeMutableBufferPointer { rewards in
          batch.bootstraps.withUnsafeMutableBufferPointer { bootstraps in
            // A short loop first, so that the processor waits for many rows at once and not for one after another.
            for i in 0..<n {
              let offset = index(i) &* rowSize
              offsets[i] = offset
              rewards[i] = rows[offset &+ width]
              bootstraps[i] = rows[offset &+ width &+ 1]
            }
          }
        }
        batch.pairs.withUnsafeMutableBufferPointer { pairs in
          batch.nextPairs.withUnsafeMutableBufferPointer { nextPairs in
            var pair = pairs.baseAddress!
            var next = nextPairs.baseAddress!
            for i in 0..<n {
              // Loops, because a call to copy a few floats costs more than the floats.
              let row = rows + offsets[i]
              for j in 0..<width { pair[j] = row[j] }
              for j in 0..<o { next[j] = row[width &+ 2 &+ j] }
              pair += width
              next += width
            }
          }
        }
      }
    }
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("replay/rows", Array(rows[..<(count * rowSize)]), shape: [count, rowSize])
    checkpoint.add("replay/cursor", cursor)
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    let saved = try checkpoint.floats("replay/rows")
    let savedCursor = try checkpoint.int("replay/cursor")
    guard saved.count % rowSize == 0, saved.count / rowSize <= capacity, (0..<capacity).contains(savedCursor),
      saved.count / rowSize == capacity || savedCursor == saved.count / rowSize
    else {
      throw CoreError.badCheckpoint("its replay buffer is not a ring of rows of \(rowSize) floats")
    }
    rows = saved
    count = saved.count / rowSize
    cursor = savedCursor
  }
}

/// Transitions side by side, in storage that is used again for every update. A pair is an observation followed by an
/// action: a critic's input as it stands, and an actor's input with a stride.
public struct TransitionBatch: Sendable {
  public let count: Int
  /// Shape `[count, observationSize + actionSize]`.
  public var pairs: [Float]
  /// Shape `[count]`.
  public var rewards: [Float]
  /// Factors on what follows the next observations, 0 where a step terminated. Shape `[count]`.
  public var bootstraps: [Float]
  /// The next observations; the learner fills in the actions. Shape `[count, observationSize + actionSize]`.
  public var nextPairs: [Float]
  /// Where the sampled rows begin in the buffer. Shape `[count]`.
  fileprivate var offsets: [Int]

  public init(count: Int, observationSize: Int, actionSize: Int) {
    self.count = count
    pairs = .init(repeating: 0, count: count * (observationSize + actionSize))
    rewards = .init(repeating: 0, count: count)
    bootstraps = .init(repeating: 0, count: count)
    nextPairs = .init(repeating: 0, count: count * (observationSize + actionSize))
    offsets = .init(repeating: 0, count: count)
  }
}
