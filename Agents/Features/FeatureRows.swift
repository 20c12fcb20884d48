import RLCore

/// The features of several observations, in storage that is made once.
struct FeatureRows: Sendable {
  /// Features that a row has room for.
  private let width: Int
  /// Features of each row. Shape `[rows]`.
  private var counts: [Int]
  /// Shape `[rows, width]`.
  private var indices: [Int]
  private var values: [Double]

  init(_ rows: Int, for map: some FeatureMap) {
    width = map.active
    counts = .init(repeating: 0, count: rows)
    indices = .init(repeating: 0, count: rows * width)
    values = .init(repeating: 0, count: rows * width)
  }

  var rows: Int { counts.count }

  @inline(__always)
  mutating func set(_ row: Int, to x: ActiveFeatures) {
    counts[row] = x.count
    for i in 0..<x.count { (indices[row &* width &+ i], values[row &* width &+ i]) = x[i] }
  }

  @inline(__always)
  func read(_ row: Int, into x: inout ActiveFeatures) {
    x.clear()
    for i in 0..<counts[row] { x.append(indices[row &* width &+ i], values[row &* width &+ i]) }
  }

  func save(to checkpoint: inout CheckpointWriter, as name: String) {
    checkpoint.add("\(name)/counts", counts)
    checkpoint.add("\(name)/indices", indices)
    checkpoint.add("\(name)/values", values)
  }

  /// `features`: the number of features that there are.
  mutating func restore(from checkpoint: CheckpointReader, as name: String, features: Int) throws {
    let counts = try checkpoint.ints("\(name)/counts", count: counts.count)
    let indices = try checkpoint.ints("\(name)/indices", count: indices.count)
    guard counts.allSatisfy((0...width).contains), indices.allSatisfy((0..<max(features, 1)).contains) else {
      throw CoreError.badCheckpoint("its '\(name)' are not rows of \(width) of \(features) features or fewer")
    }
    values = try checkpoint.doubles("\(name)/values", count: values.count)
    (self.counts, self.indices) = (counts, indices)
  }
}
