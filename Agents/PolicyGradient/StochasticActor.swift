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

  func policy(sampledWith seed: UInt64?) -> StochasticPolicy<Head> {
    StochasticPolicy(head, function.network, function.theta, free: free, least: least, sampledWith: seed)
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

extension StochasticActor where Head == Categorical {
  /// π(· | s, θ)
  mutating func probabilities(_ s: [Float]) -> [Double] {
    (0..<head.outputs).map { Double(probability(of: [$0], s)) }
  }
}
