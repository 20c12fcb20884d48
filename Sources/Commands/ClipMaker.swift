import Agents
import Foundation
import RLCore
import RunStore

/// Makes pairs of clips that begin in the same state, of one run's policy or of two runs' policies, exploring; or takes them
/// from the episodes that runs have saved.
///
/// Batch by batch, each of which depends on the seed and its number alone.
struct ClipMaker {
  let left: any Learner
  let right: any Learner
  let folder: PreferenceFolder
  let seed: UInt64
  let pairs: ClipPairs
  /// The pairs of saved episodes, in the order they are to be shown; `nil` where clips are played afresh.
  var saved: [(left: Episode, right: Episode)]?
  /// Whose networks' disagreement chooses pairs.
  var model: RewardModel?
  let origin: [String: String]

  /// What folders had before these could be chosen.
  private static let defaults = ["pairing": "random", "clips": "rollouts", "reward model": "none"]

  /// Pairs there can be; `nil` without an end.
  var limit: Int? { saved?.count }

  /// The batch that pair `pair` is in, from the disk or made now. Throws ``UsageError`` where the folder holds others.
  func batch(of pair: Int) throws -> ClipBatch {
    let number = pair / ClipPairs.batch
    let first = 2 * ClipPairs.batch * number
    guard folder.batches().contains(first) else {
      let made = try make(number)
      try folder.write(made, from: first)
      return made
    }
    let batch = try folder.batch(from: first)
    for (name, value) in origin.sorted(by: { $0.key < $1.key }) {
      let found = batch.origin[name] ?? Self.defaults[name] ?? "unknown"
      guard found != value else { continue }
      throw UsageError(
        "\(folder.url.relativePath) was begun with \(name) \(found), not \(value); "
          + "go on as it was begun, or choose another folder with --out")
    }
    return batch
  }

  private func make(_ number: Int) throws -> ClipBatch {
    if let saved {
      let taken = saved.dropFirst(number * ClipPairs.batch).prefix(ClipPairs.batch).flatMap { [$0.left, $0.right] }
      return ClipBatch(clips: taken, worths: taken.map { pairs.discounted($0).sum }, origin: origin)
    }
    var random = RandomStream(SeedSequence(seed).spawn(0).spawn(UInt32(number)))
    let (clips, worths) = try pairs.make(
      left: { try left.sample($0, steps: $1, keeping: $2, seed: $3) },
      right: { try right.sample($0, steps: $1, keeping: $2, seed: $3) },
      disagreement: disagreement, using: &random)
    return ClipBatch(clips: clips, worths: worths, origin: origin)
  }

  private func disagreement(_ one: Episode, _ other: Episode) -> Double {
    model?.disagreement(on: one, other, discount: pairs.discount) ?? 0
  }

  /// Takes every two saved episodes that begin in the same state, of two runs one of each: shuffled, or in the order in
  /// which they are wanted. Throws ``UsageError`` where there are none.
  mutating func takeSaved(_ one: [Episode], _ two: [Episode]?, of runs: String) throws {
    var found: [(left: Episode, right: Episode)] = []
    for (i, a) in one.enumerated() {
      for b in two ?? Array(one[(i + 1)...]) where a.states.row(0) == b.states.row(0) && a != b { found.append((a, b)) }
    }
    guard !found.isEmpty else {
      throw UsageError("no two saved episodes of \(runs) begin in the same state; expected clips of --clips rollouts")
    }
    if let segment = pairs.segment { found = found.map { ($0.left.prefix(segment), $0.right.prefix(segment)) } }
    var order = Array(found.indices)
    var random = RandomStream(SeedSequence(seed).spawn(0))
    random.shuffle(&order)
    let ranks = found.map { pairs.rank(of: $0.left, $0.right, disagreement) }
    // The shuffled order stays among equals.
    let places = order.enumerated().sorted { (ranks[$0.element], $0.offset) < (ranks[$1.element], $1.offset) }
    saved = places.map { found[$0.element] }
  }
}

extension SyntheticLabeler {
  func label(_ pair: Int, worths: [Double]) -> PairLabel {
    PairLabel(
      pair: pair, preference: preference(pair, worths: (worths[0], worths[1])), labeler: "synthetic", worths: worths)
  }
}

extension Episode {
  /// Its first `steps` steps.
  fileprivate func prefix(_ steps: Int) -> Episode {
    guard steps < length else { return self }
    return Episode(
      observations: observations.rows(0..<steps + 1), actions: actions.rows(0..<steps),
      rewards: Array(rewards[..<steps]), terminations: Array(terminations[..<steps]),
      truncations: Array(truncations[..<steps]), states: states.rows(0..<steps + 1), seed: seed)
  }
}
