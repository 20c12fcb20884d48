/// Makes pairs of clips that begin in the same state, from what two policies do while they explore.
public struct ClipPairs: Sendable {
  /// Pairs that are made at once.
  public static let batch = Evaluation.lanes / 2
  /// Clips of either policy that a pair is chosen from, where it is chosen.
  public static let candidates = 4
  /// Continuations that estimate the value of a segment's end.
  public static let continuations = 8

  /// What a clip is worth.
  public enum Worth: String, CaseIterable, Sendable {
    /// Σ γᵗ r of the clip.
    case partialReturn = "return"
    /// Σ γᵗ r + γᵀ V(s_T), which is the sum of the advantages but for V(s₀), and that is the same for both clips.
    case advantage
  }

  /// Which pair of the candidates is taken.
  public enum Pairing: String, CaseIterable, Sendable {
    /// Whatever comes.
    case random
    /// The one whose returns differ least, and do differ.
    case closeness
    /// The one that an ensemble of reward models disagrees on most.
    case disagreement
  }

  /// Plays an episode from each start, as ``sampleEpisodes(of:in:from:steps:keeping:seed:)``.
  public typealias Sampler = (_ starts: [EpisodeStart], _ steps: Int?, _ kept: KeptMoment, _ seed: UInt64) throws ->
    [SampledEpisode]

  /// Steps of a segment, that begins anywhere in an episode; `nil` for whole episodes.
  public var segment: Int?
  public var worth = Worth.partialReturn
  public var discount = 1.0
  public var pairing = Pairing.random

  public init(segment: Int? = nil, worth: Worth = .partialReturn, discount: Double = 1) {
    (self.segment, self.worth, self.discount) = (segment, worth, discount)
  }

  /// A batch of pairs, left and right clips in turns, and what each is worth. `disagreement` is asked where pairs are chosen
  /// by it.
  public func make(
    left: Sampler, right: Sampler, disagreement: (Episode, Episode) -> Double = { _, _ in 0 },
    using random: inout RandomStream
  ) throws -> (clips: [Episode], worths: [Double]) {
    // Starts of their own: neither those of tests nor of selection are likely among them.
    let seeds = (0..<Self.batch).map { _ in UInt64(random.next32()) }
    var starts = seeds.map(EpisodeStart.seed)
    if segment != nil { starts = try left(starts, nil, .any, random.next()).map { .moment($0.moment) } }
    let count = pairing == .random ? 1 : Self.candidates
    let lefts = try (0..<count).map { _ in try left(starts, segment, .last, random.next()) }
    let rights = try (0..<count).map { _ in try right(starts, segment, .last, random.next()) }
    var clips: [Episode] = []
    var worths: [Double] = []
    for index in 0..<Self.batch {
      let pair = choice(of: lefts.map { $0[index] }, and: rights.map { $0[index] }, disagreement)
      for sampled in [pair.0, pair.1] {
        clips.append(sampled.episode)
        clips[clips.count - 1].seed = seeds[index]
        worths.append(try worth(of: sampled, continuing: left, seed: random.next()))
      }
    }
    return (clips, worths)
  }

  private func choice(
    of lefts: [SampledEpisode], and rights: [SampledEpisode], _ disagreement: (Episode, Episode) -> Double
  ) -> (SampledEpisode, SampledEpisode) {
    var best = (lefts[0], rights[0])
    var least = Double.infinity
    for left in lefts {
      for right in rights {
        let rank = rank(of: left.episode, right.episode, disagreement)
        if rank < least { (best, least) = ((left, right), rank) }
      }
    }
    return best
  }

  /// The lower, the sooner a pair is taken; all the same at random.
  public func rank(
    of left: Episode, _ right: Episode, _ disagreement: (Episode, Episode) -> Double
  ) -> Double {
    switch pairing {
    case .random: return 0
    case .closeness:
      let gap = (discounted(left).sum - discounted(right).sum).magnitude
      return gap == 0 ? .infinity : gap
    case .disagreement: return -disagreement(left, right)
    }
  }

  private func worth(of sampled: SampledEpisode, continuing policy: Sampler, seed: UInt64) throws -> Double {
    let clip = sampled.episode
    let (sum, weight) = discounted(clip)
    guard worth == .advantage, clip.terminations.last == false, clip.truncations.last == false else { return sum }
    let futures = try policy(
      .init(repeating: .moment(sampled.moment), count: Self.continuations), nil, .last, seed)
    return sum + weight * futures.reduce(0) { $0 + discounted($1.episode).sum } / Double(futures.count)
  }

  /// Σ γᵗ r, and γᵀ.
  public func discounted(_ clip: Episode) -> (sum: Double, weight: Double) {
    var (sum, weight) = (0.0, 1.0)
    for reward in clip.rewards {
      sum += weight * reward
      weight *= discount
    }
    return (sum, weight)
  }
}

/// Prefers by what clips are worth, as a person might.
public struct SyntheticLabeler: Sendable {
  /// T of the model of Bradley and Terry; 0: the better clip always wins.
  public var temperature: Double
  /// The share of labels that are then turned round.
  public var errorRate: Double
  /// Clips whose worths differ by no more are a tie.
  public var tieMargin: Double
  /// Whether a tie is kept as ½, or passed over.
  public var keepsTies: Bool
  public var seed: UInt64

  public init(
    temperature: Double, errorRate: Double = 0, tieMargin: Double = 0, keepsTies: Bool = false, seed: UInt64
  ) {
    self.temperature = temperature
    self.errorRate = errorRate
    self.tieMargin = tieMargin
    self.keepsTies = keepsTies
    self.seed = seed
  }

  /// The probability that the left clip of pair `pair` is the better; `nil` where the pair is passed over.
  public func preference(_ pair: Int, worths: (Double, Double)) -> Double? {
    var random = RandomStream(SeedSequence(seed).spawn(1).spawn(UInt32(pair)))
    let difference = worths.0 - worths.1
    guard difference.magnitude > tieMargin else { return keepsTies ? 0.5 : nil }
    let isLeft = random.uniform() < preferenceProbability(difference, temperature: temperature)
    let isWrong = random.uniform() < errorRate
    return isLeft != isWrong ? 1 : 0
  }
}
