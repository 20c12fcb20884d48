import Dispatch
import Networks
import RLCore

/// Direct preference optimisation in rounds: the present policy plays pairs of clips, the world's rewards say which is the
/// better, and ``DPO`` tunes it on them with what it was before the round as the reference.
///
/// Source: Guo et al., "Direct Language Model Alignment from Online AI Feedback" (2024, arXiv:2402.04792), algorithm 1; with
/// the reference renewed each round as in Xiong et al., "Iterative Preference Learning from Human Feedback" (2023,
/// arXiv:2312.11456), whose β is then that of a round.
///
/// The clock counts updates. A round's pairs depend on the seed, the round and its reference alone, so that they need not be
/// kept: what goes on from a checkpoint plays them again. It ends early where nine of ten clips tie, as they do at the best.
///
/// Metrics: those of ``DPO``; of whole episodes also `rollout/ep_rew_mean`, the return of those that were compared.
struct IteratedDPO<World: Environment, Head: RecordedActions>: ActingLearner
where World.Observation == [Float], World.Action == Head.Action {
  private(set) var clock = 0

  private let configuration: DPOConfiguration
  let world: World
  private let seed: UInt64
  private let makeRule: @Sendable (DPOConfiguration, UInt64) -> DPO<Head>
  private var rule: DPO<Head>
  /// Rounds begun, and the clock at the end of the present one.
  private var round = 0
  private var end = 0
  /// Whether clips no longer differ in what they are worth.
  private var isSettled = false

  init(
    _ configuration: DPOConfiguration, in world: World, seed: UInt64,
    rule: @escaping @Sendable (DPOConfiguration, UInt64) -> DPO<Head>
  ) {
    (self.configuration, self.world, self.seed, makeRule) = (configuration, world, seed, rule)
    self.rule = rule(configuration, seed)
  }

  var isConverged: Bool { isSettled || (round == configuration.rounds && clock == end) }
  var metricTags: [String] { DPO<Head>.metricTags }
  var solution: Solution? { nil }

  mutating func advance(by count: Int, into meter: inout Meter) throws {
    ProductClock.start()
    let start = DispatchTime.now().uptimeNanoseconds
    for _ in 0..<count where !isConverged {
      if clock == end { try begin(into: &meter) }
      if isSettled { break }
      meter.record(steps: 1)
      rule.update(into: &meter)
      clock += 1
      if let fault = meter.fault { throw fault }
    }
    meter.shares.learn += Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    meter.shares.products += ProductClock.stop()
  }

  /// Begins the next round.
  private mutating func begin(into meter: inout Meter) throws {
    let data = try play(round: round)
    guard !data.pairs.isEmpty || round > 0 else {
      throw CoreError.noSolution("all clips of the first round tie; expected others, by segment, worth or reference")
    }
    // What is left differs by accident: from so few pairs a policy learns what is not so.
    if data.pairs.count < configuration.pairs && round > 0 {
      isSettled = true
      return
    }
    if configuration.segment == 0 {
      for clip in data.clips { meter.recordEpisode(return: clip.totalReward, length: clip.length) }
    }
    rule = learner(of: data, from: rule.saved.policy, round: round)
    let batches = (data.pairs.count + configuration.batch - 1) / configuration.batch
    end = clock + configuration.epochs * batches
    round += 1
  }

  /// The rule of a round, whose start is its reference.
  private func learner(of data: Preferences, from start: SavedPolicy, round: Int) -> DPO<Head> {
    var configuration = configuration
    configuration.data = data
    configuration.start = start
    return makeRule(configuration, SeedSequence.round(round, seed: seed))
  }

  /// The pairs of a round, played by the present policy. Ties are left out; after ten times as many it gives up.
  private func play(round: Int) throws -> Preferences {
    let seed = SeedSequence.round(round, seed: seed)
    let maker = ClipPairs(
      segment: configuration.segment == 0 ? nil : configuration.segment, worth: configuration.worth,
      discount: configuration.discount)
    let judge = SyntheticLabeler(temperature: configuration.temperature, seed: seed)
    let sampler: ClipPairs.Sampler = { try sample($0, steps: $1, keeping: $2, seed: $3) }
    var data = Preferences(environment: "", clips: [], pairs: [])
    for first in stride(from: 0, to: 10 * configuration.pairs, by: ClipPairs.batch) {
      var random = RandomStream(SeedSequence(seed).spawn(0).spawn(UInt32(first / ClipPairs.batch)))
      let (clips, worths) = try maker.make(left: sampler, right: sampler, using: &random)
      for pair in 0..<ClipPairs.batch {
        guard let preference = judge.preference(first + pair, worths: (worths[2 * pair], worths[2 * pair + 1])) else {
          continue
        }
        data.pairs.append(.init(left: data.clips.count, right: data.clips.count + 1, preference: preference))
        data.clips += clips[2 * pair...2 * pair + 1]
        if data.pairs.count == configuration.pairs { return data }
      }
    }
    return data
  }

  func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Head> { rule.policy(sampledWith: seed) }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("clock", clock)
    checkpoint.add("rounds", [round, end, isSettled ? 1 : 0])
    rule.save(to: &checkpoint)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    clock = try checkpoint.int("clock")
    let numbers = try checkpoint.ints("rounds", count: 3)
    (round, end, isSettled) = (numbers[0], numbers[1], numbers[2] == 1)
    guard (0...configuration.rounds).contains(round), round > 0 || end == 0, clock <= end else {
      throw CoreError.badCheckpoint("its array 'rounds' holds \(numbers) at clock \(clock)")
    }
    rule = learner(of: configuration.data, from: rule.saved.policy, round: 0)
    try rule.restore(from: checkpoint)
    // What is only played, or begins a round next, needs no pairs.
    guard clock < end, !isSettled else { return }
    rule = learner(of: configuration.data, from: rule.saved.reference, round: round - 1)
    rule = learner(of: try play(round: round - 1), from: rule.saved.policy, round: round - 1)
    try rule.restore(from: checkpoint)
  }
}

extension SeedSequence {
  /// A seed for each round.
  fileprivate static func round(_ round: Int, seed: UInt64) -> UInt64 {
    var random = RandomStream(SeedSequence(seed).spawn(3).spawn(UInt32(round)))
    return random.next()
  }
}
