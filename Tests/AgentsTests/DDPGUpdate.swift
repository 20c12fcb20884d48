import Foundation
import RLCore

@testable import Agents

/// One update of DDPG in Double, from what a checkpoint holds: written from algorithm 1 of Lillicrap et al. (2015) and
/// from nothing else. Gradients are central differences, so no chain rule is shared with the agent.
struct DDPGUpdate {
  let observationSize: Int
  let actionSize: Int
  let hidden: [Int]
  let discount: Double
  let tau: Double
  let rate: Double
  /// Longest gradient; `infinity` for any.
  let longest: Double
  let weightDecay: Double

  var critic: ReferencePart
  var actor: ReferencePart
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
    weightDecay = configuration.weightDecay
    critic = try ReferencePart("critic", in: checkpoint)
    actor = try ReferencePart("actor", in: checkpoint)
  }

  private func mu(_ parameters: [Double], _ s: [Double]) -> [Double] {
    perceptron([observationSize] + hidden + [actionSize], parameters, s).map { tanh($0) }
  }

  private func q(_ parameters: [Double], _ s: [Double], _ a: [Double]) -> Double {
    perceptron([observationSize + actionSize] + hidden + [1], parameters, s + a)[0]
  }

  /// Q(s, μ(s)), in scaled rewards.
  func value(of s: [Double]) -> Double { q(critic.parameters, s, mu(actor.parameters, s)) }

  mutating func run(_ batch: [Feeder<DDPG>.Transition]) {
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
    func penalised(_ theta: [Double]) -> Double { loss(theta) + old.weightDecay * theta.reduce(0) { $0 + $1 * $1 } }
    critic.descend(differences(of: penalised, at: critic.parameters), rate: rate, tau: tau, longest: longest)

    let learned = critic.parameters
    func objective(_ theta: [Double]) -> Double {
      -batch.reduce(0) { $0 + old.q(learned, $1.observation, old.mu(theta, $1.observation)) / n }
    }
    actorLoss = objective(actor.parameters)
    actor.descend(differences(of: objective, at: actor.parameters), rate: rate, tau: tau, longest: longest)
  }
}
