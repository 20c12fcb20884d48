import Foundation
import RLCore
import Testing

@testable import Agents

// What updates are held against: Double, one sum at a time, gradients by central differences, so that no chain rule is shared
// with the agents.

/// Parameters with the state of their Adam, and their target where they have one, from a checkpoint.
struct ReferencePart {
  var parameters: [Double]
  /// Empty where there is none.
  var target: [Double] = []
  var m: [Double]
  var v: [Double]
  /// Adam's steps so far.
  var time: Int

  init(_ name: String, in checkpoint: CheckpointReader) throws {
    parameters = try checkpoint.floats(name).map(Double.init)
    if checkpoint.tensors["target/" + name] != nil {
      target = try checkpoint.floats("target/" + name).map(Double.init)
    }
    m = try checkpoint.floats("optimiser/\(name)/m").map(Double.init)
    v = try checkpoint.floats("optimiser/\(name)/v").map(Double.init)
    time = try checkpoint.int("optimiser/\(name)/time")
  }

  /// Adam as printed (Kingma & Ba 2015, algorithm 1), then Polyak averaging.
  mutating func descend(_ gradient: [Double], rate: Double, tau: Double = 0, longest: Double = .infinity) {
    let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    time += 1
    for i in gradient.indices {
      let slope = gradient[i] * min(1, longest / max(length, 1e-300))
      m[i] = 0.9 * m[i] + 0.1 * slope
      v[i] = 0.999 * v[i] + 0.001 * slope * slope
      let mHat = m[i] / (1 - pow(0.9, Double(time)))
      let vHat = v[i] / (1 - pow(0.999, Double(time)))
      parameters[i] -= rate * mHat / (vHat.squareRoot() + 1e-8)
      if !target.isEmpty { target[i] = tau * parameters[i] + (1 - tau) * target[i] }
    }
  }

  /// Whether another one is this but for rounding.
  func matches(_ found: ReferencePart) -> Bool {
    // The moments are linear and quadratic in the gradient. A step is 0.01 long; a parameter of order 1 is rounded to 6e-8.
    distance(found.m, m) < 2e-5 && distance(found.v, v) < 2e-5 && distance(found.parameters, parameters) < 2e-6
      && found.target.count == target.count && (target.isEmpty || distance(found.target, target) < 2e-6)
      && found.time == time
  }
}

/// The output of a multilayer perceptron with rectified hidden layers.
func perceptron(_ sizes: [Int], _ parameters: [Double], _ input: [Double]) -> [Double] {
  var x = input
  var at = 0
  for l in 1..<sizes.count {
    let weights = at
    at += x.count * sizes[l]
    let y = (0..<sizes[l]).map { j in
      x.indices.reduce(parameters[at + j]) { $0 + x[$1] * parameters[weights + $1 * sizes[l] + j] }
    }
    at += sizes[l]
    x = l == sizes.count - 1 ? y : y.map { max(0, $0) }
  }
  return x
}

/// The gradient of `loss` at `point`.
func differences(of loss: ([Double]) -> Double, at point: [Double]) -> [Double] {
  let h = 1e-6
  return point.indices.map { i in
    var (up, down) = (point, point)
    up[i] += h
    down[i] -= h
    return (loss(up) - loss(down)) / (2 * h)
  }
}

/// The largest |a − b| in units of the largest |b|.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count, a.allSatisfy(\.isFinite) else { return .infinity }
  let worst = zip(a, b).map { abs($0 - $1) }.max()!
  return worst == 0 ? 0 : worst / b.map { abs($0) }.max()!
}

/// A made-up transition after each action of an agent, and how it ended.
struct Feeder<Rule: Agent<[Float], [Float]>> {
  struct Transition {
    var observation: [Double]
    /// In −1 … 1.
    var action: [Double]
    var reward: Double
    var next: [Double]
    var isTerminated: Bool
  }

  static var observations: Space { .box(low: [-1, -1, -1], high: [1, 1, 1]) }
  static var actions: Space { .box(low: [-2, 0], high: [1, 5]) }

  var agent: Rule
  var meter = Meter(tags: Rule.metricTags)
  var random = RandomStream(seed: 8)
  var observation: [Float] = [0.1, 0.2, 0.3]
  var stored: [(transition: Transition, unit: [Float])] = []

  init(agent: Rule) { self.agent = agent }

  mutating func feed() {
    var action: [Float] = [0, 0]
    agent.act(observation, into: &action)
    let next = (0..<3).map { _ in Float(random.uniform(-1, 1)) }
    let reward = random.uniform(-3, 3)
    let ending = [Ending.running, .running, .terminated, .truncated][random.integer(below: 4)]
    // Half a range around the middle: 1.5 around −0.5, 2.5 around 2.5.
    let unit = [(action[0] + 0.5) / 1.5, (action[1] - 2.5) / 2.5]
    stored.append(
      (
        .init(
          observation: observation.map(Double.init), action: unit.map(Double.init), reward: reward,
          next: next.map(Double.init), isTerminated: ending == .terminated), unit
      ))
    agent.learn(observation, action, reward, next, ending, into: &meter)
    observation = next
  }

  /// What the replay buffer of `capacity` gives for the next `count` draws of `stream`, rewards scaled.
  func batch(_ count: Int, of capacity: Int, rewardScale: Double, drawnBy stream: inout RandomStream) -> [Transition] {
    let last = stored.count
    return (0..<count).map { _ in
      // Transition i lies in row i mod capacity, over an older one.
      let row = stream.integer(below: min(last, capacity))
      let lap = (last - 1 - row) / capacity
      var transition = stored[row + lap * capacity].transition
      transition.reward *= rewardScale
      return transition
    }
  }

  /// The metrics of the last steps.
  mutating func metrics() -> [String: Double] {
    Dictionary(uniqueKeysWithValues: meter.drain().map { ($0.tag, $0.value) })
  }
}
