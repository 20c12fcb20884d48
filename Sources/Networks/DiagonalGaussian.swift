import Foundation
import RLCore

/// Independent normal numbers, whose means are the outputs and whose log standard deviations are free parameters.
///
/// An action is drawn in units of half the action space, whatever its bounds; the world takes it stretched to them and
/// clipped. The log-probability is of the number that was drawn, before clipping.
public struct DiagonalGaussian: PolicyHead {
  public typealias Action = [Float]

  public let outputs: Int
  public let freeParameters: [Float]
  private let centre: [Float]
  private let half: [Float]

  public var actionSize: Int { outputs }

  /// `space` is a bounded box.
  public init(over space: Space, logStandardDeviation: Float) {
    guard case .box(let low, let high) = space else { preconditionFailure("a Gaussian needs a box") }
    outputs = low.count
    centre = zip(low, high).map { ($0 + $1) / 2 }
    half = zip(low, high).map { ($1 - $0) / 2 }
    freeParameters = .init(repeating: logStandardDeviation, count: low.count)
  }

  private static let halfLogTwoPi = Float(0.918_938_533_204_672_7)

  public func sample(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, into action: UnsafeMutablePointer<Float>,
    using random: inout RandomStream
  ) -> Float {
    var sum: Float = 0
    for i in 0..<self.outputs {
      let draw = Float(random.normal())
      action[i] = outputs[i] + exp(free[i]) * draw
      sum -= 0.5 * draw * draw + free[i] + Self.halfLogTwoPi
    }
    return sum
  }

  public func mode(_ outputs: UnsafePointer<Float>, into action: UnsafeMutablePointer<Float>) {
    for i in 0..<self.outputs { action[i] = outputs[i] }
  }

  public func logProbability(
    of action: UnsafePointer<Float>, _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>
  ) -> Float {
    var sum: Float = 0
    for i in 0..<self.outputs {
      let z = (action[i] - outputs[i]) * exp(-free[i])
      sum -= 0.5 * z * z + free[i] + Self.halfLogTwoPi
    }
    return sum
  }

  public func entropy(_ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>) -> Float {
    (0..<self.outputs).reduce(0) { $0 + free[$1] + Self.halfLogTwoPi + 0.5 }
  }

  /// With z = (a − μ)/σ: ∂ log π/∂μ = z/σ, ∂ log π/∂ log σ = z² − 1, ∂H/∂ log σ = 1.
  public func pullBack(
    _ logWeight: Float, _ entropyWeight: Float, at action: UnsafePointer<Float>, _ outputs: UnsafePointer<Float>,
    _ free: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    _ freeGradient: UnsafeMutablePointer<Float>
  ) -> Float {
    for i in 0..<self.outputs {
      let precision = exp(-free[i])
      let z = (action[i] - outputs[i]) * precision
      gradient[i] = logWeight * z * precision
      freeGradient[i] += logWeight * (z * z - 1) + entropyWeight
    }
    return entropy(outputs, free)
  }

  /// Σ log(σ′/σ) + (σ² + (μ − μ′)²)/(2σ′²) − ½.
  public func divergence(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, from other: UnsafePointer<Float>,
    _ otherFree: UnsafePointer<Float>
  ) -> Float {
    var sum: Float = 0
    for i in 0..<self.outputs {
      let distance = (outputs[i] - other[i]) * exp(-otherFree[i])
      let ratio = exp(free[i] - otherFree[i])
      sum += otherFree[i] - free[i] + 0.5 * (ratio * ratio + distance * distance) - 0.5
    }
    return sum
  }

  public func write(_ action: UnsafePointer<Float>, to row: UnsafeMutablePointer<Float>) {
    for i in 0..<outputs { row[i] = centre[i] + half[i] * max(-1, min(1, action[i])) }
  }
}
