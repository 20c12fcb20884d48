/// The mean and the variance of numbers that come one at a time, without keeping them.
///
/// Source: Welford (1962), doi:10.1080/00401706.1962.10490022: no difference of large sums, so nothing cancels.
public struct RunningMoments: Sendable, Equatable {
  /// Numbers seen.
  public var count: Int
  public var mean: Double
  /// The sum of squared differences from the mean.
  public var squares: Double

  @inlinable public init() { (count, mean, squares) = (0, 0, 0) }

  /// The population variance, as NumPy's `var`; 0 before anything was seen.
  @inlinable public var variance: Double { count == 0 ? 0 : squares / Double(count) }

  /// The standard deviation, to divide by: kept from 0 as Stable-Baselines3 and Gymnasium do, and 1 where nothing differs.
  @inlinable public var divisor: Double { squares == 0 ? 1 : (variance + 1e-8).squareRoot() }

  @inlinable
  public mutating func add(_ number: Double) {
    count += 1
    let difference = number - mean
    mean += difference / Double(count)
    squares += difference * (number - mean)
  }
}

extension RunningMoments {
  static func save(_ moments: [RunningMoments], as name: String, to checkpoint: inout CheckpointWriter) {
    let rows = moments.flatMap { [Double($0.count), $0.mean, $0.squares] }
    checkpoint.add(name, rows, shape: [moments.count, 3])
  }

  /// As many as were saved under `name`, which must be `size`.
  static func restore(_ size: Int, as name: String, from checkpoint: CheckpointReader) throws -> [RunningMoments] {
    let rows = try checkpoint.doubles(name, count: 3 * size)
    return try (0..<size).map {
      var moments = RunningMoments()
      (moments.mean, moments.squares) = (rows[3 * $0 + 1], rows[3 * $0 + 2])
      guard let count = Int(exactly: rows[3 * $0]), count >= 0, moments.mean.isFinite, moments.squares.isFinite,
        moments.squares >= 0
      else {
        throw CoreError.badCheckpoint("its array '\(name)' holds \(rows); expected rows of [count, mean, squares]")
      }
      moments.count = count
      return moments
    }
  }
}
