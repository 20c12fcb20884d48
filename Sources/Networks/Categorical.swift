import Foundation
import RLCore

/// One of n actions, with probabilities softmax(outputs).
public struct Categorical: PolicyHead {
  public typealias Action = Int

  public let outputs: Int
  public let actionSize = 1
  public let freeParameters: [Float] = []

  public init(actions: Int) { outputs = actions }

  /// log Σ exp(outputs), without overflow.
  func logSum(_ outputs: UnsafePointer<Float>) -> Float {
    // The larger of two stands for exp(0).
    if self.outputs == 2 {
      return max(outputs[0], outputs[1]) + log(1 + exp(-(outputs[0] - outputs[1]).magnitude))
    }
    var largest = outputs[0]
    for a in 1..<self.outputs { largest = max(largest, outputs[a]) }
    var sum: Float = 0
    for a in 0..<self.outputs { sum += exp(outputs[a] - largest) }
    return largest + log(sum)
  }

  public func sample(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, into action: UnsafeMutablePointer<Int>,
    using random: inout RandomStream
  ) -> Float {
    let norm = logSum(outputs)
    var left = Float(random.uniform())
    var chosen = 0
    // What rounding leaves of the mass is the last action's.
    while chosen < self.outputs - 1 {
      left -= exp(outputs[chosen] - norm)
      if left < 0 { break }
      chosen += 1
    }
    action.pointee = chosen
    return outputs[chosen] - norm
  }

  public func mode(_ outputs: UnsafePointer<Float>, into action: UnsafeMutablePointer<Int>) {
    var best = 0
    for a in 1..<self.outputs where outputs[a] > outputs[best] { best = a }
    action.pointee = best
  }

  public func logProbability(
    of action: UnsafePointer<Int>, _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>
  ) -> Float { outputs[action.pointee] - logSum(outputs) }

  public func entropy(_ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>) -> Float {
    let norm = logSum(outputs)
    var entropy: Float = 0
    for a in 0..<self.outputs {
      let logProbability = outputs[a] - norm
      entropy -= exp(logProbability) * logProbability
    }
    return entropy
  }

  /// ∂ log π(b)/∂z_a = 1{a = b} − π(a); ∂H/∂z_a = −π(a)·(log π(a) + H).
  public func pullBack(
    _ logWeight: Float, _ entropyWeight: Float, at action: UnsafePointer<Int>, _ outputs: UnsafePointer<Float>,
    _ free: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    _ freeGradient: UnsafeMutablePointer<Float>
  ) -> Float {
    let norm = logSum(outputs)
    var entropy: Float = 0
    for a in 0..<self.outputs {
      let logProbability = outputs[a] - norm
      // Kept here until the entropy is known.
      gradient[a] = exp(logProbability)
      entropy -= gradient[a] * logProbability
    }
    for a in 0..<self.outputs {
      let probability = gradient[a]
      let slope = -probability * (outputs[a] - norm + entropy)
      gradient[a] = entropyWeight * slope - logWeight * probability
    }
    gradient[action.pointee] += logWeight
    return entropy
  }

  public func divergence(
    _ outputs: UnsafePointer<Float>, _ free: UnsafePointer<Float>, from other: UnsafePointer<Float>,
    _ otherFree: UnsafePointer<Float>
  ) -> Float {
    let (norm, otherNorm) = (logSum(outputs), logSum(other))
    var sum: Float = 0
    for a in 0..<self.outputs {
      let logProbability = outputs[a] - norm
      sum += exp(logProbability) * (logProbability - (other[a] - otherNorm))
    }
    return sum
  }

  public func write(_ action: UnsafePointer<Int>, to row: UnsafeMutablePointer<Int>) { row.pointee = action.pointee }
}
