import Foundation
import Networks
import RLCore

/// π(a | s, θ) that is moved along ∇ ln π, one sample at a time: what the books' policy gradients have in common.
struct StochasticActor<Head: PolicyHead>: Sendable {
  let head: Head
  private var function: Approximator
  /// The parameters that hold for all states, such as ln σ of a Gaussian, and what is added to them.
  private var free: [Float]
  private var freeGradient: [Float]
  /// Probability below which no action falls; 0 where all may.
  private let least: Float
  /// Of one state: the outputs, and the slopes at them. Shape `[head.outputs]`.
  private var outputs: [Float]
  private var slopes: [Float]
  /// An action as the world takes it.
  private var row: [Head.Scalar]

  init(
    _ head: Head, observationSize: Int, hidden: [Int], least: Double = 0, from theta: [Float]? = nil,
    using random: inout RandomStream
  ) {
    self.head = head
    self.least = Float(least)
    function = Approximator(
      inputs: observationSize, hidden: hidden, outputs: head.outputs, from: theta, using: &random)
    (free, freeGradient) = (head.freeParameters, head.freeParameters)
    outputs = .init(repeating: 0, count: head.outputs)
    slopes = outputs
    row = .init(repeating: 0, count: head.actionSize)
  }

  private mutating func look(_ s: [Float]) {
    function.evaluate(s)
    for i in outputs.indices { outputs[i] = function.output(i) }
    if least > 0 { raise(&outputs, to: least) }
  }

  /// A ~ π(· | s, θ), as the distribution draws it.
  mutating func draw(_ s: [Float], into action: inout [Head.Scalar], using random: inout RandomStream) {
    look(s)
    _ = head.sample(outputs, free, into: &action, using: &random)
  }

  /// A drawn action as the world takes it.
  mutating func write(_ drawn: [Head.Scalar], into action: inout Head.Action) {
    head.write(drawn, to: &row)
    _ = action.read(from: row)
  }

  /// π(a | s, θ)
  mutating func probability(of action: [Head.Scalar], _ s: [Float]) -> Float {
    look(s)
    return exp(head.logProbability(of: action, outputs, free))
  }

  /// θ ← θ + `step` ∇ ln π(a | s, θ). Returns the entropy of π(· | s, θ) before.
  @discardableResult
  mutating func move(_ s: [Float], _ action: [Head.Scalar], by step: Float) -> Float {
    look(s)
    for i in free.indices { freeGradient[i] = 0 }
    let entropy = head.pullBack(step, 0, at: action, outputs, free, into: &slopes, &freeGradient)
    function.move(s, along: slopes)
    for i in free.indices { free[i] += freeGradient[i] }
    return entropy
  }

  func policy(sampledWith seed: UInt64?) -> ActorCopy<Head> {
    ActorCopy(head, function.network, function.theta, free, least: least, sampledWith: seed)
  }

  func save(to checkpoint: inout CheckpointWriter) {
    function.save(to: &checkpoint, as: "policy")
    checkpoint.add("policy/free", free)
  }

  mutating func restore(from checkpoint: CheckpointReader) throws {
    try function.restore(from: checkpoint, as: "policy")
    free = try checkpoint.floats("policy/free", count: free.count)
  }
}

/// Actions as a distribution draws them, integers or floats.
extension CheckpointWriter {
  mutating func add<Scalar>(_ name: String, drawn: [Scalar]) {
    if let drawn = drawn as? [Int] { add(name, drawn) }
    if let drawn = drawn as? [Float] { add(name, drawn) }
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

extension StochasticActor where Head == Categorical {
  /// π(· | s, θ)
  mutating func probabilities(_ s: [Float]) -> [Double] {
    (0..<head.outputs).map { Double(probability(of: [$0], s)) }
  }
}

/// Changes preferences so that softmax gives no action less than `least`: those below get it, the others share what is
/// left as they did.
private func raise(_ preferences: inout [Float], to least: Float) {
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

/// A stochastic policy that does not learn: its mode, or drawn where it samples.
public struct ActorCopy<Head: PolicyHead>: Policy {
  private let head: Head
  private var network: FrozenNetwork
  private let free: [Float]
  private let least: Float
  /// Where the policy samples; `nil` where it takes the mode.
  private var random: RandomStream?
  private var outputs: [Float]
  private var drawn: [Head.Scalar]
  private var row: [Head.Scalar]

  init(
    _ head: Head, _ network: MLP, _ theta: [Float], _ free: [Float], least: Float, sampledWith seed: UInt64?
  ) {
    (self.head, self.free, self.least) = (head, free, least)
    self.network = FrozenNetwork(network, theta)
    random = seed.map { RandomStream(SeedSequence($0).spawn(0)) }
    outputs = .init(repeating: 0, count: head.outputs)
    drawn = .init(repeating: 0, count: head.actionSize)
    row = drawn
  }

  public mutating func act(_ observations: [[Float]], into actions: inout [Head.Action]) {
    network.forward(observations)
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
