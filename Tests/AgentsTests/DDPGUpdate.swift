import Foundation
import RLCore

@testable import Agents

/// One update of DDPG in Double, from what a checkpoint holds: written from algorithm 1 of Lillicrap et al. (2015) and
/// from nothing else. Gradients are central differences, so no chain rule is shared with the agent.
struct DDPGUpdate {
  /// One network with its target and the state of its Adam.
  struct Part {
    var parameters: [Double]
    var target: [Double]
    var m: [Double]
    var v: [Double]

    init(_ name: String, in checkpoint: CheckpointReader) throws {
      parameters = try checkpoint.floats(name).map(Double.init)
      target = try checkpoint.floats("target/" + name).map(Double.init)
      m = try checkpoint.floats("optimiser/\(name)/m").map(Double.init)
      v = try checkpoint.floats("optimiser/\(name)/v").map(Double.init)
    }
  }

  struct Transition {
    var observation: [Double]
    var action: [Double]
    var reward: Double
    var next: [Double]
    var isTerminated: Bool
  }

  let observationSize: Int
  let actionSize: Int
  let hidden: [Int]
  let discount: Double
  let tau: Double
  let rate: Double
  /// Longest gradient; `infinity` for any.
  let longest: Double
  /// Adam's steps before this one.
  let time: Int

  var critic: Part
  var actor: Part
  private(set) var criticLoss = 0.0
  private(set) var actorLoss = 0.0
  private(set) var value = 0.0

  init(
    _ configuration: DDPG.Configuration, observationSize: Int, actionSize: Int, rate: Double,
    from checkpoint: CheckpointReader
  ) throws {
    self.observationSize = observationSize
    self.actionSize = actionSize
    self.rate = rate
    hidden = configuration.hidden
    discount = configuration.discount
    tau = configuration.tau
    longest = configuration.maxGradientNorm > 0 ? configuration.maxGradientNorm : .infinity
    time = try checkpoint.int("optimiser/critic/time")
    critic = try Part("critic", in: checkpoint)
    actor = try Part("actor", in: checkpoint)
  }

  private func forward(_ sizes: [Int], _ parameters: [Double], _ input: [Double]) -> [Double] {
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

  private func mu(_ parameters: [Double], _ s: [Double]) -> [Double] {
    forward([observationSize] + hidden + [actionSize], parameters, s).map { tanh($0) }
  }

  private func q(_ parameters: [Double], _ s: [Double], _ a: [Double]) -> Double {
    forward([observationSize + actionSize] + hidden + [1], parameters, s + a)[0]
  }

  private func gradient(of loss: ([Double]) -> Double, at point: [Double]) -> [Double] {
    let h = 1e-6
    return point.indices.map { i in
      var (up, down) = (point, point)
      up[i] += h
      down[i] -= h
      return (loss(up) - loss(down)) / (2 * h)
    }
  }

  private func descend(_ part: inout Part, _ gradient: [Double]) {
    let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let t = Double(time + 1)
    for i in gradient.indices {
      let slope = gradient[i] * min(1, longest / max(length, 1e-300))
      part.m[i] = 0.9 * part.m[i] + 0.1 * slope
      part.v[i] = 0.999 * part.v[i] + 0.001 * slope * slope
      let mHat = part.m[i] / (1 - pow(0.9, t))
      let vHat = part.v[i] / (1 - pow(0.999, t))
      part.parameters[i] -= rate * mHat / (vHat.squareRoot() + 1e-8)
      part.target[i] = tau * part.parameters[i] + (1 - tau) * part.target[i]
    }
  }

  mutating func run(_ batch: [Transition]) {
    let n = Double(batch.count)
    let old = self
    let y = batch.map { t -> Double in
      if t.isTerminated { return t.reward }
      return t.reward + discount * old.q(old.critic.target, t.next, old.mu(old.actor.target, t.next))
    }
    func loss(_ theta: [Double]) -> Double {
      zip(batch, y).reduce(0) { sum, pair in
        let error = pair.1 - old.q(theta, pair.0.observation, pair.0.action)
        return sum + error * error / n
      }
    }
    criticLoss = loss(critic.parameters)
    value = batch.reduce(0) { $0 + old.q(old.critic.parameters, $1.observation, $1.action) / n }
    descend(&critic, gradient(of: loss, at: critic.parameters))

    let learned = critic.parameters
    func objective(_ theta: [Double]) -> Double {
      -batch.reduce(0) { $0 + old.q(learned, $1.observation, old.mu(theta, $1.observation)) / n }
    }
    actorLoss = objective(actor.parameters)
    descend(&actor, gradient(of: objective, at: actor.parameters))
  }
}
