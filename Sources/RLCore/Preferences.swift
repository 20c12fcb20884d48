import Foundation

/// Clips of a world, episodes or parts of them, and which of two somebody prefers.
public struct Preferences: Sendable, Equatable {
  public struct Pair: Sendable, Equatable {
    /// Indices of two clips that begin in the same state.
    public var left: Int
    public var right: Int
    /// The probability that the left one is the better: 1, 0, ½ where neither is, or anything between.
    public var preference: Double

    public init(left: Int, right: Int, preference: Double) {
      self.left = left
      self.right = right
      self.preference = preference
    }
  }

  /// The world's id.
  public var environment: String
  public var clips: [Episode]
  public var pairs: [Pair]

  public init(environment: String, clips: [Episode], pairs: [Pair]) {
    self.environment = environment
    self.clips = clips
    self.pairs = pairs
  }
}

/// The probability that of two clips one is preferred that is worth `difference` more: σ(difference/T), by the model of
/// Bradley and Terry (1952, doi:10.2307/2334029). At temperature 0 the better one always is.
public func preferenceProbability(_ difference: Double, temperature: Double) -> Double {
  if temperature == 0 { return difference > 0 ? 1 : difference < 0 ? 0 : 0.5 }
  return logistic(difference / temperature)
}

/// σ(x) = 1/(1 + exp(−x)), without overflow.
public func logistic(_ x: Double) -> Double {
  let e = exp(-x.magnitude)
  return x >= 0 ? 1 / (1 + e) : e / (1 + e)
}
