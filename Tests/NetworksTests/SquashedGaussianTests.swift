import Foundation
import RLCore
import Testing

@testable import Networks

@Suite struct SquashedGaussianTests {
  /// A network without hidden layers, whose biases are the outputs wherever the input is 0.
  private let network = MLP([1, 4], hidden: .relu, output: .identity)

  private func forward(_ outputs: [Float], rows: Int) -> MLP.Workspace {
    var work = MLP.Workspace(for: network, rows: rows)
    let input = [Float](repeating: 0, count: rows)
    network.forward([0, 0, 0, 0] + outputs, input, stride: 1, rows: rows, into: &work)
    return work
  }

  /// log N(atanh a; μ, σ²) − log(1 − a²), in Double.
  private func logDensity(_ a: Double, _ mean: Double, _ logDeviation: Double) -> Double {
    let z = (atanh(a) - mean) / exp(logDeviation)
    return -0.5 * z * z - logDeviation - 0.5 * log(2 * Double.pi) - log(1 - a * a)
  }

  @Test func logProbabilitiesAreTheClosedForm() {
    let outputs: [Float] = [0.3, -0.8, -0.5, 0.2]
    let work = forward(outputs, rows: 500)
    var distribution = SquashedGaussian(size: 2, rows: 500)
    var random = RandomStream(seed: 4)
    distribution.sample(work, rows: 500, using: &random)
    // The same draws, in Double.
    random = RandomStream(seed: 4)
    for r in 0..<500 {
      var expected = 0.0
      for j in 0..<2 {
        let (mean, logDeviation) = (Double(outputs[j]), Double(outputs[2 + j]))
        let a = tanh(mean + exp(logDeviation) * random.normal())
        #expect(abs(Double(distribution.actions[2 * r + j]) - a) < 1e-6)
        expected += logDensity(a, mean, logDeviation)
      }
      #expect(abs(Double(distribution.logProbabilities[r]) - expected) < 1e-5)
    }
  }

  /// Where tanh is 1 in any floating-point number, the density is e^2u / 4 times that of u.
  @Test(arguments: [Float(12), -12, 40, -40]) func theEdgesHaveALogarithm(_ u: Float) {
    let found = SquashedGaussian.logDensity(draw: 1.5, -1, at: u)
    let expected = -1.125 + 1 - 0.5 * log(2 * Double.pi) + 2 * Double(u.magnitude) - log(4)
    #expect(abs(Double(found) - expected) < 1e-5)
  }

  @Test(arguments: [(0.0, 0.0), (0.7, -1.0), (-2.0, 0.5), (0.0, 1.5)])
  func theDensityIntegratesToOne(_ mean: Double, _ logDeviation: Double) {
    // The midpoint rule over a in −1 … 1 in the variable v, a = tanh v, in which the density has no poles.
    let count = 4000
    let deviation = exp(logDeviation)
    var sum = 0.0
    for i in 0..<count {
      let z = 16 * (Double(i) + 0.5) / Double(count) - 8
      let u = mean + deviation * z
      let width = 16 * deviation / Double(count) / (cosh(u) * cosh(u))
      sum += exp(Double(SquashedGaussian.logDensity(draw: Float(z), Float(logDeviation), at: Float(u)))) * width
    }
    #expect(abs(sum - 1) < 1e-5)
  }

  /// The loss Σ w·a + s·log π against its central differences, with the draws held.
  @Test func gradientsAreTheDifferences() {
    let rows = 3
    let outputs: [Float] = [0.4, -1.2, -0.7, 0.3]
    let weights: [Float] = [0.5, -1, 0.25, 2, -0.75, 1.5]
    let slope: Float = 0.3
    func loss(_ outputs: [Double]) -> Double {
      var random = RandomStream(seed: 9)
      var sum = 0.0
      for r in 0..<rows {
        for j in 0..<2 {
          let a = tanh(outputs[j] + exp(outputs[2 + j]) * random.normal())
          sum += Double(weights[2 * r + j]) * a + Double(slope) * logDensity(a, outputs[j], outputs[2 + j])
        }
      }
      return sum
    }
    var work = forward(outputs, rows: rows)
    var distribution = SquashedGaussian(size: 2, rows: rows)
    var random = RandomStream(seed: 9)
    distribution.sample(work, rows: rows, using: &random)
    distribution.setGradient(actions: weights, logProbabilities: slope, rows: rows, in: &work)
    // All rows share the outputs, which are the biases.
    var gradient = [Float](repeating: 0, count: 8)
    let input: [Float] = [0, 0, 0]
    network.backward([0, 0, 0, 0] + outputs, input, stride: 1, rows: rows, &work, into: &gradient)
    for i in 0..<4 {
      var (up, down) = (outputs.map(Double.init), outputs.map(Double.init))
      up[i] += 1e-6
      down[i] -= 1e-6
      let expected = (loss(up) - loss(down)) / 2e-6
      #expect(abs(Double(gradient[4 + i]) - expected) < 1e-5 * max(1, abs(expected)), "output \(i)")
    }
  }

  /// Beyond a bound the deviation is the bound's, and its logarithm only moves back.
  @Test(arguments: [(Float(3), Float(2)), (-25, -20)]) func boundsLetBack(_ beyond: Float, _ bound: Float) {
    var work = forward([0, 0, beyond, bound], rows: 1)
    var distribution = SquashedGaussian(size: 2, rows: 1)
    var random = RandomStream(seed: 1)
    distribution.sample(work, rows: 1, using: &random)
    var (ends, slopes): ([Float], [Float]) = ([], [])
    for slope in [Float(1), -1] {
      distribution.setGradient(actions: [0, 0], logProbabilities: slope, rows: 1, in: &work)
      var gradient = [Float](repeating: 0, count: 8)
      network.backward([0, 0, 0, 0, 0, 0, beyond, bound], [0], stride: 1, rows: 1, &work, into: &gradient)
      ends.append(gradient[6])
      slopes.append(gradient[7])
    }
    // Of the two directions one leads back; on the bound both are open.
    #expect(ends.count { $0 == 0 } == 1 && slopes.allSatisfy { $0 != 0 })
    let inward = ends.first { $0 != 0 }
    #expect(inward.map { ($0 > 0) == (beyond > 0) } == true)
  }
}
