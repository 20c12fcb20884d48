import Foundation
import RLCore

@testable import Agents

/// Shapes, settings and functions that the reference updates of TD3, SAC and REDQ share.
struct TwinUpdate {
  let hidden: [Int]
  let discount: Double
  let tau: Double
  let rate: Double
  var critics: [ReferencePart]
  var actor: ReferencePart
  private(set) var criticLoss = 0.0
  private(set) var value = 0.0

  /// Three observations, two actions, as ``Feeder`` makes them.
  init(
    _ settings: some OffPolicyActorSettings, critics count: Int = 2, rate: Double, from checkpoint: CheckpointReader
  ) throws {
    hidden = settings.hidden
    discount = settings.discount
    tau = settings.tau
    self.rate = rate
    critics = try (1...count).map { try ReferencePart("critic\($0)", in: checkpoint) }
    actor = try ReferencePart("actor", in: checkpoint)
  }

  func q(_ parameters: [Double], _ s: [Double], _ a: [Double]) -> Double {
    perceptron([5] + hidden + [1], parameters, s + a)[0]
  }

  func policy(_ parameters: [Double], _ s: [Double], outputs: Int) -> [Double] {
    perceptron([3] + hidden + [outputs], parameters, s)
  }

  /// All critics towards y.
  mutating func fit<Rule>(
    _ batch: [Feeder<Rule>.Transition], to y: [Double], tau: Double, weightDecay: Double = 0
  ) {
    let old = self
    for i in critics.indices {
      func loss(_ theta: [Double]) -> Double {
        zip(batch, y).reduce(0) { sum, pair in
          let error = pair.1 - old.q(theta, pair.0.observation, pair.0.action)
          return sum + error * error / Double(batch.count)
        }
      }
      criticLoss += loss(critics[i].parameters) / Double(critics.count)
      value += batch.reduce(0) {
        $0 + old.q(old.critics[i].parameters, $1.observation, $1.action) / Double(critics.count * batch.count)
      }
      func penalised(_ theta: [Double]) -> Double { loss(theta) + weightDecay * theta.reduce(0) { $0 + $1 * $1 } }
      critics[i].descend(differences(of: penalised, at: critics[i].parameters), rate: rate, tau: tau)
    }
  }
}

/// One update of TD3, from algorithm 1 of Fujimoto et al. (2018). Returns the actor's loss where it moved.
extension TwinUpdate {
  mutating func runTD3(
    _ batch: [Feeder<TD3>.Transition], _ settings: TD3.Configuration, movesActor: Bool,
    drawing random: inout RandomStream
  ) -> Double? {
    let n = Double(batch.count)
    var y: [Double] = []
    for t in batch {
      let a = policy(actor.target, t.next, outputs: 2).map { output in
        let noise = settings.smoothing * random.normal()
        return max(-1, min(1, tanh(output) + max(-settings.smoothingLimit, min(settings.smoothingLimit, noise))))
      }
      let least = critics.map { q($0.target, t.next, a) }.min()!
      y.append(t.isTerminated ? t.reward : t.reward + discount * least)
    }
    fit(batch, to: y, tau: movesActor ? tau : 0, weightDecay: settings.weightDecay)
    guard movesActor else { return nil }
    let old = self
    func objective(_ phi: [Double]) -> Double {
      -batch.reduce(0) {
        let a = old.policy(phi, $1.observation, outputs: 2).map { tanh($0) }
        return $0 + old.q(old.critics[0].parameters, $1.observation, a) / n
      }
    }
    let loss = objective(actor.parameters)
    actor.descend(differences(of: objective, at: actor.parameters), rate: rate, tau: tau)
    return loss
  }
}

/// One update of SAC, from algorithm 1 of Haarnoja et al. (2018), or of REDQ, from that of Chen et al. (2021).
extension TwinUpdate {
  /// tanh(μ + σ·ε) and the logarithm of its density.
  private func draw(_ phi: [Double], _ s: [Double], _ noise: [Double]) -> (a: [Double], logProbability: Double) {
    let output = policy(phi, s, outputs: 4)
    var (a, sum): ([Double], Double) = ([], 0)
    for j in 0..<2 {
      let deviation = exp(max(-20, min(2, output[2 + j])))
      a.append(tanh(output[j] + deviation * noise[j]))
      sum += -0.5 * noise[j] * noise[j] - log(deviation) - 0.5 * log(2 * Double.pi) - log(1 - a[j] * a[j])
    }
    return (a, sum)
  }

  /// The least of two critics throughout; where REDQ draws a `subset`, that one's in the targets and the mean of all for
  /// the actor. Returns the actor's loss and the entropy, where it moves.
  mutating func runSoft<Rule>(
    _ batch: [Feeder<Rule>.Transition], temperature: inout ReferencePart, drawing random: inout RandomStream,
    subset: Int? = nil, movesActor: Bool = true
  ) -> (actorLoss: Double, entropy: Double)? {
    let n = Double(batch.count)
    let alpha = exp(temperature.parameters[0])
    let next = batch.map { draw(actor.parameters, $0.next, [random.normal(), random.normal()]) }
    var asked = Array(critics.indices)
    if let subset {
      for k in 0..<subset { asked.swapAt(k, k + random.integer(below: asked.count - k)) }
      asked = Array(asked[..<subset])
    }
    let y = zip(batch, next).map { t, drawn in
      let least = asked.map { q(critics[$0].target, t.next, drawn.a) }.min()!
      return t.isTerminated ? t.reward : t.reward + discount * (least - alpha * drawn.logProbability)
    }
    fit(batch, to: y, tau: tau)
    guard movesActor else { return nil }

    let noise = batch.map { _ in [random.normal(), random.normal()] }
    let old = self
    func objective(_ phi: [Double]) -> Double {
      zip(batch, noise).reduce(0) { sum, pair in
        let (a, logProbability) = old.draw(phi, pair.0.observation, pair.1)
        let values = old.critics.map { old.q($0.parameters, pair.0.observation, a) }
        let value = subset == nil ? values.min()! : values.reduce(0, +) / Double(values.count)
        return sum + (alpha * logProbability - value) / n
      }
    }
    let loss = objective(actor.parameters)
    let entropy = -zip(batch, noise).reduce(0) {
      $0 + old.draw(old.actor.parameters, $1.0.observation, $1.1).logProbability / n
    }
    actor.descend(differences(of: objective, at: actor.parameters), rate: rate)
    // −log α · (mean log π + target entropy), the target −2.
    temperature.descend([entropy + 2], rate: rate)
    return (loss, entropy)
  }
}
