import Foundation

/// A replay buffer that is sampled in proportion to priorities, |δ|^α for a transition whose last error was δ.
///
/// Source: Schaul et al. (2016), arXiv:1511.05952, algorithm 1, the proportional variant. Deviations: with α = 0 the
/// sampling is plain and uniform, and nothing is kept of errors.
public struct PrioritizedReplay: Sendable {
  public private(set) var replay: Replay
  private let exponent: Double
  private var tree: SumTree?
  /// The largest priority so far, which new transitions get.
  private var largest = 1.0
  /// The rows of the last sample. Shape `[batch]`.
  private var drawn: [Int]
  /// Importance weights of the last sample, the largest being 1. Shape `[batch]`.
  public private(set) var weights: [Float]

  /// Kept above 0, so that every transition can be drawn.
  private static let smallest = 1e-6

  public init(_ replay: Replay, exponent: Double, batch: Int) {
    self.replay = replay
    self.exponent = exponent
    drawn = .init(repeating: 0, count: batch)
    weights = .init(repeating: 1, count: batch)
    if exponent > 0 { tree = SumTree(count: replay.capacity) }
  }

  public mutating func append(
    _ observation: [Float], _ action: [Float], _ reward: Float, _ next: [Float], bootstrap: Float
  ) {
    tree?[replay.cursor] = largest
    replay.append(observation, action, reward, next, bootstrap: bootstrap)
  }

  /// Draws a batch. `correction`: β, how far ``weights`` make up for the bias, 0 … 1.
  public mutating func sample(into batch: inout TransitionBatch, correction: Double, using random: inout RandomStream) {
    guard let tree else { return replay.sample(into: &batch, using: &random) }
    // One draw from each of equal parts of the sum.
    let part = tree.total / Double(batch.count)
    var heaviest: Float = 0
    for i in 0..<batch.count {
      drawn[i] = tree.index(at: (Double(i) + random.uniform()) * part)
      let probability = tree[drawn[i]] / tree.total
      weights[i] = Float(pow(Double(replay.count) * probability, -correction))
      heaviest = max(heaviest, weights[i])
    }
    for i in weights.indices { weights[i] /= heaviest }
    replay.gather(drawn, into: &batch)
  }

  /// Sets the priority of element `i` of the last sample from its new error.
  public mutating func setError(_ i: Int, to error: Float) {
    guard tree != nil else { return }
    let priority = pow(Double(error.magnitude) + Self.smallest, exponent)
    guard priority.isFinite else { return }
    largest = max(largest, priority)
    tree![drawn[i]] = priority
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    replay.save(to: &checkpoint)
    guard let tree else { return }
    checkpoint.add("replay/priorities", (0..<replay.count).map { tree[$0] })
    checkpoint.add("replay/largest", [largest])
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    try replay.restore(from: checkpoint)
    guard tree != nil else { return }
    let priorities = try checkpoint.doubles("replay/priorities", count: replay.count)
    guard priorities.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw CoreError.badCheckpoint("its priorities are not numbers of 0 or more")
    }
    for (i, priority) in priorities.enumerated() { tree![i] = priority }
    largest = try checkpoint.doubles("replay/largest", count: 1)[0]
  }
}
