import RLCore

/// Observations of many lanes in standard deviations from their mean, both of all that was seen, and clipped to ±10; or as
/// they are, where it is off.
///
/// Source: Engstrom et al. 2020, "Implementation Matters in Deep Policy Gradients", arXiv:2005.12729, §3.
struct RowNormalizer: Sendable {
  /// What has been seen of each number. Shape `[observationSize]`; empty where it is off.
  private var moments: [RunningMoments]
  private static let limit: Float = 10

  /// One that changes nothing.
  static let off = RowNormalizer(size: 0, isOn: false)

  init(size: Int, isOn: Bool) { moments = .init(repeating: RunningMoments(), count: isOn ? size : 0) }

  /// One that has seen what another had; `numbers` as ``save(to:)`` writes them.
  init(_ numbers: [Double]) {
    moments = stride(from: 0, to: numbers.count, by: 3).map { i in
      var seen = RunningMoments()
      (seen.count, seen.mean, seen.squares) = (Int(numbers[i]), numbers[i + 1], numbers[i + 2])
      return seen
    }
  }

  /// Counts `rows` rows of observations in.
  mutating func learn(_ observations: [Float], rows: Int) {
    let width = moments.count
    for row in 0..<rows {
      for i in 0..<width { moments[i].add(Double(observations[row * width + i])) }
    }
  }

  /// Normalises the first `rows` rows.
  func normalize(_ observations: inout [Float], rows: Int) {
    let width = moments.count
    for i in 0..<width {
      let (mean, scale) = (Float(moments[i].mean), Float(1 / moments[i].divisor))
      for row in 0..<rows {
        let value = (observations[row * width + i] - mean) * scale
        observations[row * width + i] = max(-Self.limit, min(Self.limit, value))
      }
    }
  }

  /// Count, mean and squares of each number.
  var numbers: [Double] { moments.flatMap { [Double($0.count), $0.mean, $0.squares] } }

  func save(to checkpoint: inout CheckpointWriter) { checkpoint.add("normalizer/observations", numbers) }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    let numbers = try checkpoint.doubles("normalizer/observations", count: 3 * moments.count)
    for i in moments.indices {
      (moments[i].count, moments[i].mean, moments[i].squares) = (
        Int(numbers[3 * i]), numbers[3 * i + 1], numbers[3 * i + 2]
      )
    }
  }
}

/// Rewards of many lanes divided by the standard deviation of the discounted return so far, and clipped to ±10; or as they
/// are, where it is off. The mean stays: without it another policy might be best.
///
/// Source: as ``RowNormalizer``.
struct RewardNormalizer: Sendable {
  private let isOn: Bool
  private let discount: Double
  private var moments = RunningMoments()
  /// The discounted return of each lane's episode so far. Shape `[lanes]`.
  private var returns: [Double]

  init(lanes: Int, discount: Double, isOn: Bool) {
    self.isOn = isOn
    self.discount = discount
    returns = .init(repeating: 0, count: lanes)
  }

  /// What one reward as learning sees it is worth in the world's.
  var unit: Double { isOn ? moments.divisor : 1 }

  /// The rewards of one step of all lanes, as learning sees them. All are counted in before one is divided.
  mutating func normalize(_ rewards: [Double], _ endings: [Ending], into result: UnsafeMutablePointer<Float>) {
    guard isOn else {
      for lane in rewards.indices { result[lane] = Float(rewards[lane]) }
      return
    }
    for lane in rewards.indices {
      returns[lane] = discount * returns[lane] + rewards[lane]
      moments.add(returns[lane])
      if endings[lane] != .running { returns[lane] = 0 }
    }
    let scale = 1 / moments.divisor
    for lane in rewards.indices { result[lane] = Float(max(-10, min(10, rewards[lane] * scale))) }
  }

  func save(to checkpoint: inout CheckpointWriter) {
    checkpoint.add("normalizer/rewards", [Double(moments.count), moments.mean, moments.squares])
    checkpoint.add("normalizer/returns", returns)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    let numbers = try checkpoint.doubles("normalizer/rewards", count: 3)
    (moments.count, moments.mean, moments.squares) = (Int(numbers[0]), numbers[1], numbers[2])
    returns = try checkpoint.doubles("normalizer/returns", count: returns.count)
  }
}
