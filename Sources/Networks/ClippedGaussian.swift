import Foundation
import RLCore

/// A distribution that also says how probable an action was that the world took, for learning from recorded actions.
///
/// Much is asked of the same outputs then: so they are first brought into a form from which it is soon said, which means the
/// same distribution. `settled` in a name stands for outputs in that form.
public protocol RecordedActions: PolicyHead {
  /// Reads an action as the world took it; the reverse of ``PolicyHead/write(_:to:)`` as far as there is one.
  func read(_ row: UnsafePointer<Scalar>, into action: UnsafeMutablePointer<Scalar>)

  /// Brings the outputs of `rows` states into that form, and writes what else is to be kept of them, as many numbers.
  func settle(_ outputs: UnsafeMutablePointer<Float>, _ kept: UnsafeMutablePointer<Float>, rows: Int)

  /// Log-probability of an action.
  func settledLogProbability(
    of action: UnsafePointer<Scalar>, _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>
  ) -> Float

  /// Sets `gradient` to that of `logWeight`·log π(action) with respect to the outputs as they were, and adds the same with
  /// respect to the free parameters to `freeGradient`.
  func settledPullBack(
    _ logWeight: Float, at action: UnsafePointer<Scalar>, _ outputs: UnsafePointer<Float>, _ kept: UnsafePointer<Float>,
    _ free: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    _ freeGradient: UnsafeMutablePointer<Float>)

  /// KL(π‖other) at one state, both settled.
  func settledDivergence(
    _ outputs: UnsafePointer<Float>, _ kept: UnsafePointer<Float>, _ free: UnsafePointer<Float>,
    from other: UnsafePointer<Float>, _ otherFree: UnsafePointer<Float>
  ) -> Float
}

/// Outputs that say all as they are.
extension RecordedActions {
  public func settle(_ outputs: UnsafeMutablePointer<Float>, _ kept: UnsafeMutablePointer<Float>, rows: Int) {}

  public func settledLogProbability(
    of action: UnsafePointer<Scalar>, _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>
  ) -> Float { logProbability(of: action, outputs, free) }

  public func settledPullBack(
    _ logWeight: Float, at action: UnsafePointer<Scalar>, _ outputs: UnsafePointer<Float>, _ kept: UnsafePointer<Float>,
    _ free: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    _ freeGradient: UnsafeMutablePointer<Float>
  ) { pullBack(logWeight, 0, at: action, outputs, free, into: gradient, freeGradient) }

  public func settledDivergence(
    _ outputs: UnsafePointer<Float>, _ kept: UnsafePointer<Float>, _ free: UnsafePointer<Float>,
    from other: UnsafePointer<Float>, _ otherFree: UnsafePointer<Float>
  ) -> Float { divergence(outputs, free, from: other, otherFree) }
}

/// Settled outputs are log-probabilities; the probabilities are kept.
extension Categorical: RecordedActions {
  public func read(_ row: UnsafePointer<Int>, into action: UnsafeMutablePointer<Int>) { action.pointee = row.pointee }

  public func settle(_ outputs: UnsafeMutablePointer<Float>, _ kept: UnsafeMutablePointer<Float>, rows: Int) {
    for row in 0..<rows {
      let first = row * self.outputs
      let norm = logSum(outputs + first)
      for i in first..<first + self.outputs {
        outputs[i] -= norm
        kept[i] = exp(outputs[i])
      }
    }
  }

  public func settledLogProbability(
    of action: UnsafePointer<Int>, _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>
  ) -> Float { outputs[action.pointee] }

  public func settledPullBack(
    _ logWeight: Float, at action: UnsafePointer<Int>, _ outputs: UnsafePointer<Float>, _ kept: UnsafePointer<Float>,
    _ free: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    _ freeGradient: UnsafeMutablePointer<Float>
  ) {
    for a in 0..<self.outputs { gradient[a] = -logWeight * kept[a] }
    gradient[action.pointee] += logWeight
  }

  public func settledDivergence(
    _ outputs: UnsafePointer<Float>, _ kept: UnsafePointer<Float>, _ free: UnsafePointer<Float>,
    from other: UnsafePointer<Float>, _ otherFree: UnsafePointer<Float>
  ) -> Float {
    var sum: Float = 0
    for a in 0..<self.outputs { sum += kept[a] * (outputs[a] - other[a]) }
    return sum
  }
}

