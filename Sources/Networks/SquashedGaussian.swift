import Foundation
import RLCore

/// Actions a = tanh(u) of independent normal numbers u with the means and deviations that a network gives, and their
/// log-probabilities (Haarnoja et al. 2018, arXiv:1812.05905, appendix C).
///
/// A row of the network's output is `[means | logarithms of the deviations]`. Drawn as u = μ + σ·ε, an action and its
/// log-probability are functions of the row for fixed ε, and have gradients with respect to it.
public struct SquashedGaussian: Sendable {
  /// Numbers in an action.
  public let size: Int
  /// Each in −1 … 1. Shape `[rows, size]`.
  public private(set) var actions: [Float]
  /// log π(a|s). Shape `[rows]`.
  public private(set) var logProbabilities: [Float]
  /// u − μ = σ·ε. Shape `[rows, size]`.
  private var displacements: [Float]

  /// Logarithms of deviations beyond these count as these.
  static let (lowest, highest): (Float, Float) = (-20, 2)

  public init(size: Int, rows: Int) {
    self.size = size
    actions = .init(repeating: 0, count: rows * size)
    logProbabilities = .init(repeating: 0, count: rows)
    displacements = actions
  }

  /// Draws an action for each row of the last forward pass.
  public mutating func sample(_ work: MLP.Workspace, rows: Int, using random: inout RandomStream) {
    for r in 0..<rows {
      var sum: Float = 0
      for j in 0..<size {
        let mean = work.output(2 * size * r + j)
        let logDeviation = Self.bounded(work.output(2 * size * r + size + j))
        let draw = Float(random.normal())
        let displacement = exp(logDeviation) * draw
        displacements[r * size + j] = displacement
        actions[r * size + j] = tanh(mean + displacement)
        sum += Self.logDensity(draw: draw, logDeviation, at: mean + displacement)
      }
      logProbabilities[r] = sum
    }
  }

  /// Copies the actions into `matrix`, whose rows are `stride` floats apart, from column `column` on.
  public func copyActions(to matrix: inout [Float], column: Int, stride: Int, rows: Int) {
    for r in 0..<rows {
      for j in 0..<size { matrix[r * stride + column + j] = actions[r * size + j] }
    }
  }

  /// The logarithm of the density of tanh(u), where u is `draw` deviations from its mean: that of u, less
  /// log(1 − tanh² u) = 2 (log 2 − u − log(1 + e^−2u)), which keeps its digits where 1 − tanh² u has none left.
  static func logDensity(draw: Float, _ logDeviation: Float, at u: Float) -> Float {
    let halfLogTwoPi: Float = 0.918_938_533
    let logTwo: Float = 0.693_147_181
    let size = u.magnitude
    return -0.5 * draw * draw - logDeviation - halfLogTwoPi - 2 * (logTwo - size - log1p(exp(-2 * size)))
  }

  /// Sets the gradient at the network's output of a loss whose gradient with respect to the drawn actions is
  /// `actionGradient`, shape `[rows, size]`, and with respect to each log-probability is `slope`.
  ///
  /// Beyond a bound a logarithm still moves back, and no further out.
  public func setGradient(
    actions actionGradient: [Float], logProbabilities slope: Float, rows: Int, in work: inout MLP.Workspace
  ) {
    for r in 0..<rows {
      for j in 0..<size {
        let a = actions[r * size + j]
        // da/du = 1 − a² and d(−log(1 − a²))/du = 2a
        let atMean = actionGradient[r * size + j] * (1 - a * a) + slope * 2 * a
        let atLogDeviation = atMean * displacements[r * size + j] - slope
        let logDeviation = work.output(2 * size * r + size + j)
        let leavesBounds = atLogDeviation > 0 ? logDeviation < Self.lowest : logDeviation > Self.highest
        work.setGradient(2 * size * r + j, to: atMean)
        work.setGradient(2 * size * r + size + j, to: leavesBounds ? 0 : atLogDeviation)
      }
    }
  }

  // This way round a NaN passes: it must reach the loss, which is where training looks for it.
  private static func bounded(_ logDeviation: Float) -> Float {
    logDeviation < lowest ? lowest : logDeviation > highest ? highest : logDeviation
  }
}
