import RLCore

/// Every number of an action is one of `bins` values that lie evenly between its bounds, drawn independently with
/// probabilities softmax of outputs of its own (Tang & Agrawal 2020, "Discretizing Continuous Action Space for On-Policy
/// Optimization", AAAI, doi:10.1609/aaai.v34i04.6059).
///
/// An action is drawn as the numbers of its bins.
public struct MultiCategorical: PolicyHead {
  public typealias Action = [Float]

  public let actionSize: Int
  public let freeParameters: [Float] = []
  private let part: Categorical
  private let low: [Float]
  /// From one bin to the next.
  private let width: [Float]

  /// Numbers of the action times bins.
  public var outputs: Int { actionSize * part.outputs }

  /// `space` is a bounded box; there are at least two bins.
  public init(over space: Space, bins: Int) {
    guard case .box(let low, let high) = space else { preconditionFailure("bins divide a box") }
    precondition(bins >= 2, "a choice has two ways at least")
    actionSize = low.count
    part = Categorical(actions: bins)
    self.low = low
    width = zip(low, high).map { ($1 - $0) / Float(bins - 1) }
  }

  /// The bin of number `i`; those of a damaged file are moved into the range.
  private func bin(_ action: UnsafePointer<Float>, _ i: Int) -> Int {
    Int(max(0, min(Float(part.outputs - 1), action[i])))
  }

  public func sample(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, into action: UnsafeMutablePointer<Float>,
    using random: inout RandomStream
  ) -> Float {
    var sum: Float = 0
    for i in 0..<actionSize {
      var bin = 0
      sum += part.sample(outputs + i * part.outputs, free, into: &bin, using: &random)
      action[i] = Float(bin)
    }
    return sum
  }

  public func mode(_ outputs: UnsafePointer<Float>, into action: UnsafeMutablePointer<Float>) {
    for i in 0..<actionSize {
      var bin = 0
      part.mode(outputs + i * part.outputs, into: &bin)
      action[i] = Float(bin)
    }
  }

  public func logProbability(
    of action: UnsafePointer<Float>, _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>
  ) -> Float {
    var sum: Float = 0
    for i in 0..<actionSize {
      var bin = bin(action, i)
      sum += part.logProbability(of: &bin, outputs + i * part.outputs, free)
    }
    return sum
  }

  public func entropy(_ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>) -> Float {
    (0..<actionSize).reduce(0) { $0 + part.entropy(outputs + $1 * part.outputs, free) }
  }

  public func pullBack(
    _ logWeight: Float, _ entropyWeight: Float, at action: UnsafePointer<Float>, _ outputs: UnsafePointer<Float>,
    _ free: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    _ freeGradient: UnsafeMutablePointer<Float>
  ) -> Float {
    var sum: Float = 0
    for i in 0..<actionSize {
      let start = i * part.outputs
      var bin = bin(action, i)
      sum += part.pullBack(
        logWeight, entropyWeight, at: &bin, outputs + start, free, into: gradient + start, freeGradient)
    }
    return sum
  }

  public func divergence(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, from other: UnsafePointer<Float>,
    _ otherFree: UnsafePointer<Float>
  ) -> Float {
    (0..<actionSize).reduce(0) { sum, i in
      sum + part.divergence(outputs + i * part.outputs, free, from: other + i * part.outputs, otherFree)
    }
  }

  public func write(_ action: UnsafePointer<Float>, to row: UnsafeMutablePointer<Float>) {
    for i in 0..<actionSize { row[i] = low[i] + width[i] * Float(bin(action, i)) }
  }
}