/// ``DiagonalGaussian`` with the log-probability of what the world took: inside the bounds that of the number itself, at a
/// bound that of all numbers that were clipped to it, which is log Φ of the tail's edge.
public struct ClippedGaussian: RecordedActions {
  public typealias Action = [Float]

  private let drawn: DiagonalGaussian
  private let centre: [Float]
  private let half: [Float]

  /// `space` is a bounded box.
  public init(over space: Space, logStandardDeviation: Float) {
    guard case .box(let low, let high) = space else { preconditionFailure("a Gaussian needs a box") }
    drawn = DiagonalGaussian(over: space, logStandardDeviation: logStandardDeviation)
    centre = zip(low, high).map { ($0 + $1) / 2 }
    half = zip(low, high).map { ($1 - $0) / 2 }
  }

  public var outputs: Int { drawn.outputs }
  public var actionSize: Int { drawn.actionSize }
  public var freeParameters: [Float] { drawn.freeParameters }

  /// What lies this near to a bound is at it: stretching and shrinking round.
  private static let edge: Float = 1 - 1e-5
  private static let halfLogTwoPi = 0.918_938_533_204_672_7

  public func read(_ row: UnsafePointer<Float>, into action: UnsafeMutablePointer<Float>) {
    for i in 0..<outputs { action[i] = (row[i] - centre[i]) / half[i] }
  }

  /// log(1 − Φ(t)) and its hazard φ(t)/(1 − Φ(t)), which is minus its slope.
  private static func tail(_ t: Double) -> (logMass: Double, hazard: Double) {
    // Where the mass underflows: the first terms of its asymptotic series.
    if t > 30 { return (-0.5 * t * t - halfLogTwoPi - log(t) - 1 / (t * t), t + 1 / t) }
    let logMass = log(0.5 * erfc(t * 0.5.squareRoot()))
    return (logMass, exp(-0.5 * t * t - halfLogTwoPi - logMass))
  }

  public func logProbability(
    of action: UnsafePointer<Float>, _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>
  ) -> Float {
    var sum: Float = 0
    for i in 0..<self.outputs {
      let precision = exp(-free[i])
      if action[i].magnitude >= Self.edge {
        let sign: Float = action[i] > 0 ? 1 : -1
        sum += Float(Self.tail(Double((1 - sign * outputs[i]) * precision)).logMass)
      } else {
        let z = (action[i] - outputs[i]) * precision
        sum -= 0.5 * z * z + free[i] + Float(Self.halfLogTwoPi)
      }
    }
    return sum
  }

  /// Inside the bounds as ``DiagonalGaussian``; at one, with t = (1 ∓ μ)/σ and hazard h: ∂/∂μ = ±h/σ, ∂/∂ log σ = h·t.
  public func pullBack(
    _ logWeight: Float, _ entropyWeight: Float, at action: UnsafePointer<Float>, _ outputs: UnsafePointer<Float>,
    _ free: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    _ freeGradient: UnsafeMutablePointer<Float>
  ) -> Float {
    for i in 0..<self.outputs {
      let precision = exp(-free[i])
      if action[i].magnitude >= Self.edge {
        let sign: Float = action[i] > 0 ? 1 : -1
        let t = (1 - sign * outputs[i]) * precision
        let hazard = Float(Self.tail(Double(t)).hazard)
        gradient[i] = logWeight * sign * hazard * precision
        freeGradient[i] += logWeight * hazard * t + entropyWeight
      } else {
        let z = (action[i] - outputs[i]) * precision
        gradient[i] = logWeight * z * precision
        freeGradient[i] += logWeight * (z * z - 1) + entropyWeight
      }
    }
    return entropy(outputs, free)
  }

  public func sample(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, into action: UnsafeMutablePointer<Float>,
    using random: inout RandomStream
  ) -> Float { drawn.sample(outputs, free, into: action, using: &random) }

  public func mode(_ outputs: UnsafePointer<Float>, into action: UnsafeMutablePointer<Float>) {
    drawn.mode(outputs, into: action)
  }

  public func entropy(_ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>) -> Float {
    drawn.entropy(outputs, free)
  }

  public func divergence(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, from other: UnsafePointer<Float>,
    _ otherFree: UnsafePointer<Float>
  ) -> Float { drawn.divergence(outputs, free, from: other, otherFree) }

  public func write(_ action: UnsafePointer<Float>, to row: UnsafeMutablePointer<Float>) {
    drawn.write(action, to: row)
  }
}
