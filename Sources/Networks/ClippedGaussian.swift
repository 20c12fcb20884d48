import Foundation
import RLCore

/// A distribution that also says how probable an action was that the world took, for learning from recorded actions.
public protocol RecordedActions: PolicyHead {
  /// Reads an action as the world took it; the reverse of ``PolicyHead/write(_:to:)`` as far as there is one.
  func read(_ row: UnsafePointer<Scalar>, into action: UnsafeMutablePointer<Scalar>)
}

extension Categorical: RecordedActions {
  public func read(_ row: UnsafePointer<Int>, into action: UnsafeMutablePointer<Int>) { action.pointee = row.pointee }
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
