import Foundation
import RLCore
import RunStore

/// Makes pairs of clips from fresh rollouts of one run's policy, or of two runs' policies, exploring. The two clips of a
/// pair begin in the same state.
///
/// Batch by batch, each of which depends on the seed and its number alone.
struct ClipMaker {
  /// Pairs in a batch.
  static let batch = Evaluation.lanes / 2
  /// Continuations that estimate the value of a segment's end.
  static let continuations = 8

  /// What a clip is worth.
  enum Worth: String, CaseIterable {
    /// Σ γᵗ r of the clip.
    case partialReturn = "return"
    /// Σ γᵗ r + γᵀ V(s_T), which is the sum of the advantages but for V(s₀), and that is the same for both clips.
    case advantage
  }

  let left: any Learner
  let right: any Learner
  let folder: PreferenceFolder
  let seed: UInt64
  /// Steps of a segment, that begins anywhere in an episode; `nil` for whole episodes.
  let segment: Int?
  let worth: Worth
  let discount: Double
  let origin: [String: String]

  /// The batch that pair `pair` is in, from the disk or made now. Throws ``UsageError`` where the folder holds others.
  func batch(of pair: Int) throws -> ClipBatch {
    let number = pair / Self.batch
    let first = 2 * Self.batch * number
    guard folder.batches().contains(first) else {
      let made = try make(number)
      try folder.write(made, from: first)
      return made
    }
    let batch = try folder.batch(from: first)
    for (name, value) in origin.sorted(by: { $0.key < $1.key }) where batch.origin[name] != value {
      throw UsageError(
        "\(folder.url.relativePath) was begun with \(name) \(batch.origin[name] ?? "unknown"), not \(value); "
          + "go on as it was begun, or choose another folder with --out")
    }
    return batch
  }

  private func make(_ number: Int) throws -> ClipBatch {
    var random = RandomStream(SeedSequence(seed).spawn(0).spawn(UInt32(number)))
    // Starts of their own: neither those of tests nor of selection are likely among them.
    let seeds = (0..<Self.batch).map { _ in UInt64(random.next32()) }
    var starts = seeds.map(EpisodeStart.seed)
    if segment != nil {
      starts = try left.sample(starts, steps: nil, keeping: .any, seed: random.next()).map { .moment($0.moment) }
    }
    let lefts = try left.sample(starts, steps: segment, keeping: .last, seed: random.next())
    let rights = try right.sample(starts, steps: segment, keeping: .last, seed: random.next())
    var clips: [Episode] = []
    var worths: [Double] = []
    for (index, pair) in zip(lefts, rights).enumerated() {
      for sampled in [pair.0, pair.1] {
        clips.append(sampled.episode)
        clips[clips.count - 1].seed = seeds[index]
        worths.append(try worth(of: sampled, seed: random.next()))
      }
    }
    return ClipBatch(clips: clips, worths: worths, origin: origin)
  }

  private func worth(of sampled: SampledEpisode, seed: UInt64) throws -> Double {
    let clip = sampled.episode
    let (sum, weight) = discounted(clip)
    guard worth == .advantage, clip.terminations.last == false, clip.truncations.last == false else { return sum }
    let futures = try left.sample(
      .init(repeating: .moment(sampled.moment), count: Self.continuations), steps: nil, keeping: .last, seed: seed)
    return sum + weight * futures.reduce(0) { $0 + discounted($1.episode).sum } / Double(futures.count)
  }

  /// Σ γᵗ r, and γᵀ.
  private func discounted(_ clip: Episode) -> (sum: Double, weight: Double) {
    var (sum, weight) = (0.0, 1.0)
    for reward in clip.rewards {
      sum += weight * reward
      weight *= discount
    }
    return (sum, weight)
  }
}

/// Labels by what clips are worth, as a person might.
struct SyntheticLabeler {
  /// T of the model of Bradley and Terry; 0: the better clip always wins.
  var temperature: Double
  /// The share of labels that are then turned round.
  var errorRate: Double
  /// Clips whose worths differ by no more are a tie.
  var tieMargin: Double
  /// Whether a tie is kept as ½, or passed over.
  var keepsTies: Bool
  var seed: UInt64

  func label(_ pair: Int, worths: [Double]) -> PairLabel {
    var random = RandomStream(SeedSequence(seed).spawn(1).spawn(UInt32(pair)))
    let difference = worths[0] - worths[1]
    var preference: Double? = keepsTies ? 0.5 : nil
    if difference.magnitude > tieMargin {
      let isLeft = random.uniform() < preferenceProbability(difference, temperature: temperature)
      let isWrong = random.uniform() < errorRate
      preference = isLeft != isWrong ? 1 : 0
    }
    return PairLabel(pair: pair, preference: preference, labeler: "synthetic", worths: worths)
  }
}
