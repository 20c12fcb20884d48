import CSIMD
import RLCore

/// Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1) over a flat parameter buffer.
public struct Adam: Sendable {
  public let beta1: Float = 0.9
  public let beta2: Float = 0.999
  public let epsilon: Float
  /// Steps taken.
  public private(set) var time = 0
  /// First and second moments. Shape `[parameters]`.
  private var m: [Float]
  private var v: [Float]
  // β₁ᵗ and β₂ᵗ, in double so that 1 − β₂ᵗ keeps its digits at small t.
  private var beta1Power = 1.0
  private var beta2Power = 1.0

  public init(parameterCount: Int, epsilon: Float = 1e-8) {
    self.epsilon = epsilon
    m = .init(repeating: 0, count: parameterCount)
    v = .init(repeating: 0, count: parameterCount)
  }

  /// One step of size `rate` (α) down `gradient`, and in the same pass target ← target + τ·(parameters − target) (Polyak averaging,
  /// Lillicrap et al. 2015, algorithm 1).
  public mutating func step(
    _ parameters: inout [Float], _ gradient: [Float], rate learningRate: Double, tracking target: inout [Float],
    tau: Float
  ) {
    // A target that stays where it is need not be read.
    guard tau != 0 else { return step(&parameters, gradient, rate: learningRate) }
    let (rate, scale) = nextRates(learningRate)
    descend(
      &parameters, gradient, &m, &v, &target, rate: rate, scale: scale, beta1: beta1, beta2: beta2, epsilon: epsilon,
      tau: tau)
  }

  /// One step of size `rate` (α) down `gradient`.
  public mutating func step(_ parameters: inout [Float], _ gradient: [Float], rate learningRate: Double) {
    let (rate, scale) = nextRates(learningRate)
    descend(
      &parameters, gradient, &m, &v, rate: rate, scale: scale, beta1: beta1, beta2: beta2, epsilon: epsilon)
  }

  /// α/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ) of the next step.
  private mutating func nextRates(_ learningRate: Double) -> (rate: Float, scale: Float) {
    time += 1
    beta1Power *= Double(beta1)
    beta2Power *= Double(beta2)
    return (Float(learningRate / (1 - beta1Power)), Float(1 / (1 - beta2Power).squareRoot()))
  }

  public func save(as name: String, to checkpoint: inout CheckpointWriter) {
    checkpoint.add("\(name)/m", m)
    checkpoint.add("\(name)/v", v)
    checkpoint.add("\(name)/time", time)
    checkpoint.add("\(name)/powers", [beta1Power, beta2Power])
  }

  public mutating func restore(_ name: String, from checkpoint: CheckpointReader) throws {
    m = try checkpoint.floats("\(name)/m", count: m.count)
    v = try checkpoint.floats("\(name)/v", count: v.count)
    time = try checkpoint.int("\(name)/time")
    let powers = try checkpoint.doubles("\(name)/powers", count: 2)
    (beta1Power, beta2Power) = (powers[0], powers[1])
  }
}

/// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − rate·m/(√v·scale + ε); target ← target + τ(p − target).
private func descend(
  _ parameters: inout [Float], _ gradient: [Float], _ m: inout [Float], _ v: inout [Float], _ target: inout [Float],
  rate: Float, scale: Float, beta1: Float, beta2: Float, epsilon: Float, tau: Float
) {
  let count = parameters.count
  precondition(
    gradient.count == count && m.count == count && v.count == count && target.count == count,
    "one gradient, moment and target per parameter")
  var p = parameters.mutableSpan
  let g = gradient.span
  var m = m.mutableSpan
  var v = v.mutableSpan
  var target = target.mutableSpan
  for i in 0..<count {
    let slope = g[i]
    let first = beta1 * m[i] + (1 - beta1) * slope
    let second = beta2 * v[i] + (1 - beta2) * slope * slope
    m[i] = first
    v[i] = second
    let moved = p[i] - rate * first / (rl_sqrtf(second) * scale + epsilon)
    p[i] = moved
    target[i] += tau * (moved - target[i])
  }
}

/// The same without a target.
private func descend(
  _ parameters: inout [Float], _ gradient: [Float], _ m: inout [Float], _ v: inout [Float],
  rate: Float, scale: Float, beta1: Float, beta2: Float, epsilon: Float
) {
  let count = parameters.count
  precondition(gradient.count == count && m.count == count && v.count == count, "one gradient and moment per parameter")
  var p = parameters.mutableSpan
  let g = gradient.span
  var m = m.mutableSpan
  var v = v.mutableSpan
  for i in 0..<count {
    let slope = g[i]
    let first = beta1 * m[i] + (1 - beta1) * slope
    let second = beta2 * v[i] + (1 - beta2) * slope * slope
    m[i] = first
    v[i] = second
    p[i] -= rate * first / (rl_sqrtf(second) * scale + epsilon)
  }
}

/// The Euclidean norm of a gradient.
public func norm(_ gradient: [Float]) -> Float {
  gradient.withUnsafeBufferPointer { dot($0.baseAddress!, $0.baseAddress!, $0.count) }.squareRoot()
}

/// Scales two gradients down to a joint Euclidean norm `limit` where they are longer.
public func clip(_ a: inout [Float], _ b: inout [Float], toNorm limit: Float) {
  let length = (norm(a) * norm(a) + norm(b) * norm(b)).squareRoot()
  if length > limit {
    let factor = limit / length
    for i in a.indices { a[i] *= factor }
    for i in b.indices { b[i] *= factor }
  }
}

/// Scales `gradient` down to Euclidean norm `limit` where it is longer (Pascanu et al. 2013, arXiv:1211.5063).
/// Returns the norm it had.
@discardableResult
public func clip(_ gradient: inout [Float], toNorm limit: Float) -> Float {
  let length = norm(gradient)
  if length > limit {
    let factor = limit / length
    for i in gradient.indices { gradient[i] *= factor }
  }
  return length
}

/// Adds the gradient of `weight` · Σθ², the penalty called weight decay (Krogh & Hertz 1991, NIPS 4), to `gradient`.
public func addDecay(_ weight: Float, of parameters: [Float], to gradient: inout [Float]) {
  precondition(gradient.count == parameters.count, "one gradient per parameter")
  let theta = parameters.span
  var gradient = gradient.mutableSpan
  for i in 0..<theta.count { gradient[i] += 2 * weight * theta[i] }
}
