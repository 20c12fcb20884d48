import Foundation
import Networks
import RLCore
import Testing

/// Log-probabilities, entropies, divergences and their gradients against closed forms and finite differences.
@Suite struct PolicyHeadTests {
  /// A head at random outputs and free parameters.
  private struct Point<Head: PolicyHead> {
    let head: Head
    var outputs: [Float]
    var free: [Float]

    init(_ head: Head, _ random: inout RandomStream) {
      self.head = head
      outputs = (0..<head.outputs).map { _ in Float(random.normal()) }
      free = head.freeParameters.map { _ in Float(0.4 * random.normal()) }
    }

    func logProbability(of action: [Head.Scalar]) -> Double { Double(head.logProbability(of: action, outputs, free)) }
    var entropy: Double { Double(head.entropy(outputs, free)) }

    func draw(_ random: inout RandomStream) -> (action: [Head.Scalar], logProbability: Float) {
      var action = [Head.Scalar](repeating: 0, count: head.actionSize)
      let logProbability = head.sample(outputs, free, into: &action, using: &random)
      return (action, logProbability)
    }
  }

  private static let box = Space.box(low: [-2, 0], high: [2, 1])

  /// ∂(w·log π + u·H) by central differences, against ``PolicyHead/pullBack(_:_:at:_:_:into:_:)``.
  private func checkGradient<Head: PolicyHead>(_ head: Head, seed: UInt64) {
    var random = RandomStream(seed: seed)
    let point = Point(head, &random)
    let (action, logProbability) = point.draw(&random)
    #expect(abs(point.logProbability(of: action) - Double(logProbability)) < 1e-5)
    let (w, u) = (random.normal(), random.normal())
    func value(_ point: Point<Head>) -> Double { w * point.logProbability(of: action) + u * point.entropy }
    var gradient = [Float](repeating: 9, count: head.outputs)
    var freeGradient = [Float](repeating: 0, count: max(1, point.free.count))
    let entropy = head.pullBack(
      Float(w), Float(u), at: action, point.outputs, point.free, into: &gradient, &freeGradient)
    #expect(abs(Double(entropy) - point.entropy) < 1e-5)
    let h: Float = 1e-2
    for i in gradient.indices {
      var (up, down) = (point, point)
      up.outputs[i] += h
      down.outputs[i] -= h
      #expect(
        abs((value(up) - value(down)) / Double(2 * h) - Double(gradient[i])) < 2e-3
          * (1 + Double(gradient[i].magnitude)))
    }
    for i in point.free.indices {
      var (up, down) = (point, point)
      up.free[i] += h
      down.free[i] -= h
      let slope = Double(freeGradient[i])
      #expect(abs((value(up) - value(down)) / Double(2 * h) - slope) < 5e-3 * (1 + slope.magnitude))
    }
  }

  @Test(arguments: UInt64(0)..<20) func gradients(_ seed: UInt64) {
    checkGradient(Categorical(actions: 2 + Int(seed) % 4), seed: seed)
    checkGradient(DiagonalGaussian(over: Self.box, logStandardDeviation: -0.5), seed: seed)
    checkGradient(MultiCategorical(over: Self.box, bins: 2 + Int(seed) % 4), seed: seed)
  }

  @Test func categoricalProbabilitiesSumToOneAndAreDrawn() {
    var random = RandomStream(seed: 3)
    let point = Point(Categorical(actions: 4), &random)
    let probabilities = (0..<4).map { exp(point.logProbability(of: [$0])) }
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-6)
    #expect(abs(-probabilities.reduce(0) { $0 + $1 * log($1) } - point.entropy) < 1e-6)
    var counts = [0, 0, 0, 0]
    for _ in 0..<100_000 { counts[point.draw(&random).action[0]] += 1 }
    for a in 0..<4 {
      let deviation = (probabilities[a] * (1 - probabilities[a]) / 100_000).squareRoot()
      #expect(abs(Double(counts[a]) / 100_000 - probabilities[a]) < 5 * deviation)
    }
    var mode = [0]
    point.head.mode(point.outputs, into: &mode)
    #expect(probabilities[mode[0]] == probabilities.max())
  }

  /// Logits of a thousand do not overflow.
  @Test func categoricalBearsLargeLogits() {
    let head = Categorical(actions: 3)
    let outputs: [Float] = [1000, 999, -1000]
    let none: [Float] = [0]
    #expect(abs(head.logProbability(of: [0], outputs, none) - -0.313_261_7) < 1e-4)
    #expect(abs(head.entropy(outputs, none) - 0.582_203) < 1e-4)
  }

  @Test func theGaussianIsADensity() {
    var random = RandomStream(seed: 4)
    let point = Point(DiagonalGaussian(over: .box(low: [-1], high: [1]), logStandardDeviation: 0), &random)
    let (step, range) = (0.001, stride(from: -12.0, to: 12, by: 0.001))
    let logs = range.map { point.logProbability(of: [Float($0)]) }
    #expect(abs(logs.reduce(0) { $0 + exp($1) } * step - 1) < 1e-3)
    #expect(abs(-logs.reduce(0) { $0 + exp($1) * $1 } * step - point.entropy) < 1e-3)
    var moments = RunningMoments()
    for _ in 0..<100_000 { moments.add(Double(point.draw(&random).action[0])) }
    let sigma = exp(Double(point.free[0]))
    #expect(abs(moments.mean - Double(point.outputs[0])) < 5 * sigma / 316)
    #expect(abs(moments.variance.squareRoot() - sigma) < 5 * sigma / 447)
  }

  /// A world takes a number in units of half its range, from the centre, clipped.
  @Test func theGaussianReachesTheBounds() {
    let head = DiagonalGaussian(over: Self.box, logStandardDeviation: 0)
    var row: [Float] = [9, 9]
    head.write([0.5, -0.5], to: &row)
    #expect(row == [1, 0.25])
    head.write([-7, 3], to: &row)
    #expect(row == [-2, 1])
  }

  /// KL(p‖q) as the mean of log p − log q over draws from p, and 0 of a distribution from itself.
  @Test func divergences() {
    func check<Head: PolicyHead>(_ head: Head) {
      var random = RandomStream(seed: 8)
      let (p, q) = (Point(head, &random), Point(head, &random))
      var moments = RunningMoments()
      for _ in 0..<40_000 {
        let (action, logProbability) = p.draw(&random)
        moments.add(Double(logProbability) - q.logProbability(of: action))
      }
      let divergence = Double(head.divergence(p.outputs, p.free, from: q.outputs, q.free))
      #expect(abs(divergence - moments.mean) < 5 * (moments.variance / 40_000).squareRoot())
      #expect(abs(head.divergence(p.outputs, p.free, from: p.outputs, p.free)) < 1e-6)
    }
    check(Categorical(actions: 3))
    check(DiagonalGaussian(over: Self.box, logStandardDeviation: 0))
    check(MultiCategorical(over: Self.box, bins: 3))
  }

  /// Probabilities of all actions, which are pairs of bins, sum to 1 and give the entropy; draws are as frequent.
  @Test func binsAreIndependentChoices() {
    var random = RandomStream(seed: 5)
    let point = Point(MultiCategorical(over: Self.box, bins: 3), &random)
    let logs = (0..<9).map { point.logProbability(of: [Float($0 / 3), Float($0 % 3)]) }
    #expect(abs(logs.reduce(0) { $0 + exp($1) } - 1) < 1e-6)
    #expect(abs(-logs.reduce(0) { $0 + exp($1) * $1 } - point.entropy) < 1e-6)
    var counts = [Int](repeating: 0, count: 9)
    for _ in 0..<100_000 {
      let action = point.draw(&random).action
      counts[3 * Int(action[0]) + Int(action[1])] += 1
    }
    for (count, log) in zip(counts, logs) {
      let deviation = (exp(log) * (1 - exp(log)) / 100_000).squareRoot()
      #expect(abs(Double(count) / 100_000 - exp(log)) < 5 * deviation)
    }
    var mode: [Float] = [9, 9]
    point.head.mode(point.outputs, into: &mode)
    #expect(point.logProbability(of: mode) == logs.max())
  }

  /// The first bin is the lower bound, the last the upper; what is no bin is moved to the next one.
  @Test func binsReachTheBounds() {
    let head = MultiCategorical(over: Self.box, bins: 5)
    var row: [Float] = [9, 9]
    head.write([0, 4], to: &row)
    #expect(row == [-2, 1])
    head.write([3, 1], to: &row)
    #expect(row == [1, 0.25])
    head.write([.nan, -1], to: &row)
    #expect(row[1] == 0 && (-2...2).contains(row[0]))
  }

  /// Settled outputs say what they said before, of every action and of the divergence, and their slopes are the same.
  @Test func settledOutputsSayTheSame() {
    let head = Categorical(actions: 3)
    var random = RandomStream(seed: 12)
    let raw = (0..<6).map { _ in Float(3 * random.normal()) }
    var (settled, kept) = (raw, [Float](repeating: 0, count: 6))
    head.settle(&settled, &kept, rows: 2)
    raw.withUnsafeBufferPointer { raw in
      settled.withUnsafeBufferPointer { settled in
        let (before, after) = (raw.baseAddress!, settled.baseAddress!)
        for row in 0..<2 {
          for action in 0..<3 {
            let first = 3 * row
            let log = head.logProbability(of: [action], before + first, [])
            #expect(head.settledLogProbability(of: [action], after + first, []) == log)
            var (slopes, expected, none) = (
              [Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3), [Float(0)]
            )
            _ = head.pullBack(0.7, 0, at: [action], before + first, [], into: &expected, &none)
            head.settledPullBack(0.7, at: [action], after + first, Array(kept[first...]), [], into: &slopes, &none)
            #expect(slopes == expected)
          }
        }
        #expect(
          head.settledDivergence(after, kept, [], from: after + 3, [])
            == head.divergence(before, [], from: before + 3, []))
      }
    }
  }

  /// WᵀW or WWᵀ is gain² times the unit matrix, on the smaller side, and biases are 0.
  @Test(arguments: [[4, 64, 2], [64, 3, 64], [2, 2]]) func firstWeightsAreOrthogonal(_ sizes: [Int]) {
    let network = MLP(sizes, hidden: .tanh, output: .identity)
    var random = RandomStream(seed: 1)
    let parameters = network.orthogonalParameters(outputGain: 0.01, using: &random)
    var start = 0
    for l in 0..<sizes.count - 1 {
      let (rows, columns) = (sizes[l], sizes[l + 1])
      let gain = l == sizes.count - 2 ? 0.01 : 2.0.squareRoot()
      func weight(_ i: Int, _ j: Int) -> Double { Double(parameters[start + i * columns + j]) }
      let small = min(rows, columns)
      for a in 0..<small {
        for b in 0..<small {
          let product = (0..<max(rows, columns)).reduce(0.0) {
            $0 + (rows < columns ? weight(a, $1) * weight(b, $1) : weight($1, a) * weight($1, b))
          }
          #expect(abs(product - (a == b ? gain * gain : 0)) < 1e-5 * gain * gain)
        }
      }
      start += rows * columns
      #expect(parameters[start..<start + columns].allSatisfy { $0 == 0 })
      start += columns
    }
    #expect(start == parameters.count)
  }
}
