import Foundation
import Networks
import RLCore

/// A stochastic policy that does not learn: its mode, or drawn where it samples.
public struct StochasticPolicy<Head: PolicyHead>: Policy {
  private let head: Head
  private var network: FrozenNetwork
  private let free: [Float]
  private let normalizer: RowNormalizer
  /// Probability below which no action falls; 0 where all may.
  private let least: Float
  /// Where the policy samples; `nil` where it takes the mode.
  private var random: RandomStream?
  private var outputs: [Float]
  private var drawn: [Head.Scalar]
  private var row: [Head.Scalar]

  init(
    _ head: Head, _ network: MLP, _ theta: [Float], free: [Float], normalizer: RowNormalizer = .off, least: Float = 0,
    sampledWith seed: UInt64?
  ) {
    (self.head, self.free, self.normalizer, self.least) = (head, free, normalizer, least)
    self.network = FrozenNetwork(network, theta)
    random = seed.map { RandomStream(SeedSequence($0).spawn(0)) }
    outputs = .init(repeating: 0, count: head.outputs)
    drawn = .init(repeating: 0, count: head.actionSize)
    row = drawn
  }

  @specialized(where Head == Categorical)
  @specialized(where Head == DiagonalGaussian)
  @specialized(where Head == MultiCategorical)
  @specialized(where Head == ClippedGaussian)
  public mutating func act(_ observations: [[Float]], into actions: inout [Head.Action]) {
    let normalizer = normalizer
    network.forward(observations) { normalizer.normalize(&$0, rows: observations.count) }
    for lane in observations.indices {
      for i in outputs.indices { outputs[i] = network.output(lane * outputs.count + i) }
      if least > 0 { raise(&outputs, to: least) }
      if random != nil {
        _ = head.sample(outputs, free, into: &drawn, using: &random!)
      } else {
        head.mode(outputs, into: &drawn)
      }
      head.write(drawn, to: &row)
      _ = actions[lane].read(from: row)
    }
  }
}

/// Changes preferences so that softmax gives no action less than `least`: those below get it, the others share what is
/// left as they did.
func raise(_ preferences: inout [Float], to least: Float) {
  let highest = preferences.max()!
  var sum: Float = 0
  for p in preferences { sum += exp(p - highest) }
  var (kept, low): (Float, Float) = (0, 0)
  for p in preferences {
    let share = exp(p - highest) / sum
    if share < least { low += 1 } else { kept += share }
  }
  if low == 0 { return }
  let scale = (1 - low * least) / kept
  for a in preferences.indices {
    let share = exp(preferences[a] - highest) / sum
    preferences[a] = log(share < least ? least : share * scale)
  }
}

/// Actions as a distribution draws them, integers or floats.
extension CheckpointWriter {
  mutating func add<Scalar>(_ name: String, drawn: [Scalar]) {
    // An empty array is one of any elements: so the type is asked, not the array.
    if Scalar.self == Int.self, let drawn = drawn as? [Int] { add(name, drawn) }
    if Scalar.self == Float.self, let drawn = drawn as? [Float] { add(name, drawn) }
  }
}

extension CheckpointReader {
  /// `outputs`: of the distribution, of which an integer is one.
  func drawn<Scalar>(_ name: String, count: Int, outputs: Int) throws -> [Scalar] {
    if Scalar.self == Float.self, let values = try floats(name, count: count) as? [Scalar] { return values }
    let values = try ints(name, count: count)
    guard values.allSatisfy((0..<outputs).contains), let actions = values as? [Scalar] else {
      throw CoreError.badCheckpoint("its '\(name)' are not all in 0..<\(outputs)")
    }
    return actions
  }
}
