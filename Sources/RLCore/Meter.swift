/// Collects what training reports between two rows of metrics: returns and lengths of episodes, sums of the
/// agent's own quantities, the shares of time. Everything but the times is deterministic and part of a checkpoint.
public struct Meter: Sendable {
  /// Episodes that `rollout/ep_rew_mean` averages over, as in Stable-Baselines3.
  public static let window = 100
  /// Steps at the start of each `advance` whose phases are timed.
  public static let timedSteps = 16

  public let tags: [String]
  @usableFromInline var sums: [Double]
  @usableFromInline var counts: [Int]

  @usableFromInline var episodeReturn = 0.0
  @usableFromInline var episodeLength = 0
  /// The last ``window`` episodes, as a ring once it is full.
  public private(set) var returns: [Double] = []
  public private(set) var lengths: [Int] = []
  public private(set) var episodes = 0
  /// Environment steps recorded so far.
  @usableFromInline var stepCount = 0

  /// The first quantity that stopped being finite.
  public private(set) var fault: CoreError?
  public var shares = PhaseTimes()

  public init(tags: [String]) {
    self.tags = tags
    sums = .init(repeating: 0, count: tags.count)
    counts = .init(repeating: 0, count: tags.count)
  }

  /// Adds a value to the mean of slot `slot`.
  @inlinable public mutating func add(_ value: Double, to slot: Int) {
    sums[slot] += value
    counts[slot] += 1
    if !value.isFinite { fail(tags[slot]) }
  }

  /// Records one environment step.
  @inlinable @inline(__always)
  public mutating func record(_ step: Step) {
    stepCount += 1
    episodeReturn += step.reward
    episodeLength += 1
    if step.ending != .running || !episodeReturn.isFinite { finishEpisode() }
  }

  @usableFromInline @inline(never)
  mutating func finishEpisode() {
    recordEpisode(return: episodeReturn, length: episodeLength)
    episodeReturn = 0
    episodeLength = 0
  }

  /// Records steps whose episodes the caller follows, as where several are played side by side.
  public mutating func record(steps: Int) { stepCount += steps }

  /// Records a whole episode.
  public mutating func recordEpisode(return episodeReturn: Double, length: Int) {
    if !episodeReturn.isFinite { return fail("the reward") }
    if returns.count < Self.window {
      returns.append(episodeReturn)
      lengths.append(length)
    } else {
      returns[episodes % Self.window] = episodeReturn
      lengths[episodes % Self.window] = length
    }
    episodes += 1
  }

  /// Notes that a quantity is not finite; `advance` throws it at its end.
  @inline(never)
  public mutating func fail(_ quantity: String) {
    if fault == nil { fault = .nonFinite(quantity: quantity, step: stepCount) }
  }

  /// The means since the last call, for a row of metrics. Tags without a value are left out.
  public mutating func drain() -> [(tag: String, value: Double)] {
    var row: [(tag: String, value: Double)] = []
    if !returns.isEmpty {
      row.append(("rollout/ep_rew_mean", returns.reduce(0, +) / Double(returns.count)))
      row.append(("rollout/ep_len_mean", Double(lengths.reduce(0, +)) / Double(lengths.count)))
    }
    for slot in tags.indices where counts[slot] > 0 {
      row.append((tags[slot], sums[slot] / Double(counts[slot])))
      sums[slot] = 0
      counts[slot] = 0
    }
    return row
  }

  public func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("meter/sums", sums)
    checkpoint.add("meter/counts", counts)
    checkpoint.add("meter/returns", returns)
    checkpoint.add("meter/lengths", lengths)
    checkpoint.add("meter/episode", [episodeReturn])
    checkpoint.add("meter/counters", [episodeLength, episodes, stepCount])
  }

  public mutating func restore(from checkpoint: CheckpointReader) throws {
    sums = try checkpoint.doubles("meter/sums", count: tags.count)
    counts = try checkpoint.ints("meter/counts", count: tags.count)
    returns = try checkpoint.doubles("meter/returns")
    lengths = try checkpoint.ints("meter/lengths", count: returns.count)
    episodeReturn = try checkpoint.double("meter/episode")
    let counters = try checkpoint.ints("meter/counters", count: 3)
    (episodeLength, episodes, stepCount) = (counters[0], counters[1], counters[2])
  }
}

/// Where the sampled time went, in seconds.
public struct PhaseTimes: Sendable {
  public var act = 0.0
  public var step = 0.0
  public var learn = 0.0
  /// Of these, in library products.
  public var products = 0.0

  public init() {}

  public var total: Double { act + step + learn }
}
