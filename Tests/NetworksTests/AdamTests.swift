import Foundation
import RLCore
import Testing

@testable import Networks

@Suite struct AdamTests {
  /// Kingma & Ba 2015, algorithm 1, as printed, in Double.
  private struct Textbook {
    var parameters: [Double]
    var target: [Double]
    var m: [Double]
    var v: [Double]
    var t = 0

    init(_ parameters: [Float]) {
      self.parameters = parameters.map(Double.init)
      target = self.parameters
      m = .init(repeating: 0, count: parameters.count)
      v = m
    }

    mutating func step(_ g: [Float], alpha: Double, tau: Double) {
      t += 1
      for i in g.indices {
        let slope = Double(g[i])
        m[i] = 0.9 * m[i] + 0.1 * slope
        v[i] = 0.999 * v[i] + 0.001 * slope * slope
        let mHat = m[i] / (1 - pow(0.9, Double(t)))
        let vHat = v[i] / (1 - pow(0.999, Double(t)))
        parameters[i] -= alpha * mHat / (vHat.squareRoot() + 1e-8)
        target[i] = tau * parameters[i] + (1 - tau) * target[i]
      }
    }
  }

  /// A gradient that drifts, with scales from 1e-6 to 1e6.
  private func gradient(_ count: Int, at step: Int, _ random: inout RandomStream) -> [Float] {
    (0..<count).map { i in
      Float(pow(10, Double(i % 13) - 6) * (random.normal() + sin(Double(step) / 100 + Double(i))))
    }
  }

  @Test(arguments: [1, 16, 53]) func aThousandStepsAreTheTextbooks(_ count: Int) {
    var random = RandomStream(seed: 1)
    var parameters = (0..<count).map { _ in Float(random.uniform(-1, 1)) }
    let start = parameters
    var target = parameters
    var textbook = Textbook(parameters)
    var adam = Adam(parameterCount: count)
    for step in 1...1000 {
      let gradient = gradient(count, at: step, &random)
      adam.step(&parameters, gradient, rate: 1e-2, tracking: &target, tau: 0.02)
      textbook.step(gradient, alpha: 1e-2, tau: 0.02)
      if [1, 2, 10, 100, 1000].contains(step) {
        // β₂ is not a float: 1 − β₂ is 1.3e-5 off, which all but cancels in the corrected moment. Rounding each of
        // 1000 positions of order 1 adds at most 6e-8 each.
        #expect(distance(parameters, textbook.parameters) < 2e-5, "step \(step)")
        #expect(distance(target, textbook.target) < 2e-5, "step \(step)")
      }
    }
    #expect(adam.time == 1000)
    #expect(distance(parameters, start.map(Double.init)) > 0.5, "it went somewhere")
  }

  @Test func withoutATargetItStepsTheSame() {
    var random = RandomStream(seed: 1)
    var (parameters, target) = ([Float](repeating: 1, count: 53), [Float](repeating: 1, count: 53))
    var alone = parameters
    var adam = Adam(parameterCount: 53)
    var other = adam
    for step in 1...100 {
      let gradient = gradient(53, at: step, &random)
      adam.step(&parameters, gradient, rate: 1e-2, tracking: &target, tau: 0.02)
      other.step(&alone, gradient, rate: 1e-2)
    }
    #expect(bits(alone) == bits(parameters) && alone != target)
  }

  @Test func theFirstStepIsTheLearningRate() {
    // m̂/√v̂ = ±1 whatever the scale of the gradient; a zero gradient moves nothing.
    var parameters: [Float] = [0, 0, 0, 0]
    var target = parameters
    var adam = Adam(parameterCount: 4)
    adam.step(&parameters, [1e-3, -1e3, 4, 0], rate: 0.1, tracking: &target, tau: 0.5)
    #expect(distance(parameters, [-0.1, 0.1, -0.1, 0]) < 2e-5)
    #expect(distance(target, [-0.05, 0.05, -0.05, 0]) < 2e-5)
  }

  @Test(arguments: [Float(0), 1]) func theTargetFollowsAsFarAsTau(_ tau: Float) {
    var parameters: [Float] = [1, 2, 3]
    var target: [Float] = [4, 5, 6]
    var adam = Adam(parameterCount: 3)
    adam.step(&parameters, [1, -1, 2], rate: 0.1, tracking: &target, tau: tau)
    let expected: [Float] = tau == 0 ? [4, 5, 6] : parameters
    #expect(distance(target, expected.map(Double.init)) < 1e-6)
  }

  @Test func savedAndRestoredItGoesOnTheSame() throws {
    var random = RandomStream(seed: 2)
    var parameters = (0..<40).map { _ in Float(random.uniform(-1, 1)) }
    var target = parameters
    var adam = Adam(parameterCount: 40)
    func run(_ adam: inout Adam, _ parameters: inout [Float], _ target: inout [Float], _ random: inout RandomStream) {
      for step in 0..<50 {
        adam.step(&parameters, gradient(40, at: step, &random), rate: 1e-3, tracking: &target, tau: 0.01)
      }
    }
    run(&adam, &parameters, &target, &random)
    var writer = CheckpointWriter()
    adam.save(as: "adam", to: &writer)
    let reader = CheckpointReader(Dictionary(uniqueKeysWithValues: writer.tensors.map { ($0.name, $0.tensor) }))
    var restored = Adam(parameterCount: 40)
    try restored.restore("adam", from: reader)
    var (copy, copyTarget, copyRandom) = (parameters, target, random)
    run(&adam, &parameters, &target, &random)
    run(&restored, &copy, &copyTarget, &copyRandom)
    #expect(bits(copy) == bits(parameters) && bits(copyTarget) == bits(target))
    #expect(restored.time == 100)

    var other = Adam(parameterCount: 41)
    #expect(throws: CoreError.self) { try other.restore("adam", from: reader) }
    #expect(throws: CoreError.self) { try other.restore("other", from: reader) }
  }

  // MARK: gradients' norms and penalties

  @Test(arguments: [1, 15, 16, 17, 4096, 5001]) func theNormIsEuclidean(_ count: Int) {
    var random = RandomStream(seed: 11)
    let gradient = (0..<count).map { _ in Float(2 + random.normal()) }
    let exact = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs(Double(norm(gradient)) - exact) < 1e-6 * exact)

    var short = gradient
    #expect(clip(&short, toNorm: Float(exact) * 1.001) == norm(gradient))
    #expect(bits(short) == bits(gradient))

    var long = gradient
    #expect(clip(&long, toNorm: 0.25) == norm(gradient))
    #expect(abs(norm(long) - 0.25) < 1e-6)
    #expect(distance(long, gradient.map { Double($0) * 0.25 / exact }) < 1e-6)
  }

  @Test(arguments: [1, 16, 4099]) func decayIsThePenaltysGradient(_ count: Int) {
    var random = RandomStream(seed: 12)
    let theta = (0..<count).map { _ in Float(random.normal()) }
    let before = (0..<count).map { _ in Float(random.normal()) }
    var gradient = before
    addDecay(0.25, of: theta, to: &gradient)
    #expect(bits(gradient) == bits(zip(before, theta).map { $0 + 0.5 * $1 }))
  }

  @Test func aZeroGradientStaysZero() {
    var gradient = [Float](repeating: 0, count: 20)
    #expect(clip(&gradient, toNorm: 1) == 0)
    #expect(gradient == [Float](repeating: 0, count: 20))
  }
}
